"""What leaves a run: every text of a report, an event and an exception, into every place that is written."""

from __future__ import annotations

import io
import logging
import threading
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from leaks import WAYS, canaries, leaks
from syncline.action.observing import Board
from syncline.config.settings import Settings
from syncline.core.health.status import Health, HealthStatus
from syncline.core.mask import Masker, mask_pair
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.core.verdict import Assessed, Done, Failed, Halted, Outcome, Overdue, Retrying, Waiting
from syncline.discretion import discreet, masker_of
from syncline.errors import ClusterError, ExitCode, Place
from syncline.exits import guarded
from syncline.github.workflow import add_summary, annotate, set_outputs
from syncline.jobs.border import Discreet, scrub_error, scrubbed
from syncline.jobs.observer import Silence
from syncline.report.annotations import annotations as annotations_of
from syncline.report.fit import fit
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.model import (
    AppReport,
    Author,
    HistoryRow,
    Job,
    Note,
    Problem,
    Report,
    ResourceRow,
    Severity,
    ShownChange,
    ShownHook,
)
from syncline.report.summary import app_status_line, status_line, summary
from syncline.report.terminal import terminal
from syncline.terminal import observer

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.core.verdict import Event

SECRETS = canaries(201)
KEY = ResourceKey("", "ConfigMap", "shop", "settings")
PUBLIC = {"name"}
"""The fields of a report that hold what an application is called."""


@pytest.fixture(scope="module")
def masker() -> Masker:
    masker = Masker(b"of this run")
    for secret in SECRETS:
        masker.learn_value(secret.encode())
    return masker


def whole() -> Report:
    """A report with at least one of everything."""
    blind = Masker(b"knows nothing")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "TEXT"}}
    before, after = mask_pair({**body, "data": {"a": "old"}}, body, blind)
    change = ShownChange(
        KEY, Action.UPDATE, before, after, ("data.a",), Place("f", 3), "why", (Author("path", "manager"),)
    )
    problem = Problem("message", ExitCode.RENDER, Place("f", 1), "remedy")
    note = Note(Severity.DANGER, "text", KEY, Place("f", 1))
    health = Health(HealthStatus.DEGRADED, "message")
    app = AppReport(
        name="shop",
        changes=(change,),
        hooks=(ShownHook(change, ("PreSync",), runs=True),),
        notes=(note, Note(Severity.WARNING, "text")),
        images=(("container", "before", "after"),),
        refusals=("refusal",),
        outcome=Outcome.FAILED,
        failures=(problem,),
        resources=(ResourceRow(KEY, "OutOfSync", health, message="message"),),
        health=health,
        history=(HistoryRow(1, "revision", "at", "by", "sync"),),
    )
    broken = AppReport(name="cart", problem=problem)
    return Report(
        Job.SYNC, applications=(replace(app, way_back=app), broken), notes=(note,), problems=(problem,)
    )


def filled(value: Any, text: str) -> Any:
    """The value with this text in every text of it, and in every field that has none yet."""
    if type(value) is str:
        return text
    if isinstance(value, tuple):
        return tuple(filled(part, text) for part in value)
    if isinstance(value, dict):
        return {name: filled(inner, text) if name == "data" else inner for name, inner in value.items()}
    if isinstance(value, Struct) and not isinstance(value, ResourceKey):
        parts = {name: getattr(value, name) for name in value.__struct_fields__}
        return replace(
            value, **{name: filled(part, text) for name, part in parts.items() if name not in PUBLIC}
        )
    return {"a": text} if value == {"a": "TEXT"} else value


def sinks(report: Report, folder: Path) -> dict[str, str]:
    """All that is written of a report."""
    marks = io.StringIO()
    annotate(annotations_of(report), marks)
    for name in ("summary", "output"):
        (folder / name).write_text("")
    add_summary(summary(report), folder / "summary")
    set_outputs({"summary": status_line(report)[1]}, folder / "output")
    return {
        "comment": "\n".join(fit(report)),
        "page": page(report),
        "json": to_json(report),
        "terminal": terminal(report, colour=True),
        "annotations": marks.getvalue(),
        "summary": (folder / "summary").read_text(),
        "outputs": (folder / "output").read_text(),
        "statuses": "\n".join(app_status_line(report, app)[1] for app in report.applications),
    }


def test_the_sinks_would_show_what_is_not_scrubbed(tmp_path: Path) -> None:
    planted = filled(whole(), f"x {SECRETS[0]} y")

    assert {name for name, text in sinks(planted, tmp_path).items() if not leaks(text)} <= {
        "outputs",
        "statuses",
    }


def test_no_sink_shows_a_secret_whatever_text_of_a_report_holds_it(masker: Masker, tmp_path: Path) -> None:
    ways = list(WAYS.values())
    texts = [ways[number % len(ways)](secret) for number, secret in enumerate(SECRETS)]
    for text in map(" and ".join, zip(texts[::3], texts[1::3], texts[2::3], strict=False)):
        report = scrubbed(filled(whole(), f"near {text} here"), masker)

        for name, shown in sinks(report, tmp_path).items():
            assert leaks(shown) == set(), (name, text)


def events(text: str) -> list[Event]:
    health = Health(HealthStatus.DEGRADED, text)
    return [
        Done(KEY, Action.UPDATE, "at"),
        Failed(KEY, Action.UPDATE, text, "at"),
        Assessed(KEY, health, "at"),
        Overdue(KEY, health, "at"),
        Halted(text, "at"),
        Waiting(text, "at"),
        Retrying(2, text, 1.0, "at"),
    ]


def test_no_observer_is_told_a_secret(masker: Masker, capsys: pytest.CaptureFixture[str]) -> None:
    lines, moving = io.StringIO(), io.StringIO()
    watchers = [observer(lines, moving=False), observer(moving, moving=True), Board(Job.SYNC, None)]
    for secret in SECRETS[:20]:
        for watcher in watchers:
            told = Discreet(watcher, masker)
            told.begin(["shop"], Settings())
            for event in events(f"the server said: {secret}"):
                told.event("shop", event)
            report = filled(whole(), secret)
            told.planned(Job.ROLLBACK, report.applications[0])
            told.finished(report.applications[0])

    said = capsys.readouterr().out
    assert "shop" in said
    for text in (lines.getvalue(), moving.getvalue(), said):
        assert leaks(text) == set()


def test_what_is_learned_after_an_application_was_told_is_not_in_the_whole_report(masker: Masker) -> None:
    late = "learned-after-it-was-told-7f3a"
    told = Discreet(Silence(), masker)
    clean = Report(Job.DIFF, applications=(AppReport("shop", notes=(Note(Severity.INFO, "it is new"),)),))
    stained = filled(whole(), f"{SECRETS[0]} and {late}")
    for app in (*clean.applications, *stained.applications):
        told.finished(app)

    assert told.whole(clean).applications[0] is clean.applications[0]  # and is not looked through again
    assert leaks(repr(told.whole(stained))) == set()
    assert late in repr(told.whole(stained))
    masker.learn_value(late.encode())
    for report in (clean, stained):
        assert late not in repr(told.whole(report))
        assert told.whole(report) == scrubbed(report, masker)


def test_an_exception_is_scrubbed_with_all_that_it_came_of(masker: Masker) -> None:
    for number, secret in enumerate(SECRETS):
        text = list(WAYS.values())[number % len(WAYS)](secret)
        error = ClusterError(f"no {text}", remedy=f"remove {text}")
        error.__cause__ = KeyError(text)
        error.__cause__.__context__ = OSError(5, text, text)

        scrub_error(error, masker)

        trace = "".join(traceback.format_exception(error))
        assert leaks(f"{trace} {error} {error.message} {error.remedy}") == set(), text


def test_what_python_says_by_itself_is_scrubbed(masker: Masker) -> None:
    said: list[str] = []

    def fails() -> None:
        raise ValueError(SECRETS[0])

    with discreet(masker, said.append):
        thread = threading.Thread(target=fails)
        thread.start()
        thread.join()
        library = logging.getLogger("some.library")
        library.propagate = False  # as in a program, where nobody has set up a handler
        library.warning("retrying %s", SECRETS[1])
        warnings.showwarning(f"old {SECRETS[2]}", DeprecationWarning, "file.py", 1)

    assert len(said) == 3
    assert "ValueError" in said[0]
    assert leaks("\n".join(said)) == set()


def test_a_crash_shows_its_trace_and_not_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", SECRETS[0])
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"AUTHORIZATION: basic {WAYS['base64'](SECRETS[3])}")

    @guarded
    def crashes() -> None:
        raise ValueError(f"{SECRETS[0]} and {WAYS['base64'](SECRETS[3])} and {WAYS['URL'](SECRETS[0])}")

    with pytest.raises(SystemExit) as left:
        crashes()

    said = capsys.readouterr().err
    assert left.value.code == ExitCode.BUG
    assert "Traceback" in said
    assert leaks(said) == set()


def test_what_a_process_is_given_is_known_before_the_first_word() -> None:
    environ = {
        "GITHUB_TOKEN": SECRETS[0],
        "INPUT_KUBECONFIG": f"users:\n- name: bot\n  user:\n    token: {SECRETS[1]}\n",
        "AWS_SECRET_ACCESS_KEY": SECRETS[2],
        "TOKEN_FILE": "/run/secrets/token",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
    masker = masker_of(environ)

    assert leaks(masker.scrub(f"{SECRETS[0]} {SECRETS[1]} {SECRETS[2]}")) == set()
    assert (
        masker.scrub("/run/secrets/token /usr/bin:/bin C.UTF-8") == "/run/secrets/token /usr/bin:/bin C.UTF-8"
    )
