"""Kustomizations, by the real kustomize.

The law: a build never leaves the repository, and an application's overrides never show in another's build.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from syncline.config.application import KustomizeOptions
from syncline.core.rendering import Chunk
from syncline.documents import dump, read, read_once
from syncline.errors import Place, RenderError
from syncline.fetch import FetchError
from syncline.process import Completed, hand_over, run
from syncline.render.charts import check_schemas
from syncline.render.kustomization import file_of, followed
from syncline.render.kustomize_bases import Bases, named_by
from syncline.render.kustomize_program import flags, inflates_charts, program
from syncline.render.links import mirror, reached
from syncline.render.options import top_of
from syncline.render.remote_targets import is_remote, shown
from syncline.render.substitution import substitute
from syncline.render.trouble import tool_trouble
from syncline.render.workshop import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.render.kustomization import Away, Lacking, Reference
    from syncline.render.options import Order

_ORIGIN: Final = "config.kubernetes.io/origin"
_ASK: Final = "originAnnotations"


def render(order: Order) -> Iterator[Chunk]:
    """The built manifests; each object's place is the file it came from."""
    directory = order.directory
    with _copied(order, directory) as (place, bases):
        _edit(order, place)
        asked = _ask_for_origins(place)
        answer = run(
            [program(order), "build", ".", *flags(order)],
            cwd=place,
            room=order.room_with(top_of(order, place)),
        )
    if answer.code:
        raise tool_trouble("kustomize", bases.renamed(answer.stderr), _place(order, directory))
    yield from _chunks(answer.stdout, order, bases, keep=asked)


def inputs(order: Order) -> Iterator[Path]:
    """Every file and directory of the tree at hand that the build reads; the order is told what lies
    elsewhere. Raises RenderError for what it must not read.
    """
    away: Away = []
    yield from _read(order, [], away)
    order.said.elsewhere += [reference.path for _, reference in away]


def _read(order: Order, lacking: Lacking, away: Away) -> Iterator[Path]:
    wanted = lacking if inflates_charts(order) else None
    remote = None if order.options.bases is None else away
    return chain.from_iterable(
        followed(place, order.root, lacking=wanted, away=remote)
        for place in (order.directory, *_added(order))
    )


def _place(order: Order, directory: Path) -> Place:
    return order.place(file_of(directory) or directory)


@contextmanager
def _copied(order: Order, directory: Path) -> Iterator[tuple[Path, Bases]]:
    """A copy of what the build reads, and of what it would have fetched, in which this application's
    Kustomization may be edited.
    """
    root = order.root
    with tempfile.TemporaryDirectory(
        prefix="syncline-copy-", dir=root.parent, ignore_cleanup_errors=True
    ) as name:
        copy = Path(name)
        copy.chmod(0o755)
        lacking: Lacking = []
        away: Away = []
        seen = set[Path]()
        read = _read(order, lacking, away)
        mirror(chain.from_iterable(reached(path, root, seen) for path in read), root, copy)
        for written, reference in lacking:
            _fetch(reference, copy / written.relative_to(root), order)
        bases = Bases(order, away, inflates=inflates_charts(order))
        for reference, wanted, label in bases.put(copy):
            _fetch(reference, wanted, order, label)
        place = copy / directory.relative_to(root)
        hand_over(place, order.room)
        yield place, bases


def _fetch(reference: Reference, place: Path, order: Order, label: str = "") -> None:
    """Put a chart where kustomize looks for it, so that it has nothing to download itself."""
    chart = reference.chart
    if chart is None or place.exists():
        return
    try:
        workshop = order.options.workshop
        folder = workshop.unpacked(workshop.chart(Wanted(chart.repository, chart.name, chart.version)))
        check_schemas(folder, folder)
    except FetchError as error:
        asked = replace(reference.place, outside=label)
        raise RenderError(error.message, place=asked, remedy=error.remedy) from error
    shutil.copytree(folder, place)


def _added(order: Order) -> Iterator[Path]:
    """What the Application itself adds to the Kustomization: components, and patches that are files."""
    options = order.source.kustomize or KustomizeOptions()
    for component in options.components:
        if is_remote(component):
            raise RenderError(
                f"The component {shown(component)!r} of {order.app.name} is remote.",
                place=order.app.origin,
                remedy="Name it under components: of the Kustomization.",
            )
        if not (options.ignore_missing_components and not (order.directory / component).exists()):
            yield order.inside(f"{order.source.path}/{component}", "component")
    for patch in options.patches:
        if isinstance(patch.get("path"), str):
            yield order.inside(f"{order.source.path}/{patch['path']}", "patch")


def _ask_for_origins(place: Path) -> bool:
    """Have the build note each object's file; whether the Kustomization asks for that itself."""
    file = file_of(place)
    value = _value(file) if file else None
    if file is None or value is None:
        return False
    asked = value.get("buildMetadata")
    asked = asked if isinstance(asked, list) else []
    _rewrite(file, {**value, "buildMetadata": list(dict.fromkeys([*map(str, asked), _ASK]))})
    return _ASK in asked


def _value(file: Path) -> dict[str, Any] | None:
    """The Kustomization; None for what kustomize itself will refuse, in its own words."""
    documents = read_once(file.read_bytes(), file.name)
    values = [document.value for document in documents if isinstance(document.value, dict)]
    return values[0] if len(documents) == len(values) == 1 else None


def _rewrite(file: Path, value: Mapping[str, Any]) -> None:
    # The file is a hard link into the shared worktree: it is replaced, never written through.
    file.unlink()
    file.write_text(dump(value))
    file.chmod(0o644)


def _edit(order: Order, place: Path) -> None:
    """Argo CD's overrides, by `kustomize edit` in its order, in the copy."""
    options = order.source.kustomize
    file = file_of(place)
    value = _value(file) if file else None
    if options is None or file is None or value is None:
        return
    _rewrite(file, value)
    hand_over(file, order.room)
    for arguments in _edits(options, order):
        answer = run(
            [program(order), "edit", *arguments],
            cwd=place,
            room=order.room_with(top_of(order, place), written=(place,)),
        )
        _must_succeed(answer, order)
    if options.patches:
        value = _value(file) or {}
        _rewrite(file, {**value, "patches": [*(value.get("patches") or ()), *map(dict, options.patches)]})


def _must_succeed(answer: Completed, order: Order) -> None:
    if answer.code:
        raise tool_trouble(
            "kustomize edit", answer.stderr, order.app.origin, "Correct spec.source.kustomize."
        )


def _edits(options: KustomizeOptions, order: Order) -> Iterator[list[str]]:
    environment = order.build_environment
    if options.name_prefix:
        yield ["set", "nameprefix", "--", options.name_prefix]
    if options.name_suffix:
        yield ["set", "namesuffix", "--", options.name_suffix]
    if options.images:
        yield ["set", "image", "--", *(substitute(image, environment) for image in options.images)]
    if options.replicas:
        yield ["set", "replicas", "--", *(f"{name}={count}" for name, count in options.replicas)]
    yield from _metadata_edits(options, environment)
    if options.namespace:
        yield ["set", "namespace", "--", options.namespace]
    for component in options.components:
        if (order.directory / component).exists() or not options.ignore_missing_components:
            yield ["add", "component", "--", component]


def _metadata_edits(options: KustomizeOptions, environment: Mapping[str, str]) -> Iterator[list[str]]:
    if options.common_labels:
        labels = {name: substitute(value, environment) for name, value in options.common_labels.items()}
        yield ["add", "label", *_label_flags(options), "--", *_pairs(labels)]
    if options.common_annotations:
        annotations = dict(options.common_annotations)
        if options.common_annotations_envsubst:
            annotations = {name: substitute(value, environment) for name, value in annotations.items()}
        forced = ["--force"] if options.force_common_annotations else []
        yield ["add", "annotation", *forced, "--", *_pairs(annotations)]


def _label_flags(options: KustomizeOptions) -> list[str]:
    flags = ["--force"] if options.force_common_labels else []
    if options.label_without_selector:
        flags.append("--without-selector")
        if options.label_include_templates:
            flags.append("--include-templates")
    return flags


def _pairs(values: Mapping[str, str]) -> list[str]:
    return [f"{name}:{value}" for name, value in values.items()]


def _chunks(stdout: bytes, order: Order, bases: Bases, *, keep: bool) -> Iterator[Chunk]:
    """One chunk for each object, its origin taken out of the object again unless it was asked for."""
    fallback = _place(order, order.directory).file
    for document in read(stdout, fallback):
        body = document.value
        if not isinstance(body, dict):
            raise RenderError("kustomize built something that is not an object.", place=Place(fallback))
        metadata = body.get("metadata") or {}
        annotations = dict(metadata.get("annotations") or {})
        origin = annotations.pop(_ORIGIN, "")
        if keep and origin:
            annotations[_ORIGIN] = _credited(origin, order, bases)
        rest = {name: value for name, value in metadata.items() if name != "annotations"}
        clean = {**body, "metadata": {**rest, **({"annotations": annotations} if annotations else {})}}
        yield Chunk(_file(origin, order, bases) or fallback, clean, has_lines=False)


def _credited(origin: str, order: Order, bases: Bases) -> str:
    """The note that kustomize would have made if it had fetched the file itself."""
    for document in read_once(origin.encode(), "origin"):
        value = document.value if isinstance(document.value, dict) else {}
        for key in ("path", "configuredIn"):
            named = value.get(key)
            base = bases.base_of(named_by(named, order)) if isinstance(named, str) else None
            if base is not None:
                ref = {"ref": base.revision} if base.revision else {}
                rest = {name: each for name, each in value.items() if name != key}
                return dump({key: base.path, "repo": base.url, **ref, **rest})
    return origin


def _file(origin: str, order: Order, bases: Bases) -> str:
    """The file that kustomize names as an object's origin: `path` of a resource, `configuredIn` of a
    generator.
    """
    for document in read_once(origin.encode(), "origin") if origin else ():
        value = document.value
        named = value.get("path") or value.get("configuredIn") if isinstance(value, dict) else None
        if isinstance(named, str) and "repo" not in value:
            return bases.name_of(named_by(named, order)) or order.relative(order.directory / named)
    return ""
