"""What is said of a run and of an application, in whatever form it is then shown.

The law: the same report says the same thing in the comment, the summary, the status, the page and the
terminal; a sentence claims no more than is known.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from syncline.core.health.status import HealthStatus
from syncline.core.live import Level
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.model import AppReport, Job, Report
from syncline.report.outcome import exit_code
from syncline.report.troubles import trouble
from syncline.report.words import NOUNS, TRIED, changed, differs, plural, short, still_drifted

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS: Final[Mapping[Level, str]] = {
    Level.OFFLINE: "compared offline: one rendering with the other, no cluster asked",
    Level.LIVE: "compared with the live objects, the apply predicted here",
    Level.DRY_RUN: "compared with the live objects, the apply predicted by the server's dry run",
}

_OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.UNCHANGED: "already in sync",
    Outcome.SYNCED: "synced",
    Outcome.REFUSED: "plan refused",
    Outcome.FAILED: "failed",
    Outcome.UNHEALTHY: "unhealthy",
    Outcome.TIMED_OUT: "not healthy in time",
    Outcome.INTERRUPTED: "interrupted",
}
_WENT_BACK: Final = frozenset({Outcome.SYNCED, Outcome.UNCHANGED})
_BACK: Final[Mapping[Outcome, str]] = {
    **_OUTCOMES,
    Outcome.SYNCED: "done",
    Outcome.UNCHANGED: "nothing had changed",
}
_SIGNS: Final[Mapping[ExitCode, str]] = {
    ExitCode.OK: "✅",
    ExitCode.DIFFERENT: "⚠️",
    ExitCode.REFUSED: "⛔",
    ExitCode.INTERRUPTED: "⏹️",
    ExitCode.TERMINATED: "⏹️",
}


def headline(report: Report) -> str:
    """The first line: what the run came to."""
    if report.interrupted:
        return f"{NOUNS[report.job]} interrupted"
    return trouble(report) or _success(report)


def sign(report: Report) -> str:
    """One emoji for the headline."""
    if exit_code(report) is ExitCode.OK and report.job is Job.DIFF and changed(report):
        return "🔎"
    return _SIGNS.get(exit_code(report), "❌")


def quiet_counts(report: Report) -> str:
    """`2 applications without difference · 31 applications not affected`, as far as there are any."""
    compares = report.job in {Job.DIFF, Job.DRIFT} and changed(report)
    same = (
        sum(1 for app in report.applications if not differs(app) and app.problem is None) if compares else 0
    )
    parts = (
        f"{plural(same, 'application')} without difference" if same else "",
        f"{plural(len(report.unaffected), 'application')} not affected" if report.unaffected else "",
    )
    return " · ".join(part for part in parts if part)


def revisions(report: Report) -> str:
    """`77aa001 → ab12cd3`, or what of it is known."""
    return " → ".join(short(revision) for revision in (report.base, report.head) if revision)


def nothing(report: Report) -> str:
    """Why there is no difference to show; empty where there is one, or where something failed."""
    compares = report.job not in {Job.RENDER, Job.STATUS, Job.TREE, Job.ACTIONS}
    if report.job in {Job.RENDER, Job.STATUS, Job.TREE} and not (report.applications or report.interrupted):
        return "" if trouble(report) else _none_affected(report)
    if not compares or changed(report) or trouble(report) or report.interrupted:
        return ""
    if not report.applications:
        return _none_affected(report)
    compared = [app for app in report.applications if _is_compared(report, app)]
    if not compared:
        return ""
    count = plural(len(compared), "application")
    objects = sum(app.unchanged for app in report.applications)
    same = f", {plural(objects, 'object')} in all" if objects else ""
    if any(hook.change.action is not Action.UNCHANGED for app in report.applications for hook in app.hooks):
        return f"{count} compared: only hooks differ{same}."
    if all(app.level is Level.OFFLINE for app in compared):
        return f"{count} rendered before and after: no manifest differs{same}."
    return f"{count} compared with the live objects: nothing differs{same}."


def outcome_word(report: Report, app: AppReport) -> str:
    """What became of one application."""
    if app.problem is not None:
        return f"could not be {TRIED[report.job]}"
    if app.way_back is not None and app.outcome is not None and app.way_back.outcome in _WENT_BACK:
        return f"{_OUTCOMES[app.outcome]}, rolled back"
    if app.outcome is not None:
        return _result_word(report, app, app.outcome)
    if app.failures:
        return "failed"
    return "plan refused" if app.refusals else _comparison_word(report, app)


def _result_word(report: Report, app: AppReport, outcome: Outcome) -> str:
    if outcome is Outcome.SYNCED and report.job is Job.DRIFT:
        return "healed in part" if still_drifted(app) else "healed"
    if outcome is Outcome.REFUSED and not _is_compared(report, app):
        return "not started"
    part = " in part" if app.partial and outcome in _WENT_BACK else ""
    return f"{_OUTCOMES[outcome]}{part}"


def _comparison_word(report: Report, app: AppReport) -> str:
    if report.job is Job.RENDER:
        return "rendered"
    if _is_new(report, app):
        return "never synced"
    if report.job in {Job.STATUS, Job.TREE}:
        return "OutOfSync" if differs(app) else "Synced"  # Argo CD's words
    if _is_listed(report, app):
        return "listed"
    if differs(app):
        return {Job.DRIFT: "drifted", Job.DIFF: "changes"}.get(report.job, "differs")
    return "no difference"


def tells_of_success(line: str) -> bool:
    """Whether a status line tells that all of an application was synced; that of a dry run, or of a sync of
    chosen resources, does not.
    """
    return line.partition(" · ")[0].strip().lower() in {_OUTCOMES[outcome] for outcome in _WENT_BACK}


def way_back_sentence(app: AppReport) -> str:
    """What became of the rollback that followed a failed sync; empty where there was none."""
    back = app.way_back
    if back is None:
        return ""
    word = "plan refused" if back.outcome is None else _BACK[back.outcome]
    return f"Rollback to {short(back.revision)}: {word}"


def failed_sentence(report: Report) -> str:
    """`could not be compared`, for the head of a problem."""
    return f"could not be {TRIED[report.job]}"


def introduction(report: Report, app: AppReport) -> str:
    """How an application was compared, why it is here, and what else belongs to it; empty where nothing was
    compared.
    """
    if not _is_compared(report, app):
        return ""
    level = LEVELS[app.level] + (f" ({app.level_reason})" if app.level_reason else "")
    is_same = app.base == app.revision  # nothing lies between what was synced and what is compared
    parts = (
        level if report.job is not Job.RENDER else "",
        f"affected: {app.affected_by}" if app.affected_by else "",
        f"since {short(app.base)}" if app.base not in {"", report.base} and not is_same else "",
        f"at {short(app.revision)}" if app.revision and (app.revision != report.head) else "",
        f"{app.unchanged:,} unchanged" if app.unchanged else "",
        f"plan {app.fingerprint}" if app.fingerprint else "",
    )
    return " · ".join(part for part in parts if part)


def _is_compared(report: Report, app: AppReport) -> bool:
    """Whether anybody looked: what was held back before it began has neither objects nor a level, and what no
    cluster remembers has nothing to be held against.
    """
    is_held = app.outcome is Outcome.REFUSED and app.level is Level.OFFLINE and not app.changes
    return report.job is Job.DIFF or not (is_held or _is_new(report, app) or _is_listed(report, app))


def _is_listed(report: Report, app: AppReport) -> bool:
    """Whether it is told what can be done, and nothing was."""
    return report.job is Job.ACTIONS and app.outcome is None and not app.changes


def _is_new(report: Report, app: AppReport) -> bool:
    checks = report.job in {Job.STATUS, Job.TREE, Job.DRIFT}
    checks = checks or (_is_listed(report, app) and not app.resources)
    return checks and app.problem is None and app.health is None and not app.revision


def _none_affected(report: Report) -> str:
    if not report.unaffected:
        return (
            "No Application was found: files with kind: Application or ApplicationSet are looked for "
            "everywhere in the commit. --path DIR takes a directory without one."
        )
    count = len(report.unaffected)
    if count == 1:
        return "The one application is not affected: no changed file belongs to it."
    return f"None of {count:,} applications is affected: no changed file belongs to any of them."


def _success(report: Report) -> str:
    apps = report.applications
    different = len(changed(report))
    match report.job:
        case Job.DIFF:
            return _diff_success(report, different)
        case Job.DRIFT:
            return _drift_success(report)
        case Job.SYNC | Job.ROLLBACK:
            return _sync_success(report, different)
        case Job.RECOVER | Job.DRILL:
            return _recovery_success(report)
        case Job.STATUS | Job.TREE:
            return _status_success(apps)
        case Job.RENDER:
            return f"{plural(len(apps), 'application')} rendered"
        case Job.ACTIONS:
            return _actions_success(report, different)


def _diff_success(report: Report, different: int) -> str:
    if different:
        return f"{plural(different, 'application')} {'changes' if different == 1 else 'change'}"
    return "No manifest changes" if report.applications else "No application affected"


def _drift_success(report: Report) -> str:
    acted = (app for app in report.applications if app.outcome is Outcome.SYNCED)
    healed = sum(1 for app in acted if not still_drifted(app))
    drifted = sum(1 for app in report.applications if still_drifted(app))
    if drifted:
        return f"Drift in {drifted:,} of {plural(len(report.applications), 'application')}"
    if healed:
        return f"Drift healed in {plural(healed, 'application')}"
    if not report.applications:
        return "No application to check"
    return f"No drift in {plural(len(report.applications), 'application')}"


def _sync_success(report: Report, different: int) -> str:
    if not report.applications:
        return "No application affected"
    past = "Synced" if report.job is Job.SYNC else "Rolled back"
    acted = [app for app in report.applications if app.outcome is not None]
    if not acted:
        noun = "sync" if report.job is Job.SYNC else "rollback"
        count = plural(different, "application")
        return f"A {noun} would change {count}" if different else f"A {noun} would change nothing"
    moved = sum(1 for app in acted if app.outcome is Outcome.SYNCED)
    if not moved:
        return f"{plural(len(acted), 'application')} already in sync"
    return f"{past} {plural(moved, 'application')}"


def _actions_success(report: Report, different: int) -> str:
    acted = [app for app in report.applications if app.outcome is not None]
    if acted:
        return "Action done" if acted[0].outcome is Outcome.SYNCED else "The action changed nothing"
    if different:
        count = sum(len(app.changes) for app in report.applications)
        return f"The action would change {plural(count, 'object')}"
    resources = sum(len(app.resources) for app in report.applications)
    return f"{plural(resources, 'resource')} with actions"


def _recovery_success(report: Report) -> str:
    rebuilt = [app for app in report.applications if app.outcome is not None]
    count = plural(len(report.applications), "application")
    if rebuilt:
        return f"{count} {'rebuilt' if report.job is Job.DRILL else 'recovered'} and proven"
    if any(differs(app) for app in report.applications):
        return f"A recovery would rebuild {plural(len(changed(report)), 'application')} of {count}"
    return f"Nothing to rebuild in {count}"


def _status_success(apps: tuple[AppReport, ...]) -> str:
    healths = Counter(app.health.status if app.health else HealthStatus.UNKNOWN for app in apps)
    parts = ", ".join(f"{count:,} {status.label}" for status, count in sorted(healths.items(), reverse=True))
    different = sum(1 for app in apps if differs(app))
    parts += f", {different:,} OutOfSync" if different else ""
    return f"{plural(len(apps), 'application')}: {parts}" if parts else "No application"
