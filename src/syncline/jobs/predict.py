"""What each object would be after the apply.

The law: what is in sync already needs nobody's word; where the server may be asked it is asked, and where it
will not say, our own prediction stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline.core.handover import handed_over, outgoing, removed_with, without_record
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.managed import leftovers
from syncline.core.normalize import normalize_desired
from syncline.core.ownership import is_ours
from syncline.core.predict import in_sync, predict_apply, predict_removal
from syncline.kube.dryrun import dry_replace, dry_run
from syncline.kube.shapes import custom_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.plan import Policy
    from syncline.core.resource import Body, Manifest, ResourceKey
    from syncline.core.schema import Shape
    from syncline.ports import Cluster


@dataclass(frozen=True, slots=True)
class _Question:
    """An object that exists; with `adopted` all that its owners applied becomes ours first."""

    manifest: Manifest
    before: Body
    shape: Shape | None
    adopted: bool

    def own_answer(self) -> Body:
        """The object as it is where the apply would change nothing, else as it would be for all we know."""
        seen = handed_over(self.before, self._outgoing)
        taken = seen if seen is self.before else without_record(seen)
        if in_sync(taken, self.manifest.body, self.shape):
            return self.before
        after = predict_apply(self.before, self.manifest.body, self.shape)
        if taken is self.before:
            return after
        return predict_removal(after, removed_with(self.before, taken, self._wanted, self.shape), self.shape)

    def without_what_was_taken(self, said: Body) -> Body:
        """The server's answer without the fields that only their former owners still held."""
        seen = handed_over(said, self._outgoing)
        gone = () if seen is said else leftovers(seen, self._wanted, shape=self.shape)
        return predict_removal(said, gone, self.shape) if gone else said

    @property
    def _outgoing(self) -> tuple[str, ...]:
        return outgoing(self.before, adopted=self.adopted)

    @property
    def _wanted(self) -> Body:
        return normalize_desired(self.manifest.body, self.shape)


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom to ask, under which policy, how closely and how many at a time."""

    cluster: Cluster
    policy: Policy
    level: Level
    workers: int


def predict(manifests: Iterable[Manifest], live: LiveState, asking: Asking) -> Prediction:
    """Every manifest's object as it would be, at the level asked for or at the one that the rights allow."""
    listed = tuple(manifests)
    shapes = custom_shapes(listed, asking.cluster)
    objects: dict[ResourceKey, Body] = {}
    differing: list[_Question] = []
    for manifest in listed:
        before, shape = live.objects.get(manifest.key), shapes.get((manifest.key.kind, manifest.api_version))
        if before is None:
            objects[manifest.key] = predict_apply(None, manifest.body, shape)
            continue
        question = _Question(manifest, before, shape, adopted=_is_adopted(before, asking.policy))
        objects[manifest.key] = question.own_answer()
        if objects[manifest.key] is not before:
            differing.append(question)
    if asking.level is not Level.DRY_RUN or not differing:
        return Prediction(asking.level, objects)
    return _asked(objects, differing, asking)


def _is_adopted(before: Body, policy: Policy) -> bool:
    return policy.adopt or not is_ours(before, policy.owner_id)


def _asked(objects: Mapping[ResourceKey, Body], differing: Iterable[_Question], asking: Asking) -> Prediction:
    listed = {question.manifest.key: question for question in differing}
    manifests = [(key, each.manifest.api_version, each.manifest.body) for key, each in listed.items()]
    answer = dry_run(asking.cluster, manifests, workers=asking.workers)
    # Nobody may claim the server's word for what the server would not say.
    level = Level.LIVE if answer.forbidden and not answer.objects else asking.level
    without = {
        key: body
        for key, said in answer.objects.items()
        if (body := listed[key].without_what_was_taken(said)) is not said
    }
    filled = dry_replace(asking.cluster, without, workers=asking.workers)
    own = {key: objects[key] for key in filled.unknowable}
    told = {**objects, **answer.objects, **filled.objects, **own}
    return Prediction(level, told, answer.rejected, answer.unknowable)
