"""What a reviewer was shown of an application, and what of it still holds.

The law: what would be written and was not shown, or not so, is always said; nothing that is said tells a
secret's value.

What is shown of an object is three facts: what is done to it, what Git wants of it, and what of that was
live. The last two are short digests, so that a comment can carry them.
"""

from __future__ import annotations

import hashlib
import json
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from syncline.core.canonical import canonical
from syncline.core.hooks import split_hooks
from syncline.core.live import Level
from syncline.core.noise import SILENCE, Noise, quiet_body, quieted
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.plan import WRITES, Action

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.core.plan import Change, Plan
    from syncline.core.rendering import Rendering
    from syncline.core.resource import Body, Manifest

_LENGTH: Final = 12
_NOTHING: Final = "-"
_MOST: Final = 5


class Binding(IntEnum):
    """What is done about a plan that is not the one that was reviewed, from the mildest to the strictest."""

    OFF = 0
    INFORM = 1
    HARMLESS = 2
    EXACT = 3

    @property
    def word(self) -> str:
        """As people write it."""
        return self.name.lower()


class Review(Struct, frozen=True):
    """One application's plan as it was shown.

    `writes` are the facts of each object by its name, as `action/desired/live`; None where there were too
    many to carry, and `digest` stands for all of them.
    """

    app: str
    level: str
    head: str
    tools: Mapping[str, str] = field(default_factory=dict)
    inputs: str = ""
    digest: str = ""
    writes: Mapping[str, str] | None = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """All of it, but for the commit, as 16 hexadecimal digits."""
        facts = [self.app, self.level, sorted(self.tools.items()), self.inputs, self.digest]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def review(plan: Plan, rendering: Rendering, made: Review, noise: Noise = SILENCE) -> Review:
    """What a plan would do, as it is shown; `made` says of what and with what."""
    desired = {manifest.key: manifest for manifest in rendering.manifests}
    quiet = quieted(plan, noise)
    writes = {
        str(change.key): _facts(change, desired.get(change.key), noise)
        for change in quiet.changes
        if change.action in WRITES
    }
    hooks = split_hooks(rendering.manifests)[1] if plan.level is Level.OFFLINE else ()
    running = {run.hook for run in plan.runs} | {manifest.key for manifest in hooks}
    for key in running:
        manifest = desired.get(key)
        writes[f"hook {key}"] = f"run/{_of_wanted(_wanted(manifest), noise.fields.get(key, ()))}/{_NOTHING}"
    for change in plan.debris:
        writes[str(change.key)] = f"{Action.PRUNE.value}/{_NOTHING}/{_NOTHING}"
    digest = _digest(sorted(writes.items()))
    return Review(made.app, plan.level.value, made.head, made.tools, made.inputs, digest, writes)


def _facts(change: Change, manifest: Manifest | None, noise: Noise) -> str:
    wanted, live = _wanted(manifest), _NOTHING
    if change.before is not None:
        live = _of_live(change.before, wanted, noise.fields.get(change.key, ()))
    return f"{change.action.value}/{_of_wanted(wanted, noise.fields.get(change.key, ()))}/{live}"


def _wanted(manifest: Manifest | None) -> Body | None:
    return None if manifest is None else normalize_desired(manifest.body)


def _of_wanted(body: Body | None, noisy: tuple[Any, ...]) -> str:
    return _NOTHING if body is None else _digest(_without_values(quiet_body(body, noisy)))


def _of_live(body: Body, shape: Body | None, noisy: tuple[Any, ...]) -> str:
    """What is live of the fields that Git has an opinion of; of what is deleted, all but its status."""
    there = quiet_body(normalize_live(body), noisy)
    whole = {name: value for name, value in there.items() if name != "status"}
    return _digest(_without_values(whole if shape is None else _within(whole, shape)))


def _within(value: Any, shape: Any) -> Any:
    if isinstance(value, dict) and isinstance(shape, dict):
        return {name: _within(value[name], inner) for name, inner in shape.items() if name in value}
    if isinstance(value, list) and isinstance(shape, list) and len(value) == len(shape):
        return [_within(*pair) for pair in zip(value, shape, strict=True)]
    return value


def _without_values(body: Any) -> Any:
    # A digest of a short secret could be guessed; that its file is another one, the inputs' digest tells.
    if not isinstance(body, dict) or body.get("kind") != "Secret":
        return body
    hidden = {
        name: sorted(body[name]) if isinstance(body[name], dict) else None
        for name in ("data", "stringData")
        if name in body
    }
    return {**body, **hidden}


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()[:_LENGTH]


class Departure(Struct, frozen=True):
    """One way in which a plan is not the one that was reviewed; a harmless one writes nothing unseen."""

    sentence: str
    harmless: bool


def departures(seen: Review | None, now: Review) -> Iterator[Departure]:
    """How the plan of now departs from what was reviewed; nothing when it is the same."""
    if seen is None:
        if now.writes:
            yield Departure("nobody is known to have reviewed it", harmless=False)
        return
    for name in sorted(seen.tools.keys() | now.tools.keys()):
        then, today = seen.tools.get(name, "no version"), now.tools.get(name, "no version")
        if then != today:
            yield Departure(f"{name} {then} was reviewed, and {today} renders now", harmless=True)
    if seen.inputs != now.inputs:
        yield Departure("its files or its definition are not those that were reviewed", harmless=True)
    if seen.digest != now.digest:
        yield from _other_writes(seen, now)


def _other_writes(seen: Review, now: Review) -> Iterator[Departure]:
    shown, wanted = seen.writes, now.writes or {}
    if shown is None:
        yield Departure("its writes are not those reviewed, which were too many to list", harmless=False)
        return
    offline = seen.level == Level.OFFLINE.value
    unseen, other, live = list[str](), list[str](), list[str]()
    for name, facts in sorted(wanted.items()):
        action, desired, there = facts.split("/")
        then = shown.get(name, "").split("/")
        if len(then) != 3:  # noqa: PLR2004 - the three facts
            unseen.append(f"{name} ({action})")
        elif then[1] != desired or _severity(then[0]) < _severity(action):
            other.append(name)
        elif not offline and (then[2] != there or then[0] != action):
            live.append(name)
    if unseen:
        why = ", which compared two commits and no cluster" if offline else ""
        yield Departure(f"the review did not show {_listed(unseen)}{why}", harmless=False)
    if other:
        yield Departure(f"it would make something else of {_listed(other)}", harmless=False)
    if live:
        yield Departure(f"the live state changed since the review: {_listed(live)}", harmless=False)
    gone = [] if offline else sorted(shown.keys() - wanted.keys())
    if gone:
        yield Departure(f"there is nothing left to do about {_listed(gone)}", harmless=True)


_SEVERITIES: Final = {Action.RECREATE.value: 1, Action.PRUNE.value: 2}


def _severity(action: str) -> int:
    """To delete is more than to write."""
    return _SEVERITIES.get(action, 0)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"


def refuses(binding: Binding, departure: Departure) -> bool:
    """Whether a plan that departs so is refused."""
    return binding is Binding.EXACT or (binding is Binding.HARMLESS and not departure.harmless)
