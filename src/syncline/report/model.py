"""What a run has to say, before it has a form.

The law: a report is built from masked values only; every body in it is a `MaskedBody`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from syncline.core.live import Level
from syncline.errors import ExitCode, Place

if TYPE_CHECKING:
    from syncline.core.health.status import Health
    from syncline.core.mask import MaskedBody
    from syncline.core.plan import Action
    from syncline.core.resource import ResourceKey
    from syncline.core.review import Review
    from syncline.core.verdict import Outcome


class Job(Enum):
    """What was asked for."""

    DIFF = "diff"
    SYNC = "sync"
    DRIFT = "drift"
    ROLLBACK = "rollback"
    STATUS = "status"
    TREE = "tree"
    RENDER = "render"
    ACTIONS = "actions"
    RECOVER = "recover"
    DRILL = "drill"


class Severity(Enum):
    """How much attention a note wants."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class Note(Struct, frozen=True):
    """A sentence a reviewer should read, and where it comes from."""

    severity: Severity
    text: str
    key: ResourceKey | None = None
    place: Place | None = None


class Problem(Struct, frozen=True):
    """Why an application could not be looked at, or what went wrong: one sentence, a place, a remedy."""

    message: str
    exit_code: ExitCode
    place: Place | None = None
    remedy: str = ""


class Author(Struct, frozen=True):
    """Who changed a field: the field manager, how and when it last wrote, and through which subresource.

    With `is_guess` the field is gone, nobody is recorded for it, and this is who wrote the object last.
    """

    path: str
    manager: str
    operation: str = ""
    time: str = ""
    subresource: str = ""
    is_guess: bool = False


class HistoryRow(Struct, frozen=True):
    """One success that the cluster remembers; `cause` is sync, rollback or heal."""

    id: int
    revision: str
    at: str
    by: str
    cause: str


class Former(Struct, frozen=True):
    """The object whose place a new one takes, because its name tells what it holds: what becomes of it, and
    its `body` as it would be called like the new one, with the fields that differ.
    """

    key: ResourceKey
    action: Action
    why: str = ""
    body: MaskedBody | None = None
    paths: tuple[str, ...] = ()


class ShownChange(Struct, frozen=True):
    """One object's change as anybody may see it; `authors` are who caused it, where that is asked.

    One that is made in the place of another has a `former`, and that one's change a `successor`.

    `paths` are the changed fields, dotted (`spec.template.spec.containers[name=main].image`), for one-line
    summaries.  What is `extraneous` leaves its application in sync.
    """

    key: ResourceKey
    action: Action
    before: MaskedBody | None = None
    after: MaskedBody | None = None
    paths: tuple[str, ...] = ()
    origin: Place | None = None
    why: str = ""
    authors: tuple[Author, ...] = ()
    extraneous: bool = False
    former: Former | None = None
    successor: ResourceKey | None = None


class ShownHook(Struct, frozen=True):
    """A hook that runs in this sync, or that differs from when it last ran; it is no difference of the
    application.
    """

    change: ShownChange
    phases: tuple[str, ...] = ()
    runs: bool = False


class ResourceRow(Struct, frozen=True):
    """One line of the tree.

    `sync` is Argo CD's word (Synced, OutOfSync, Unknown); `depth` 0 is the application's own.
    """

    key: ResourceKey
    sync: str
    health: Health | None = None
    depth: int = 0
    message: str = ""


class AppReport(Struct, frozen=True):
    """One application's part. `images` are (container, before, after) where an image changed, `way_back` the
    rollback that followed a failed sync, `history` what the cluster remembers, the newest first; a `partial`
    one is about chosen resources.
    """

    name: str
    cluster: str = ""
    namespace: str = ""
    level: Level = Level.OFFLINE
    level_reason: str = ""
    base: str = ""
    revision: str = ""
    affected_by: str = ""
    changes: tuple[ShownChange, ...] = ()
    hooks: tuple[ShownHook, ...] = ()
    unchanged: int = 0
    notes: tuple[Note, ...] = ()
    images: tuple[tuple[str, str, str], ...] = ()
    problem: Problem | None = None
    refusals: tuple[str, ...] = ()
    outcome: Outcome | None = None
    failures: tuple[Problem, ...] = ()
    resources: tuple[ResourceRow, ...] = ()
    health: Health | None = None
    seconds: float = 0.0
    fingerprint: str = ""
    review: Review | None = None
    way_back: AppReport | None = None
    partial: bool = False
    history: tuple[HistoryRow, ...] = ()
    project: str = ""


class Report(Struct, frozen=True):
    """A whole run.

    `head` and `base` are full SHAs or empty; `unaffected` are the names that were not looked at.
    `stopped_by` is the exit code of the signal that ended an interrupted run (INTERRUPTED or TERMINATED). A
    `brief` one is a list: a row for each application.
    """

    job: Job
    base: str = ""
    head: str = ""
    applications: tuple[AppReport, ...] = ()
    unaffected: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    interrupted: bool = False
    stopped_by: ExitCode = ExitCode.TERMINATED
    run_url: str = ""
    seconds: float = 0.0
    versions: tuple[tuple[str, str], ...] = field(default=())
    brief: bool = False
