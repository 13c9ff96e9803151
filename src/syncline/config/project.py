"""Argo CD's `AppProject`, decoded: what the Applications of a project may do.

The law: an absent list and an empty one are different things, as in Argo CD (its documentation, "Projects").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.errors import NOWHERE, Place

if TYPE_CHECKING:
    from collections.abc import Mapping


class AllowedDestination(Struct, frozen=True):
    """Globs of a cluster's API server or name, and of a namespace; `!` before one means anything but."""

    server: str = ""
    name: str = ""
    namespace: str = ""


class KindRule(Struct, frozen=True):
    """Patterns of a group, a kind and, for cluster-scoped objects, a name (empty: any)."""

    group: str = ""
    kind: str = ""
    name: str = ""


class Right(Struct, frozen=True):
    """One line of a role's policy: `object` is what follows `PROJECT/`, a glob; `effect` allow or deny."""

    resource: str
    action: str
    object: str
    allows: bool


class Role(Struct, frozen=True):
    """What the members of some groups may do."""

    name: str
    rights: tuple[Right, ...] = ()
    groups: tuple[str, ...] = ()
    place: Place = NOWHERE


class SyncWindow(Struct, frozen=True):
    """A time in which syncs are allowed or denied.

    `schedule` is cron text, minute to weekday; `seconds` is how long the window stays open. The three lists
    are globs of Applications, namespaces and clusters: any of them, or with `all_lists` each that is given.
    """

    allows: bool
    schedule: str
    seconds: float
    applications: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    all_lists: bool = False
    manual_sync: bool = False
    sync_overrun: bool = False
    time_zone: str = "UTC"
    place: Place = NOWHERE


class OrphanRule(Struct, frozen=True):
    """Objects that belong to nobody and are not to be spoken of."""

    group: str = ""
    kind: str = ""
    name: str = ""


class SignaturePolicy(Struct, frozen=True):
    """Whose signature the commits of some repositories need: of the one that is synced, or `strict` of all
    its history. `keys` are OpenPGP ids or fingerprints, and `SHA256:...` of SSH keys; `field` asks for it.
    """

    field: str
    repos: tuple[str, ...] = ("*",)
    keys: tuple[str, ...] = ()
    mode: str = "head"

    @property
    def demands(self) -> bool:
        """Whether it asks for anything."""
        return self.mode != "none"

    @property
    def strict(self) -> bool:
        """Whether all the history counts."""
        return self.mode == "strict"


class AppProject(Struct, frozen=True):
    """One `argoproj.io/v1alpha1` AppProject.

    Of the four lists of kinds None is absent. `orphans` is None when nobody asked for them; `places` says
    where each field of `spec` is written. `signatures` say which commits have to be signed.
    """

    name: str
    origin: Place
    source_repos: tuple[str, ...] = ()
    destinations: tuple[AllowedDestination, ...] = ()
    source_namespaces: tuple[str, ...] = ()
    cluster_allowed: tuple[KindRule, ...] | None = None
    cluster_denied: tuple[KindRule, ...] | None = None
    namespaced_allowed: tuple[KindRule, ...] | None = None
    namespaced_denied: tuple[KindRule, ...] | None = None
    roles: tuple[Role, ...] = ()
    windows: tuple[SyncWindow, ...] = ()
    orphans: tuple[OrphanRule, ...] | None = None
    signatures: tuple[SignaturePolicy, ...] = ()
    own_clusters_only: bool = False
    places: Mapping[str, Place] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def bare(self) -> AppProject:
        """The same without its places, so that two can be compared by what they say."""
        return replace(
            self,
            origin=NOWHERE,
            places={},
            roles=tuple(replace(role, place=NOWHERE) for role in self.roles),
            windows=tuple(replace(window, place=NOWHERE) for window in self.windows),
        )

    def place(self, name: str) -> Place:
        """The line of a field of `spec`, or of the project where it is not written."""
        return self.places.get(name, self.origin)


DEFAULT_PROJECT: Final = AppProject(
    "default",
    Place("the built-in project default"),
    source_repos=("*",),
    destinations=(AllowedDestination(server="*", name="*", namespace="*"),),
    cluster_allowed=(KindRule("*", "*"),),
)
"""What Argo CD makes when it is installed: everything is allowed. A file that defines `default` replaces
it.
"""
