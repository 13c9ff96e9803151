"""Rules for kinds that say how they are in conditions or in a phase.

The law: the first rule that matches decides; what a controller said of an older generation is not yet said of
this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct

from syncline.core.health.fields import Malformed, mapping, members, text, trouble_of, words_of
from syncline.core.health.status import UNHEARD, Health, HealthStatus

Rules: TypeAlias = Callable[[Mapping[str, Any]], Health]
Path: TypeAlias = tuple[str, ...]

_DIGITS: Final = 19
UNSEEN: Final = Health(HealthStatus.PROGRESSING, "The controller has not seen the newest spec yet.")
SUSPENDED: Final = Health(HealthStatus.SUSPENDED, "It is suspended.")


class When(Struct, frozen=True):
    """A condition of this type with this status (and one of these reasons, if any) means this health."""

    kind: str
    status: str
    means: HealthStatus
    reasons: frozenset[str] = frozenset()

    def matches(self, condition: Mapping[str, Any]) -> bool:
        """Whether the condition is the one that is meant."""
        status = condition.get("status")
        told = str(status) if isinstance(status, bool) else status  # so did the first operators of Keycloak
        if condition.get("type") != self.kind or told != self.status:
            return False
        return not self.reasons or text(condition, "reason") in self.reasons


def healthy(kind: str, *reasons: str, status: str = "True") -> When:
    """True is well."""
    return When(kind, status, HealthStatus.HEALTHY, frozenset(reasons))


def degraded(kind: str, *reasons: str, status: str = "False") -> When:
    """False is ill."""
    return When(kind, status, HealthStatus.DEGRADED, frozenset(reasons))


def progressing(kind: str, *reasons: str, status: str = "True") -> When:
    """True is on its way."""
    return When(kind, status, HealthStatus.PROGRESSING, frozenset(reasons))


def suspended(kind: str, *reasons: str, status: str = "True") -> When:
    """True is held."""
    return When(kind, status, HealthStatus.SUSPENDED, frozenset(reasons))


def by_conditions(
    *rules: When, held: Path = (), needs: tuple[str, ...] = (), otherwise: Health | None = None
) -> Rules:
    """The first rule that one of the object's conditions matches.

    `held` is the path of a flag that suspends the kind; `needs` are conditions that must all be True before
    it is healthy; `otherwise` is said of an object that no rule matches.
    """

    def judge(body: Mapping[str, Any]) -> Health:
        if held and is_true(body, held):
            return SUSPENDED
        if is_stale(body):
            return UNSEEN
        found = fresh_conditions(body)
        for rule in rules:
            for each in found:
                if rule.matches(each):
                    said = words_of if rule.means is HealthStatus.HEALTHY else trouble_of
                    return Health(rule.means, said(each))
        return _needed(found, needs) if needs else otherwise or waiting(rules)

    return judge


def _needed(found: list[Mapping[str, Any]], needs: tuple[str, ...]) -> Health:
    by_type = {text(each, "type"): each for each in found}
    for kind in needs:
        each = by_type.get(kind, {})
        if each.get("status") == "False":
            return Health(HealthStatus.DEGRADED, trouble_of(each))
    for kind in needs:
        each = by_type.get(kind, {})
        if each.get("status") != "True":
            return Health(HealthStatus.PROGRESSING, words_of(each) or f"It waits for its condition {kind}.")
    return Health(HealthStatus.HEALTHY)


def waiting(rules: tuple[When, ...]) -> Health:
    """On its way to the condition that means health."""
    wanted = next((rule.kind for rule in rules if rule.means is HealthStatus.HEALTHY), "")
    return Health(
        HealthStatus.PROGRESSING, f"It waits for its condition {wanted}." if wanted else "It is on its way."
    )


def by_phase(
    path: Path,
    words: Mapping[str, HealthStatus],
    *,
    message: Path = (),
    held: Path = (),
    otherwise: HealthStatus = HealthStatus.UNKNOWN,
) -> Rules:
    """A word at a path; none is Progressing.

    `otherwise` is what a word means that is not in the list: Progressing for projects that add steps to the
    way, never to its end.
    """

    def judge(body: Mapping[str, Any]) -> Health:
        if held and is_true(body, held):
            return SUSPENDED
        if is_stale(body):
            return UNSEEN
        word = text(mapping(body, *path[:-1]), path[-1])
        said = text(mapping(body, *message[:-1]), message[-1]) if message else ""
        if not word and "" not in words:
            return Health(HealthStatus.PROGRESSING, said or UNHEARD.message)
        if word not in words:
            unknown = ", which is not known" if otherwise is HealthStatus.UNKNOWN else ""
            return Health(otherwise, said or f"Its {path[-1]} is {word}{unknown}.")
        if not said and words[word] is not HealthStatus.HEALTHY:
            said = f"Its {path[-1]} is {word}." if word else UNHEARD.message
        return Health(words[word], said)

    return judge


def by_flag(path: Path, *, message: Path = ()) -> Rules:
    """A flag at a path: well when it is set; what keeps it from being set may pass."""

    def judge(body: Mapping[str, Any]) -> Health:
        if is_stale(body):
            return UNSEEN
        said = text(mapping(body, *message[:-1]), message[-1]) if message else ""
        if is_true(body, path):
            return Health(HealthStatus.HEALTHY, said)
        return Health(HealthStatus.PROGRESSING, said or f"It waits to be {path[-1]}.")

    return judge


def in_turn(*rules: Rules) -> Rules:
    """Several things must be well; the first that is not is told."""

    def judge(body: Mapping[str, Any]) -> Health:
        health = Health(HealthStatus.HEALTHY)
        for rule in rules:
            health = rule(body)
            if health.status is not HealthStatus.HEALTHY:
                break
        return health

    return judge


def static(body: Mapping[str, Any]) -> Health:
    """A kind that only holds settings for others is well when it is there."""
    del body
    return Health(HealthStatus.HEALTHY)


AWAITED: Final = by_conditions(healthy("Ready"), progressing("Ready", status="False"))
"""Ready sums up, and False may pass: what it needs may come later in the same sync."""


def is_true(body: Mapping[str, Any], path: Path) -> bool:
    """Whether the flag at this path is set."""
    return mapping(body, *path[:-1]).get(path[-1]) is True


def is_stale(body: Mapping[str, Any]) -> bool:
    """Whether the controller says which generation it saw, and it is an older one."""
    observed = generation_of(mapping(body, "status").get("observedGeneration"))
    generation = generation_of(mapping(body, "metadata").get("generation"))
    return observed is not None and generation is not None and generation > observed


def generation_of(value: object) -> int | None:
    """A generation; some controllers write theirs as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return int(value)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed("observedGeneration is not a number")
    return value


def fresh_conditions(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The conditions that are about the newest generation, or do not say."""
    generation = generation_of(mapping(body, "metadata").get("generation"))
    return [each for each in members(mapping(body, "status"), "conditions") if is_fresh(each, generation)]


def is_fresh(condition: Mapping[str, Any], generation: int | None) -> bool:
    """Whether a condition is about this generation."""
    observed = generation_of(condition.get("observedGeneration"))
    return not observed or generation is None or observed >= generation
