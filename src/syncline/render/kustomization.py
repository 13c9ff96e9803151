"""The way of a build through a repository: from a Kustomization to all that it reads.

The law: everything a build would read lies in this repository, or is told to lie elsewhere, or the build does
not start.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from syncline.documents import read_once
from syncline.errors import DocumentError, RenderError
from syncline.render.charts import check_schemas
from syncline.render.kustomize_names import PLUGINS, Reference, Role, configured, named
from syncline.render.links import is_of_git, plain, real_in
from syncline.render.remote_targets import has_password, is_remote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from syncline.documents import Document

NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def file_of(directory: Path) -> Path | None:
    """The Kustomization of a directory."""
    return next((directory / name for name in NAMES if (directory / name).is_file()), None)


class Tree(Struct, eq=False):
    """The files of a commit, below a directory. Two of them may have one and be two in what is built."""

    root: Path


class Spot(Struct, frozen=True):
    """A file or a directory of a tree."""

    tree: Tree
    path: Path

    @property
    def root(self) -> Path:
        """That of its tree."""
        return self.tree.root


class Step(Struct, frozen=True):
    """A spot on the way, and what it is read as. What the configuration of a plugin names is looked for at
    its `desk`, the directory of the Kustomization that asks for the plugin, wherever the configuration lies.
    """

    spot: Spot
    role: Role = Role.CONTENT
    desk: Spot | None = None


class Asked(Struct, frozen=True, eq=False):
    """Something that a file names, or the Application itself, and the directory that its path begins at;
    `desk` is that of the plugin whose configuration it is part of.
    """

    reference: Reference
    file: Spot | None
    base: Spot
    desk: Spot | None = None


Lacking: TypeAlias = list[tuple[Spot, Reference]]
"""Charts that are not in the repository and can be fetched, by the place where a build looks for them."""


class Way:
    """Where a build goes.

    The charts too, where it may render them: then those that can be fetched are added to `lacking`, and to
    `away` what lies elsewhere. What could be in neither is refused.
    """

    def __init__(self, *, lacking: Lacking | None = None, away: list[Asked] | None = None) -> None:
        self._lacking = lacking
        self._away = away
        self._seen = set[Step]()

    def follow(self, *starts: Step, asked: Iterable[Asked] = ()) -> Iterator[Spot]:
        """Every file and directory that is read from there on, the starts first.

        A path that leads over links is given as it is written, too. Raises RenderError for what is remote,
        missing or outside of the repository, with the line that names it.
        """
        todo = list(starts)
        for each in asked:
            yield from self._taken(each, todo)
        while todo:
            step = todo.pop()
            if step not in self._seen:
                self._seen.add(step)
                yield step.spot
                for each in _asked(step):
                    yield from self._taken(each, todo)

    def _taken(self, asked: Asked, todo: list[Step]) -> Iterator[Spot]:
        reference, tree = asked.reference, asked.base.tree
        if reference.role in {Role.CHART, Role.HOME} and self._lacking is None:
            return
        written = Spot(tree, plain(asked.base.path / reference.path))
        if self._lacking is not None and _can_be_fetched(written, reference):
            self._lacking.append((written, reference))
            return
        if self._away is not None and _is_elsewhere(reference):
            self._away.append(asked)
            return
        target = Spot(tree, _target(written.path, reference, tree.root))
        if written != target:
            yield written
        todo.append(Step(target, reference.role, asked.desk))


def _can_be_fetched(written: Spot, reference: Reference) -> bool:
    is_remote = reference.chart is not None and reference.chart.is_remote
    return is_remote and written.path.is_relative_to(written.root) and not os.path.lexists(written.path)


def _is_elsewhere(reference: Reference) -> bool:
    """Whether it is a URL for which a path can be put."""
    is_read = reference.role in {Role.CONTENT, Role.PLUGIN}
    return is_read and is_remote(reference.path) and not has_password(reference.path)


def _asked(step: Step) -> Iterator[Asked]:
    """What a step's file, or the Kustomization of its directory, names."""
    spot = step.spot
    if step.role is Role.CHART:
        check_schemas(spot.path, spot.root)
    elif spot.path.is_dir():
        file = file_of(spot.path)
        for number, document in enumerate(_documents(file, spot.root) if file else ()):
            if file is not None and isinstance(document.value, dict):
                yield from _of_kustomization(step, Spot(spot.tree, file), named(document, step.role, number))
    elif step.role is Role.PLUGIN and step.desk is not None:
        yield from of_plugin(_documents(spot.path, spot.root), spot, step.desk)


def _of_kustomization(step: Step, file: Spot, references: Iterable[Reference]) -> Iterator[Asked]:
    for reference in references:
        is_plugin = reference.role is Role.PLUGIN
        desk = step.spot if reference.field in PLUGINS else step.desk
        yield Asked(reference, file, step.spot, desk if is_plugin else None)


def of_plugin(documents: Iterable[Document], file: Spot, desk: Spot) -> Iterator[Asked]:
    """What the configuration of a plugin names."""
    for number, document in enumerate(documents):
        for reference in configured(document, number):
            yield Asked(reference, file, desk)


def _documents(file: Path, root: Path) -> tuple[Document, ...]:
    try:
        return read_once(file.read_bytes(), str(file.relative_to(root)))
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error


def _target(written: Path, reference: Reference, root: Path) -> Path:
    if reference.role is Role.HOME:
        raise RenderError(
            "The Kustomization gives helm a home of its own, from which helm would load plugins.",
            place=reference.place,
            remedy="Take configHome (helmHome) out; every build has a home that is empty.",
        )
    if is_remote(reference.path) and has_password(reference.path):
        raise RenderError(
            "The Kustomization refers to a URL with a password in it.",
            place=reference.place,
            remedy="Take it out, and name the variable that holds it under remotes: in syncline.yaml.",
        )
    if is_remote(reference.path):
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which is remote.",
            place=reference.place,
            remedy="Vendor it into the repository.",
        )
    target = real_in(root, written)
    if not (target.is_relative_to(root) and written.is_relative_to(root)):
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which is outside of the repository.",
            place=reference.place,
            remedy="Move it into the repository.",
        )
    if is_of_git(target, root):
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which is one of Git's own files.",
            place=reference.place,
            remedy="Name a file that is committed.",
        )
    if not target.exists() and reference.role is Role.CHART:
        raise RenderError(
            f"The chart that the Kustomization has helm render is not in {reference.path!r}, and no "
            "repository and version are named.",
            place=reference.place,
            remedy="Commit it there, or name its repo and version.",
        )
    if not target.exists():
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which does not exist.",
            place=reference.place,
            remedy="Correct the path, or add the file.",
        )
    return target
