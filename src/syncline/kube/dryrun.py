"""The server's own answer to "what would this apply make?".

The law: "you may not ask" is no rejection, and "it cannot be known yet" is neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from syncline.core.resource import Body, ResourceKey
from syncline.errors import ApiError
from syncline.kube.status import INTERNAL, is_absence, lacks_right
from syncline.ports import ApiResource
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.ports import Cluster

Asked: TypeAlias = tuple[ResourceKey, str, Body]
"""A key, the apiVersion of its manifest, and the manifest."""

Ask: TypeAlias = Callable[[ResourceKey, ApiResource], Body]
"""How the server is asked about an object, where that is no plain apply."""

_NOT_FOUND = 404
_CONFLICT = 409
_NO_ANSWER = frozenset({401, 429, 502, 503, 504})
"""The server itself is in trouble, or does not know us; that is not about one object."""


class DryRun(Struct, frozen=True):
    """What each apply would make; each key is in one of the four, the latter three with the reason.

    `rejected`: the server judged the object and refuses it. `forbidden`: this identity may not apply it, so
    nothing is known. `unknowable`: its namespace or kind is not there yet, or an admission webhook is down.
    """

    objects: Mapping[ResourceKey, Body] = field(default_factory=dict)
    rejected: Mapping[ResourceKey, str] = field(default_factory=dict)
    forbidden: Mapping[ResourceKey, str] = field(default_factory=dict)
    unknowable: Mapping[ResourceKey, str] = field(default_factory=dict)


def dry_run(cluster: Cluster, manifests: Iterable[Asked], *, workers: int, ask: Ask | None = None) -> DryRun:
    """Ask the server about every manifest, many at a time. Raises ClusterError when it does not answer."""
    objects: dict[ResourceKey, Body] = {}
    reasons: dict[str, dict[ResourceKey, str]] = {"rejected": {}, "forbidden": {}, "unknowable": {}}
    for key, outcome in each(
        lambda asked: (asked[0], _ask(cluster, asked, ask)), list(manifests), workers=workers
    ):
        if isinstance(outcome, _Trouble):
            reasons[outcome.kind][key] = outcome.reason
        else:
            objects[key] = outcome
    return DryRun(objects, **reasons)


class _Trouble(Struct, frozen=True):
    kind: str
    reason: str


def _ask(cluster: Cluster, asked: Asked, ask: Ask | None) -> Body | _Trouble:
    key, api_version, body = asked
    try:
        resource = cluster.resource(key.group, key.kind, api_version.rpartition("/")[2])
    except ApiError as error:
        return _Trouble("unknowable", error.message)
    if resource is None:
        return _Trouble("unknowable", f"The cluster does not serve {key.group_kind} in {api_version} yet.")
    try:
        return ask(key, resource) if ask else cluster.apply(resource, body, dry_run=True)
    except ApiError as error:
        if error.code in _NO_ANSWER or (error.code == _NOT_FOUND and not is_absence(error)):
            raise
        return _Trouble(_kind_of(error), error.message)


def _kind_of(error: ApiError) -> str:
    # An internal error is mostly an admission webhook that is down, and a conflict another write just then:
    # nobody judged the object.
    if is_absence(error) or error.reason == INTERNAL or error.code == _CONFLICT:
        return "unknowable"
    return "forbidden" if lacks_right(error) else "rejected"
