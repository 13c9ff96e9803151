"""One ApplicationSet as a value.

The law: a generator keeps its own text as it was written, because a matrix renders it before it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from syncline.discreet import Discreet
from syncline.errors import NOWHERE, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.complaint import Path
    from syncline.documents import Lines


class SetError(Exception):
    """Why a set makes no Applications at all; `path` says where in the ApplicationSet to look.

    With `absent` it is because what was asked about is not there.
    """

    def __init__(self, message: str, path: Path = (), *, absent: bool = False) -> None:
        super().__init__(message)
        self.absent = absent
        self.message = message
        self.path = path


class Generator(Struct, frozen=True):
    """`kind` is the field's name (`list`, `git`, `matrix`…); `path` is where it stands in the set."""

    kind: str
    body: Mapping[str, Any]
    path: Path
    template: Mapping[str, Any] = field(default_factory=dict)
    selector: Mapping[str, Any] | None = None


class RollingStep(Struct, frozen=True):
    """One step of a rolling sync.

    `most` is how many Applications of the step may be unfinished at a time: a number, a percentage such as
    `25%`, or None for all.
    """

    expressions: tuple[Mapping[str, Any], ...]
    most: int | str | None = None
    place: Place = NOWHERE


class ApplicationSet(Discreet, frozen=True):
    """One `argoproj.io/v1alpha1` ApplicationSet.

    `keeps_resources` is `preserveResourcesOnDeletion`; `policy` is `applicationsSync`.  `steps` is None
    without a rolling sync; `reverse` means that its Applications go in the reverse order of the steps.
    """

    _SHOWN = ("name", "origin")

    name: str
    origin: Place
    generators: tuple[Generator, ...]
    template: Mapping[str, Any]
    namespace: str = ""
    template_patch: str = ""
    is_go: bool = False
    go_options: tuple[str, ...] = ()
    keeps_resources: bool = False
    policy: str = "sync"
    steps: tuple[RollingStep, ...] | None = None
    reverse: bool = False
    lines: Lines | None = None
    base: Path = ()

    def place(self, path: Path = ()) -> Place:
        """The line of a part of the set."""
        if self.lines is None or not path:
            return self.origin
        return Place(self.origin.file, self.lines.of((*self.base, *path)))


class ClusterFacts(Struct, frozen=True):
    """A cluster as the clusters generator sees it; `is_default` is the one that Argo CD would run in."""

    name: str
    server: str = ""
    project: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    is_default: bool = False


class Parameters(Struct, frozen=True):
    """What one Application is made of; `reads` are the files of the repository it comes from."""

    values: Mapping[str, Any]
    reads: frozenset[str] = frozenset()
