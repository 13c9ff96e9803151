"""What a generator works with: its set, the ledger, the clusters, and how templates of this set are filled.

The law: a text is filled once, with all the parameters there are; what came out of it is data from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from syncline.config.appset.model import Parameters, SetError
from syncline.config.appset.questions import GoTemplate, RefusedError
from syncline.config.appset.texts import filled, flattened, go_text
from syncline.config.controller import Controller
from syncline.documents import read
from syncline.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.config.appset.model import ApplicationSet, ClusterFacts, Generator
    from syncline.config.appset.questions import Ledger, Question
    from syncline.config.complaint import Path


class Context(Struct, frozen=True):
    """One expansion of one set."""

    appset: ApplicationSet
    ledger: Ledger
    clusters: tuple[ClusterFacts, ...] = ()
    controller: Controller = Controller()

    def ask(self, questions: Iterable[Question], path: Path) -> list[Any]:
        """The answers to several questions. Raises NotYetAnsweredError, and SetError for one nobody can
        answer.
        """
        try:
            return self.ledger.ask_all(list(questions))
        except RefusedError as error:
            inside = (
                error.refusal.path if all(isinstance(step, str | int) for step in error.refusal.path) else ()
            )
            raise SetError(error.refusal.message, (*path, *inside), absent=error.refusal.absent) from None

    def rendered(self, tree: Any, many: Iterable[Mapping[str, Any]], path: Path) -> list[Any]:
        """A tree of templates filled with each of these parameters."""
        if not self.appset.is_go:
            return [filled(tree, values) for values in many]
        template = json.dumps(tree)
        if "{{" not in template:
            return [tree for _ in many]
        options = self.appset.go_options
        return self.ask((GoTemplate(template, json.dumps(values), options) for values in many), path)

    def with_values(self, found: list[Parameters], generator: Generator) -> list[Parameters]:
        """The parameters with the generator's own `values`, each filled from the parameters beside it."""
        values = generator.body.get("values") or {}
        if not values:
            return found
        path = (*generator.path, "values")
        made = self.rendered(values, [each.values for each in found], path)
        return [
            Parameters(self._joined(each.values, own), each.reads)
            for each, own in zip(found, made, strict=True)
        ]

    def _joined(self, values: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
        if self.appset.is_go:
            return {**values, "values": own}
        return {**values, **{f"values.{name}": value for name, value in own.items()}}


def as_labels(values: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as a selector sees them: flat, and all of them text."""
    return {name: go_text(value) for name, value in flattened(values)}


def read_value(text: str | bytes, name: str, path: Path) -> Any:
    """The one value of a YAML or JSON text. Raises SetError naming the text."""
    try:
        documents = read(text, name)
    except DocumentError as error:
        where = f" (line {error.place.line})" if error.place and error.place.line else ""
        raise SetError(f"{name} cannot be read{where}: {error.message}", path) from None
    return documents[0].value if documents else None


def deep_merged(winner: Any, other: Any) -> Any:
    """Two trees as one: what the winner says stands, and empty values say nothing (Go's mergo)."""
    if isinstance(winner, Mapping) and isinstance(other, Mapping):
        names = dict.fromkeys((*winner, *other))
        return {name: deep_merged(winner.get(name), other.get(name)) for name in names}
    empty = (
        winner is None
        or winner in ("", 0)
        or winner is False
        or (isinstance(winner, list | Mapping) and not winner)
    )
    return other if empty and other is not None else winner
