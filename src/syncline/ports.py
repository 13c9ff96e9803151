"""What the pure middle and the edges promise each other.

The law: a port speaks in values of the core; no library's type crosses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from syncline.config.appset.questions import Branch, HostedRepository, PullRequest
    from syncline.core.resource import Body, ResourceKey


class ApiResource(Struct, frozen=True, order=True):
    """A kind as a server serves it, in the version the server prefers (or the one asked for)."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version


class Listing(Struct, frozen=True):
    """A LIST's answer; every item has `apiVersion` and `kind`. A watch goes on at `resource_version`."""

    items: tuple[Body, ...]
    resource_version: str


class WatchEvent(Struct, frozen=True):
    """One line of a watch. `expired` (410 Gone) asks the reader to list again."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "EXPIRED"]
    object: Body


class Watching(Protocol):
    """A watch that is being read, and that another thread may end."""

    def __iter__(self) -> Iterator[WatchEvent]:
        """The events as they come."""
        ...

    def close(self) -> None:
        """End it, from any thread."""
        ...


class Cluster(Protocol):
    """One API server. Every method raises `ApiError` for a refusal and `ClusterError` when nobody answers."""

    @property
    def name(self) -> str:
        """The name the configuration gives it."""
        ...

    def resource(self, group: str, kind: str, version: str = "") -> ApiResource | None:
        """The served kind, from discovery read once; None when it is not served (a CRD to come)."""
        ...

    def version(self) -> str:
        """The version it says it is, such as v1.37.2."""
        ...

    def rediscover(self) -> None:
        """Forget discovery: a CRD was established."""
        ...

    def list(self, resource: ApiResource, *, namespace: str = "", selector: str = "") -> Listing:
        """Every object of a kind, in one namespace or in all, page by page inside."""
        ...

    def get(self, resource: ApiResource, namespace: str, name: str) -> Body | None:
        """One object, or None when the server says it does not exist."""
        ...

    def apply(self, resource: ApiResource, body: Body, *, dry_run: bool = False, manager: str = "") -> Body:
        """Server-side apply as field manager `syncline` or another, forced; returns the object.

        A field that the kind's schema does not have is refused.
        """
        ...

    def merge(self, resource: ApiResource, key: ResourceKey, patch: Body, *, part: str = "") -> Body:
        """A JSON merge patch of an object, or of a part of it such as its status; returns the object.

        Raises ApiError (409) where the patch names a version that is no longer the newest.
        """
        ...

    def create(self, resource: ApiResource, body: Body, *, validate: bool = True) -> Body:
        """Make a new object. Raises ApiError (409, AlreadyExists) when there is one of that name."""
        ...

    def update(
        self, resource: ApiResource, body: Body, *, dry_run: bool = False, validate: bool = True
    ) -> Body:
        """Replace an object with this one, which names the UID and the version that it replaces."""
        ...

    def patch(self, resource: ApiResource, key: ResourceKey, operations: Sequence[Mapping[str, Any]]) -> Body:
        """A JSON patch (RFC 6902), for what no apply can do: field owners and finalizers."""
        ...

    def delete(
        self, resource: ApiResource, key: ResourceKey, *, uid: str, propagation: str = "Foreground"
    ) -> Body | None:
        """Delete that very object (UID precondition), by default foreground.

        None when it is gone already; the object when it is going (finalizers hold it).
        """
        ...

    def watch(
        self, resource: ApiResource, *, namespace: str = "", selector: str = "", since: str, timeout: float
    ) -> Watching:
        """Changes after the resource version `since`, for `timeout` seconds or until the server closes."""
        ...


class GitHub(Protocol):
    """What Syncline tells GitHub."""

    def upsert_comment(self, pull_request: int, pages: Sequence[str]) -> None:
        """Make the pull request carry exactly these pages: found by marker, changed only where different."""
        ...

    def set_status(self, sha: str, context: str, state: str, description: str) -> None:
        """A commit status; not sent again when unchanged."""
        ...


class Forge(Protocol):
    """What generators of ApplicationSets and roles of projects ask GitHub. Every method raises
    GitHubError.
    """

    @property
    def url(self) -> str:
        """The API's root; our token is sent nowhere else."""
        ...

    def pull_requests(self, owner: str, repo: str) -> tuple[PullRequest, ...]:
        """The open ones."""
        ...

    def repositories(self, organization: str) -> tuple[HostedRepository, ...]:
        """Those of an organisation."""
        ...

    def branches(self, owner: str, repo: str, only: str = "") -> tuple[Branch, ...]:
        """All branches, or the one named."""
        ...

    def has_path(self, owner: str, repo: str, sha: str, path: str) -> bool:
        """Whether a file or directory is there at a commit."""
        ...

    def statuses(self, owner: str, repo: str, sha: str) -> Mapping[str, tuple[str, str]]:
        """The newest state of each context of a commit, with its description."""
        ...

    def is_member(self, team: str, login: str) -> bool:
        """Whether somebody is an active member of `organisation/team`."""
        ...

    def reviewed(self, owner: str, repo: str, sha: str, context: str) -> tuple[str, ...]:
        """Our comments about the merged pull requests that brought a commit, the first page of each."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Clock(Protocol):
    """Time, so that waiting can be tested without waiting."""

    def now(self) -> str:
        """RFC 3339 in UTC, to the second."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...


Environment = Mapping[str, str]
