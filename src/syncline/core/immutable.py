"""Changes that the server will refuse.

The law: only what Kubernetes' own validation forbids is called refused; what Git merely leaves to the server
is not.

Source: the update validation of Kubernetes' `pkg/apis/*/validation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.fields import ABSENT, FieldChange, Path, show
from syncline.core.images import at
from syncline.core.plan import Action, Change
from syncline.core.quantity import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHANGING: Final = frozenset({Action.UPDATE, Action.ADOPT})


class Frozen(Struct, frozen=True):
    """What of a kind cannot be changed: `fixed` fields, apart from those below them that are `free`."""

    fixed: tuple[Path, ...]
    free: tuple[Path, ...] = ()

    def holds(self, path: Path) -> bool:
        """Whether a change at this path will be refused."""
        return any(_touches(path, field) for field in self.fixed) and not any(
            path[: len(field)] == field for field in self.free
        )


def _touches(path: Path, field: Path) -> bool:
    shared = min(len(path), len(field))
    return path[:shared] == field[:shared]


def _spec(*names: str) -> tuple[Path, ...]:
    return tuple(("spec", *name.split(".")) for name in names)


_SELECTOR: Final = Frozen(_spec("selector"))
_ROLE_REF: Final = Frozen((("roleRef",),))

IMMUTABLE: Final[Mapping[str, Frozen]] = {
    "ClusterRoleBinding.rbac.authorization.k8s.io": _ROLE_REF,
    "CustomResourceDefinition.apiextensions.k8s.io": Frozen(
        _spec("group", "scope", "names.kind", "names.plural")
    ),
    "DaemonSet.apps": _SELECTOR,
    "Deployment.apps": _SELECTOR,
    "EndpointSlice.discovery.k8s.io": Frozen((("addressType",),)),
    "IngressClass.networking.k8s.io": Frozen(_spec("controller")),
    "Job.batch": Frozen(_spec("selector", "template", "completions", "completionMode", "podFailurePolicy")),
    "PersistentVolumeClaim": Frozen((("spec",),), _spec("resources", "volumeAttributesClassName")),
    "PriorityClass.scheduling.k8s.io": Frozen((("value",), ("preemptionPolicy",))),
    "ReplicaSet.apps": _SELECTOR,
    "RoleBinding.rbac.authorization.k8s.io": _ROLE_REF,
    "RuntimeClass.node.k8s.io": Frozen((("handler",),)),
    "Secret": Frozen((("type",),)),
    "Service": Frozen(_spec("clusterIP", "clusterIPs")),
    "StatefulSet.apps": Frozen(
        (("spec",),),
        _spec(
            "replicas",
            "template",
            "updateStrategy",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
            "ordinals",
            "revisionHistoryLimit",
        ),
    ),
    "StorageClass.storage.k8s.io": Frozen(
        (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",))
    ),
}
"""The fields that an update may not touch, by kind."""


def immutable(change: Change) -> Iterator[str]:
    """Fields that an update may not touch."""
    frozen = IMMUTABLE.get(change.key.group_kind)
    if frozen is None or change.action not in _CHANGING:
        return
    if change.key.group_kind == "Job.batch" and at(change.before, "spec", "suspend") is True:
        return  # the template of a suspended Job may still be changed
    fields = [
        show(field.path) for field in change.fields if frozen.holds(field.path) and not _is_given(field)
    ]
    if fields:
        yield f"{', '.join(fields)} cannot be changed: {_REFUSED}"


_REFUSED: Final = "the server will refuse it unless the object is deleted and created again"


def _is_given(field: FieldChange) -> bool:
    # The server keeps the address of a Service, and the class and volume of a claim, that Git leaves to it.
    return field.after is ABSENT and field.path[0] == "spec" and field.path[-1] in _GIVEN


_GIVEN: Final = frozenset({"clusterIP", "clusterIPs", "storageClassName", "volumeName", "volumeMode"})


def sealed(change: Change) -> Iterator[str]:
    """A ConfigMap or a Secret that is marked immutable."""
    if change.key.group_kind not in {"ConfigMap", "Secret"} or change.action not in _CHANGING:
        return
    sealed = ("data", "binaryData", "immutable", "stringData")
    if at(change.before, "immutable") is True and any(field.path[0] in sealed for field in change.fields):
        yield f"it is marked immutable: {_REFUSED}"


def shrunk(change: Change) -> Iterator[str]:
    """A claim that asks for less than before."""
    if change.key.group_kind != "PersistentVolumeClaim" or change.action not in _CHANGING:
        return
    sizes = [at(body, "spec", "resources", "requests", "storage") for body in (change.before, change.after)]
    before, after = (parse_quantity(str(size)) for size in sizes)
    if before is not None and after is not None and after < before:
        yield f"its storage shrinks from {sizes[0]} to {sizes[1]}: the server will refuse it"


def mixed_strategy(change: Change) -> Iterator[str]:
    """A Deployment that would have two strategies."""
    # https://github.com/kubernetes/kubernetes/issues/24198
    if change.key.group_kind != "Deployment.apps":
        return
    kind, rolling = (at(change.after, "spec", "strategy", name) for name in ("type", "rollingUpdate"))
    if kind == "Recreate" and rolling is not None:
        yield "its strategy is Recreate, yet rollingUpdate is still there: the server will refuse it"
