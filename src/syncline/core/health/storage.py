"""Storage and backups.

The law: data that is lost or cannot be written is ill; data that nobody uses just now is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.conditions import by_phase, in_turn
from syncline.core.health.fields import mapping, text
from syncline.core.health.status import UNHEARD, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _PROGRESSING, _DEGRADED = HealthStatus.HEALTHY, HealthStatus.PROGRESSING, HealthStatus.DEGRADED
_SUSPENDED, _UNKNOWN = HealthStatus.SUSPENDED, HealthStatus.UNKNOWN
_PHASE, _MESSAGE = ("status", "phase"), ("status", "message")

# velero.io/docs/main/api-types: backup, restore, schedule, backupstoragelocation.
_VELERO_ONCE: Final = by_phase(
    _PHASE,
    {
        "Completed": _HEALTHY,
        **dict.fromkeys(("FailedValidation", "PartiallyFailed", "Failed"), _DEGRADED),
        **dict.fromkeys(
            (
                *("", "New", "Queued", "ReadyToStart", "InProgress", "Finalizing", "Deleting"),
                *("WaitingForPluginOperations", "WaitingForPluginOperationsPartiallyFailed"),
                *("FinalizingAfterPluginOperations", "FinalizingafterPluginOperations"),
                "FinalizingPartiallyFailed",
            ),
            _PROGRESSING,
        ),
    },
    message=("status", "failureReason"),
)
_VELERO_SCHEDULE: Final = by_phase(
    _PHASE,
    {"New": _PROGRESSING, "Enabled": _HEALTHY, "FailedValidation": _DEGRADED},
    held=("spec", "paused"),
)
_VELERO_LOCATION: Final = by_phase(
    _PHASE, {"Available": _HEALTHY, "Unavailable": _DEGRADED}, message=_MESSAGE
)

# rook.io/docs, CRD specification: ConditionType is the phase of every kind.
ROOK: Final = by_phase(
    _PHASE,
    {
        **dict.fromkeys(("Ready", "Connected", "Created"), _HEALTHY),
        **dict.fromkeys(("Failure", "Error", "ReconcileFailed", "DeletionIsBlocked"), _DEGRADED),
    },
    otherwise=_PROGRESSING,
)
# docs.ceph.com, "Health checks": with HEALTH_WARN a cluster still serves all its data.
_CEPH: Final = in_turn(
    by_phase(
        _PHASE,
        {
            **dict.fromkeys(("Ready", "Connected"), _HEALTHY),
            **dict.fromkeys(("Failure", "DeletionIsBlocked"), _DEGRADED),
        },
        message=_MESSAGE,
        otherwise=_PROGRESSING,
    ),
    by_phase(
        ("status", "ceph", "health"),
        {**dict.fromkeys(("", "HEALTH_OK", "HEALTH_WARN"), _HEALTHY), "HEALTH_ERR": _DEGRADED},
    ),
)

# min.io/docs, Tenant: currentState is a sentence until it is Initialized.
_TENANT: Final = in_turn(
    by_phase(
        ("status", "currentState"),
        {
            "Initialized": _HEALTHY,
            **dict.fromkeys(
                (
                    "Statefulset not controlled by operator",
                    "Another MinIO Tenant already exists in the namespace",
                ),
                _DEGRADED,
            ),
        },
        otherwise=_PROGRESSING,
    ),
    by_phase(
        ("status", "healthStatus"),
        {"": _HEALTHY, "green": _HEALTHY, "yellow": _PROGRESSING, "red": _DEGRADED},
        message=("status", "healthMessage"),
    ),
)

# github.com/kubevirt/containerized-data-importer, "Data Volumes": most phases are steps on the way.
_DATA_VOLUME: Final = by_phase(
    _PHASE,
    {"Succeeded": _HEALTHY, "Failed": _DEGRADED, "Paused": _SUSPENDED, "Unknown": _UNKNOWN},
    otherwise=_PROGRESSING,
)


def longhorn_volume(body: Mapping[str, Any]) -> Health:
    """How robust it is counts while it is attached (longhorn.io/docs/monitoring/metrics)."""
    status = mapping(body, "status")
    state, robustness = text(status, "state"), text(status, "robustness")
    if robustness == "faulted":
        return Health(_DEGRADED, "It is faulted: none of its replicas is left.")
    if (state, robustness) == ("attached", "healthy") or state == "detached":
        return Health(_HEALTHY)
    if state == "attached" and robustness:
        return Health(_PROGRESSING, f"Its robustness is {robustness}.")
    return Health(_PROGRESSING, f"Its state is {state}." if state else UNHEARD.message)


STORAGE: Final[Mapping[tuple[str, str], Rules]] = {
    ("velero.io", "Backup"): _VELERO_ONCE,
    ("velero.io", "Restore"): _VELERO_ONCE,
    ("velero.io", "Schedule"): _VELERO_SCHEDULE,
    ("velero.io", "BackupStorageLocation"): _VELERO_LOCATION,
    ("ceph.rook.io", "CephCluster"): _CEPH,
    # lib-bucket-provisioner's API, which Rook's "Object Bucket Claim" describes
    ("objectbucket.io", "ObjectBucketClaim"): by_phase(
        _PHASE,
        {
            "Pending": _PROGRESSING,
            "Bound": _HEALTHY,
            **dict.fromkeys(("Released", "Failed"), _DEGRADED),
        },
    ),
    ("longhorn.io", "Volume"): longhorn_volume,
    ("minio.min.io", "Tenant"): _TENANT,
    ("cdi.kubevirt.io", "DataVolume"): _DATA_VOLUME,
    # docs.netapp.com/us-en/trident: the operator's status, and a backend's phase
    ("trident.netapp.io", "TridentOrchestrator"): by_phase(
        ("status", "status"),
        {
            "Installed": _HEALTHY,
            **dict.fromkeys(("Failed", "Error"), _DEGRADED),
            "Uninstalled": _SUSPENDED,
            **dict.fromkeys(("Installing", "Updating", "Uninstalling"), _PROGRESSING),
        },
        message=_MESSAGE,
    ),
    ("trident.netapp.io", "TridentBackendConfig"): by_phase(
        _PHASE,
        {
            "Bound": _HEALTHY,
            **dict.fromkeys(("Lost", "Failed"), _DEGRADED),
            **dict.fromkeys(("", "Unbound", "Deleting"), _PROGRESSING),
            "Unknown": _UNKNOWN,
        },
        message=_MESSAGE,
    ),
}
"""By group and kind."""
