"""From what a renderer printed to desired objects.

The law: every object knows the file a person would edit; no two objects of one application have the same
identity; nothing that looks like a manifest is dropped in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from syncline.core.resource import Body, Manifest, ResourceKey, key_of
from syncline.documents import read, read_json
from syncline.errors import DocumentError, Place, RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.config.application import Application
    from syncline.core.scopes import Scopes


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a renderer printed, and the file it comes from: text, or an object that had to be read already.

    `lenient` is Argo CD's rule for plain directories: a file without manifests is somebody else's.
    `has_lines` says whether the lines of the text are those of the file.
    """

    file: str
    text: bytes | Body
    lenient: bool = False
    has_lines: bool = True


@dataclass(frozen=True, slots=True)
class Rendering:
    """The desired objects of an application at a revision (a full SHA)."""

    app: str
    revision: str
    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...] = ()


def make_rendering(
    app: Application, revision: str, chunks: Iterable[Chunk], scopes: Scopes, warnings: Iterable[str] = ()
) -> Rendering:
    """Parse, flatten lists, put every object into its namespace, refuse twins. Raises RenderError or
    DocumentError.
    """
    found = [pair for chunk in chunks for pair in _objects(chunk)]
    known = scopes.with_definitions(body for body, _ in found)
    placed = [_placed(body, origin, app, known) for body, origin in found]
    return Rendering(app.name, revision, tuple(_single(placed)), tuple(warnings))


def _objects(chunk: Chunk) -> Iterator[tuple[Body, Place]]:
    if chunk.lenient and _is_foreign(chunk):
        return
    for value, origin in _documents(chunk):
        yield from _flattened(value, origin)


def _documents(chunk: Chunk) -> list[tuple[Any, Place]]:
    if not isinstance(chunk.text, bytes):
        return [(chunk.text, Place(chunk.file))]
    if chunk.file.endswith(".json"):
        documents = [read_json(chunk.text, chunk.file)]
    else:
        documents = list(read(chunk.text, chunk.file))
    return [(each.value, each.place if chunk.has_lines else Place(chunk.file)) for each in documents]


def _is_foreign(chunk: Chunk) -> bool:
    """Whether a file in a plain directory holds no manifest: values for something, or not even YAML (Argo
    CD).
    """
    if not isinstance(chunk.text, bytes) or chunk.file.endswith(".json"):
        return False
    if all(word in chunk.text for word in (b"apiVersion:", b"kind:", b"metadata:")):
        return False
    try:
        return not any(isinstance(value, dict) and value.get("kind") for value, _ in _documents(chunk))
    except DocumentError:
        return True


def _flattened(value: Any, origin: Place) -> Iterator[tuple[Body, Place]]:
    if not isinstance(value, dict):
        raise RenderError("A Kubernetes object must be a map.", place=origin)
    kind = value.get("kind")
    if isinstance(kind, str) and kind.endswith("List") and "items" in value:
        for item in value["items"] or ():
            yield from _flattened(item, origin)
        return
    for name in ("apiVersion", "kind"):
        if not isinstance(value.get(name), str) or not value[name]:
            raise RenderError(f"The object has no {name}.", place=origin, remedy=f"Add {name}.")
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or not (metadata.get("name") or metadata.get("generateName")):
        raise RenderError(f"The {kind} has no metadata.name.", place=origin, remedy="Give it a name.")
    yield value, origin


def _placed(body: Body, origin: Place, app: Application, scopes: Scopes) -> Manifest:
    key = key_of(body)
    if not scopes.namespaced(key.group, key.kind):
        return Manifest(replace(key, namespace=""), body["apiVersion"], _in_namespace(body, ""), origin)
    namespace = key.namespace or app.destination.namespace
    if not namespace:
        raise RenderError(
            f"{key} names no namespace, and neither does the Application's destination.",
            place=origin,
            remedy="Set metadata.namespace or spec.destination.namespace.",
        )
    return Manifest(
        replace(key, namespace=namespace), body["apiVersion"], _in_namespace(body, namespace), origin
    )


def _in_namespace(body: Body, namespace: str) -> Body:
    metadata = body["metadata"]
    if str(metadata.get("namespace") or "") == namespace:
        return body
    others = {name: value for name, value in metadata.items() if name != "namespace"}
    return {**body, "metadata": {**others, "namespace": namespace} if namespace else others}


def _single(manifests: Iterable[Manifest]) -> Iterator[Manifest]:
    seen: dict[ResourceKey, Place] = {}
    for number, manifest in enumerate(manifests):
        key = manifest.key
        if not manifest.body["metadata"].get("name"):
            # Objects with generateName are never twins; the position tells them apart (Argo CD).
            key = replace(key, name=f"{key.name}{number}")
        if key in seen:
            raise RenderError(
                f"{key} is defined twice: in {seen[key]} and in {manifest.origin}.",
                place=manifest.origin,
                remedy="Remove one of them.",
            )
        seen[key] = manifest.origin
        yield replace(manifest, key=key)


def rescoped(rendering: Rendering, scopes: Scopes) -> Rendering:
    """The same objects, now that a cluster says which kinds live in a namespace."""
    manifests = tuple(
        manifest
        if not manifest.key.namespace or scopes.namespaced(manifest.key.group, manifest.key.kind)
        else replace(manifest, key=replace(manifest.key, namespace=""), body=_in_namespace(manifest.body, ""))
        for manifest in rendering.manifests
    )
    return replace(rendering, manifests=manifests)
