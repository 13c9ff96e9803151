"""The report for programs.

The law: fields are added, never renamed or removed, while `version` stays 1; bodies are masked.

    version       1
    job           diff | sync | drift | rollback | status | tree | render | actions | recover | drill
    exitCode      what the process ends with
    headline      one sentence
    base, head    full SHAs, or empty
    interrupted   whether the run was stopped before its end
    seconds       how long it took
    runUrl        where its log is, or empty
    versions      {name: version} of the programs used
    unaffected    [name] of applications that were not looked at
    notes         [note]
    problems      [problem]
    brief         whether it is a list (status --brief): no resources and no bodies
    applications  [{name, project, cluster, namespace, sync, message, level, levelReason, base, revision,
                    affectedBy, outcome,
                    exitCode, health, seconds, fingerprint, review, unchanged, counts {action: number},
                    changes [change], hooks [hook], notes [note], images [{container, before, after}],
                    problem, refusals [text], failures [problem],
                    resources [{object, sync, health, message, depth}],
                    rollback: the same again for the rollback after a failed sync, or null,
                    history [{id, revision, at, by, cause: sync | rollback | heal}], the newest first}]

    sync          Synced | OutOfSync | Unknown | never synced, of a status or a tree; else empty
    message       what is wrong, in one line, of a status --brief; else empty
    review        {application, level, head, tools {name: version}, inputs, digest, writes {object: digests}}:
                  what a sync is held to (sync --reviewed), or null
    change        {object, action, before, after, paths [text], place, why, authors [author], former,
                  successor}: bodies masked, or null
    former        {object, action: prune | keep, why, body, paths [text]}: the object whose place a new one
                  takes (kustomize's hashed names), as it would be called like the new one, and the fields
                  that differ; that object's own change names its successor. Both are null elsewhere
    author        {path, manager, operation, subresource, time, isGuess}: who changed a drifted field
    hook          {change, phases [PreSync | Sync | …], runs}: no difference of the application
    note          {severity: info | warning | danger, text, object, place}
    problem       {message, exitCode, place, remedy}
    object        {group, kind, namespace, name}
    place         {file, line} or null; line 0 is unknown
    health        {status: Healthy | Suspended | Progressing | Missing | Degraded | Unknown, message} or null
    outcome       unchanged | synced | refused | failed | unhealthy | timed out | interrupted, or null
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from syncline.patterns import regex
from syncline.report.brief import message, sync_word
from syncline.report.model import Job
from syncline.report.outcome import app_code, exit_code
from syncline.report.record import to_value
from syncline.report.sentences import headline

if TYPE_CHECKING:
    from syncline.core.health.status import Health
    from syncline.core.resource import ResourceKey
    from syncline.errors import Place
    from syncline.report.model import (
        AppReport,
        Author,
        Former,
        HistoryRow,
        Note,
        Problem,
        Report,
        ResourceRow,
        ShownChange,
        ShownHook,
    )

_HALVES: Final = regex("[\ud800-\udfff]")
_NOT_ASCII: Final = regex("[^\x00-\x7f]+")


def to_json(report: Report, *, differences_are_failure: bool = False) -> str:
    """The report as a JSON text, ASCII only, ending in a newline."""
    text = _indented(_report(report, differences_are_failure))
    if text.isascii():
        return f"{text}\n"
    # A file name need not be Unicode, and half a surrogate pair is nothing that another program could read.
    whole = _HALVES.sub(lambda half: f"⟨U+{ord(half[0]):04X}⟩", text)
    return _NOT_ASCII.sub(lambda sign: json.dumps(sign[0])[1:-1], whole) + "\n"


def _indented(value: Any) -> str:
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError):
        # What only Python's own writer takes: half a surrogate pair, a number beyond 64 bits.
        return json.dumps(value, indent=2, ensure_ascii=False)


def _report(report: Report, differences_are_failure: bool) -> dict[str, Any]:  # noqa: FBT001 - one caller, above
    code = exit_code(report, differences_are_failure=differences_are_failure)
    return {
        "version": 1,
        "job": report.job.value,
        "exitCode": int(code),
        "headline": headline(report),
        "base": report.base,
        "head": report.head,
        "interrupted": report.interrupted,
        "seconds": round(report.seconds, 3),
        "runUrl": report.run_url,
        "versions": dict(report.versions),
        "brief": report.brief,
        "unaffected": list(report.unaffected),
        "notes": [_note(note) for note in report.notes],
        "problems": [_problem(problem) for problem in report.problems],
        "applications": [_app(report, app) for app in report.applications],
    }


def _app(report: Report, app: AppReport) -> dict[str, Any]:
    return {
        "name": app.name,
        "project": app.project,
        "cluster": app.cluster,
        "namespace": app.namespace,
        "sync": sync_word(report, app) if report.job in {Job.STATUS, Job.TREE} else "",
        "message": message(app) if report.brief else "",
        "level": app.level.value,
        "levelReason": app.level_reason,
        "base": app.base,
        "revision": app.revision,
        "affectedBy": app.affected_by,
        "outcome": app.outcome.value if app.outcome else None,
        "exitCode": int(app_code(report, app)),
        "health": _health(app.health),
        "seconds": round(app.seconds, 3),
        "fingerprint": app.fingerprint,
        "review": to_value(app.review) if app.review else None,
        "unchanged": app.unchanged,
        "counts": dict(Counter(change.action.value for change in app.changes)),
        "changes": [_change(change) for change in app.changes],
        "hooks": [_hook(hook) for hook in app.hooks],
        "notes": [_note(note) for note in app.notes],
        "images": [{"container": name, "before": old, "after": new} for name, old, new in app.images],
        "problem": _problem(app.problem) if app.problem else None,
        "refusals": list(app.refusals),
        "failures": [_problem(failure) for failure in app.failures],
        "resources": [_row(row) for row in app.resources],
        "rollback": _app(report, app.way_back) if app.way_back else None,
        "history": [_entry(row) for row in app.history],
    }


def _change(change: ShownChange) -> dict[str, Any]:
    return {
        "object": _object(change.key),
        "action": change.action.value,
        "before": change.before.value if change.before else None,
        "after": change.after.value if change.after else None,
        "paths": list(change.paths),
        "place": _place(change.origin),
        "why": change.why,
        "authors": [_author(author) for author in change.authors],
        "former": _former(change.former) if change.former else None,
        "successor": _object(change.successor) if change.successor else None,
    }


def _former(former: Former) -> dict[str, Any]:
    return {
        "object": _object(former.key),
        "action": former.action.value,
        "why": former.why,
        "body": former.body.value if former.body else None,
        "paths": list(former.paths),
    }


def _author(author: Author) -> dict[str, Any]:
    return {
        "path": author.path,
        "manager": author.manager,
        "operation": author.operation,
        "subresource": author.subresource,
        "time": author.time,
        "isGuess": author.is_guess,
    }


def _entry(row: HistoryRow) -> dict[str, Any]:
    return {"id": row.id, "revision": row.revision, "at": row.at, "by": row.by, "cause": row.cause}


def _hook(hook: ShownHook) -> dict[str, Any]:
    return {"change": _change(hook.change), "phases": list(hook.phases), "runs": hook.runs}


def _note(note: Note) -> dict[str, Any]:
    return {
        "severity": note.severity.value,
        "text": note.text,
        "object": _object(note.key) if note.key else None,
        "place": _place(note.place),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "message": problem.message,
        "exitCode": int(problem.exit_code),
        "place": _place(problem.place),
        "remedy": problem.remedy,
    }


def _row(row: ResourceRow) -> dict[str, Any]:
    return {
        "object": _object(row.key),
        "sync": row.sync,
        "health": _health(row.health),
        "message": row.message,
        "depth": row.depth,
    }


def _object(key: ResourceKey) -> dict[str, str]:
    return {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"file": place.file, "line": place.line} if place else None


def _health(health: Health | None) -> dict[str, str] | None:
    return {"status": health.status.label, "message": health.message} if health else None
