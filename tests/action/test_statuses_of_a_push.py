"""Pushes, schedules and dispatches: pending first, the outcome last, and nothing in between forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from action.site import Site, application, dispatch, push, schedule
from e2e.delivery import config_map
from ghloop import faults
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from action.trap import Trap

MANY = 12


def changed(site: Site, count: int, *, limit: int = 0) -> tuple[str, str]:
    """Two commits between which so many applications change."""
    names = [f"app-{number:02}" for number in range(count)]
    settings = {"syncline.yaml": f"statuses: {{limit: {limit}}}\n"} if limit else {}
    before = site.repo.commit(
        {f"apps/{name}.yaml": application(name) for name in names}
        | {f"{name}/all.yaml": config_map(name, colour="red") for name in names}
        | settings
    )
    return before, site.repo.commit({f"{name}/all.yaml": config_map(name, colour="blue") for name in names})


@pytest.mark.parametrize(("limit", "shown"), [(0, 10), (3, 3)])
def test_each_application_has_a_status_up_to_the_limit_and_the_rest_is_in_the_aggregate(
    site: Site, limit: int, shown: int
) -> None:
    before, after = changed(site, MANY, limit=limit)

    step = site.step(push(before, after), command="diff")

    assert step.code == ExitCode.OK
    said = site.github.statuses(after)
    aggregate = "syncline/diff"
    assert (said[0][:2], said[-1][:2]) == ((aggregate, "pending"), (aggregate, "success"))
    assert "12" in said[-1][2]
    newest = site.newest(after)
    assert set(newest) == {aggregate, *(f"{aggregate}/app-{number:02}" for number in range(shown))}
    assert {state for state, _ in newest.values()} == {"success"}


def test_all_commits_of_a_push_are_compared(site: Site) -> None:
    before, _ = changed(site, 2)
    last = site.repo.commit({"README.md": "words"})

    step = site.step(push(before, last), command="diff")
    created = site.step(push("0" * 40, last), command="diff")

    assert step.outputs["applications"] == '["app-00", "app-01"]'
    assert created.outputs["applications"] == "[]"


def test_what_cannot_be_rendered_is_red_in_its_status_in_the_aggregate_and_at_its_line(site: Site) -> None:
    before, _ = changed(site, 2)
    after = site.repo.commit({"app-00/all.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [}\n"})

    step = site.step(push(before, after), command="diff", base=before)

    assert step.code == ExitCode.RENDER
    newest = site.newest(after)
    assert newest["syncline/diff/app-00"][0] == "error"
    assert newest["syncline/diff/app-01"][0] == "success"
    assert newest["syncline/diff"][0] == "error"
    (error,) = step.errors
    assert (error.properties["file"], error.properties["line"]) == ("app-00/all.yaml", "3")


def test_a_schedule_is_not_pending_and_says_nothing_twice(site: Site) -> None:
    before, after = changed(site, 1)

    for _ in range(2):
        site.step(schedule(after), command="diff", base=before)

    assert [(context, state) for context, state, _ in site.github.statuses(after)] == [
        ("syncline/diff/app-00", "success"),
        ("syncline/diff", "success"),
    ]


def test_a_dispatch_tells_its_commit(site: Site) -> None:
    before, after = changed(site, 1)

    site.step(dispatch(after), command="diff", base=before)

    assert site.newest(after)["syncline/diff"][0] == "success"


@pytest.mark.parametrize("command", ["sync", "rollback"])
def test_a_branch_that_is_not_protected_may_not_write(site: Site, trap: Trap, command: str) -> None:
    before, after = changed(site, 1)

    step = site.step(
        push(before, after, ref="refs/heads/topic"),
        command=command,
        applications="app-00",
        kubeconfig=trap.kubeconfig,
    )

    assert step.code == ExitCode.FORBIDDEN
    assert trap.connections == 0
    assert site.newest(after)[f"syncline/{command}"][0] == "error"
    assert ": a branch that is neither the default one nor protected may read only." in step.errors[0].data
    assert "protected branch" in step.errors[0].data


def test_a_missing_commit_is_told_with_the_remedy_and_nothing_is_left_pending(site: Site) -> None:
    _, after = changed(site, 1)
    site.repo.git("remote", "set-url", "origin", str(site.repo.root / "nowhere"))

    step = site.step(push("", after), command="diff", base="1" * 40)

    assert step.code == ExitCode.GIT
    assert "fetch-depth: 0" in step.errors[0].data
    assert site.newest(after)["syncline/diff"][0] == "error"


def test_a_status_that_github_does_not_take_is_told_and_the_step_is_red(site: Site) -> None:
    before, after = changed(site, 1)
    site.github.fault(faults.refusal(422, "Validation Failed"), method="POST", path="/statuses/", times=99)

    step = site.step(push(before, after), command="diff")

    assert step.code == ExitCode.GITHUB
    assert "422" in step.errors[0].data


def test_a_bug_is_told_as_one_and_leaves_nothing_pending(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = changed(site, 1)

    def broken(*_: object, **__: object) -> None:
        raise AssertionError("quoted from a manifest:\n::add-mask::a\n##[add-path]b")

    monkeypatch.setattr("syncline.cli.run", broken)

    step = site.step(push(before, after), command="diff")

    assert step.code == ExitCode.BUG
    assert "This is a bug in Syncline." in step.errors[0].data
    assert "AssertionError" in step.err.shown
    assert step.err.commands == []
    assert site.newest(after)["syncline/diff"] == ("error", "The run failed before it finished.")
