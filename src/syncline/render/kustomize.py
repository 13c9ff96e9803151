"""Kustomizations, by the real kustomize.

The law: a build never leaves the repository, and an application's overrides never show in another's build.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.config.application import KustomizeOptions
from syncline.core.rendering import Chunk
from syncline.documents import Document, dump, read, read_once
from syncline.errors import Place, RenderError
from syncline.fetch import FetchError
from syncline.patterns import regex
from syncline.process import Completed, run
from syncline.render.charts import check_schemas
from syncline.render.kustomization import Asked, Spot, Step, Tree, Way, file_of
from syncline.render.kustomize_bases import Bases
from syncline.render.kustomize_copy import named_by
from syncline.render.kustomize_file import asks_for_origins, rewrite, value_of, with_origins
from syncline.render.kustomize_names import Reference, Role
from syncline.render.kustomize_program import flags, inflates_charts, program, reads_everywhere
from syncline.render.kustomize_shared import Sharing
from syncline.render.options import top_of
from syncline.render.remote_targets import is_remote, shown
from syncline.render.roomy import roomy
from syncline.render.substitution import substitute
from syncline.render.trouble import tool_trouble
from syncline.render.workshop import Wanted
from syncline.room import hand_over

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.render.kustomization import Lacking
    from syncline.render.kustomize_bases import Wanting
    from syncline.render.kustomize_copy import Copy
    from syncline.render.kustomize_shared import Shared
    from syncline.render.options import Order

_ORIGIN: Final = "config.kubernetes.io/origin"
_COMPONENTS: Final = "components"
_PATCHES: Final = "patches"
_WILDCARD: Final = regex(r"[*?\[]")


def render(order: Order) -> Iterator[Chunk]:
    """The built manifests; each object's place is the file it came from."""
    with _prepared(order) as (place, copy):
        kustomize = program(order)
        order.said.programs |= {kustomize, *(("helm",) if inflates_charts(order) else ())}
        argv = [kustomize, "build", ".", *flags(order)]
        # helm, which inflates charts, keeps things at home.
        home = None if inflates_charts(order) else order.options.workshop.home
        answer = run(argv, cwd=place, room=roomy(order.room_with(top_of(order, place)), home))
    if answer.code:
        raise tool_trouble("kustomize", copy.renamed(answer.stderr), _place(order, order.directory))
    yield from _chunks(answer.stdout, order, copy)


def inputs(order: Order) -> Iterator[Path]:
    """Every file and directory of the tree at hand that the build reads; the order is told what lies
    elsewhere. Raises RenderError for what it must not read.
    """
    away: list[Asked] = []
    lacking: Lacking | None = [] if inflates_charts(order) else None
    way = Way(lacking=lacking, away=None if order.options.bases is None else away)
    starts, asked = _starts(order, Tree(order.root))
    for spot in way.follow(*starts, asked=asked):
        yield spot.path
    if reads_everywhere(order) and any(each.reference.role is Role.PLUGIN for each in away):
        yield order.root  # the configuration of a plugin names files of ours, wherever it lies itself
    order.said.elsewhere += [each.reference.path for each in away]


def _place(order: Order, directory: Path) -> Place:
    return order.place(file_of(directory) or directory)


@contextmanager
def _prepared(order: Order) -> Iterator[tuple[Path, Copy]]:
    """The directory to be built, in a copy of what the build reads, and of what it would have fetched, in
    which this application's Kustomization may be edited.
    """
    bases = Bases(order, inflates=inflates_charts(order))
    bases.build(*_starts(order, bases.copy.home))
    shared = _shared(order, bases)
    if shared is not None:
        yield shared / order.directory.relative_to(order.root), bases.copy
        return
    with _copied(order, bases) as place:
        _edit(order, place, _localized(order, bases.copy))
        _ask_for_origins(place)
        yield place, bases.copy


def _shared(order: Order, bases: Bases) -> Path | None:
    """The copy that this build shares with others; None where it needs one of its own."""
    if order.source.kustomize is not None or inflates_charts(order) or not bases.is_near:
        return None
    file = file_of(order.directory)
    value = value_of(file)
    if file is None or value is None:
        return None
    workshop = order.options.workshop
    shared: Shared = workshop.made[Sharing(order.root, workshop)]
    return shared.top if shared.take(file, value, bases.copy.home.read) else None


@contextmanager
def _copied(order: Order, bases: Bases) -> Iterator[Path]:
    """The directory in a copy of its own."""
    root = order.root
    with tempfile.TemporaryDirectory(
        prefix="syncline-copy-", dir=root.parent, ignore_cleanup_errors=True
    ) as name:
        top = Path(name)
        top.chmod(0o755)
        bases.copy.put(top)
        for wanting in bases.wanting:
            _fetch(wanting, top / bases.copy.path(wanting.spot), order)
        place = top / order.directory.relative_to(root)
        hand_over(place, order.room)
        yield place


def _fetch(wanting: Wanting, place: Path, order: Order) -> None:
    """Put a chart where kustomize looks for it, so that it has nothing to download itself."""
    reference = wanting.reference
    chart = reference.chart
    if chart is None or place.exists():
        return
    try:
        workshop = order.options.workshop
        folder = workshop.unpacked(workshop.chart(Wanted(chart.repository, chart.name, chart.version)))
        check_schemas(folder, folder)
    except FetchError as error:
        asked = replace(reference.place, outside=wanting.label)
        raise RenderError(error.message, place=asked, remedy=error.remedy) from error
    shutil.copytree(folder, place)


def _starts(order: Order, tree: Tree) -> tuple[list[Step], list[Asked]]:
    """Where the build begins: at the directory, and at what the Application itself adds to the Kustomization,
    components and patches that are files.
    """
    here, options = Spot(tree, order.directory), order.source.kustomize or KustomizeOptions()
    starts, asked = [Step(here)], list[Asked]()
    added = Document({_COMPONENTS: options.components, _PATCHES: options.patches}, order.app.origin)
    for number, component in enumerate(options.components):
        if not is_remote(component):
            starts += [Step(Spot(tree, path)) for path in _components(component, order)]
        elif not options.ignore_missing_components:
            asked.append(Asked(Reference(component, added, (_COMPONENTS, number)), None, here))
    for number, patch in enumerate(options.patches):
        path = patch.get("path")
        if isinstance(path, str) and is_remote(path):
            asked.append(Asked(Reference(path, added, (_PATCHES, number, "path")), None, here))
        elif isinstance(path, str):
            starts.append(Step(Spot(tree, order.inside(f"{order.source.path}/{path}", "patch"))))
    return starts, asked


def _components(named: str, order: Order) -> Iterator[Path]:
    """What a component of the Application's stands for: `kustomize edit` takes it for a pattern, unless those
    are left out that are not there by this very name (Argo CD).
    """
    options = order.source.kustomize or KustomizeOptions()
    if options.ignore_missing_components:
        found = [named] if (order.directory / named).exists() else []
    else:
        found = list(_matches(named, order)) if _WILDCARD.search(named) else [named]
    for each in found:
        yield order.inside(f"{order.source.path}/{each}", "component")


def _matches(pattern: str, order: Order) -> Iterator[str]:
    try:
        found = sorted(order.directory.glob(pattern.replace("[^", "[!").replace("**", "*")))
    except (ValueError, NotImplementedError) as error:
        raise RenderError(
            f"The component {pattern!r} has no meaning: {error}.",
            place=order.app.origin,
            remedy="Correct spec.source.kustomize.components.",
        ) from error
    return (os.path.relpath(path, order.directory) for path in found)


def _localized(order: Order, copy: Copy) -> KustomizeOptions:
    """The Application's options, with paths in the copy in the place of URLs."""
    options = order.source.kustomize or KustomizeOptions()
    said = copy.said()
    if options.ignore_missing_components:
        order.said.texts += [
            f"The component {shown(each)} is left out: with ignoreMissingComponents only those of the "
            "repository count, as in Argo CD."
            for each in options.components
            if is_remote(each)
        ]
    components = [
        said.get((_COMPONENTS, number), each)
        for number, each in enumerate(options.components)
        if not options.ignore_missing_components or (order.directory / each).exists()
    ]
    patches = [
        {**each, "path": said[_PATCHES, number, "path"]} if (_PATCHES, number, "path") in said else each
        for number, each in enumerate(options.patches)
    ]
    return replace(options, components=tuple(components), patches=tuple(patches))


def _ask_for_origins(place: Path) -> None:
    file = file_of(place)
    value = value_of(file)
    if file is not None and value is not None:
        rewrite(file, with_origins(value))


def _edit(order: Order, place: Path, options: KustomizeOptions) -> None:
    """Argo CD's overrides, by `kustomize edit` in its order, in the copy."""
    file = file_of(place)
    value = value_of(file)
    if order.source.kustomize is None or file is None or value is None:
        return
    rewrite(file, value)
    hand_over(file, order.room)
    for arguments in _edits(options, order):
        answer = run(
            [program(order), "edit", *arguments],
            cwd=place,
            room=order.room_with(top_of(order, place), written=(place,)),
        )
        _must_succeed(answer, order)
    if options.patches:
        value = value_of(file) or {}
        rewrite(file, {**value, "patches": [*(value.get("patches") or ()), *map(dict, options.patches)]})


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


def _chunks(stdout: bytes, order: Order, copy: Copy) -> Iterator[Chunk]:
    """One chunk for each object, its origin taken out of the object again unless it was asked for."""
    keep = asks_for_origins(value_of(file_of(order.directory)))
    fallback = _place(order, order.directory).file
    for document in read(stdout, fallback):
        body = document.value
        if not isinstance(body, dict):
            raise RenderError("kustomize built something that is not an object.", place=Place(fallback))
        metadata = body.get("metadata") or {}
        annotations = dict(metadata.get("annotations") or {})
        origin = annotations.pop(_ORIGIN, "")
        if keep and origin:
            annotations[_ORIGIN] = _credited(origin, order, copy)
        rest = {name: value for name, value in metadata.items() if name != "annotations"}
        clean = {**body, "metadata": {**rest, **({"annotations": annotations} if annotations else {})}}
        yield Chunk(_file(origin, order, copy) or fallback, clean, has_lines=False)


def _credited(origin: str, order: Order, copy: Copy) -> str:
    """The note that kustomize would have made if it had fetched the file itself."""
    for document in read_once(origin.encode(), "origin"):
        value = document.value if isinstance(document.value, dict) else {}
        for key in ("path", "configuredIn"):
            named = value.get(key)
            base = copy.base_of(named_by(named, order)) if isinstance(named, str) else None
            if base is not None:
                ref = {"ref": base.revision} if base.revision else {}
                rest = {name: each for name, each in value.items() if name != key}
                return dump({key: base.path, "repo": base.url, **ref, **rest})
    return origin


def _file(origin: str, order: Order, copy: Copy) -> str:
    """The file that kustomize names as an object's origin: `path` of a resource, `configuredIn` of a
    generator.
    """
    for document in read_once(origin.encode(), "origin") if origin else ():
        value = document.value
        named = value.get("path") or value.get("configuredIn") if isinstance(value, dict) else None
        if isinstance(named, str) and "repo" not in value:
            return copy.name_of(named_by(named, order)) or order.relative(order.directory / named)
    return ""
