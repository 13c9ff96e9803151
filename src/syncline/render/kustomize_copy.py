"""The copy that kustomize builds: what a build reads of every tree, side by side.

The law: what was fetched lies where kustomize may read it, what named it names it there, and whatever is said
of the copy is said with the names that people know.
"""

from __future__ import annotations

import copy
import hashlib
import os
import re
from itertools import count
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.documents import dump, read, read_once
from syncline.errors import RenderError
from syncline.render.kustomization import Spot, Tree
from syncline.render.links import mirror, plain, reached, real, replaced
from syncline.render.remote_targets import Base, base_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncline.render.kustomization import Asked
    from syncline.render.kustomize_names import Reference, Where
    from syncline.render.options import Checkout, Order

_FOLDER: Final = ".syncline-bases"
"""Where the trees that were fetched lie in the copy."""


class Grown(Tree, eq=False):
    """A tree in the copy: `place` is its root there, from the top of the copy; what is read is collected."""

    place: str = "."
    label: str = ""
    base: Base | None = None
    read: list[Path] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def take(self, path: Path) -> None:
        """It is read, with all that is below it. Raises RenderError for a link that leads out."""
        self.read += reached(path, self.root, self.seen)


class Kept(Struct, frozen=True):
    """A file of the web, as it is named in the copy, by people, and by kustomize."""

    content: bytes
    host: str
    path: str
    base: Base | None


_Key: TypeAlias = tuple[str, str, int, "Where", object]


class _Edit(Struct, frozen=True, eq=False):
    """What a file of the copy names, and the path in the copy that it is to name instead; `base` is the
    directory there that the path begins at.
    """

    file: str
    base: str
    reference: Reference
    target: str

    @property
    def key(self) -> _Key:
        """Of the place in the file that is written anew."""
        return _key(self.file, self.base, self.reference)


class Copy:
    """What is going to be in it."""

    def __init__(self, root: Path) -> None:
        self.home = Grown(root)
        self._folder = next(name for name in _names() if not os.path.lexists(root / name))
        self._trees: dict[Path, Grown] = {}
        self._edits: dict[_Key, _Edit] = {}
        self._kept: dict[str, Kept] = {}

    def __len__(self) -> int:
        """How many places are named that lie elsewhere."""
        return len(self._edits)

    def tree(self, checkout: Checkout, base: Base) -> Grown:
        """A tree that was fetched."""
        root = real(checkout.root)
        if root not in self._trees:
            place = f"{self._folder}/{len(self._trees) + 1}"
            self._trees[root] = Grown(root, place, checkout.label, base)
        return self._trees[root]

    def keep(self, url: str, base: Spot, content: bytes) -> Spot:
        """Put a file of the web into a directory: kustomize reads none above the one that names it.

        Raises RenderError where the repository has one of that name.
        """
        parts = urlsplit(url)
        name = f"syncline-{hashlib.sha256(url.encode()).hexdigest()[:12]}-{PurePosixPath(parts.path).name}"
        if os.path.lexists(base.path / name):
            raise RenderError(f"There is a file {name!r} already, as one that is fetched would be called.")
        spot = Spot(base.tree, base.path / name)
        host = parts.netloc.rpartition("@")[2]
        self._kept[self.path(spot)] = Kept(content, host, parts.path.lstrip("/"), base_of(url))
        return spot

    def knows(self, asked: Asked) -> bool:
        """Whether that place names something in the copy already."""
        return _key(*self._ends(asked), asked.reference) in self._edits

    def edit(self, asked: Asked, target: Spot) -> None:
        """Have it name something in the copy."""
        edit = _Edit(*self._ends(asked), asked.reference, self.path(target))
        self._edits[edit.key] = edit

    def _ends(self, asked: Asked) -> tuple[str, str]:
        return self.path(asked.file) if asked.file else "", self.path(asked.base)

    def path(self, spot: Spot) -> str:
        """Where it lies in the copy."""
        place = spot.tree.place if isinstance(spot.tree, Grown) else "."
        return os.path.normpath(f"{place}/{spot.path.relative_to(spot.root)}")

    def said(self) -> dict[Where, str]:
        """What the Application itself names, by where it does; from the directory that is built."""
        edits = [edit for edit in self._edits.values() if not edit.file]
        return {edit.reference.where: os.path.relpath(edit.target, edit.base) for edit in edits}

    def put(self, place: Path) -> None:
        """Make it."""
        for tree in (self.home, *self._trees.values()):
            mirror(tree.read, tree.root, place / tree.place)
        for name, kept in self._kept.items():
            (place / name).write_bytes(kept.content)
        by_file: dict[str, list[_Edit]] = {}
        for edit in self._edits.values():
            by_file.setdefault(edit.file, []).append(edit)
        for file, edits in by_file.items():
            if file:
                _rewrite(place / file, edits)

    def name_of(self, path: str) -> str:
        """What a file of the copy is called by people; empty for one of the repository at hand."""
        if path in self._kept:
            return f"{self._kept[path].host}:{self._kept[path].path}"
        for tree in self._trees.values():
            if path.startswith(f"{tree.place}/"):
                inside = path.removeprefix(f"{tree.place}/")
                return f"{tree.label}:{inside}" if tree.label else inside
        return ""

    def base_of(self, path: str) -> Base | None:
        """The repository that kustomize would credit with a file of the copy; None for one of ours."""
        if path in self._kept:
            return self._kept[path].base
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
        for name in self._kept:
            text = text.replace(PurePosixPath(name).name, self.name_of(name))
        return text


def _names() -> Iterator[str]:
    return (f"{_FOLDER}{'-' * number}" for number in count())


def _key(file: str, base: str, reference: Reference) -> _Key:
    return file, base, reference.number, reference.where, reference.inline


def _rewrite(file: Path, edits: Sequence[_Edit]) -> None:
    """Have a file name what lies in the copy."""
    values = [copy.deepcopy(each.value) for each in read_once(file.read_bytes(), file.name)]
    for edit in edits:
        local = os.path.relpath(edit.target, edit.base)
        inline, where = edit.reference.inline, edit.reference.where
        if inline is None:
            _set(values[edit.reference.number], where, edit.reference, local)
            continue
        *steps, last = where
        holder: Any = values[edit.reference.number]
        for step in steps:
            holder = holder[step]
        bodies = [copy.deepcopy(each.value) for each in read(holder[last], file.name)]
        _set(bodies[inline.number], inline.where, edit.reference, local)
        holder[last] = "---\n".join(map(dump, bodies))
    replaced(file, "---\n".join(map(dump, values)).encode())


def _set(value: Any, where: Where, reference: Reference, local: str) -> None:
    *steps, last = where
    for step in steps:
        value = value[step]
    value[last] = _entry(str(value[last]), where, reference.path, local)


def _entry(said: str, where: Where, path: str, local: str) -> str:
    if said != path:
        # The key of a generator's file, which a second plugin of the same configuration may have set already.
        return f"{said.removesuffix(path)}{local}" if said.endswith(path) else said
    if where[-2:-1] == ("files",):
        # A generator's file without a key has its own name for one.
        return f"{PurePosixPath(urlsplit(said).path).name}={local}"
    return local


def named_by(origin: str, order: Order) -> str:
    """The path in the copy of a file that kustomize names from the directory it builds."""
    path = plain(order.directory / origin)
    return str(path.relative_to(order.root)) if path.is_relative_to(order.root) else ""
