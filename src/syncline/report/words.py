"""One word, one sign and one way of counting for each thing, in every form of the report.

The law: every change is counted in exactly one column.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.report.model import AppReport, Job, Note, Report, Severity, ShownChange, ShownHook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.resource import ResourceKey

SIGNS: Final[Mapping[Action, str]] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.RECREATE: "↻",
    Action.ADOPT: "⇥",
    Action.PRUNE: "−",
    Action.FORGET: "·",
    Action.KEEP: "=",
    Action.UNCHANGED: " ",
    Action.BLOCKED: "!",
    Action.HOLD: "⚔",
    Action.RUN: "▸",
}

WORDS: Final[Mapping[Action, str]] = {
    Action.CREATE: "add",
    Action.UPDATE: "change",
    Action.RECREATE: "delete and recreate",
    Action.ADOPT: "adopt",
    Action.PRUNE: "delete",
    Action.FORGET: "forget",
    Action.KEEP: "kept (would prune)",
    Action.UNCHANGED: "unchanged",
    Action.BLOCKED: "blocked",
    Action.HOLD: "left as it is",
    Action.RUN: "run",
}

TRIED: Final[Mapping[Job, str]] = {
    Job.DIFF: "compared",
    Job.SYNC: "synced",
    Job.DRIFT: "checked",
    Job.ROLLBACK: "rolled back",
    Job.STATUS: "read",
    Job.TREE: "read",
    Job.RENDER: "rendered",
    Job.ACTIONS: "acted on",
    Job.RECOVER: "recovered",
    Job.DRILL: "rebuilt",
}
NOUNS: Final[Mapping[Job, str]] = {
    Job.DIFF: "Diff",
    Job.SYNC: "Sync",
    Job.DRIFT: "Drift check",
    Job.ROLLBACK: "Rollback",
    Job.STATUS: "Status",
    Job.TREE: "Tree",
    Job.RENDER: "Rendering",
    Job.ACTIONS: "Action",
    Job.RECOVER: "Recovery",
    Job.DRILL: "Drill",
}

_COUNTED: Final[Mapping[Action, str]] = {
    Action.CREATE: "added",
    Action.UPDATE: "changed",
    Action.PRUNE: "deleted",
    Action.RECREATE: "recreated",
    Action.ADOPT: "adopted",
    Action.KEEP: "kept (would prune)",
    Action.BLOCKED: "blocked",
    Action.HOLD: "left as they are",
}

_QUIET: Final = frozenset({Action.UNCHANGED, Action.FORGET})
_NOTHING_DONE: Final = frozenset({Action.KEEP, Action.BLOCKED, Action.HOLD})
_MINUTE: Final = 60
_SHORT_SHA: Final = 7
_SHA_LENGTHS: Final = frozenset({40, 64})


class Tally(Struct, frozen=True):
    """How many objects each action concerns."""

    counts: Mapping[Action, int]

    def __getitem__(self, action: Action) -> int:
        return self.counts.get(action, 0)

    @property
    def parts(self) -> tuple[tuple[Action, int, str], ...]:
        """What is not zero: the action, how many, and the word to say after the number."""
        return tuple((action, self[action], word) for action, word in _COUNTED.items() if self[action])

    @property
    def signed(self) -> str:
        """`+12 ~9 −2`, empty where nothing differs."""
        return " ".join(f"{SIGNS[action]}{count}" for action, count, _ in self.parts)

    @property
    def said(self) -> str:
        """`12 added, 9 changed`, empty where nothing differs."""
        return ", ".join(f"{count} {word}" for _, count, word in self.parts)


def tally(apps: Iterable[AppReport]) -> Tally:
    """The changes of these applications, counted."""
    return Tally(Counter(change.action for app in apps for change in app.changes))


def total(report: Report) -> Tally:
    """What the run comes to in all: of a sync that did not succeed only what was done."""
    return Tally(Counter(change.action for app in report.applications for change in _true_changes(app)))


def _true_changes(app: AppReport) -> Iterator[ShownChange]:
    if app.outcome in {None, Outcome.SYNCED, Outcome.UNCHANGED}:
        yield from app.changes
        return
    synced = {row.key: row.sync == "Synced" for row in app.resources}
    for change in app.changes:
        # What was deleted has no row any more.
        is_done = synced.get(change.key, bool(synced) and change.action is Action.PRUNE)
        if is_done or change.action in _NOTHING_DONE:
            yield change


def visible_changes(app: AppReport) -> tuple[ShownChange, ...]:
    """The changes that a reader should see, each under one heading: what another takes the place of is shown
    there.
    """
    return tuple(change for change in app.changes if change.action not in _QUIET and change.successor is None)


def sign_of(change: ShownChange) -> str:
    """The sign before an object's name."""
    return "→" if change.former else SIGNS[change.action]


def word_of(change: ShownChange) -> str:
    """What happens to an object; a rename is one only to the reader, and is counted as what is done."""
    return "rename" if change.former else WORDS[change.action]


def former_words(change: ShownChange) -> str:
    """`it takes the place of shop/settings-459bd6dt8g, which is deleted`; empty where it takes nobody's."""
    former = change.former
    if former is None:
        return ""
    fate = "is deleted" if former.action is Action.PRUNE else f"stays: {former.why}"
    return f"it takes the place of {object_name(former.key)}, which {fate}"


def differs(app: AppReport) -> bool:
    """Whether the two sides disagree anywhere, also where nothing may be done about it."""
    return any(not change.extraneous for change in visible_changes(app))


def still_drifted(app: AppReport) -> bool:
    """Whether a drift check leaves something as it is: all of it where nothing was healed, or a fight."""
    if app.outcome is None:
        return differs(app)
    return any(change.action is Action.HOLD for change in app.changes)


def has_body(app: AppReport) -> bool:
    """Whether there is more to show of an application than its line in the table."""
    more = visible_changes(app) or app.resources or app.hooks or app.history or app.way_back is not None
    return bool(more or any(n.severity is Severity.INFO for n in app.notes))


def hook_words(hook: ShownHook) -> str:
    """`PreSync hook, runs, changed`: when it runs, whether it does now, and how it differs."""
    what = {
        Action.CREATE: "new",
        Action.UPDATE: "changed",
        Action.PRUNE: "removed",
        Action.UNCHANGED: "unchanged",
    }.get(hook.change.action, WORDS[hook.change.action])
    name = f"{' and '.join(hook.phases)} hook" if hook.phases else "hook"
    return ", ".join(part for part in (name, "runs" if hook.runs else "", what) if part)


def changed(report: Report) -> tuple[AppReport, ...]:
    """The applications with differences."""
    return tuple(app for app in report.applications if differs(app))


def plural(count: int, noun: str) -> str:
    """`1 application`, `2 applications`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def duration(seconds: float) -> str:
    """`0.4 s`, `41 s`, `3 min 20 s`."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds a tenth is worth saying
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def short(revision: str) -> str:
    """A full SHA as seven digits; a branch or a version as it is."""
    is_sha = len(revision) in _SHA_LENGTHS and all(letter in "0123456789abcdef" for letter in revision)
    return revision[:_SHORT_SHA] if is_sha else revision


def object_name(key: ResourceKey) -> str:
    """`namespace/name`, or the name alone for what has no namespace."""
    return f"{key.namespace}/{key.name}" if key.namespace else key.name


def about(note: Note) -> str:
    """The object that a note is about, where its text does not name it."""
    if note.key is None or _is_named(note.key.name, note.text):
        return ""
    return f"{note.key.kind} {object_name(note.key)}"


def _is_named(name: str, text: str) -> bool:
    # As a word of its own: an object called w is not named by "known".
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def place_of(app: AppReport) -> str:
    """`cluster / namespace`, as far as they are known."""
    return " / ".join(part for part in (app.cluster, app.namespace) if part)
