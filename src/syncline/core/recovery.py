"""What a recovery decides: which revision is good, who comes first, and what Git alone cannot bring back.

The law: an application comes after all that it needs, and as its wave says where that leaves a choice; a
record is believed only where it says that a sync succeeded.
"""

from __future__ import annotations

import heapq
import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from syncline.core.resource import ResourceKey
from syncline.errors import UsageError
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.resource import Body, Manifest

_SHA: Final = regex(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GOOD: Final = frozenset({"synced", "unchanged"})


class Entry(Struct, frozen=True):
    """The last good revision of one application. `identity` is `argocd-namespace/name`, or empty in a report
    of a sync, where name and destination namespace have to do.
    """

    name: str
    revision: str
    namespace: str = ""
    identity: str = ""
    at: str = ""
    by: str = ""


class Part(Struct, frozen=True):
    """An application as far as its place in the order goes. Needs and provisions are names of any sort."""

    identity: str
    wave: int = 0
    provides: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()


class Order(Struct, frozen=True):
    """Who comes when, whom each one needs, and who needs each other in a circle (which is then broken).

    `promised` are the provisions of those that come before each.
    """

    identities: tuple[str, ...]
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    circle: tuple[str, ...] = ()
    promised: Mapping[str, frozenset[str]] = field(default_factory=dict)


def write_record(entries: Iterable[Entry]) -> str:
    """A record as JSON; its commit, not its date, is what makes it valid."""
    listed = [
        {"name": e.name, "identity": e.identity, "namespace": e.namespace, "revision": e.revision}
        | {"outcome": "synced", "at": e.at, "by": e.by}
        for e in sorted(entries, key=lambda entry: entry.identity)
    ]
    return json.dumps({"version": 1, "kind": "revisions", "applications": listed}, indent=2) + "\n"


def read_record(text: str, name: str) -> tuple[Entry, ...]:
    """A record, or the JSON report of a sync, which is one too. Raises UsageError."""
    remedy = "Give what `syncline recover --export FILE` or `syncline sync --output json` wrote."
    try:
        found = json.loads(text)
        entries = tuple(_entries(found["applications"]))
        version = found["version"]
    except (ValueError, KeyError, TypeError, AttributeError):
        version = None
    if version != 1:
        raise UsageError(f"{name} is no record of revisions.", remedy=remedy)
    return entries


def revision_of(identity: str, namespace: str, entries: Iterable[Entry]) -> str:
    """The application's revision in a record; nothing where it has none, or two that differ."""
    listed = tuple(entries)
    name = identity.rpartition("/")[2]
    exact = {entry.revision for entry in listed if entry.identity == identity}
    alike = {
        entry.revision
        for entry in listed
        if not entry.identity and (entry.name, entry.namespace) == (name, namespace)
    }
    found = exact or alike
    return next(iter(found)) if len(found) == 1 else ""


def part(identity: str, wave: int, manifests: Iterable[Manifest], namespace: str, parent: str = "") -> Part:
    """What an application needs and provides by its nature: kinds, namespaces, and its own definition."""
    provides, needs = {f"application {identity}"}, {f"namespace {namespace}"}
    for manifest in manifests:
        key = manifest.key
        needs.add(f"kind {key.group_kind}")
        if key.namespace:
            needs.add(f"namespace {key.namespace}")
        if key.group_kind == "Namespace":
            provides.add(f"namespace {key.name}")
        if key.group_kind == "CustomResourceDefinition.apiextensions.k8s.io":
            spec = manifest.body.get("spec") or {}
            provides.add(f"kind {(spec.get('names') or {}).get('kind')}.{spec.get('group')}")
    if parent:
        needs.add(f"application {parent}")
    return Part(identity, wave, frozenset(provides), frozenset(needs - provides))


def in_order(parts: Iterable[Part]) -> Order:
    """Needs first, then waves, then names; of a circle, the first by wave and name goes without."""
    listed = {each.identity: each for each in parts}
    providers: dict[str, set[str]] = {}
    for each in listed.values():
        for thing in each.provides:
            providers.setdefault(thing, set()).add(each.identity)
    needs = {
        name: frozenset(who for thing in each.needs for who in providers.get(thing, ()) if who != name)
        for name, each in listed.items()
    }
    left = {name: set(found) for name, found in needs.items()}
    ready = [(listed[name].wave, name) for name, found in left.items() if not found]
    heapq.heapify(ready)
    done: list[str] = []
    circle: tuple[str, ...] = ()
    while left:
        if not ready:
            circle = circle or tuple(sorted(left))
            heapq.heappush(ready, min((listed[name].wave, name) for name in left))
        _, name = heapq.heappop(ready)
        del left[name]
        done.append(name)
        for other, found in left.items():
            if name in found:
                found.discard(name)
                if not found:
                    heapq.heappush(ready, (listed[other].wave, other))
    promised: dict[str, frozenset[str]] = {}
    so_far: frozenset[str] = frozenset()
    for name in done:
        promised[name] = so_far
        so_far |= listed[name].provides
    return Order(tuple(done), needs, circle, promised)


def references(body: Body) -> frozenset[ResourceKey]:
    """The Secrets and ConfigMaps without which the pods of a workload do not start."""
    namespace = str((body.get("metadata") or {}).get("namespace") or "")
    pod = _pod_spec(body)
    return frozenset(ResourceKey("", kind, namespace, name) for kind, name in _referred(pod) if name)


def _pod_spec(body: Body) -> Mapping[str, Any]:
    spec = body.get("spec") or {}
    if body.get("kind") == "Pod":
        return _mapping(spec)
    if body.get("kind") == "CronJob":
        spec = _mapping(_mapping(spec).get("jobTemplate")).get("spec")
    return _mapping(_mapping(_mapping(spec).get("template")).get("spec"))


def _referred(pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for reference in _members(pod.get("imagePullSecrets")):
        yield "Secret", str(reference.get("name") or "")
    for volume in _members(pod.get("volumes")):
        yield from _one(volume.get("secret"), "Secret", "secretName")
        yield from _one(volume.get("configMap"), "ConfigMap", "name")
        for source in _members(_mapping(volume.get("projected")).get("sources")):
            yield from _one(source.get("secret"), "Secret", "name")
            yield from _one(source.get("configMap"), "ConfigMap", "name")
    for container in (*_members(pod.get("initContainers")), *_members(pod.get("containers"))):
        for source in _members(container.get("envFrom")):
            yield from _one(source.get("secretRef"), "Secret", "name")
            yield from _one(source.get("configMapRef"), "ConfigMap", "name")
        for variable in _members(container.get("env")):
            value = _mapping(variable.get("valueFrom"))
            yield from _one(value.get("secretKeyRef"), "Secret", "name")
            yield from _one(value.get("configMapKeyRef"), "ConfigMap", "name")


def _one(reference: Any, kind: str, field_name: str) -> Iterator[tuple[str, str]]:
    found = _mapping(reference)
    if found.get(field_name) and found.get("optional") is not True:
        yield kind, str(found[field_name])


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _members(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _entries(applications: Iterable[Any]) -> Iterator[Entry]:
    for each in applications:
        revision = str(each.get("revision") or "")
        if each.get("outcome") in _GOOD and not each.get("failures") and _SHA.fullmatch(revision):
            yield Entry(
                str(each["name"]),
                revision,
                str(each.get("namespace") or ""),
                str(each.get("identity") or ""),
                str(each.get("at") or ""),
                str(each.get("by") or ""),
            )
