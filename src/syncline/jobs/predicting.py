"""What each object would be after the sync.

The law: what is in sync already needs nobody's word, and the server is asked in the very manner in which the
object would be written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from syncline.core.handover import removed_with, without_record
from syncline.core.ignore import Place, yielding
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.managed import MANAGER, leftovers, migrated
from syncline.core.normalize import normalize_desired
from syncline.core.options import Manner, Method
from syncline.core.predict import in_sync, predict_apply, predict_removal, predict_replace
from syncline.errors import ApiError
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.application import IgnoreDifference
    from syncline.core.fields import Path
    from syncline.core.ignore import Answers
    from syncline.core.plan import Policy
    from syncline.core.resource import Body, Manifest, ResourceKey
    from syncline.core.schema import Shape
    from syncline.kube.shapes import Kind
    from syncline.ports import ApiResource, Cluster

_NAMED: Final = 5


class Question(Struct, frozen=True):
    """One object that exists: its manifest, and how it is compared and would be written."""

    desired: Body
    live: Body
    manner: Manner
    shape: Shape | None

    @property
    def seen(self) -> Body:
        """The live object as this write sees its owners."""
        own = frozenset({MANAGER}) if self.manner.method is Method.MERGE else frozenset()
        return migrated(self.live, self.manner.migrate | own)

    def guess(self) -> Body:
        """What the write would make; the live object itself when that is nothing new."""
        seen = self.seen
        taken = seen if seen is self.live else without_record(seen)
        if in_sync(taken, self.desired, self.shape):
            return self.live
        if self.manner.method is Method.REPLACE:
            return predict_replace(self.live, self.desired, self.shape)
        if self.manner.method is Method.MERGE:
            return predict_apply(seen, self.desired, self.shape)
        after = predict_apply(self.live, self.desired, self.shape)
        if taken is self.live:
            return after
        return predict_removal(after, removed_with(self.live, taken, self._wanted, self.shape), self.shape)

    def ask(self, cluster: Cluster, resource: ApiResource) -> Body:
        """What the server says that it would make."""
        if self.manner.method is not Method.APPLY:
            from syncline.writer import replacement

            body = replacement(self.live, self.desired, self.manner)
            return cluster.update(resource, body, dry_run=True, validate=self.manner.validate)
        answer = cluster.apply(resource, self.desired, dry_run=True)
        # The server cannot know that the fields of a former owner will be handed to us first.
        seen = migrated(answer, self.manner.migrate)
        gone = () if seen is answer else leftovers(seen, self._wanted, shape=self.shape)
        if not gone:
            return answer
        try:
            # What the former owner had set to a default comes back by itself: the server fills it in.
            left = predict_removal(answer, gone, self.shape)
            return cluster.update(resource, left, dry_run=True, validate=self.manner.validate)
        except ApiError:
            return self.guess()

    @property
    def lost(self) -> tuple[Path, ...]:
        """The fields that become or are ours and that Git does not have."""
        return leftovers(self.seen, self._wanted, shape=self.shape)

    @property
    def _wanted(self) -> Body:
        return normalize_desired(self.desired, self.shape)


class Terms(Struct, frozen=True):
    """Under which policy objects are written, which fields are left to others, and what is known of custom
    kinds; with `webhooks` what admission changes by itself is shown.
    """

    policy: Policy
    ignored: tuple[IgnoreDifference, ...] = ()
    shapes: Mapping[Kind, Shape] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    webhooks: bool = False

    def shape_of(self, manifest: Manifest) -> Shape | None:
        """The shape of a custom kind."""
        return self.shapes.get((manifest.key.kind, manifest.api_version))


def yielded(manifests: Iterable[Manifest], live: LiveState, terms: Terms) -> dict[ResourceKey, Body]:
    """The manifests' bodies as they are compared: with the live value where a field is ignored."""
    return {
        manifest.key: yielding(
            manifest.key,
            manifest.body,
            live.objects.get(manifest.key),
            terms.ignored,
            Place(terms.shape_of(manifest), terms.answers),
        )
        for manifest in manifests
    }


def predict(
    manifests: Iterable[Manifest],
    live: LiveState,
    cluster: Cluster,
    terms: Terms,
    *,
    level: Level,
    workers: int,
) -> Prediction:
    """What each object would be after the sync; the manifests are those that would be sent (`applyset.mark`).

    At the dry-run level the server is asked about each object that exists and seems to differ; where it will
    not say, our own prediction stands.
    """
    listed = tuple(manifests)
    objects: dict[ResourceKey, Body] = {}
    questions: dict[ResourceKey, Question] = {}
    for manifest in listed:
        before, shape = live.objects.get(manifest.key), terms.shape_of(manifest)
        if before is None:
            # What would be sent is normalised as its built-in kind; the shape of a custom one says more.
            new = manifest.body if shape is None else predict_apply(None, manifest.body, shape)
            objects[manifest.key] = new
            continue
        manner = terms.policy.manner(manifest.body, before)
        question = Question(manifest.body, before, manner, shape)
        objects[manifest.key] = question.guess()
        if objects[manifest.key] is not before:
            questions[manifest.key] = question
    if level is not Level.DRY_RUN or not questions:
        return Prediction(level, objects, shapes=terms.shapes)
    from syncline.kube.dryrun import dry_run

    versions: Mapping[ResourceKey, str] = {manifest.key: manifest.api_version for manifest in listed}
    asked = [(key, versions[key], question.desired) for key, question in questions.items()]
    answer = dry_run(
        cluster, asked, workers=workers, ask=lambda key, served: questions[key].ask(cluster, served)
    )
    if answer.forbidden and not answer.objects:
        # Nobody may claim the server's word for what the server would not say.
        level = Level.LIVE
    told = answer.objects if terms.webhooks else _quieted(questions, objects, answer.objects)
    return Prediction(
        level,
        {**objects, **told},
        answer.rejected,
        answer.unknowable,
        answer.forbidden,
        terms.shapes,
        hushed=sum(1 for key, body in told.items() if body is not answer.objects[key]),
    )


def _quieted(
    questions: Mapping[ResourceKey, Question],
    guesses: Mapping[ResourceKey, Body],
    answers: Mapping[ResourceKey, Body],
) -> dict[ResourceKey, Body]:
    """The server's answers without what admission makes of an object by itself (Argo CD, "Server-Side
    Diff").
    """
    from syncline.core.admission import quieted

    return {
        key: quieted(questions[key].live, guesses[key], answer, questions[key].shape, questions[key].lost)
        for key, answer in answers.items()
    }


def unasked_notes(prediction: Prediction) -> Iterator[Note]:
    """What is said of single objects that the server was not to be asked about, at its own level."""
    if prediction.level is not Level.DRY_RUN or not prediction.unasked:
        return
    names = ", ".join(str(key) for key in sorted(prediction.unasked)[:_NAMED])
    more = f" and {len(prediction.unasked) - _NAMED} more" if len(prediction.unasked) > _NAMED else ""
    text = f"This identity may not ask the server for a dry run of {names}{more}: what is shown is predicted."
    yield Note(Severity.INFO, text)
