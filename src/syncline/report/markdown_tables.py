"""The tables of the Markdown report: applications, images, and the tree of resources.

The law: a column appears only where it says something, and the worst rows come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.health.status import HealthStatus
from syncline.core.plan import Action
from syncline.errors import ExitCode
from syncline.report.brief import HEADS, rows
from syncline.report.escaping import code, prose
from syncline.report.images import image_rows
from syncline.report.model import AppReport, HistoryRow, Job, Report, ResourceRow, Severity
from syncline.report.outcome import app_code, worst_first
from syncline.report.pieces import NO_GROUP, Piece, Rank, tables
from syncline.report.sentences import outcome_word
from syncline.report.words import SIGNS, differs, duration, object_name, place_of, short, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_CELL: Final = 200

HEALTH_SIGNS: Final[Mapping[HealthStatus, str]] = {
    HealthStatus.HEALTHY: "💚",
    HealthStatus.SUSPENDED: "⏸️",
    HealthStatus.PROGRESSING: "🔄",
    HealthStatus.MISSING: "👻",
    HealthStatus.DEGRADED: "💔",
    HealthStatus.UNKNOWN: "❔",
}
SYNC_SIGNS: Final[Mapping[str, str]] = {"Synced": "✅", "OutOfSync": "🔶"}
OUTCOME_SIGNS: Final[Mapping[ExitCode, str]] = {
    ExitCode.OK: "✅",
    ExitCode.DIFFERENT: "⚠️",
    ExitCode.REFUSED: "⛔",
    ExitCode.INTERRUPTED: "⏹️",
    ExitCode.TERMINATED: "⏹️",
}
_RISKY: Final = {
    Action.PRUNE: "⛔&nbsp;deletes",
    Action.RECREATE: "⚠️&nbsp;recreates",
    Action.BLOCKED: "⛔&nbsp;blocked",
}


class Column(Struct, frozen=True):
    """A heading, how it is aligned, and what it says of an application."""

    title: str
    rule: str
    cell: Callable[[Report, AppReport], str]


def app_table(report: Report) -> Iterator[Piece]:
    """The index of applications, the worst first."""
    apps = [app for app in worst_first(report) if _is_listed(report, app)]
    rows = [tuple(column.cell(report, app) for column in _COLUMNS) for app in apps]
    used = [index for index in range(len(_COLUMNS)) if any(row[index] for row in rows)]
    header = tuple(_COLUMNS[index].title for index in used)
    rule = tuple(_COLUMNS[index].rule for index in used)
    for text, count in tables(header, rule, ([row[index] for index in used] for row in rows)):
        yield Piece(text, Rank.INDEX, "application row", count=count)


def _is_listed(report: Report, app: AppReport) -> bool:
    if report.job is not Job.DIFF:
        return True
    noted = any(note.severity is not Severity.INFO for note in app.notes)
    return differs(app) or noted or app_code(report, app) is not ExitCode.OK


def _name(_: Report, app: AppReport) -> str:
    return f"**{prose(app.name, _CELL)}**"


def _place(_: Report, app: AppReport) -> str:
    return prose(place_of(app), _CELL)


def _outcome(report: Report, app: AppReport) -> str:
    """What became of it; in a diff, where nothing became of anything, what wants attention."""
    code_of = app_code(report, app)
    if report.job is not Job.DIFF or code_of is not ExitCode.OK:
        word = outcome_word(report, app)
        sign = SYNC_SIGNS.get(word) if code_of is ExitCode.OK else None
        return f"{sign or OUTCOME_SIGNS.get(code_of, '❌')}&nbsp;{word}"
    return ", ".join(word for action, word in _RISKY.items() if tally([app])[action])


def _health(_: Report, app: AppReport) -> str:
    return f"{HEALTH_SIGNS[app.health.status]}&nbsp;{app.health.status.label}" if app.health else ""


def _level(report: Report, app: AppReport) -> str:
    return (
        app.level.value
        if app.problem is None and report.job not in {Job.SYNC, Job.ROLLBACK, Job.RECOVER, Job.DRILL}
        else ""
    )


def _revision(report: Report, app: AppReport) -> str:
    return code(short(app.revision)) if app.revision and app.revision != report.head else ""


def _seconds(_: Report, app: AppReport) -> str:
    return duration(app.seconds).replace(" ", "&nbsp;") if app.seconds else ""


def _count(action: Action) -> Callable[[Report, AppReport], str]:
    def cell(_: Report, app: AppReport) -> str:
        count = tally([app])[action]
        return f"{count:,}" if count else ""

    return cell


_COLUMNS: Final = (
    Column("Application", ":--", _name),
    Column("Cluster / namespace", ":--", _place),
    *(
        Column(title, "--:", _count(action))
        for title, action in (
            (SIGNS[Action.CREATE], Action.CREATE),
            (SIGNS[Action.UPDATE], Action.UPDATE),
            (SIGNS[Action.PRUNE], Action.PRUNE),
            (SIGNS[Action.RECREATE], Action.RECREATE),
            ("adopted", Action.ADOPT),
            ("kept", Action.KEEP),
            ("blocked", Action.BLOCKED),
            ("left", Action.HOLD),
        )
    ),
    Column("Outcome", ":--", _outcome),
    Column("Health", ":--", _health),
    Column("Revision", ":--", _revision),
    Column("Compared", ":--", _level),
    Column("Time", "--:", _seconds),
)


def brief_table(report: Report) -> Iterator[Piece]:
    """The list of applications, by name."""
    cells = (
        (
            f"**{prose(row.name, _CELL)}**",
            prose(row.project, _CELL),
            prose(row.place, _CELL),
            f"{SYNC_SIGNS.get(row.sync, '❔')}&nbsp;{row.sync}",
            f"{HEALTH_SIGNS[row.health]}&nbsp;{row.health.label}",
            code(row.revision) if row.revision else "",
            prose(row.message, 2 * _CELL),
        )
        for row in rows(report)
    )
    for text, count in tables(HEADS, (":--",) * len(HEADS), cells):
        yield Piece(text, Rank.INDEX, "application row", count=count)


def image_table(report: Report) -> Iterator[Piece]:
    """Every image that changes, once."""
    rows = [
        (
            code(row.image) if row.image else "",
            _tag(row.before),
            _tag(row.after) + _remark(row.remark),
            prose(row.where, _CELL),
        )
        for row in image_rows(report)
    ]
    header = ("Image", "Before", "After", "In")
    for text, count in tables(header, (":--",) * len(header), rows):
        yield Piece(text, Rank.WARNING, "image", count=count)


def _tag(text: str) -> str:
    return code(text) if text else ""


def _remark(text: str) -> str:
    return f" ⚠️ {prose(text)}" if text else ""


def resource_table(rows: Sequence[ResourceRow], group: int = NO_GROUP) -> Iterator[Piece]:
    """The tree, in its own order; the parts where all is well are left out first."""
    width = 4 if any(row.message for row in rows) else 3
    header = ("Resource", "Sync", "Health", "Message")[:width]
    shown = 0
    for text, count in tables(header, (":--",) * width, (_resource(row)[:width] for row in rows)):
        is_well = all(row.sync in {"", "Synced"} and _is_well(row) for row in rows[shown : shown + count])
        rank = Rank.LISTED if is_well else Rank.RISKY
        yield Piece(text, rank, "resource row", group=group, count=count)
        shown += count


def history_table(rows: Sequence[HistoryRow], group: int = NO_GROUP) -> Iterator[Piece]:
    """What the cluster remembers, the newest first."""
    header = ("No.", "Revision", "Why", "When", "Who")
    cells = (
        (str(row.id), code(short(row.revision)), prose(row.cause, 20), prose(row.at, 40), prose(row.by, 100))
        for row in rows
    )
    for text, count in tables(header, ("--:", *[":--"] * 4), cells):
        yield Piece(text, Rank.LISTED, "history row", group=group, count=count)


def _is_well(row: ResourceRow) -> bool:
    return row.health is None or row.health.status is HealthStatus.HEALTHY


def _resource(row: ResourceRow) -> tuple[str, ...]:
    indent = "&emsp;" * min(row.depth, 8) + ("└ " if row.depth else "")
    health = f"{HEALTH_SIGNS[row.health.status]}&nbsp;{row.health.status.label}" if row.health else ""
    sync = f"{SYNC_SIGNS.get(row.sync, '❔')}&nbsp;{prose(row.sync, 20)}" if row.sync else ""
    name = f"{indent}{prose(row.key.kind, 100)} {code(object_name(row.key))}"
    return name, sync, health, prose(row.message, _CELL)
