"""Whose object it is, before it is ours.

The law: an owner is named by what it left on the object itself, and what Git wants there is no trace of
anybody; whoever would write the object again by itself is never pushed aside without permission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.core.applyset import MANAGED_BY_LABEL, TRACKING_ANNOTATION, claimed_by
from syncline.core.managed import MANAGER, FieldOwner, entries, owner_of_entry, owners
from syncline.core.normalize import LAST_APPLIED, metadata_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.fields import FieldChange
    from syncline.core.resource import Body, ResourceKey


class Tool(Struct, frozen=True):
    """How a tool is known: its field managers, and labels or annotations that only it sets.

    `noun` is what it calls the owner, `named` the key whose value is the owner's name, with `within` for the
    name's namespace.
    """

    name: str
    managers: frozenset[str]
    marks: tuple[str, ...] = ()
    noun: str = ""
    within: str = ""


TOOLS: Final = (
    Tool(
        "Argo CD",
        frozenset({"argocd-controller", "argocd-application-controller"}),
        (TRACKING_ANNOTATION,),
        "Application",
    ),
    Tool(
        "Flux",
        frozenset({"kustomize-controller"}),
        ("kustomize.toolkit.fluxcd.io/name",),
        "Kustomization",
        "kustomize.toolkit.fluxcd.io/namespace",
    ),
    Tool(
        "Flux",
        frozenset({"helm-controller"}),
        ("helm.toolkit.fluxcd.io/name",),
        "HelmRelease",
        "helm.toolkit.fluxcd.io/namespace",
    ),
    Tool(
        "Helm",
        frozenset({"helm", "Helm"}),
        ("meta.helm.sh/release-name",),
        "release",
        "meta.helm.sh/release-namespace",
    ),
    Tool("kapp", frozenset({"kapp", "kapp-server-side-apply"}), ("kapp.k14s.io/app",), "app"),
    Tool("Config Sync", frozenset({"configsync"}), ("configsync.gke.io/resource-id",)),
    Tool("Fleet", frozenset({"fleetagent", "fleet-agent"}), ("objectset.rio.cattle.io/id",), "bundle"),
    Tool("Terraform", frozenset({"Terraform", "terraform"})),
    Tool("Pulumi", frozenset({"pulumi-kubernetes", "pulumi-resource-kubernetes"})),
)
"""The tools that come back and write again.  Sources: each project's documentation of what it labels."""

TOOL_MANAGERS: Final = frozenset[str]().union(*(tool.managers for tool in TOOLS))
_KUBECTL: Final = "kubectl"


class Claimant(Struct, frozen=True):
    """Somebody who has a claim on an object; `comes_back` is whether it would write it again by itself."""

    name: str
    evidence: str
    comes_back: bool = True

    def __str__(self) -> str:
        return f"{self.name} ({self.evidence})" if self.evidence else self.name


def claimants(live: Body, key: ResourceKey, desired: Body, app: str) -> tuple[Claimant, ...]:
    """Whose a live object is that does not carry our ApplySet label; those that come back first."""
    written = tuple(map(owner_of_entry, entries(live)))
    found = [
        *_applyset(live, key),
        *_tools(live, key, desired, app),
        *_declared(live, desired),
        *_controllers(live),
        *_kubectl(live, written),
    ]
    return tuple(sorted(found, key=lambda claimant: not claimant.comes_back))


def is_ours(live: Body, owner_id: str) -> bool:
    """Whether an object is a member of our ApplySet and we have written it; a label alone may be a copy, or
    from a parent that was taken over.
    """
    if claimed_by(live) != owner_id:
        return False
    written = entries(live)
    return not written or _is_written_by_us(written)


def _is_written_by_us(written: Iterable[Mapping[str, Any]]) -> bool:
    # What is replaced or merged is written by an update.
    return any(entry.get("manager") == MANAGER and not entry.get("subresource") for entry in written)


def last_writer(live: Body) -> FieldOwner | None:
    """Who wrote the object itself last, apart from us."""
    written = [owner_of_entry(entry) for entry in entries(live)]
    others = [each for each in written if each.manager != MANAGER and not each.subresource]
    return max(others, key=lambda each: each.time, default=None)


def rival(live: Body, fields: Iterable[FieldChange]) -> Claimant | None:
    """A tool that comes back and holds one of these fields of an object that is ours.

    Whatever it held when the object became ours was handed over then, so it has written since.
    """
    for field in fields:
        for owner in owners(live, field.path):
            if owner.manager in TOOL_MANAGERS and not owner.subresource:
                name = next(tool.name for tool in TOOLS if owner.manager in tool.managers)
                when = f" at {owner.time}" if owner.time else ""
                return Claimant(name, f"{owner.manager} wrote it{when}")
    return None


def _applyset(live: Body, key: ResourceKey) -> Iterator[Claimant]:
    owner = claimed_by(live)
    if owner:
        app = tracked_app(live, key)
        named = f" of the application {app}" if app else ""
        yield Claimant(f"another ApplySet{named}", owner)


def _tools(live: Body, key: ResourceKey, desired: Body, app: str) -> Iterator[Claimant]:
    written = tuple(map(owner_of_entry, entries(live)))
    tracked = tracked_app(live, key)
    is_synclines = bool(claimed_by(live)) or _is_written_by_us(entries(live))
    if is_synclines and not claimed_by(live) and tracked not in {"", app}:
        yield Claimant(f"the application {tracked}", "its tracking id")
    for tool in TOOLS:
        marks = {mark: value for mark in tool.marks if (value := _mark(live, desired, mark))}
        if TRACKING_ANNOTATION in marks:
            # Syncline writes tracking ids, too, and a copied one says nothing of the copy.
            marks = {TRACKING_ANNOTATION: tracked} if tracked and not is_synclines else {}
        last = max((each for each in written if each.manager in tool.managers), key=_time, default=None)
        if marks or last:
            yield Claimant(_owner_name(tool, marks, live), _evidence(marks, last))


def _owner_name(tool: Tool, marks: Mapping[str, str], live: Body) -> str:
    named = next(iter(marks.values()), "")
    within = _marks(live).get(tool.within, "")
    where = f"{within}/{named}" if within else named
    return f"{tool.name}'s {tool.noun} {where}" if named and tool.noun else tool.name


def _evidence(marks: Mapping[str, str], last: FieldOwner | None) -> str:
    said = [f"it carries {', '.join(marks)}"] if marks else []
    if last is not None:
        said.append(
            f"{last.manager} wrote it last at {last.time}" if last.time else f"{last.manager} wrote it"
        )
    return "; ".join(said)


def _declared(live: Body, desired: Body) -> Iterator[Claimant]:
    """Operators and tools that no table knows declare themselves by the recommended label."""
    declared = _mark(live, desired, MANAGED_BY_LABEL)
    known = {"syncline", "helm", "kustomize", _KUBECTL}
    if declared and declared.lower() not in known:
        yield Claimant(declared, f"its label {MANAGED_BY_LABEL} says so")


def _controllers(live: Body) -> Iterator[Claimant]:
    references = metadata_of(live).get("ownerReferences")
    for reference in references if isinstance(references, list) else ():
        if isinstance(reference, dict) and reference.get("controller"):
            yield Claimant(f"{reference.get('kind')} {reference.get('name')}", "it is its controller")


def _kubectl(live: Body, written: Iterable[FieldOwner]) -> Iterator[Claimant]:
    mine = [each for each in written if each.manager.startswith(_KUBECTL) and not each.subresource]
    if mine:
        last = max(mine, key=_time)
        when = f" at {last.time}" if last.time else ""
        yield Claimant(_KUBECTL, f"{last.manager} wrote it last{when}", comes_back=False)
    elif LAST_APPLIED in _marks(live):
        yield Claimant(_KUBECTL, f"it carries {LAST_APPLIED}", comes_back=False)


def tracked_app(live: Body, key: ResourceKey) -> str:
    """The application that an object's tracking id names; nothing where the id describes another object,
    because controllers copy annotations to what they make.
    """
    app, _, rest = _marks(live).get(TRACKING_ANNOTATION, "").partition(":")
    kind, _, name = rest.partition(":")
    is_itself = kind == f"{key.group}/{key.kind}" and name.endswith(f"/{key.name}")
    return app if is_itself and (not key.namespace or name == f"{key.namespace}/{key.name}") else ""


def _mark(live: Body, desired: Body, name: str) -> str:
    found = _marks(live).get(name, "")
    # Our own tracking id is in every manifest, and says nothing of what is live.
    is_wanted = name != TRACKING_ANNOTATION and _marks(desired).get(name) == found
    return "" if is_wanted else found


def _marks(body: Body) -> Mapping[str, str]:
    metadata = metadata_of(body)
    found: dict[str, str] = {}
    for part in ("labels", "annotations"):
        values: Any = metadata.get(part)
        if isinstance(values, dict):
            found |= {str(name): str(value) for name, value in values.items()}
    return found


def _time(owner: FieldOwner) -> str:
    return owner.time
