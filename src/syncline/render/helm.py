"""Helm charts, by the real helm.

The law: helm gets files of this repository only, its values in the order Argo CD gives them, and no network.
"""

from __future__ import annotations

import re
import tempfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.config.application import HelmOptions, HelmParameter
from syncline.core.rendering import Chunk
from syncline.errors import RenderError
from syncline.process import Completed, run
from syncline.render.chart_build import built
from syncline.render.charts import check_schemas, local, local_charts, unvendored
from syncline.render.links import plain, reached, real
from syncline.render.repositories import must_be_ours
from syncline.render.substitution import substitute
from syncline.render.trouble import tool_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.render.options import Order

_SOURCE: Final = re.compile(rb"^# Source: (?P<chart>[^/\n]+)/(?P<path>.+)$", re.MULTILINE)
_SEPARATOR: Final = re.compile(rb"^---[ \t\r]*$", re.MULTILINE)
_COMMA: Final = re.compile(r"(?<!\\),")
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_VERSION: Final = re.compile(r"v?[0-9]+\.[0-9]+(?:\.[0-9]+)?")
_DEEPEST: Final = 20
_MOST_ALTERNATIVES: Final = 1000


def render(order: Order) -> Iterator[Chunk]:
    """The chart's manifests; each object's place is its template."""
    directory = order.directory
    with tempfile.TemporaryDirectory(
        prefix="syncline-helm-", dir=order.root.parent, ignore_cleanup_errors=True
    ) as name:
        scratch = Path(name)
        scratch.chmod(0o755)
        lent = _lent(order, directory)
        chart = built(order, directory, scratch / "tree") if lent else directory
        if not (order.source.helm or HelmOptions()).skip_schema_validation:
            for place in local_charts(directory, order.root) if lent else (directory,):
                check_schemas(place, order.root)
        answer = run(_argv(order, scratch), cwd=chart, room=order.room)
    if answer.code:
        raise _failure(order, answer)
    yield from _chunks(answer.stdout, order, lent)


def inputs(order: Order) -> Iterator[Path]:
    """The value files and the file parameters, as they are written."""
    options = order.source.helm or HelmOptions()
    names = [*options.value_files, *(parameter.value for parameter in options.file_parameters)]
    for name in names:
        base, pattern = _based(order, name)
        yield from chain.from_iterable(
            reached(path, order.root) for path in _matching(base, pattern, name, order)
        )


def _lent(order: Order, chart: Path, inside: str = "") -> dict[str, Path]:
    """The local charts that are not vendored, under the path that helm gives them, theirs first.

    Raises RenderError for a chart that would have to be downloaded, or that depends on itself.
    """
    found: dict[str, Path] = {}
    for each in unvendored(chart, order.root):
        prefix, place = f"{inside}charts/{each.alias or each.name}/", local(each, chart, order.root)
        if prefix.count("/") > _DEEPEST:
            raise RenderError(
                f"The chart dependency {each.name!r} depends on the chart that asks for it.",
                place=each.place,
                remedy="Break the circle.",
            )
        found |= {**_lent(order, place, prefix), prefix: place}
    return found


def _argv(order: Order, scratch: Path) -> list[str]:
    options = order.source.helm or HelmOptions()
    namespace = options.namespace or order.app.destination.namespace
    argv = ["helm", "template", ".", "--name-template", options.release_name or order.app.name]
    argv += ["--namespace", namespace] if namespace else []
    version = options.kube_version or order.options.kube_version
    argv += ["--kube-version", _without_vendor(version)] if version else []
    for parameter in _last_of_each(options.parameters):
        argv += ["--set-string" if parameter.force_string else "--set", _assignment(parameter, order)]
    for parameter in _last_of_each(options.file_parameters):
        argv += ["--set-file", f"{parameter.name}={_one_file(order, parameter.value)}"]
    for path in value_files(order):
        argv += ["--values", str(path)]
    if options.values:
        inline = scratch / "values.yaml"
        inline.write_text(options.values)
        inline.chmod(0o644)
        argv += ["--values", str(inline)]
    for version in options.api_versions:
        argv += ["--api-versions", version]
    argv += [] if options.skip_crds else ["--include-crds"]
    argv += ["--skip-schema-validation"] if options.skip_schema_validation else []
    argv += ["--skip-tests"] if options.skip_tests else []
    return argv


def _without_vendor(version: str) -> str:
    """`v1.33.1` of `v1.33.1-gke.100`, which charts that ask for a least version would refuse (Argo CD)."""
    plain_version = _VERSION.match(version)
    return plain_version[0] if plain_version else version


def _last_of_each(parameters: tuple[HelmParameter, ...]) -> list[HelmParameter]:
    return list({parameter.name: parameter for parameter in parameters}.values())


def _assignment(parameter: HelmParameter, order: Order) -> str:
    value = substitute(parameter.value, order.build_environment)
    if not (value.startswith("{") and value.endswith("}")):
        value = _COMMA.sub(r"\\,", value)
    return f"{parameter.name}={value}"


def value_files(order: Order) -> list[Path]:
    """The value files in the order of their precedence, globs expanded (Argo CD, "Helm value files")."""
    options = order.source.helm or HelmOptions()
    explicit = [name for name in options.value_files if not _is_glob(name)]
    fixed = {path for name in explicit for path in _files(order, name)}
    found: list[Path] = []
    for name in options.value_files:
        matches = [path for path in _files(order, name) if not (_is_glob(name) and path in fixed)]
        found += [path for path in matches if path not in found]
    return found


def _is_glob(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _files(order: Order, name: str) -> list[Path]:
    options = order.source.helm or HelmOptions()
    base, pattern = _based(order, name)
    present = [path for path in _matching(base, pattern, name, order) if path.is_file()]
    if not present and not options.ignore_missing_value_files:
        raise RenderError(
            f"The value file {name!r} does not exist.",
            place=order.app.origin,
            remedy="Correct spec.source.helm.valueFiles, or set ignoreMissingValueFiles.",
        )
    return [real(path) for path in present]


def _one_file(order: Order, name: str) -> Path:
    base, path = _based(order, name)
    file = _guarded(order, base / path, name)
    if not file.is_file():
        raise RenderError(
            f"The file parameter {name!r} names no file.",
            place=order.app.origin,
            remedy="Correct spec.source.helm.fileParameters.",
        )
    return file


def _based(order: Order, name: str) -> tuple[Path, str]:
    """The directory a value file is relative to, and the rest of its name."""
    if "://" in name:
        raise RenderError(
            f"The value file {name!r} is remote.",
            place=order.app.origin,
            remedy="Vendor it into the repository.",
        )
    if name.startswith("$"):
        ref, _, rest = name[1:].partition("/")
        known = {source.ref: source for source in order.app.sources if source.ref}
        if ref in known:
            must_be_ours(known[ref], order)
            return order.root, substitute(rest, order.build_environment).lstrip("/")
        if not ref.startswith(("ARGOCD_", "{", "$")):
            names = ", ".join(f"${each}" for each in known) or "none"
            raise RenderError(
                f"No source has the ref {ref!r} (known: {names}).",
                place=order.app.origin,
                remedy="Give one of spec.sources that ref, or correct the name.",
            )
    name = substitute(name, order.build_environment)
    if name.startswith("/"):
        return order.root, name.lstrip("/")
    return order.directory, name


def _matching(base: Path, pattern: str, name: str, order: Order) -> list[Path]:
    """The paths that the name stands for; without a wildcard the one it is, there or not."""
    if not _is_glob(pattern):
        return [_guarded(order, base / pattern, name)] if pattern else []
    try:
        found = {plain(path) for each in _alternatives(pattern) for path in base.glob(each)}
        found = {path for path in found if not path.is_dir()}
    except (ValueError, NotImplementedError) as error:
        raise RenderError(
            f"The glob {name!r} has no meaning: {error}.",
            place=order.app.origin,
            remedy="Correct spec.source.helm.valueFiles.",
        ) from error
    for path in found:
        _guarded(order, path, name)
    return sorted(found)


def _alternatives(pattern: str) -> list[str]:
    """The pattern once for each choice that its braces leave; `[^` is Go's way to write `[!`."""
    todo, done = [pattern.replace("[^", "[!")], list[str]()
    while todo:
        each = todo.pop()
        braces = _BRACES.search(each)
        if braces is None:
            # Go's `**` at the end means files; Python's means directories.
            done.append(f"{each}/*" if each.endswith("**") else each)
            continue
        todo += [each[: braces.start()] + choice + each[braces.end() :] for choice in braces[1].split(",")]
        if len(todo) + len(done) > _MOST_ALTERNATIVES:
            raise ValueError(f"its braces stand for more than {_MOST_ALTERNATIVES} names")
    return done


def _guarded(order: Order, path: Path, name: str) -> Path:
    resolved = real(path)
    if not resolved.is_relative_to(order.root):
        raise RenderError(
            f"The value file {name!r} leads out of the repository.",
            place=order.app.origin,
            remedy="Move it into the repository.",
        )
    return plain(path)


def _chunks(stdout: bytes, order: Order, lent: Mapping[str, Path]) -> Iterator[Chunk]:
    chart = order.source.path.strip("/")
    path = "Chart.yaml"
    for text in _SEPARATOR.split(stdout):
        source = _SOURCE.search(text)
        # A file of several documents names itself before the first only.
        path = source["path"].decode("utf-8", "replace") if source else path
        yield Chunk(_written(path, chart, order, lent), text, has_lines=False)


def _written(path: str, chart: str, order: Order, lent: Mapping[str, Path]) -> str:
    """The file a person would edit: that of the chart, or of the local chart it was lent from."""
    for prefix, place in lent.items():
        if path.startswith(prefix):
            return f"{order.relative(place)}/{path.removeprefix(prefix)}"
    return f"{chart}/{path}" if chart not in {"", "."} else path


def _failure(order: Order, answer: Completed) -> RenderError:
    return tool_trouble("helm", answer.stderr, order.place(order.directory / "Chart.yaml"))
