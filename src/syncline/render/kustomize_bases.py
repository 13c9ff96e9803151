"""What a build names that lies elsewhere, fetched and followed.

The law: kustomize finds everything in the copy and fetches nothing; what was fetched stays inside its own
tree; and whatever is wrong in it is told at the line of the repository at hand that asks for it.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from syncline.documents import read, read_once
from syncline.errors import DocumentError, GitError, Place, RenderError
from syncline.fetch import FetchError
from syncline.render.kustomization import Asked, Spot, Step, Way, file_of, of_plugin
from syncline.render.kustomize_copy import Copy, Grown
from syncline.render.kustomize_names import DIRECTORIES, PLUGINS, Reference, Role
from syncline.render.links import is_of_git, real_in
from syncline.render.remote_targets import Base, remote_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from syncline.render.options import Checkout, Order

_FOLDERS: Final = frozenset({*DIRECTORIES, *PLUGINS})
_MOST: Final = 100
_DEEPEST: Final = 10

_Trail: TypeAlias = tuple[tuple["Path", "Path"], ...]
"""The directories that name one another, each by the root of its tree and itself."""


class Wanting(Struct, frozen=True, eq=False):
    """A chart that a build looks for, and which tree names it."""

    spot: Spot
    reference: Reference
    label: str = ""


class _Found(Struct, frozen=True, eq=False):
    """What a reference came to: a spot in the copy, and what is to be followed from there, a directory or
    what a file of the web names. `label` is put before the names of its files.
    """

    spot: Spot
    label: str = ""
    step: Step | None = None
    asked: tuple[Asked, ...] = ()


class Bases:
    """What the remote references of one build come to, in `copy`; charts to be fetched are `wanting`."""

    def __init__(self, order: Order, *, inflates: bool) -> None:
        self.copy = Copy(order.root)
        self.wanting: list[Wanting] = []
        self._order = order
        self._inflates = inflates
        self._done = set[Step]()

    @property
    def is_near(self) -> bool:
        """Whether all that is read lies in the tree at hand."""
        return not (self.wanting or len(self.copy))

    def build(self, starts: Sequence[Step], asked: Sequence[Asked]) -> None:
        """Collect all that is read of this repository and of others. Raises RenderError."""
        away = self._walk("", starts, asked)
        self._follow(away, "", None, ((self._order.root, self._order.directory),))

    def _walk(self, label: str, starts: Sequence[Step], asked: Sequence[Asked]) -> list[Asked]:
        """Collect what is read from there on; what lies elsewhere is the answer."""
        away: list[Asked] = []
        lacking: list[tuple[Spot, Reference]] = []
        way = Way(
            lacking=lacking if self._inflates else None,
            away=None if self._order.options.bases is None else away,
        )
        for spot in way.follow(*starts, asked=asked):
            if isinstance(spot.tree, Grown):
                spot.tree.take(spot.path)
        self.wanting += [Wanting(spot, reference, label) for spot, reference in lacking]
        return away

    def _follow(self, away: Sequence[Asked], label: str, origin: Place | None, trail: _Trail) -> None:
        """Fetch what a tree names, and what that names; `origin` is the line at hand that leads there."""
        for asked in away:
            reference = asked.reference
            asker = origin or reference.place
            if self.copy.knows(asked):
                continue
            where = "" if origin is None else f", in {replace(reference.place, outside=label)}"
            with self._asked_at(asker, where):
                found = self._found(asked, asker)
                _must_end(reference, found.step, trail)
                if len(self.copy) >= _MOST:
                    raise RenderError(
                        f"The build refers to more than {_MOST} remote places.",
                        remedy="Vendor some of them into the repository.",
                    )
            if (found.step or found.asked) and found.step not in self._done:
                self._enter(found, asker, trail)
            # Only now: before, it may be part of a circle.
            self.copy.edit(asked, found.spot)

    def _enter(self, found: _Found, asker: Place, trail: _Trail) -> None:
        step = found.step
        with self._asked_at(asker, label=found.label):
            further = self._walk(found.label, (step,) if step else (), found.asked)
        if step is None:
            self._follow(further, found.label, asker, trail)
            return
        self._follow(further, found.label, asker, (*trail, (step.spot.root, step.spot.path)))
        self._done.add(step)

    def _found(self, asked: Asked, asker: Place) -> _Found:
        reference = asked.reference
        name, remote = reference.path, remote_of(reference.path)
        base = remote.base if reference.field in _FOLDERS else None
        if remote.file and reference.field != "components":
            content = self._file(remote.file, is_read=base is not None)
            if content is not None:
                return self._kept(asked, content)
        if base is None:
            raise RenderError(
                f"The Kustomization refers to {shown(name)!r}, which is remote, and neither a repository nor "
                "a file as kustomize knows them in this place.",
                remedy="Write https://HOST/OWNER/NAME//PATH?ref=TAG, the URL of a file, or vendor it.",
            )
        return self._directory(base, asked, asker)

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

    def _kept(self, asked: Asked, content: bytes) -> _Found:
        spot = self.copy.keep(asked.reference.path, asked.base, content)
        if asked.reference.role is not Role.PLUGIN or asked.desk is None:
            return _Found(spot)
        host, _, path = self.copy.name_of(self.copy.path(spot)).partition(":")
        with self._asked_at(asked.reference.place, label=host):
            documents = read_once(content, path)
        return _Found(spot, host, asked=tuple(of_plugin(documents, spot, asked.desk)))

    def _directory(self, base: Base, asked: Asked, asker: Place) -> _Found:
        order = self._order
        if order.options.bases is None:
            raise RenderError(f"The base {_called(base)} is remote.", remedy="Vendor it into the repository.")
        checkout = order.options.bases(base, order.ours)
        self._tell(base, checkout, asker)
        tree = self.copy.tree(checkout, base)
        spot = Spot(tree, _checked(base, checkout, tree))
        return _Found(spot, tree.label, Step(spot, asked.reference.role, asked.desk))

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


def _called(base: Base) -> str:
    return shown(f"{base.url}//{base.path}" if base.path else base.url)


def _checked(base: Base, checkout: Checkout, tree: Grown) -> Path:
    """The directory in its tree. Raises RenderError."""
    target = real_in(tree.root, tree.root / base.path)
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


def _must_end(reference: Reference, step: Step | None, trail: _Trail) -> None:
    if step is None:
        return
    if (step.spot.root, step.spot.path) in trail:
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
