"""The actions of Numaflow and Numaplane.

The law: what Numaplane manages is acted on by the labels and annotations that Numaplane reads.
(numaflow.numaproj.io, "Lifecycle"; numaproj.github.io/numaplane, "ArgoCD Integration".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.actions.edits import annotates, edit, has, lacks, sets
from syncline.core.actions.model import BuiltIn
from syncline.core.fields import value_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.resource import Body

_FLOW: Final = "numaflow.numaproj.io"
_PLANE: Final = "numaplane.numaproj.io"
_DATA_LOSS: Final = f"{_PLANE}/allow-data-loss"
_DELETION: Final = f"{_PLANE}/marked-for-deletion"


def _lifecycle(*template: str) -> tuple[BuiltIn, ...]:
    """A desired phase, and how fast to come back; `template` leads to what a rollout makes."""
    phase = (*template, "spec", "lifecycle", "desiredPhase")
    resume = (*template, "metadata", "annotations", f"{_FLOW}/resume-strategy")
    is_paused = has(*phase, value="Paused")

    def unpause(name: str, how: str) -> BuiltIn:
        return BuiltIn(name, edit(sets(*phase, value="Running"), sets(*resume, value=how)), is_paused)

    return (
        BuiltIn("pause", edit(sets(*phase, value="Paused")), lacks(*phase, value="Paused")),
        unpause("unpause-fast", "fast"),
        unpause("unpause-gradual", "slow"),
    )


def _may_be_promoted(body: Body) -> bool:
    """On trial beside its predecessor, and nobody has decided yet."""
    state, forced = (
        value_at(body, ("metadata", "labels", f"{_PLANE}/{name}"))
        for name in ("upgrade-state", "force-promote")
    )
    return bool(state == "in-progress" and forced != "true")


def _may_be_marked(body: Body) -> bool:
    """Managed by Numaplane, which is who reads the mark."""
    is_managed = isinstance(value_at(body, ("metadata", "labels", f"{_PLANE}/parent-rollout-name")), str)
    return is_managed and lacks("metadata", "annotations", _DELETION, value="true")(body)


_PROMOTE: Final = BuiltIn(
    "force-promote",
    edit(sets("metadata", "labels", f"{_PLANE}/force-promote", value="true")),
    _may_be_promoted,
)
_DELETE: Final = BuiltIn("delete", edit(annotates(_DELETION, "true")), _may_be_marked)
_LOSS: Final = (
    BuiltIn(
        "allow-data-loss",
        edit(annotates(_DATA_LOSS, "true")),
        has("status", "upgradeInProgress", value="PipelinePauseAndDrain"),
    ),
    BuiltIn(
        "disallow-data-loss",
        edit(annotates(_DATA_LOSS, "false")),
        has("metadata", "annotations", _DATA_LOSS, value="true"),
    ),
)

NUMA: Final[Mapping[tuple[str, str], tuple[BuiltIn, ...]]] = {
    (_FLOW, "InterStepBufferService"): (_PROMOTE,),
    (_FLOW, "MonoVertex"): (_PROMOTE, *_lifecycle()),
    (_FLOW, "Pipeline"): (_PROMOTE, *_lifecycle(), _DELETE),
    (_PLANE, "MonoVertexRollout"): _lifecycle("spec", "monoVertex"),
    (_PLANE, "PipelineRollout"): (*_lifecycle("spec", "pipeline"), *_LOSS),
}
"""By group and kind."""
