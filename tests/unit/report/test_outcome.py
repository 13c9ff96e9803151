from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, Place
from syncline.report.annotations import MOST
from syncline.report.annotations import annotations as annotations_of
from syncline.report.fit import fit
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.model import (
    AppReport,
    Job,
    Note,
    Problem,
    Report,
    ResourceRow,
    Severity,
    ShownChange,
)
from syncline.report.outcome import WORST_FIRST, State, app_code, exit_code, state_of
from syncline.report.sentences import tells_of_success
from syncline.report.summary import LONGEST_DESCRIPTION, app_status_line, pending_line, status_line, summary
from syncline.report.terminal import terminal
from unit.report import samples
from unit.report.strategies import reports

Make = Callable[[], Report]


def one(job: Job = Job.SYNC, outcome: Outcome | None = None, **more: object) -> Report:
    app = AppReport(name="web", outcome=outcome)
    return Report(job, applications=(replace(app, **more),))  # one field at a time


OUTCOMES = [
    (samples.small_diff, ExitCode.OK, "1 application changes"),
    (samples.no_difference, ExitCode.OK, "No manifest changes"),
    (samples.none_affected, ExitCode.OK, "No application affected"),
    (samples.rich_diff, ExitCode.RENDER, "1 of 6 applications could not be compared, 3 change"),
    (samples.failures, ExitCode.CONFIG, "2 of 2 applications could not be compared"),
    (samples.synced, ExitCode.OK, "Synced 1 application"),
    (
        samples.sync_result,
        ExitCode.UNHEALTHY,
        "Sync failed for 2 of 4 applications (1 unhealthy, 1 plan refused)",
    ),
    (samples.drift, ExitCode.DIFFERENT, "Drift in 1 of 2 applications"),
    (samples.interrupted, ExitCode.TERMINATED, "Sync interrupted"),
    (lambda: one(outcome=Outcome.UNCHANGED), ExitCode.OK, "1 application already in sync"),
    (lambda: one(outcome=Outcome.REFUSED), ExitCode.REFUSED, "Plan refused for 1 of 1 application"),
    (lambda: one(outcome=Outcome.FAILED), ExitCode.SYNC_FAILED, "Sync failed for 1 of 1 application"),
    (lambda: one(outcome=Outcome.UNHEALTHY), ExitCode.UNHEALTHY, "1 of 1 application unhealthy"),
    (lambda: one(outcome=Outcome.TIMED_OUT), ExitCode.UNHEALTHY, "1 of 1 application unhealthy"),
    (lambda: one(outcome=Outcome.INTERRUPTED), ExitCode.TERMINATED, "Sync failed for 1 of 1 application"),
    (one, ExitCode.OK, "A sync would change nothing"),
    (lambda: one(Job.ROLLBACK, Outcome.SYNCED), ExitCode.OK, "Rolled back 1 application"),
    (lambda: one(Job.DRIFT), ExitCode.OK, "No drift in 1 application"),
    (lambda: one(Job.DRIFT, Outcome.SYNCED), ExitCode.OK, "Drift healed in 1 application"),
    (lambda: Report(Job.SYNC), ExitCode.OK, "No application affected"),
    (
        lambda: Report(Job.SYNC, problems=(Problem("no.", ExitCode.GIT),)),
        ExitCode.GIT,
        "Sync failed",
    ),
]


@pytest.mark.parametrize(("make", "code", "sentence"), OUTCOMES)
def test_each_outcome_reaches_every_channel(make: Make, code: ExitCode, sentence: str) -> None:
    report = make()
    state, description = status_line(report)

    assert exit_code(report) is code
    assert state == state_of(code).value
    assert description.startswith(sentence)
    assert sentence in fit(report)[0].splitlines()[0]
    assert sentence in summary(report).splitlines()[0]
    assert f"<title>{sentence}" in page(report)
    assert sentence in terminal(report, colour=False)
    assert json.loads(to_json(report))["exitCode"] == code
    assert json.loads(to_json(report))["headline"] == sentence


@given(reports)
@settings(max_examples=60)
def test_what_failed_is_never_green(report: Report) -> None:
    failed = [app for app in report.applications if app.problem or app.refusals or app.failures]

    for app in failed:
        assert app_status_line(report, app)[0] in {"failure", "error"}
    if failed or report.problems or report.interrupted:
        assert status_line(report)[0] in {"failure", "error"}
        assert exit_code(report) is not ExitCode.OK


@given(reports)
@settings(max_examples=60)
def test_a_description_fits_into_a_commit_status(report: Report) -> None:
    lines = [status_line(report), *(app_status_line(report, app) for app in report.applications)]

    assert all(0 < len(description) <= LONGEST_DESCRIPTION for _, description in lines)
    assert not any("\n" in description for _, description in lines)


@pytest.mark.parametrize("job", Job)
def test_a_pending_status_says_what_goes_on(job: Job) -> None:
    state, description = pending_line(job)

    assert state == State.PENDING.value
    assert description


def test_the_differences_of_a_diff_are_a_failure_only_when_asked() -> None:
    assert exit_code(samples.small_diff(), differences_are_failure=True) is ExitCode.DIFFERENT
    assert exit_code(samples.small_diff()) is ExitCode.OK
    assert exit_code(samples.no_difference(), differences_are_failure=True) is ExitCode.OK
    assert exit_code(samples.synced(), differences_are_failure=True) is ExitCode.OK


def test_every_exit_code_has_its_place_and_the_worst_wins() -> None:
    assert sorted(WORST_FIRST) == sorted(ExitCode)
    problems = tuple(Problem("x.", code) for code in (ExitCode.GITHUB, ExitCode.RENDER, ExitCode.CLUSTER))
    report = replace(one(outcome=Outcome.FAILED), problems=problems)

    assert exit_code(Report(Job.SYNC, problems=problems)) is ExitCode.CLUSTER
    assert exit_code(report) is ExitCode.SYNC_FAILED
    stopped = replace(report, interrupted=True, stopped_by=ExitCode.INTERRUPTED)
    assert exit_code(stopped) is ExitCode.INTERRUPTED


def test_a_problem_without_a_code_of_its_own_is_a_bug_not_a_success() -> None:
    assert exit_code(Report(Job.DIFF, problems=(Problem("x.", ExitCode.OK),))) is ExitCode.BUG


@pytest.mark.parametrize(
    ("job", "sentence"),
    [(Job.RENDER, "1 application rendered"), (Job.STATUS, "1 application: 1 Unknown")],
)
def test_a_job_that_compares_nothing_claims_no_comparison(job: Job, sentence: str) -> None:
    assert status_line(one(job)) == ("success", sentence)


def test_an_application_is_judged_alone() -> None:
    report = samples.sync_result()

    codes = {app.name: app_code(report, app) for app in report.applications}
    assert codes == {
        "cart": ExitCode.OK,
        "payments": ExitCode.UNHEALTHY,
        "reports": ExitCode.REFUSED,
        "blog": ExitCode.OK,
    }


def test_an_applications_status_gives_the_reason() -> None:
    report = samples.sync_result()
    lines = {app.name: app_status_line(report, app) for app in report.applications}

    assert lines["cart"] == ("success", "Synced · 1 added, 2 changed, 1 recreated · Healthy")
    assert lines["blog"] == ("success", "Already in sync · Healthy")
    assert lines["payments"][1].startswith("Unhealthy · Deployment.apps payments/worker is Degraded")
    assert lines["reports"][1].startswith("Plan refused · 14 objects would be pruned")


def test_annotations_put_errors_first_and_name_the_line() -> None:
    found = annotations_of(samples.rich_diff())

    assert [each.level for each in found] == ["error", "warning", "warning", "warning", "warning"]
    assert (found[0].file, found[0].line) == ("charts/shop/templates/deployment.yaml", 14)
    assert "Set image.tag" in found[0].message
    assert found[1].title == "cart: Deployment.apps cart/api"


def test_each_kind_of_failure_is_annotated_as_an_error() -> None:
    titles = [each.title for each in annotations_of(samples.sync_result()) if each.level == "error"]

    assert sorted(titles) == ["payments", "payments", "reports: plan refused"]
    assert "Syncline" in [each.title for each in annotations_of(samples.failures())]


def test_a_failure_is_named_even_where_no_outcome_was_recorded() -> None:
    report = one(failures=(Problem("it broke.", ExitCode.CLUSTER),))

    assert app_status_line(report, report.applications[0]) == ("error", "Failed · it broke.")


def test_annotations_beyond_the_runners_limit_are_counted() -> None:
    notes = tuple(Note(Severity.WARNING, f"warning {number}") for number in range(25))
    found = annotations_of(Report(Job.DIFF, notes=notes))

    assert len(found) == MOST
    assert found[-1].message == "16 more are in the job summary."


def test_a_note_that_is_only_information_is_no_annotation() -> None:
    assert annotations_of(Report(Job.DIFF, notes=(Note(Severity.INFO, "by the way"),))) == ()


def test_a_place_in_another_repository_is_told_in_words_and_points_to_no_line_of_ours() -> None:
    place = Place("app/a.yaml", 6, outside="acme/charts@1a2b3c4")
    (found,) = annotations_of(one(problem=Problem("It is broken.", ExitCode.RENDER, place)))

    assert (found.file, found.line) == ("", 0)
    assert found.message.startswith("acme/charts@1a2b3c4:app/a.yaml:6: It is broken.")


@pytest.mark.parametrize("outcome", [*Outcome, None])
@pytest.mark.parametrize("partial", [True, False])
def test_a_status_line_tells_of_success_where_all_of_an_application_was_synced(
    outcome: Outcome | None, partial: bool
) -> None:
    app = AppReport("web", outcome=outcome, partial=partial)

    _, line = app_status_line(Report(Job.SYNC, applications=(app,)), app)

    is_good = outcome in {Outcome.SYNCED, Outcome.UNCHANGED} and not partial
    assert tells_of_success(line) == is_good


KEY = ResourceKey("", "ConfigMap", "shop", "settings")
FATES: dict[str, AppReport] = {
    "synced": AppReport("a", outcome=Outcome.SYNCED),
    "same": AppReport("a", outcome=Outcome.UNCHANGED),
    "failed": AppReport("a", outcome=Outcome.FAILED, failures=(Problem("no.", ExitCode.SYNC_FAILED),)),
    "late": AppReport("a", outcome=Outcome.TIMED_OUT, failures=(Problem("no.", ExitCode.UNHEALTHY),)),
    "ill": AppReport("a", outcome=Outcome.UNHEALTHY, failures=(Problem("no.", ExitCode.UNHEALTHY),)),
    "refused": AppReport("a", outcome=Outcome.REFUSED, refusals=("The sync window is closed.",)),
    "broken": AppReport("a", problem=Problem("no.", ExitCode.RENDER)),
    "stopped": AppReport("a", outcome=Outcome.INTERRUPTED, failures=(Problem("no.", ExitCode.TERMINATED),)),
    "drifted": AppReport("a", changes=(ShownChange(KEY, Action.UPDATE),)),
    "healed": AppReport("a", outcome=Outcome.SYNCED, changes=(ShownChange(KEY, Action.UPDATE),)),
    "clean": AppReport("a"),
}


@pytest.mark.parametrize(
    ("job", "fates", "state", "line"),
    [
        (Job.SYNC, "synced same", "success", "Synced 1 application"),
        (Job.SYNC, "synced failed", "failure", "Sync failed for 1 of 2 applications"),
        (Job.SYNC, "synced refused", "failure", "Plan refused for 1 of 2 applications"),
        (Job.SYNC, "synced late ill", "failure", "2 of 3 applications unhealthy"),
        (Job.SYNC, "late failed", "failure", "Sync failed for 2 of 2 applications (1 unhealthy)"),
        (
            Job.SYNC,
            "synced failed late ill refused broken",
            "failure",
            "Sync failed for 5 of 6 applications (2 unhealthy, 1 plan refused, 1 could not be synced)",
        ),
        (Job.SYNC, "synced broken", "error", "1 of 2 applications could not be synced"),
        (Job.SYNC, "synced stopped", "error", "Sync interrupted"),
        (Job.ROLLBACK, "synced failed", "failure", "Rollback failed for 1 of 2 applications"),
        (Job.DRIFT, "clean drifted", "failure", "Drift in 1 of 2 applications"),
        (Job.DRIFT, "healed drifted", "failure", "Drift in 1 of 2 applications"),
        (Job.DRIFT, "refused drifted", "failure", "Plan refused for 1 of 2 applications, drift in 1"),
        (Job.DRIFT, "ill healed drifted", "failure", "1 of 3 applications unhealthy, drift in 1"),
        (Job.DRIFT, "broken drifted clean", "error", "1 of 3 applications could not be checked, drift in 1"),
        (Job.DIFF, "drifted broken", "error", "1 of 2 applications could not be compared, 1 changes"),
    ],
)
def test_a_mixture_of_fates_is_told_as_what_it_is(job: Job, fates: str, state: str, line: str) -> None:
    apps = tuple(replace(FATES[fate], name=fate) for fate in fates.split())
    report = Report(job, applications=apps, interrupted="stopped" in fates)

    said = status_line(report)

    assert (said[0], said[1].partition(" · ")[0]) == (state, line)
    assert len(said[1]) <= LONGEST_DESCRIPTION


PLANNED = (Action.CREATE, Action.UPDATE, Action.PRUNE, Action.KEEP, Action.BLOCKED)


def planned(outcome: Outcome | None, *done: Action) -> AppReport:
    """One change of each kind; what was done is in sync, and what was deleted has no row."""
    keys = {action: replace(KEY, name=action.value) for action in PLANNED}
    rows = tuple(
        ResourceRow(key, "Synced" if action in done else "OutOfSync")
        for action, key in keys.items()
        if not (action is Action.PRUNE and action in done)
    )
    changes = tuple(ShownChange(key, action) for action, key in keys.items())
    return AppReport("web", changes=changes, outcome=outcome, resources=rows)


LEFT = "1 kept (would prune), 1 blocked"


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (planned(None), f"1 added, 1 changed, 1 deleted, {LEFT}"),
        (planned(Outcome.REFUSED), LEFT),
        (planned(Outcome.FAILED), LEFT),
        (planned(Outcome.FAILED, Action.UPDATE), f"1 changed, {LEFT}"),
        (planned(Outcome.FAILED, Action.PRUNE), f"1 deleted, {LEFT}"),
        (planned(Outcome.TIMED_OUT, *PLANNED[:3]), f"1 added, 1 changed, 1 deleted, {LEFT}"),
        (planned(Outcome.INTERRUPTED, Action.CREATE), f"1 added, {LEFT}"),
    ],
)
def test_of_a_sync_that_did_not_succeed_only_what_was_done_is_counted(app: AppReport, said: str) -> None:
    report = Report(Job.SYNC, applications=(app,), interrupted=app.outcome is Outcome.INTERRUPTED)

    assert status_line(report)[1].endswith(f" · {said}")
    assert said in terminal(report, colour=False)
