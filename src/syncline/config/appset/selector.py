"""Label selectors over labels and over parameters.

The law: every expression has to hold; `NotIn` and `DoesNotExist` hold where the label is missing, as in
Kubernetes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

OPERATORS: Final[Mapping[str, Callable[[str | None, Iterable[str]], bool]]] = {
    "In": lambda value, values: value is not None and value in values,
    "NotIn": lambda value, values: value is None or value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
}


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether the labels are what the selector asks for; no selector, and an empty one, ask for nothing."""
    if not selector:
        return True
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(name) == value for name, value in wanted.items()) and all_hold(
        selector.get("matchExpressions") or (), labels
    )


def all_hold(expressions: Iterable[Mapping[str, Any]], labels: Mapping[str, str]) -> bool:
    """Whether each of `matchExpressions` holds."""
    return all(
        OPERATORS[str(each.get("operator"))](labels.get(str(each.get("key"))), each.get("values") or ())
        for each in expressions
    )


def is_empty(selector: Mapping[str, Any] | None) -> bool:
    """Whether it selects everything."""
    return not selector or not (selector.get("matchLabels") or selector.get("matchExpressions"))
