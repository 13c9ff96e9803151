"""A set becomes the bodies of its Applications.

The law: one generator that fails makes no Application at all, as in Argo CD, so that nothing is deleted
because something could not be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.application import RESOURCES_FINALIZER
from syncline.config.appset import combined, git, hosted, simple
from syncline.config.appset.context import Context, as_labels, deep_merged, read_value
from syncline.config.appset.model import ApplicationSet, ClusterFacts, Generator, Parameters, SetError
from syncline.config.appset.patch import patched
from syncline.config.appset.questions import Ledger, NotYetAnsweredError
from syncline.config.appset.selector import selects
from syncline.config.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from syncline.config.complaint import Path

_LEAVES: Final[Mapping[str, Callable[[Generator, Context], list[Parameters]]]] = {
    "list": simple.listed,
    "clusters": simple.clusters,
    "git": git.git,
    "pullRequest": hosted.pull_requests,
    "scmProvider": hosted.repositories,
    "plugin": hosted.plugin,
}
_NESTED: Final = {"matrix": combined.matrix, "merge": combined.merge}

TEMPLATE: Final[Path] = ("spec", "template")


_USUAL: Final = Controller()


class Made(Struct, frozen=True):
    """The body of one Application, and the files that made it what it is."""

    body: Mapping[str, Any]
    reads: frozenset[str] = frozenset()


def expand(
    appset: ApplicationSet,
    ledger: Ledger,
    clusters: Iterable[ClusterFacts] = (),
    controller: Controller = _USUAL,
) -> tuple[Made, ...]:
    """Every Application of the set, in the order of its generators.

    Nothing, while `ledger.missing` says what has to be found out first. Raises SetError.
    """
    context = Context(appset, ledger, tuple(clusters), controller)
    made: list[Made] = []
    waiting = False
    for generator in appset.generators:
        try:
            made += _applications(generator, context)
        except NotYetAnsweredError:
            waiting = True
    return () if waiting else tuple(made)


def _applications(generator: Generator, context: Context) -> list[Made]:
    appset = context.appset
    found = _generate(generator, context, None)
    template = deep_merged(generator.template, appset.template)
    filled = [each.values for each in found]
    bodies = [
        tree if values else template
        for tree, values in zip(context.rendered(template, filled, TEMPLATE), filled, strict=True)
    ]
    if appset.template_patch:
        where: Path = ("spec", "templatePatch")
        texts = context.rendered(appset.template_patch, filled, where)
        bodies = [
            patched(body, read_value(text, "templatePatch", where), where)
            for body, text in zip(bodies, texts, strict=True)
        ]
    return [Made(_application(body, appset), each.reads) for body, each in zip(bodies, found, strict=True)]


def _application(body: Mapping[str, Any], appset: ApplicationSet) -> Mapping[str, Any]:
    metadata = {**(body.get("metadata") or {})}
    finalizers = list(metadata.get("finalizers") or ())
    if not finalizers and not appset.keeps_resources:
        finalizers = [RESOURCES_FINALIZER]
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
    if appset.namespace:
        metadata["namespace"] = appset.namespace
    else:
        metadata.pop("namespace", None)
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": metadata,
        "spec": body.get("spec") or {},
    }


def _generate(generator: Generator, context: Context, around: Mapping[str, Any] | None) -> list[Parameters]:
    """The parameters of one generator; `around` are those of the matrix it stands in, if it is filled."""
    if generator.kind in _NESTED:
        found = _NESTED[generator.kind](generator, context, around, _generate)
    else:
        if around is not None:
            (body,) = context.rendered(dict(generator.body), [around], generator.path)
            (wanted,) = context.rendered(generator.selector, [around], generator.path)
            generator = replace(generator, body=body, selector=wanted)
        found = _LEAVES[generator.kind](generator, context)
    if generator.selector is None:
        return found
    return [each for each in found if selects(generator.selector, as_labels(each.values))]


__all__ = ["Made", "SetError", "expand"]
