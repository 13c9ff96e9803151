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

from syncline.config.application import KustomizeOptions
from syncline.core.rendering import Chunk
from syncline.documents import dump, read, read_once
from syncline.errors import Place, RenderError
from syncline.fetch import FetchError
from syncline.process import Completed, hand_over, run
from syncline.render.charts import check_schemas
from syncline.render.kustomization import file_of, followed
from syncline.render.kustomize_program import flags, inflates_charts, program
from syncline.render.links import mirror, reached
from syncline.render.options import top_of
from syncline.render.substitution import substitute
from syncline.render.trouble import tool_trouble
from syncline.render.workshop import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.render.kustomization import Lacking, Reference
    from syncline.render.options import Order

_ORIGIN: Final = "config.kubernetes.io/origin"
_ASK: Final = "originAnnotations"


def render(order: Order) -> Iterator[Chunk]:
    """The built manifests; each object's place is the file it came from."""
    directory = order.directory
    with _copied(order, directory) as place:
        _edit(order, place)
        asked = _ask_for_origins(place)
        answer = run(
            [program(order), "build", ".", *flags(order)],
            cwd=place,
            room=order.room_with(top_of(order, place)),
        )
    if answer.code:
        raise tool_trouble("kustomize", answer.stderr, _place(order, directory))
    yield from _chunks(answer.stdout, order, directory, keep=asked)


def inputs(order: Order) -> Iterator[Path]:
    """Every file and directory that the build reads. Raises RenderError for what it must not read."""
    return _read(order, [])


def _read(order: Order, lacking: Lacking) -> Iterator[Path]:
    wanted = lacking if inflates_charts(order) else None
    return chain.from_iterable(
        followed(place, order.root, lacking=wanted) for place in (order.directory, *_added(order))
    )


def _place(order: Order, directory: Path) -> Place:
    return order.place(file_of(directory) or directory)


@contextmanager
def _copied(order: Order, directory: Path) -> Iterator[Path]:
    """A copy of what the build reads, in which this application's Kustomization may be edited."""
    root = order.root
    with tempfile.TemporaryDirectory(
        prefix="syncline-copy-", dir=root.parent, ignore_cleanup_errors=True
    ) as name:
        copy = Path(name)
        copy.chmod(0o755)
        lacking: Lacking = []
        seen = set[Path]()
        read = _read(order, lacking)
        mirror(chain.from_iterable(reached(path, root, seen) for path in read), root, copy)
        for written, reference in lacking:
            _fetch(reference, copy / written.relative_to(root), order)
        place = copy / directory.relative_to(root)
        hand_over(place, order.room)
        yield place


def _fetch(reference: Reference, place: Path, order: Order) -> None:
    """Put a chart where kustomize looks for it, so that it has nothing to download itself."""
    chart = reference.chart
    if chart is None or place.exists():
        return
    try:
        workshop = order.options.workshop
        folder = workshop.unpacked(workshop.chart(Wanted(chart.repository, chart.name, chart.version)))
        check_schemas(folder, folder)
    except FetchError as error:
        raise RenderError(error.message, place=reference.place, remedy=error.remedy) from error
    shutil.copytree(folder, place)


def _added(order: Order) -> Iterator[Path]:
    """What the Application itself adds to the Kustomization: components, and patches that are files."""
    options = order.source.kustomize or KustomizeOptions()
    for component in options.components:
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


def _chunks(stdout: bytes, order: Order, directory: Path, *, keep: bool) -> Iterator[Chunk]:
    """One chunk for each object, its origin taken out of the object again unless it was asked for."""
    fallback = _place(order, directory).file
    for document in read(stdout, fallback):
        body = document.value
        if not isinstance(body, dict):
            raise RenderError("kustomize built something that is not an object.", place=Place(fallback))
        metadata = body.get("metadata") or {}
        annotations = dict(metadata.get("annotations") or {})
        origin = annotations.pop(_ORIGIN, "")
        rest = {name: value for name, value in metadata.items() if name != "annotations"}
        clean = {**body, "metadata": {**rest, **({"annotations": annotations} if annotations else {})}}
        yield Chunk(_file(origin, order, directory) or fallback, body if keep else clean, has_lines=False)


def _file(origin: str, order: Order, directory: Path) -> str:
    """The file that kustomize names as an object's origin: `path` of a resource, `configuredIn` of a
    generator.
    """
    for document in read_once(origin.encode(), "origin") if origin else ():
        value = document.value
        named = value.get("path") or value.get("configuredIn") if isinstance(value, dict) else None
        if isinstance(named, str) and "repo" not in value:
            return order.relative(directory / named)
    return ""
