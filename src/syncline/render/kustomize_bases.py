"""What a Kustomization names that lies elsewhere, brought into the copy that kustomize builds.

The law: kustomize finds everything beside it and fetches nothing; what was fetched stays inside its own tree;
and whatever is wrong in it is told at the line of the repository at hand that asks for it.
"""

from __future__ import annotations

import copy
import hashlib
import os
import re
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.documents import dump, read, read_once
from syncline.errors import DocumentError, GitError, Place, RenderError
from syncline.fetch import FetchError
from syncline.render.kustomization import file_of, followed
from syncline.render.links import is_of_git, mirror, plain, reached, real
from syncline.render.remote_targets import Base, base_of, remote_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from syncline.render.kustomization import Away, Lacking, Reference, Where
    from syncline.render.options import Checkout, Order

_FOLDER: Final = ".syncline-bases"
"""Where the trees that were fetched lie in the copy."""

_DIRECTORIES: Final = frozenset({"resources", "bases", "components"})
_MOST: Final = 100
_DEEPEST: Final = 10

Node: TypeAlias = tuple[Path, Path]
"""A directory, by the root of its tree and itself."""


class Grown(Struct, eq=False):
    """A tree in the copy: `place` is its root there, from the top of the copy; what is read is collected."""

    root: Path
    place: str
    label: str = ""
    base: Base | None = None
    read: list[Path] = field(default_factory=list)
    lacking: Lacking = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)


class _Edit(Struct, frozen=True, eq=False):
    """What a Kustomization names, and the path in the copy that it is to name instead."""

    reference: Reference
    target: str


class _Found(Struct, frozen=True, eq=False):
    """What a reference came to: a path in the copy; of a directory its tree and what it names elsewhere."""

    target: str
    tree: Grown | None = None
    node: Node | None = None
    away: Away = field(default_factory=list)


class Bases:
    """What the remote references of one build come to."""

    def __init__(self, order: Order, away: Away, *, inflates: bool) -> None:
        """Fetches all of it. Raises RenderError."""
        self._order = order
        self._inflates = inflates
        self._folder = next(name for name in _names() if not os.path.lexists(order.root / name))
        self._trees: dict[Path, Grown] = {}
        self._edits: dict[tuple[str, Where], _Edit] = {}
        self._files: dict[str, bytes] = {}
        self._names: dict[str, str] = {}
        self._bases: dict[str, Base | None] = {}
        self._done = set[Node]()
        self._follow(Grown(order.root, "."), away, None, ((order.root, order.directory),))

    def put(self, place: Path) -> Iterator[tuple[Reference, Path, str]]:
        """Bring it into the copy at `place`.

        The charts that are lacking come back, with where they are looked for and whose tree names them.
        """
        for tree in self._trees.values():
            root = place / tree.place
            mirror(tree.read, tree.root, root)
            for written, reference in tree.lacking:
                yield reference, root / written.relative_to(tree.root), tree.label
        for name, content in self._files.items():
            (place / name).write_bytes(content)
        by_directory: dict[str, list[_Edit]] = {}
        for (directory, _), edit in self._edits.items():
            by_directory.setdefault(directory, []).append(edit)
        for directory, edits in by_directory.items():
            _rewrite(place / directory, edits, place)

    def name_of(self, path: str) -> str:
        """What a file of the copy is called by people; empty for one of the repository at hand."""
        if path in self._names:
            return self._names[path]
        for tree in self._trees.values():
            if path.startswith(f"{tree.place}/"):
                inside = path.removeprefix(f"{tree.place}/")
                return f"{tree.label}:{inside}" if tree.label else inside
        return ""

    def base_of(self, path: str) -> Base | None:
        """The repository that kustomize would credit with a file of the copy; None for one of ours."""
        if path in self._names:
            return self._bases[path]
        for tree in self._trees.values():
            if tree.base is not None and path.startswith(f"{tree.place}/"):
                return replace(tree.base, path=path.removeprefix(f"{tree.place}/"))
        return None

    def renamed(self, text: str) -> str:
        """What kustomize says, with the names that people know in the place of those in the copy."""
        for tree in self._trees.values():
            called = f"{tree.label}:" if tree.label else ""
            pattern = rf"(?:\.\./)*{re.escape(tree.place)}(?:/|\b)"
            text = re.sub(pattern, called.replace("\\", r"\\"), text)
        for name, called in self._names.items():
            text = text.replace(PurePosixPath(name).name, called)
        return text

    def _follow(self, here: Grown, away: Away, asked: Place | None, trail: tuple[Node, ...]) -> None:
        """Fetch what a tree names, and what that names; `asked` is the line at hand that leads there."""
        for directory, reference in away:
            asker = asked or reference.place
            key = (_inside(here, directory), reference.where)
            if key in self._edits:
                continue
            where = "" if asked is None else f", in {replace(reference.place, outside=here.label)}"
            with self._asked_at(asker, where):
                found = self._found(key[0], directory, reference, asker)
                if found.node is not None:
                    _must_end(reference, found.node, trail)
                if len(self._edits) >= _MOST:
                    raise RenderError(
                        f"The build refers to more than {_MOST} remote places.",
                        remedy="Vendor some of them into the repository.",
                    )
            if found.tree is not None and found.node is not None and found.node not in self._done:
                self._enter(found.tree, found.node, found.away, asker)
                self._follow(found.tree, found.away, asker, (*trail, found.node))
                self._done.add(found.node)
            self._edits[key] = _Edit(reference, found.target)

    def _found(self, place: str, directory: Path, reference: Reference, asker: Place) -> _Found:
        name, remote = reference.path, remote_of(reference.path)
        base = remote.base if reference.where[0] in _DIRECTORIES else None
        if remote.file and reference.where[0] != "components":
            content = self._file(remote.file, is_read=base is not None)
            if content is not None:
                return _Found(self._kept(place, directory, name, content))
        if base is None:
            raise RenderError(
                f"The Kustomization refers to {shown(name)!r}, which is remote, and neither a repository nor "
                "a file as kustomize knows them in this place.",
                remedy="Write https://HOST/OWNER/NAME//PATH?ref=TAG, the URL of a file, or vendor it.",
            )
        return self._directory(base, asker)

    def _file(self, url: str, *, is_read: bool) -> bytes | None:
        """A file of the web; None where it is none and `is_read` says that it could be a repository."""
        try:
            content = self._order.options.workshop.file(url)
        except FetchError:
            if is_read:
                return None
            raise
        if is_read and not _has_objects(content):
            return None
        digest = hashlib.sha256(content).hexdigest()
        self._remark(f"The file {shown(url)} is sha256:{digest[:12]}.")
        return content

    def _kept(self, inside: str, directory: Path, url: str, content: bytes) -> str:
        # Kustomize reads no file above its Kustomization: so it comes to lie beside it.
        parts = urlsplit(url)
        name = f"syncline-{hashlib.sha256(url.encode()).hexdigest()[:12]}-{PurePosixPath(parts.path).name}"
        if os.path.lexists(directory / name):
            raise RenderError(f"There is a file {name!r} already, as one that is fetched would be called.")
        place = os.path.normpath(f"{inside}/{name}")
        self._files[place] = content
        self._bases[place] = base_of(url)
        self._names[place] = f"{parts.netloc.rpartition('@')[2]}:{parts.path.lstrip('/')}"
        return place

    def _directory(self, base: Base, asker: Place) -> _Found:
        order = self._order
        if order.options.bases is None:
            raise RenderError(f"The base {_called(base)} is remote.", remedy="Vendor it into the repository.")
        checkout = order.options.bases(base, order.ours)
        self._tell(base, checkout, asker)
        tree = self._tree(checkout, base)
        target = _checked(base, checkout, tree)
        return _Found(_inside(tree, target), tree, (tree.root, target))

    def _enter(self, tree: Grown, node: Node, away: Away, asker: Place) -> None:
        """Collect what a build reads of a directory."""
        with self._asked_at(asker, label=tree.label):
            wanted = tree.lacking if self._inflates else None
            for path in followed(node[1], tree.root, lacking=wanted, away=away):
                tree.read += reached(path, tree.root, tree.seen)

    @contextmanager
    def _asked_at(self, asker: Place, where: str = "", *, label: str = "") -> Iterator[None]:
        """What is wrong with something fetched, told where it is asked for; `where` says the rest, or the
        error itself, with the label of its tree.
        """
        try:
            yield
        except (RenderError, DocumentError, FetchError, GitError) as error:
            there = error.place if label else None
            where = f", in {replace(there, outside=label)}" if there is not None else where
            message = f"{error.message.rstrip('.')}{where}." if where else error.message
            remedy = error.remedy.replace("targetRevision", "the ref").replace("repoURL", "the URL")
            kind = GitError if isinstance(error, GitError) else RenderError
            raise kind(message, place=asker, remedy=remedy) from error

    def _tree(self, checkout: Checkout, base: Base) -> Grown:
        root = real(checkout.root)
        if root not in self._trees:
            place = f"{self._folder}/{len(self._trees) + 1}"
            self._trees[root] = Grown(root, place, checkout.label, base)
        return self._trees[root]

    def _tell(self, base: Base, checkout: Checkout, asker: Place) -> None:
        if not checkout.label:
            return
        found = checkout.found_by.removeprefix("refs/heads/").removeprefix("refs/")
        through = f", by {found}" if found else ""
        self._remark(f"The base {_called(base)} is at {checkout.revision[:12]}{through}.")
        if not base.revision:
            text = (
                f"{asker}: The base {_called(base)} names no ref, so that every run takes what its "
                "repository has by then; append ?ref= with a tag or a commit."
            )
            if text not in self._order.said.texts:
                self._order.said.texts.append(text)

    def _remark(self, text: str) -> None:
        if text not in self._order.said.remarks:
            self._order.said.remarks.append(text)


def _names() -> Iterator[str]:
    return (f"{_FOLDER}{'-' * number}" for number in count())


def _called(base: Base) -> str:
    return shown(f"{base.url}//{base.path}" if base.path else base.url)


def _inside(tree: Grown, path: Path) -> str:
    return os.path.normpath(f"{tree.place}/{path.relative_to(tree.root)}")


def _checked(base: Base, checkout: Checkout, tree: Grown) -> Path:
    """The directory in its tree. Raises RenderError."""
    target = real(tree.root / base.path)
    name, at = _called(base), checkout.revision[:7]
    if not target.is_relative_to(tree.root) or is_of_git(target, tree.root):
        raise RenderError(
            f"The base {name} leads out of its repository at {at}.",
            remedy="Name a directory that is committed there.",
        )
    if not target.is_dir():
        what = "is a file, where kustomize takes a directory," if target.exists() else "does not exist"
        raise RenderError(
            f"The base {name} {what} at {at}.", remedy="Correct the path after // or the ref of the URL."
        )
    if file_of(target) is None:
        raise RenderError(
            f"The base {name} has no kustomization.yaml at {at}.",
            remedy="Correct the path after // or the ref of the URL.",
        )
    return target


def _must_end(reference: Reference, node: Node, trail: tuple[Node, ...]) -> None:
    if node in trail:
        raise RenderError(
            f"The base {shown(reference.path)} leads back to where it is named: a circle.",
            remedy="Break the circle.",
        )
    if len(trail) > _DEEPEST:
        raise RenderError(
            f"The base {shown(reference.path)} is the last of more than {_DEEPEST} that name one another.",
            remedy="Name fewer of them one after the other.",
        )


def _has_objects(content: bytes) -> bool:
    try:
        values = [document.value for document in read(content, "file")]
    except DocumentError:
        return False
    return bool(values) and all(isinstance(value, dict) for value in values)


def _rewrite(directory: Path, edits: Sequence[_Edit], top: Path) -> None:
    """Have the Kustomization of a directory name what lies in the copy."""
    file = file_of(directory)
    values = [each.value for each in read_once(file.read_bytes(), file.name)] if file else []
    if file is None or len(values) != 1 or not isinstance(values[0], dict):
        return  # kustomize refuses it, in its own words
    value: Mapping[str, Any] = copy.deepcopy(values[0])
    for edit in edits:
        *steps, last = edit.reference.where
        holder: Any = value
        said: Any = edit.reference.document.value
        for step in steps:
            holder, said = holder[step], said[step]
        holder[last] = _entry(str(said[last]), edit.reference, os.path.relpath(top / edit.target, directory))
    # The file is a hard link into the shared worktree: it is replaced, never written through.
    file.unlink()
    file.write_text(dump(value))
    file.chmod(0o644)


def _entry(said: str, reference: Reference, local: str) -> str:
    if said != reference.path:
        return f"{said.removesuffix(reference.path)}{local}"
    if reference.where[-2:-1] == ("files",):
        # A generator's file without a key has its own name for one.
        return f"{PurePosixPath(urlsplit(said).path).name}={local}"
    return local


def named_by(origin: str, order: Order) -> str:
    """The path in the copy of a file that kustomize names from the directory it builds."""
    path = plain(order.directory / origin)
    return str(path.relative_to(order.root)) if path.is_relative_to(order.root) else ""
