"""From what a renderer printed to desired objects.

The law: every object knows the file a person would edit; no two objects of one application have the same
identity, for of those that are defined twice the last one counts (Argo CD, "Multiple Sources"); nothing that
looks like a manifest is dropped in silence.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.unmanaged import Unmanaged
from syncline.core.resource import Body, Manifest, ResourceKey, key_of
from syncline.documents import Document, Lines, read, read_json
from syncline.errors import DocumentError, Place, RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.config.application import Application
    from syncline.core.scopes import Scopes

Path: TypeAlias = tuple[str | int, ...]


class Chunk(Struct, frozen=True):
    """What a renderer printed, and the file it comes from: text, or an object that had to be read already.

    `lenient` is Argo CD's rule for plain directories: a file without manifests is somebody else's.
    `has_lines` says whether the lines of the text are those of the file; without them `line` is where in the
    file the text is asked for.
    """

    file: str
    text: bytes | Body
    lenient: bool = False
    has_lines: bool = True
    line: int = 0


class Rendering(Struct, frozen=True):
    """The desired objects of an application at a revision (a full SHA), and the tools that made them, with
    the `programs` that they started.

    `remarks` are what the reader should know and not worry about, such as the version that a range came to.
    """

    app: str
    revision: str
    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()


def make_rendering(
    app: Application,
    revision: str,
    chunks: Iterable[Chunk],
    scopes: Scopes,
    warnings: Iterable[str] = (),
    unmanaged: Unmanaged | None = None,
) -> Rendering:
    """Parse, flatten lists, put every object into its namespace, keep the last of twins, and leave out what
    nobody manages. Raises RenderError or DocumentError.
    """
    said = list(warnings)
    found = [pair for chunk in chunks for pair in _objects(chunk, said)]
    known = scopes.with_definitions(body for body, _ in found)
    placed = [_placed(body, origin, app, known) for body, origin in found]
    single = _single(placed, said)
    return Rendering(app.name, revision, tuple(_managed(single, unmanaged or Unmanaged(), said)), tuple(said))


def _objects(chunk: Chunk, said: list[str]) -> Iterator[tuple[Body, Place]]:
    documents = _lenient(chunk, said) if chunk.lenient else _documents(chunk)
    for document in documents:
        where = _Where(document, chunk)
        yield from _flattened(document.value, (), where)


class _Where:
    """The lines of a document, where the text's lines are the file's; looked for when somebody asks."""

    def __init__(self, document: Document, chunk: Chunk) -> None:
        self._document = document
        self._chunk = chunk
        self._lines: Lines | None = None

    def place(self, path: Path = ()) -> Place:
        if not self._chunk.has_lines:
            return Place(self._chunk.file, self._chunk.line)
        if not path:
            return self._document.place
        self._lines = self._lines or self._document.lines()
        return Place(self._chunk.file, self._lines.of(path))


def _documents(chunk: Chunk) -> tuple[Document, ...]:
    if not isinstance(chunk.text, bytes):
        return (Document(chunk.text, Place(chunk.file)),)
    try:
        if chunk.file.endswith(".json"):
            return (read_json(chunk.text, chunk.file),)
        return read(chunk.text, chunk.file)
    except DocumentError as error:
        raise error if chunk.has_lines else _about_rendered(error, chunk) from error


def _about_rendered(error: DocumentError, chunk: Chunk) -> DocumentError:
    # The line is one of the rendered text, which nobody can open.
    line = error.place.line if error.place else 0
    message = f"What it renders to is broken in line {line}: {error.message}"
    return DocumentError(message, place=Place(chunk.file, chunk.line), remedy=error.remedy)


def _lenient(chunk: Chunk, said: list[str]) -> tuple[Document, ...]:
    """The documents of a file in a plain directory; none when it is something else: values, an image's
    manifest, or not even YAML (Argo CD).
    """
    try:
        documents = _documents(chunk)
    except DocumentError as error:
        if chunk.file.endswith(".json") or _looks_like_manifests(chunk, error):
            raise
        said.append(
            f"{error.place or chunk.file}: the file is passed over, because it cannot be read: "
            f"{error.message}"
        )
        return ()
    if chunk.file.endswith(".json"):
        return () if _is_image(documents[0].value) else documents
    if _has_marks(chunk) or any(_has_kind(document) for document in documents):
        return documents
    return ()


def _has_marks(chunk: Chunk) -> bool:
    return isinstance(chunk.text, bytes) and all(
        word in chunk.text for word in (b"apiVersion:", b"kind:", b"metadata:")
    )


def _has_kind(document: Document) -> bool:
    return isinstance(document.value, dict) and bool(document.value.get("kind"))


def _looks_like_manifests(chunk: Chunk, error: DocumentError) -> bool:
    """Whether a broken text has the words of a manifest, or one before the break."""
    if _has_marks(chunk) or not isinstance(chunk.text, bytes):
        return True
    lines = chunk.text.splitlines(keepends=True)[: error.place.line if error.place else 0]
    ends = [number for number, line in enumerate(lines) if line.startswith(b"---")]
    if not ends:
        return False
    try:
        before = read(b"".join(lines[: ends[-1]]), chunk.file)
    except DocumentError:
        return False
    return any(map(_has_kind, before))


def _is_image(value: Any) -> bool:
    return isinstance(value, dict) and str(value.get("mediaType", "")).startswith(
        ("application/vnd.oci.image.", "application/vnd.docker.distribution.")
    )


def _flattened(value: Any, path: Path, where: _Where) -> Iterator[tuple[Body, Place]]:
    if not isinstance(value, dict):
        raise RenderError(
            "A Kubernetes object must be a map.",
            place=where.place(path),
            remedy="Write it as `apiVersion:`, `kind:`, `metadata:`, or take it out of the application.",
        )
    kind = value.get("kind")
    if isinstance(kind, str) and kind.endswith("List") and "items" in value:
        items = value["items"]
        if not isinstance(items, list | None):
            raise RenderError(
                f"The items of the {kind} must be a list.",
                place=where.place((*path, "items")),
                remedy="Put each object behind a hyphen.",
            )
        for number, item in enumerate(items or ()):
            yield from _flattened(item, (*path, "items", number), where)
        return
    _check(value, where.place(path))
    yield value, where.place(path)


def _check(body: Body, origin: Place) -> None:
    for name in ("apiVersion", "kind"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise RenderError(f"The object has no {name}.", place=origin, remedy=f"Add {name}.")
    kind, metadata = body["kind"], body.get("metadata")
    if not isinstance(metadata, dict) or not (metadata.get("name") or metadata.get("generateName")):
        raise RenderError(f"The {kind} has no metadata.name.", place=origin, remedy="Give it a name.")
    for name in ("name", "generateName", "namespace"):
        if not isinstance(metadata.get(name), str | None):
            raise RenderError(
                f"The metadata.{name} of the {kind} is no string.", place=origin, remedy="Put it in quotes."
            )
    for name in ("labels", "annotations"):
        if not isinstance(metadata.get(name), dict | None):
            raise RenderError(
                f"The metadata.{name} of the {kind} must be a map.",
                place=origin,
                remedy="Write each as `name: value`.",
            )


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


def _single(manifests: Iterable[Manifest], said: list[str]) -> tuple[Manifest, ...]:
    found: dict[ResourceKey, Manifest] = {}
    generated: Counter[ResourceKey] = Counter()
    for manifest in manifests:
        key = manifest.key
        if not manifest.body["metadata"].get("name"):
            # Objects with generateName are never twins. They are numbered among themselves, so that what else
            # is rendered makes no other object, and no other hook, of them.
            generated[key] += 1
            key = replace(key, name=f"{key.name}{generated[key]}")
        earlier = found.pop(key, None)
        if earlier is not None:
            said.append(
                f"{key} is defined twice: the one in {manifest.origin} counts, and the one in "
                f"{earlier.origin} has no effect; if that is not meant, remove one of them."
            )
        found[key] = replace(manifest, key=key)
    return tuple(found.values())


def _managed(manifests: Iterable[Manifest], unmanaged: Unmanaged, said: list[str]) -> Iterator[Manifest]:
    # There are thousands of objects, and a few kinds.
    reasons: dict[tuple[str, str], str] = {}
    for manifest in manifests:
        kind = (manifest.key.group, manifest.key.kind)
        why = reasons[kind] if kind in reasons else reasons.setdefault(kind, unmanaged.why(*kind))
        if why:
            said.append(f"{manifest.key} ({manifest.origin}) is not part of the application: {why}.")
        else:
            yield manifest


def rescoped(rendering: Rendering, scopes: Scopes) -> Rendering:
    """The same objects, now that a cluster says which kinds live in a namespace."""
    manifests = tuple(
        manifest
        if not manifest.key.namespace or scopes.namespaced(manifest.key.group, manifest.key.kind)
        else replace(manifest, key=replace(manifest.key, namespace=""), body=_in_namespace(manifest.body, ""))
        for manifest in rendering.manifests
    )
    return replace(rendering, manifests=manifests)
