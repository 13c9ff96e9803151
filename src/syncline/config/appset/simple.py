"""The list and clusters generators.

The law: without goTemplate every parameter is a text; a list's element that is none is an error, as in Argo
CD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.config.appset.context import Context, read_value
from syncline.config.appset.model import ClusterFacts, Generator, Parameters, SetError
from syncline.config.appset.selector import is_empty, selects
from syncline.config.appset.texts import dns_name

if TYPE_CHECKING:
    from collections.abc import Mapping

IN_CLUSTER: Final = ClusterFacts("in-cluster", "https://kubernetes.default.svc")
"""The cluster that Argo CD runs in, which has no Secret: here the default one."""


def listed(generator: Generator, context: Context) -> list[Parameters]:
    """The elements, and those of `elementsYaml` after them."""
    where = (*generator.path, "elements")
    elements = [*(generator.body.get("elements") or ())]
    text = generator.body.get("elementsYaml")
    if text:
        more = read_value(str(text), "elementsYaml", (*generator.path, "elementsYaml"))
        if not isinstance(more, list):
            raise SetError("elementsYaml must be a list.", (*generator.path, "elementsYaml"))
        elements += more
    return [
        Parameters(_element(element, context, (*where, number))) for number, element in enumerate(elements)
    ]


def _element(element: Any, context: Context, where: tuple[str | int, ...]) -> Mapping[str, Any]:
    if not isinstance(element, dict):
        raise SetError("An element must be a mapping of parameters.", where)
    if context.appset.is_go:
        return element
    values = element.get("values") or {}
    if not isinstance(values, dict):
        raise SetError("values of an element must be a mapping.", where)
    flat = {name: value for name, value in element.items() if name != "values"}
    flat |= {f"values.{name}": value for name, value in values.items()}
    for name, value in flat.items():
        if not isinstance(value, str):
            raise SetError(
                f"The parameter {name} must be a string without goTemplate; put it in quotes.", where
            )
    return flat


def clusters(generator: Generator, context: Context) -> list[Parameters]:
    """The clusters of `syncline.yaml` that the selector selects."""
    wanted = generator.body.get("selector")
    known = list(context.clusters)
    if is_empty(wanted) and not any(each.is_default or each.server == IN_CLUSTER.server for each in known):
        known.insert(0, IN_CLUSTER)
    chosen = [each for each in known if selects(wanted, each.labels)]
    found = [Parameters(_facts(each, context)) for each in chosen]
    made = context.with_values(found, generator)
    if not generator.body.get("flatList"):
        return made
    if not context.appset.is_go:
        raise SetError("flatList needs goTemplate: true.", (*generator.path, "flatList"))
    return [Parameters({"clusters": [each.values for each in made]})]


def _facts(cluster: ClusterFacts, context: Context) -> dict[str, Any]:
    plain = {
        "name": cluster.name,
        "nameNormalized": dns_name(cluster.name),
        "server": cluster.server,
        "project": cluster.project,
    }
    if context.appset.is_go:
        known = {"labels": dict(cluster.labels), "annotations": dict(cluster.annotations)}
        return {**plain, "metadata": known}
    return {
        **plain,
        **{f"metadata.labels.{name}": value for name, value in cluster.labels.items()},
        **{f"metadata.annotations.{name}": value for name, value in cluster.annotations.items()},
    }
