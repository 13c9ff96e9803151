"""What kinds a server serves.

The law: a group that does not answer is "could not find out", never "not served".

Source of the format: the Kubernetes API concepts page, "Aggregated discovery"; the classic form is read where
a server is older than 1.26.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from msgspec import Struct, field

from syncline.errors import ApiError
from syncline.kube.request import Request
from syncline.ports import ApiResource

if TYPE_CHECKING:
    from syncline.kube.client import Client

FetchAll: TypeAlias = Callable[[Iterable[str], str], list[Any]]
"""Many at once; an ApiError stands in the place of its answer."""

PLAIN = "application/json"
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
AGGREGATED = ",".join([_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), PLAIN])
_NOT_FOUND = 404
_SETTLING = 5.0
"""Seconds that API servers take, at most, to serve an established CRD: each of them learns it by itself."""
_SETTLING_PAUSE = 0.1


class Discovery(Struct, frozen=True):
    """The served kinds, versions in the server's order of preference; the groups that were named, and those
    of them that do not answer.
    """

    kinds: Mapping[tuple[str, str], tuple[ApiResource, ...]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def find(self, group: str, kind: str, version: str = "") -> ApiResource | None:
        """The kind in that version, or in the one the server prefers; None when it is not served.

        Raises ApiError when the group does not answer, so that nobody knows.
        """
        served = self.kinds.get((group, kind), ())
        for resource in served:
            if version in {"", resource.version}:
                return resource
        if group in self.silent:
            raise ApiError(
                f"The API group {group} does not answer, so whether it serves {kind} is not known.",
                code=503,
                reason="ServiceUnavailable",
                remedy="See the APIService of that group: kubectl get apiservices.",
            )
        return None


class Catalogue:
    """What one server serves, asked once and kept. Safe to use from many threads."""

    def __init__(self, client: Client, fetch_all: FetchAll) -> None:
        self._client = client
        self._fetch_all = fetch_all
        self._discovery: Discovery | None = None
        self._unserved: frozenset[str] = frozenset()
        self._settled = -math.inf
        self._lock = threading.Lock()

    @property
    def is_settling(self) -> bool:
        """Whether a kind was established a moment ago, so that one that is missing may come yet."""
        return self._client.timing.monotonic() < self._settled

    def renew(self) -> None:
        """Ask anew, and for a few seconds once more for each kind that is missing."""
        self._forget()
        self._settled = self._client.timing.monotonic() + _SETTLING

    def find(self, group: str, kind: str, version: str = "") -> ApiResource | None:
        """The served kind; None when the server does not serve it.

        Raises ApiError (503) when the group does not answer, so that nobody knows.
        """
        found = self._known().find(group, kind, version)
        while found is None and self.is_settling:
            self._client.timing.sleep(_SETTLING_PAUSE)
            self._forget()
            found = self._known().find(group, kind, version)
        if found is None:
            self._confirm_unserved(group, kind)
        return found

    def listable(self) -> tuple[ApiResource, ...]:
        """Every kind that may be listed, in the version the server prefers, of the groups that answer."""
        known = self._known()
        served = (versions[0] for (group, _), versions in known.kinds.items() if group not in known.silent)
        return tuple(resource for resource in served if "list" in resource.verbs)

    def _known(self) -> Discovery:
        with self._lock:
            if self._discovery is None:
                self._discovery = discover(self._fetch_all)
            return self._discovery

    def _forget(self) -> None:
        with self._lock:
            self._discovery = None
            self._unserved = frozenset()

    def _confirm_unserved(self, group: str, kind: str) -> None:
        """Raises ApiError when the server may serve that group after all.

        A server that has just started names its groups one by one, and nothing may be taken for gone because
        of that. Asked for a group by name, it answers 404 only when it knows all of them.
        """
        if group in self._known().groups or group in self._unserved:
            return
        try:
            self._client.json(Request("GET", f"/apis/{quote(group, safe='')}" if group else "/api/v1"))
        except ApiError as error:
            if error.code != _NOT_FOUND:
                raise
            self._unserved |= {group}
            return
        raise ApiError(
            f"The API group {group} is about to be served, so whether it has {kind} is not known yet.",
            code=503,
            reason="ServiceUnavailable",
            remedy="Run it again.",
        )


def discover(fetch_all: FetchAll) -> Discovery:
    """Ask the server once, or once for each group where it is old. Raises ApiError when it does not tell."""
    answers = [_must(answer) for answer in fetch_all(["/api", "/apis"], AGGREGATED)]
    if all(answer.get("kind") == "APIGroupDiscoveryList" for answer in answers):
        return _collected(entry for answer in answers for entry in _aggregated(answer))
    return _collected(_classic(answers, fetch_all))


_Entry: TypeAlias = tuple[str, list[ApiResource] | None]
"""A group and what one of its versions serves; None when that does not answer."""


def _must(answer: Any) -> Any:
    if isinstance(answer, ApiError):
        raise answer
    return answer


def _collected(entries: Iterable[_Entry]) -> Discovery:
    kinds: dict[tuple[str, str], list[ApiResource]] = defaultdict(list)
    silent: set[str] = set()
    groups: set[str] = set()
    for group, resources in entries:
        groups.add(group)
        if resources is None:
            silent.add(group)
        for resource in resources or ():
            kinds[group, resource.kind].append(resource)
    return Discovery(
        {key: tuple(found) for key, found in kinds.items()}, frozenset(silent), frozenset(groups)
    )


def _aggregated(answer: Mapping[str, Any]) -> Iterator[_Entry]:
    for item in answer.get("items") or ():
        group = str((item.get("metadata") or {}).get("name") or "")
        for version in item.get("versions") or ():
            name = str(version.get("version"))
            yield group, [_from_aggregated(group, name, entry) for entry in version.get("resources") or ()]
            if version.get("freshness") == "Stale":
                # What the server still remembers may be used; what it does not may exist all the same.
                yield group, None


def _from_aggregated(group: str, version: str, entry: Mapping[str, Any]) -> ApiResource:
    kind = (entry.get("responseKind") or {}).get("kind") or entry.get("singularResource")
    return ApiResource(
        group,
        version,
        str(kind),
        str(entry["resource"]),
        namespaced=entry.get("scope") == "Namespaced",
        verbs=frozenset(entry.get("verbs") or ()),
    )


def _classic(answers: list[Any], fetch_all: FetchAll) -> Iterator[_Entry]:
    versions = list(_group_versions(*answers))
    paths = [f"/apis/{group}/{version}" if group else f"/api/{version}" for group, version in versions]
    for (group, version), answer in zip(versions, fetch_all(paths, PLAIN), strict=True):
        if isinstance(answer, ApiError):
            if answer.code != _NOT_FOUND:
                yield group, None
            continue
        entries = answer.get("resources") or ()
        yield group, [_from_classic(group, version, entry) for entry in entries if "/" not in entry["name"]]


def _group_versions(core: Mapping[str, Any], groups: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for version in core.get("versions") or ():
        yield "", str(version)
    for group in groups.get("groups") or ():
        preferred = str((group.get("preferredVersion") or {}).get("version"))
        versions = [str(version.get("version")) for version in group.get("versions") or ()]
        for version in sorted(versions, key=lambda name: name != preferred):
            yield str(group.get("name")), version


def _from_classic(group: str, version: str, entry: Mapping[str, Any]) -> ApiResource:
    return ApiResource(
        group,
        version,
        str(entry["kind"]),
        str(entry["name"]),
        namespaced=bool(entry.get("namespaced")),
        verbs=frozenset(entry.get("verbs") or ()),
    )
