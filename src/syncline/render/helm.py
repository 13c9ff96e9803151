"""Helm charts, by the real helm.

The law: helm gets files of this repository only, its values in the order Argo CD gives them, and no network.
"""

from __future__ import annotations

import glob
import re
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.config.application import HelmOptions, HelmParameter
from syncline.core.rendering import Chunk
from syncline.documents import read
from syncline.errors import DocumentError, RenderError
from syncline.process import Completed, hand_over, run
from syncline.render.substitution import substitute
from syncline.render.trouble import tool_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.render.options import Order

_SOURCE: Final = re.compile(rb"^# Source: (?P<chart>[^/\n]+)/(?P<path>.+)$", re.MULTILINE)
_SEPARATOR: Final = re.compile(rb"^---[ \t]*$", re.MULTILINE)
_COMMA: Final = re.compile(r"(?<!\\),")
_MISSING: Final = "found in Chart.yaml, but missing in charts/ directory"


def render(order: Order) -> Iterator[Chunk]:
    """The chart's manifests; each object's place is its template."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="syncline-helm-")))
        scratch.chmod(0o755)
        chart = _with_dependencies(order, scratch)
        answer = run(_argv(order, chart, scratch), cwd=chart, room=order.options.room)
    if answer.code:
        raise _failure(order, answer)
    yield from _chunks(answer.stdout, order)


def _argv(order: Order, chart: Path, scratch: Path) -> list[str]:
    options = order.source.helm or HelmOptions()
    namespace = options.namespace or order.app.destination.namespace
    argv = ["helm", "template", ".", "--name-template", options.release_name or order.app.name]
    argv += ["--namespace", namespace] if namespace else []
    argv += ["--kube-version", options.kube_version] if options.kube_version else []
    for parameter in _last_of_each(options.parameters):
        argv += ["--set-string" if parameter.force_string else "--set", _assignment(parameter, order)]
    for parameter in _last_of_each(options.file_parameters):
        argv += ["--set-file", f"{parameter.name}={_one_file(order, parameter.value, chart)}"]
    for path in value_files(order, chart):
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


def _last_of_each(parameters: tuple[HelmParameter, ...]) -> list[HelmParameter]:
    return list({parameter.name: parameter for parameter in parameters}.values())


def _assignment(parameter: HelmParameter, order: Order) -> str:
    value = substitute(parameter.value, order.build_environment)
    if not (value.startswith("{") and value.endswith("}")):
        value = _COMMA.sub(r"\\,", value)
    return f"{parameter.name}={value}"


def value_files(order: Order, chart: Path | None = None) -> list[Path]:
    """The value files in the order of their precedence, globs expanded (Argo CD, "Helm value files")."""
    options = order.source.helm or HelmOptions()
    explicit = [name for name in options.value_files if not _is_glob(name)]
    fixed = {path for name in explicit for path in _files(order, name, chart)}
    found: list[Path] = []
    for name in options.value_files:
        matches = [path for path in _files(order, name, chart) if not (_is_glob(name) and path in fixed)]
        found += [path for path in matches if path not in found]
    return found


def _is_glob(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _files(order: Order, name: str, chart: Path | None) -> list[Path]:
    options = order.source.helm or HelmOptions()
    base, pattern = _based(order, name, chart)
    paths = sorted(base.glob(pattern)) if _is_glob(pattern) else [base / pattern]
    present = [path for path in paths if path.is_file()]
    if not present and not options.ignore_missing_value_files:
        raise RenderError(
            f"The value file {name!r} does not exist.",
            place=order.app.origin,
            remedy="Correct spec.source.helm.valueFiles, or set ignoreMissingValueFiles.",
        )
    return [_guarded(order, path, name, chart) for path in present]


def _one_file(order: Order, name: str, chart: Path) -> Path:
    base, path = _based(order, name, chart)
    if not (base / path).is_file():
        raise RenderError(f"The file parameter {name!r} names no file.", place=order.app.origin)
    return _guarded(order, base / path, name, chart)


def _based(order: Order, name: str, chart: Path | None) -> tuple[Path, str]:
    """The directory a value file is relative to, and the rest of its name."""
    root = order.checkout.root.resolve()
    if "://" in name:
        raise RenderError(f"The value file {name!r} is remote.", place=order.app.origin, remedy="Vendor it.")
    if name.startswith("$"):
        ref, _, rest = name[1:].partition("/")
        known = [source.ref for source in order.app.sources if source.ref]
        if ref in known:
            return root, substitute(rest, order.build_environment)
        if not ref.startswith("ARGOCD_") and not ref.startswith("{"):
            names = ", ".join(f"${each}" for each in known) or "none"
            raise RenderError(f"No source has the ref {ref!r} (known: {names}).", place=order.app.origin)
    name = substitute(name, order.build_environment)
    if name.startswith("/"):
        return root, name.lstrip("/")
    return chart or order.directory, name


def _guarded(order: Order, path: Path, name: str, chart: Path | None) -> Path:
    resolved = path.resolve()
    allowed = [order.checkout.root.resolve(), *([chart.resolve()] if chart else [])]
    if not any(resolved.is_relative_to(root) for root in allowed):
        raise RenderError(f"The value file {name!r} leads out of the repository.", place=order.app.origin)
    return resolved


def _with_dependencies(order: Order, scratch: Path) -> Path:
    """The chart's directory; a copy with its local dependencies built when they are not vendored."""
    chart = order.directory
    missing = [each for each in _dependencies(order, chart) if not _is_vendored(chart, each)]
    if not missing:
        return chart
    for each in missing:
        if not each.get("repository", "").startswith("file://"):
            raise RenderError(
                f"The chart dependency {each.get('name')} is not vendored, and charts are not downloaded.",
                place=order.place(chart / "Chart.yaml"),
                remedy="Run helm dependency build and commit charts/.",
            )
        order.inside(
            f"{order.relative(chart)}/{each['repository'].removeprefix('file://')}", "chart dependency"
        )
    return _built(order, chart, scratch)


def _built(order: Order, chart: Path, scratch: Path) -> Path:
    # Dependencies are named relative to the chart, so the whole tree is copied, not the chart alone.
    copy = scratch / "tree"
    shutil.copytree(order.checkout.root, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    place = copy / order.relative(chart)
    room = order.options.room
    for path in (place, *place.rglob("*")):
        hand_over(path, room)
    answer = run(["helm", "dependency", "build", "--skip-refresh", "."], cwd=place, room=room)
    if answer.code:
        raise _failure(order, answer)
    return place


def _dependencies(order: Order, chart: Path) -> list[dict[str, str]]:
    file = chart / "Chart.yaml"
    try:
        documents = read(file.read_bytes(), order.relative(file)) if file.is_file() else ()
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error
    listed = (
        documents[0].value.get("dependencies") if documents and isinstance(documents[0].value, dict) else None
    )
    return [each for each in listed or () if isinstance(each, dict)]


def _is_vendored(chart: Path, dependency: dict[str, str]) -> bool:
    name = str(dependency.get("name", ""))
    charts = chart / "charts"
    return (charts / name).is_dir() or any(charts.glob(f"{glob.escape(name)}-*.tgz"))


def _chunks(stdout: bytes, order: Order) -> Iterator[Chunk]:
    chart = order.source.path.strip("/")
    for text in _SEPARATOR.split(stdout):
        source = _SOURCE.search(text)
        path = source["path"].decode("utf-8", "replace") if source else "Chart.yaml"
        yield Chunk(f"{chart}/{path}" if chart not in {"", "."} else path, text, has_lines=False)


def _failure(order: Order, answer: Completed) -> RenderError:
    remedy = "Run helm dependency build and commit charts/." if _MISSING in answer.stderr else ""
    return tool_trouble("helm", answer.stderr, order.place(order.directory / "Chart.yaml"), remedy)
