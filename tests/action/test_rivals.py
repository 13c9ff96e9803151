"""Two steps under one name overwrite each other, and the one that finds the other's words says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from action.site import Site, application, pull_request, push, schedule
from e2e.delivery import config_map
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from action.runner import Step
    from action.site import Happening


def changed(site: Site) -> Happening:
    base = site.repo.commit(
        {"apps/shop.yaml": application("shop"), "shop/all.yaml": config_map("shop", a="1")}
    )
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit({"shop/all.yaml": config_map("shop", a="2")})
    return pull_request(base, head, site.merged(base, head))


def of(happening: Happening, workflow: str, *, run: int, job: str = "diff", attempt: int = 1) -> Happening:
    """The same event in a workflow of that file."""
    facts = {
        "GITHUB_WORKFLOW_REF": f"acme/deploy/.github/workflows/{workflow}@refs/heads/main",
        "GITHUB_JOB": job,
        "GITHUB_RUN_ID": str(run),
        "GITHUB_RUN_ATTEMPT": str(attempt),
    }
    return replace(happening, variables={**happening.variables, **facts})


def warnings(step: Step) -> list[str]:
    assert step.code == ExitCode.OK
    return [command.data for command in step.out.named("warning")]


def test_the_second_of_two_workflows_of_one_name_warns_everywhere(site: Site) -> None:
    event = changed(site)
    first = site.step(of(event, "diff.yml", run=1), command="diff")
    second = site.step(of(event, "offline.yml", run=2), command="diff")
    again = site.step(of(event, "offline.yml", run=2, attempt=2), command="diff")

    assert warnings(first) == []
    (text,) = warnings(second)
    assert text.startswith(
        ".github/workflows/offline.yml (job diff) and .github/workflows/diff.yml (job diff) both write the "
        "status syncline/diff of this commit and the comment"
    )
    assert "another `context` than syncline" in text
    assert "both write the" in second.summary
    assert warnings(again) == []
    assert len(site.github.comments(7)) == 1


def test_two_workflows_of_two_names_say_nothing_of_each_other(site: Site) -> None:
    event = changed(site)

    steps = [
        site.step(of(event, f"{name}.yml", run=1), command="diff", context=name) for name in ("one", "two")
    ]

    assert [warnings(step) for step in steps] == [[], []]
    assert len(site.github.comments(7)) == 2


def test_a_workflow_that_was_renamed_goes_on_with_its_comment_and_is_no_rival(site: Site) -> None:
    event = changed(site)
    site.step(of(event, "diff.yml", run=1), command="diff")
    base, head = site.repo.git("rev-parse", "main"), site.repo.git("rev-parse", "change")
    site.repo.git("checkout", "--quiet", "change")
    head = site.repo.commit({"shop/all.yaml": config_map("shop", a="3")})
    renamed = of(pull_request(base, head, site.merged(base, head)), "review.yml", run=2)

    step = site.step(renamed, command="diff")

    assert warnings(step) == []
    (comment,) = site.github.comments(7)
    assert '"3"' in comment


def test_two_steps_of_one_run_are_rivals_also_in_a_matrix(site: Site) -> None:
    event = changed(site)
    site.step(of(event, "diff.yml", run=1), command="diff")

    step = site.step(of(event, "diff.yml", run=1), command="diff")

    (text,) = warnings(step)
    assert text.startswith("Two steps of .github/workflows/diff.yml (job diff) write the status")


def test_a_schedule_that_says_only_what_is_new_finds_its_rival_and_never_itself(site: Site) -> None:
    changed(site)
    sha = site.repo.git("rev-parse", "main")

    steps = [
        site.step(of(schedule(sha), name, run=run, job="watch"), command="diff")
        for run, name in enumerate(["night.yml", "night.yml", "day.yml"])
    ]

    assert [len(warnings(step)) for step in steps] == [0, 0, 1]


def test_statuses_that_earlier_versions_wrote_are_nobodys(site: Site) -> None:
    changed(site)
    event = push(site.repo.git("rev-parse", "main"), site.repo.git("rev-parse", "change"))
    assert warnings(site.step(event, command="diff")) == []

    step = site.step(of(event, "diff.yml", run=2), command="diff")

    assert warnings(step) == []
