"""A mistake of our own fails the application that it was met in, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, config_map
from e2e.truth import inventory
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import BugError, ExitCode
from syncline.report.model import AppReport, Job, Report
from syncline.report.outcome import exit_code
from syncline.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: hunter2-hunter2}\n"


@pytest.fixture
def three(delivery: Delivery) -> Delivery:
    """Three applications; `mid` is the one that trouble is made for."""
    files = {f"apps/{name}.yaml": delivery.app(name, name) for name in ("aaa", "mid", "zzz")}
    maps = {f"{name}/all.yaml": config_map(f"{name}-1") for name in ("aaa", "mid", "zzz")}
    more = {"mid/login.yaml": SECRET, "mid/more.yaml": config_map("mid-2")}
    delivery.repo.commit({**files, **maps, **more})
    return delivery


def stumbling(real: Callable[..., Any], words: str) -> Callable[..., Any]:
    """The function with a mistake that shows wherever these words come in."""

    def call(*args: Any, **options: Any) -> Any:
        if words in f"{args}{options}":
            raise KeyError("hunter2-hunter2")
        return real(*args, **options)

    return call


def by_name(report: Report) -> dict[str, AppReport]:
    return {app.name: app for app in report.applications}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        pytest.param("syncline.jobs.renderings.render", "name='mid'", id="while it is rendered"),
        pytest.param("syncline.jobs.prepare.make_plan", "app='mid'", id="while it is planned"),
        pytest.param("syncline.jobs.carry_out.app_report", "name='mid'", id="while it is told"),
    ],
)
@pytest.mark.parametrize("job", [Job.SYNC, Job.DRIFT])
def test_a_bug_fails_one_application_and_the_others_are_reported(
    three: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    job: Job,
    place: str,
    words: str,
) -> None:
    if job is Job.DRIFT:
        three.sync()
        place = place.replace("carry_out", "drift")
    module, _, name = place.rpartition(".")
    real = getattr(__import__(module, fromlist=[name]), name)
    monkeypatch.setattr(place, stumbling(real, words))

    report = three.run(job)

    apps = by_name(report)
    assert apps.keys() == {"aaa", "mid", "zzz"}
    assert apps["aaa"].problem is None
    assert apps["zzz"].problem is None
    problem = apps["mid"].problem
    assert problem is not None
    assert "This is a bug in Syncline (KeyError in " in problem.message
    assert "report it" in problem.remedy
    assert exit_code(report) is ExitCode.BUG
    assert "hunter2" not in f"{report}"
    assert "Traceback" not in capfd.readouterr().err


def test_a_bug_in_the_middle_of_the_writing_tells_what_was_done_and_records_no_success(
    three: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Writer, "write", stumbling(Writer.write, "name='mid-2'"))

    report = three.sync()

    app = by_name(report)["mid"]
    assert app.outcome is Outcome.FAILED
    assert exit_code(report) is ExitCode.SYNC_FAILED
    assert any("This is a bug in Syncline (KeyError" in failure.message for failure in app.failures)
    assert {row.key.name for row in app.resources if row.sync == "Synced"} >= {"login"}
    assert by_name(report)["zzz"].outcome is Outcome.SYNCED
    found = inventory(three.plane, three.namespace, "mid")
    assert found is not None
    assert found.history == ()
    monkeypatch.undo()
    assert by_name(three.sync())["mid"].outcome is Outcome.SYNCED


def test_whoever_breaks_a_run_off_the_hard_way_leaves_no_success_behind(
    three: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Writer.write

    def second_interrupt(writer: Writer, key: Any, *rest: Any) -> Any:
        if key.name == "mid-2":
            raise KeyboardInterrupt
        return real(writer, key, *rest)

    monkeypatch.setattr(Writer, "write", second_interrupt)
    with pytest.raises(KeyboardInterrupt):
        three.sync(applications=("mid",))

    found = inventory(three.plane, three.namespace, "mid")
    assert found is not None
    assert found.history == ()
    assert found.attempt is not None
    assert {key.name for key in found.keys} == {"login", "mid-1", "mid-2"}
    monkeypatch.undo()
    again = by_name(three.sync())["mid"]
    assert again.outcome is Outcome.SYNCED
    assert Action.CREATE in {change.action for change in again.changes}


def test_the_trace_is_for_whoever_debugs_and_tells_no_secret(
    three: Delivery, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    three.environ["SYNCLINE_DEBUG"] = "1"
    monkeypatch.setattr("syncline.jobs.prepare.guarded", stumbling(len, ""))

    report = three.sync()

    said = capfd.readouterr().err
    assert exit_code(report) is ExitCode.BUG
    assert "Traceback" in said
    assert "jobs/prepare.py" in said
    assert "KeyError: '‹hidden " in said
    assert "hunter2" not in said


def test_a_bug_in_the_run_itself_is_an_error_like_others(
    three: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline.jobs.sync.rivalries", stumbling(len, ""))

    with pytest.raises(BugError, match="This is a bug in Syncline"):
        three.sync()
