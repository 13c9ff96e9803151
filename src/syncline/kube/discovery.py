"""What kinds a server serves.

The law: a group that does not answer is "could not find out", never "not served".

Source of the format: the Kubernetes API concepts page, "Aggregated discovery"; the classic form is read where
a server is older than 1.26.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct, field

from syncline.errors import ApiError
from syncline.ports import ApiResource

FetchAll: TypeAlias = Callable[[Iterable[str], str], list[Any]]
"""Many at once; an ApiError stands in the place of its answer."""

PLAIN = "application/json"
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
AGGREGATED = ",".join([_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), PLAIN])
_NOT_FOUND = 404


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
