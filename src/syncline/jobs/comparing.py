"""How one application's objects are compared: what is ignored, how its custom kinds merge, whose marks stay.

The law: what everybody's rules and the application's own say is gathered once, before anything is compared;
a rule that could not be applied is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.config.application import IgnoreDifference
from syncline.config.metadata import COMPARING
from syncline.core.compare_options import shows_webhooks
from syncline.core.definitions import definition_among
from syncline.core.ignore import questions
from syncline.core.known_types import with_known_types
from syncline.core.schema import shape_from_crd, shape_of
from syncline.core.tracking import with_marks
from syncline.jobs.predicting import Terms
from syncline.jobs.selecting import answered
from syncline.kube.shapes import custom_shapes
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.application import Application
    from syncline.config.comparison import Comparison
    from syncline.core.ignore import Answers, Question
    from syncline.core.live import LiveState, Prediction
    from syncline.core.openapi import Node
    from syncline.core.plan import Policy
    from syncline.core.resource import Manifest
    from syncline.core.schema import Shape
    from syncline.jobs.session import Session
    from syncline.kube.shapes import Kind
    from syncline.ports import Cluster

_AGGREGATED: Final = IgnoreDifference(
    group="rbac.authorization.k8s.io",
    kind="ClusterRole",
    jq_path_expressions=("select(.aggregationRule) | .rules",),
)
"""The rules that the controller gathers (`ignoreAggregatedRoles`)."""


def marked_as_live(
    manifests: Iterable[Manifest], live: LiveState, app: Application, session: Session
) -> tuple[Manifest, ...]:
    """The manifests with the marks that Argo CD keeps on the objects that it tracks, too."""
    tracking = session.comparison.tracking
    return tuple(
        replace(each, body=with_marks(each.body, live.objects.get(each.key), app, tracking))
        for each in manifests
    )


def terms_of(
    app: Application,
    manifests: tuple[Manifest, ...],
    live: LiveState,
    about: tuple[Policy, Cluster, str],
    session: Session,
) -> tuple[Terms, tuple[Note, ...]]:
    """The terms of a comparison with a cluster, and what is to be said of them."""
    policy, cluster, revision = about
    known = session.comparison
    ignored = (*app.ignore_differences, *known.ignored)
    ignored = (*ignored, _AGGREGATED) if known.ignore_aggregated_roles else ignored
    shapes = custom_shapes(manifests, cluster, session.definitions[revision].find)
    answers, sentences = _answers(manifests, live, ignored, session)
    terms = Terms(
        policy, ignored, _typed(shapes, manifests, known), answers, webhooks=shows_webhooks(app.annotations)
    )
    return terms, tuple(Note(Severity.WARNING, text) for text in sentences)


def hushed(prediction: Prediction) -> Iterator[Note]:
    """That admission would change more than is shown."""
    count = prediction.hushed
    if count:
        objects = "one object" if count == 1 else f"{count} objects"
        text = (
            f"Admission would change more of {objects} by itself; IncludeMutationWebhook=true in the "
            f"Application's {COMPARING} shows what."
        )
        yield Note(Severity.INFO, text)


def offline_shapes(
    before: Iterable[Manifest], after: Iterable[Manifest], revision: str, session: Session
) -> Mapping[Kind, Shape]:
    """The shapes of the custom kinds that a change touches, from the definitions in Git."""
    former = {manifest.key: manifest.body for manifest in before}
    listed = tuple(after)
    changed = [each for each in listed if former.get(each.key, each.body) != each.body]
    found: dict[Kind, Shape] = {}
    for each in changed:
        kind, version = (each.key.kind, each.api_version), each.api_version.rpartition("/")[2]
        if kind in found or shape_of(each.api_version, each.key.kind).name != "custom":
            continue
        name = each.key.group, each.key.kind
        crd = definition_among(listed, *name) or session.definitions[revision].find(*name)
        if crd is not None:
            found[kind] = shape_from_crd(crd, version)
    return _typed(found, tuple(changed), session.comparison)


def _typed(
    shapes: Mapping[Kind, Shape], manifests: tuple[Manifest, ...], known: Comparison
) -> Mapping[Kind, Shape]:
    """The shapes with what `knownTypeFields` says; Argo CD's own kinds have theirs without a word."""
    typed = dict(shapes)
    for manifest in manifests:
        name = f"{manifest.key.group}/{manifest.key.kind}"
        kind = (manifest.key.kind, manifest.api_version)
        if name in known.known_types or name == "argoproj.io/Rollout":
            shape = shapes.get(kind) or shape_of(manifest.api_version, manifest.key.kind)
            typed[kind] = with_known_types(shape, name, known.known_types.get(name, ()), _node)
    return typed


def _node(name: str) -> Node:
    from syncline.kube.kinds import table

    return table().type(name, table().newest)


def _answers(
    manifests: Iterable[Manifest], live: LiveState, ignored: tuple[IgnoreDifference, ...], session: Session
) -> tuple[Answers, Iterable[str]]:
    asked: list[Question] = [
        question
        for each in manifests
        for question in questions(each.key, each.body, live.objects.get(each.key), ignored)
    ]
    if not asked:
        return {}, ()
    seconds = session.comparison.jq_seconds
    answers, costly = answered(asked, session.room, seconds)
    return answers, _sentences(costly, "a second" if seconds == 1 else f"{seconds:g} seconds")


def _sentences(costly: Iterable[str], patience: str) -> Iterator[str]:
    for expression in costly:
        yield (
            f"The jq path expression {expression!r} takes more than {patience} or 512 MB for one object, so "
            "it ignores nothing; write it as a plain path with select()."
        )
