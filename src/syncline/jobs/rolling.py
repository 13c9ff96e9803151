"""Rolling syncs: the Applications of a set, step after step.

The law: a step begins when every Application of the steps before it that was touched is synced and healthy;
an Application that was named is a person's wish and waits for nobody.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from syncline.core.verdict import Outcome
from syncline.report.model import AppReport

if TYPE_CHECKING:
    from syncline.config.application import Application, Rolling

Look = Callable[["Application"], AppReport]

_SOUND = frozenset({Outcome.SYNCED, Outcome.UNCHANGED})


def in_steps(apps: Iterable[Application]) -> tuple[Application, ...]:
    """The Applications in their order, those of a rolling sync by their steps."""
    listed = list(apps)
    places: dict[str, list[int]] = {}
    for number, app in enumerate(listed):
        if app.rolling is not None:
            places.setdefault(app.rolling.group, []).append(number)
    for numbers in places.values():
        members = sorted((listed[number] for number in numbers), key=_step)
        for number, app in zip(numbers, members, strict=True):
            listed[number] = app
    return tuple(listed)


def _step(app: Application) -> float:
    rolling = app.rolling
    return rolling.step if rolling is not None and rolling.step is not None else math.inf


class Gates:
    """Who may go, from what became of those before."""

    def __init__(self, everyone: Iterable[Application], look: Look) -> None:
        """`everyone` are all Applications of the commit, which a percentage of a step is taken of."""
        self._look = look
        self._unfinished: dict[tuple[str, int], list[str]] = {}
        self._sizes = Counter(
            (app.rolling.group, app.rolling.step) for app in everyone if app.rolling is not None
        )

    def look(self, app: Application) -> AppReport:
        """The Application's report, or one that says what it waits for."""
        rolling = app.rolling
        if rolling is None:
            return self._look(app)
        waits_for = self._closed(rolling)
        if waits_for:
            self._note(rolling, app)
            return AppReport(
                name=app.name,
                namespace=app.destination.namespace,
                refusals=(f"{app.name} was not synced: {waits_for}",),
                outcome=Outcome.REFUSED,
            )
        # Unfinished until it is known to be well: a failure on the way leaves it so.
        self._note(rolling, app)
        report = self._look(app)
        if report.problem is None and report.outcome in _SOUND:
            self._forget(rolling, app)
        return report

    def _closed(self, rolling: Rolling) -> str:
        where = f"in the rolling sync of ApplicationSet {rolling.group} ({rolling.origin})"
        if rolling.step is None:
            return f"no step {where} has it; sync it by its name."
        for step in range(rolling.step):
            waiting = self._unfinished.get((rolling.group, step))
            if waiting:
                return f"step {step + 1} {where} is not healthy yet: {', '.join(waiting)}."
        waiting = self._unfinished.get((rolling.group, rolling.step), [])
        most = allowed(rolling.most, self._sizes[rolling.group, rolling.step])
        if most == 0:
            return f"step {rolling.step + 1} {where} has maxUpdate 0; sync it by its name."
        if len(waiting) >= most:
            return (
                f"{len(waiting)} of at most {most} in step {rolling.step + 1} {where} are unfinished: "
                f"{', '.join(waiting)}."
            )
        return ""

    def _note(self, rolling: Rolling, app: Application) -> None:
        if rolling.step is not None:
            self._unfinished.setdefault((rolling.group, rolling.step), []).append(app.name)

    def _forget(self, rolling: Rolling, app: Application) -> None:
        if rolling.step is not None:
            self._unfinished[rolling.group, rolling.step].remove(app.name)


class Retreat:
    """Deletions of what a set no longer makes: with `deletionOrder: Reverse` a step begins when all of the
    later ones is gone (Argo CD, "Deletion Strategies").
    """

    def __init__(self) -> None:
        self._there: dict[str, list[tuple[int, str]]] = {}

    def look(self, app: Application, look: Look) -> AppReport:
        """The deletion's report, or one that says what it waits for; applications come in their order."""
        rolling = app.rolling
        if rolling is None or not rolling.reverse:
            return look(app)
        left = self._there.setdefault(rolling.group, [])
        mine = (-1 if rolling.step is None else rolling.step, app.name)
        waits_for = [(step, name) for step, name in left if step > mine[0]]
        left.append(mine)
        if waits_for:
            step, names = waits_for[0][0] + 1, ", ".join(name for _, name in waits_for)
            why = (
                f"step {step} of ApplicationSet {rolling.group} ({rolling.origin}) is not gone yet: {names}."
            )
            said = f"{app.name} was not deleted: deletionOrder is Reverse, and {why}"
            place = app.destination.namespace
            return AppReport(name=app.name, namespace=place, refusals=(said,), outcome=Outcome.REFUSED)
        report = look(app)
        if report.problem is None and not report.refusals and report.outcome in {None, *_SOUND}:
            left.remove(mine)
        return report


def allowed(most: int | str | None, size: int) -> int:
    """How many of a step's Applications may be unfinished at once: percentages round down, and all but 0%
    give one at least (Argo CD, "Progressive Syncs").
    """
    if most is None:
        return size
    if isinstance(most, int):
        return most
    percent = int(most.removesuffix("%"))
    return max(1, size * percent // 100) if percent else 0
