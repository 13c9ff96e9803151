"""Pull requests and the merge queue: what merging will do, in one comment, with statuses on the head."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from action.runner import NUMBER
from action.site import Site, application, merge_group, pull_request
from e2e.delivery import config_map
from ghloop import faults
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from action.site import Happening
    from action.trap import Trap

BASE = {
    "apps/shop.yaml": application("shop"),
    "apps/cart.yaml": application("cart"),
    "shop/all.yaml": config_map("shop", colour="red"),
    "cart/all.yaml": config_map("cart", size="small"),
}


def branched(site: Site) -> tuple[str, str]:
    """A base that went on after the change parted from it, and the change's head."""
    site.repo.commit(BASE)
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit({"shop/all.yaml": config_map("shop", colour="blue")})
    site.repo.git("checkout", "--quiet", "main")
    base = site.repo.commit({"cart/all.yaml": config_map("cart", size="large")})
    return base, head


def proposed(site: Site) -> tuple[str, Happening]:
    """A pull request as GitHub starts a run for it; with its head."""
    base, head = branched(site)
    return head, pull_request(base, head, site.merged(base, head))


def test_the_comment_shows_what_merging_will_do_and_not_what_others_have_merged(site: Site) -> None:
    _, happening = proposed(site)

    step = site.step(happening, command="diff")

    assert step.code == ExitCode.OK
    (comment,) = site.github.comments(NUMBER)
    assert "blue" in comment
    assert "red" in comment
    assert "large" not in comment
    assert "small" not in comment
    assert step.outputs["applications"] == '["shop"]'


def test_where_there_is_no_merge_commit_the_head_is_held_against_where_it_parted(site: Site) -> None:
    base, head = branched(site)

    step = site.step(pull_request(base, head, head), command="diff")

    assert step.code == ExitCode.OK
    (comment,) = site.github.comments(NUMBER)
    assert "blue" in comment
    assert "large" not in comment


def test_a_conflict_is_compared_all_the_same(site: Site) -> None:
    site.repo.commit(BASE)
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit({"shop/all.yaml": config_map("shop", colour="blue")})
    site.repo.git("checkout", "--quiet", "main")
    base = site.repo.commit({"shop/all.yaml": config_map("shop", colour="green")})

    step = site.step(pull_request(base, head, ""), command="diff")

    assert step.code == ExitCode.OK
    (comment,) = site.github.comments(NUMBER)
    assert "blue" in comment
    assert "green" not in comment


def test_statuses_belong_to_the_head_and_the_aggregate_frames_them(site: Site) -> None:
    head, happening = proposed(site)

    site.step(happening, command="diff")

    said = [(context, state) for context, state, _ in site.github.statuses(head)]
    assert said == [
        ("syncline/diff", "pending"),
        ("syncline/diff/shop", "pending"),
        ("syncline/diff/shop", "success"),
        ("syncline/diff", "success"),
    ]
    assert site.github.statuses(happening.variables["GITHUB_SHA"]) == []


def test_the_next_run_changes_the_comment_and_makes_no_other(site: Site) -> None:
    base, head = branched(site)
    site.step(pull_request(base, head, site.merged(base, head)), command="diff")
    site.repo.git("checkout", "--quiet", "change")
    head = site.repo.commit({"shop/all.yaml": config_map("shop", colour="white")})
    happening = pull_request(base, head, site.merged(base, head))
    site.step(happening, command="diff")
    (comment,) = site.github.comments(NUMBER)
    assert "white" in comment
    assert "blue" not in comment
    comments = [each for each in site.github.writes if "/comments" in each[1]]
    assert [method for method, _ in comments] == ["POST", "PATCH"]


@pytest.mark.parametrize("moved", [True, False])
def test_a_run_of_an_older_commit_leaves_the_comment_of_the_newer_one(site: Site, moved: bool) -> None:
    head, happening = proposed(site)
    branches = site.github.hub.store.forge.branches.setdefault("deploy", {})
    branches["change"] = head
    site.step(happening, command="diff")
    if moved:
        branches["change"] = "5c0ffee" + "0" * 33

    step = site.step(happening, command="diff", level="offline", fail_on_difference="true")

    assert len(site.github.comments(NUMBER)) == 1
    told = f"the pull request has a newer commit than {head[:7]}" in step.out.shown
    assert told is moved
    assert "blue" in step.summary
    # The commit is judged all the same: its statuses are its own.
    assert site.newest(head)["syncline/diff"][0] == "failure"


def test_a_token_that_may_not_read_branches_comments_all_the_same(site: Site) -> None:
    _, happening = proposed(site)
    site.github.fault(faults.not_accessible(), method="GET", path="/branches/")

    step = site.step(happening, command="diff")

    assert (step.code, len(site.github.comments(NUMBER))) == (ExitCode.OK, 1)


def test_two_steps_with_two_names_have_a_comment_and_statuses_each(site: Site) -> None:
    head, happening = proposed(site)

    site.step(happening, command="diff", context="one")
    step = site.step(happening, command="diff", context="two/b: c")

    assert len(site.github.comments(NUMBER)) == 2
    assert set(site.newest(head)) == {"one/diff", "one/diff/shop", "two/b: c/diff", "two/b: c/diff/shop"}
    assert step.outputs["report"] == "two-b-c-diff.json"


def test_no_comment_is_written_where_none_is_wanted(site: Site) -> None:
    head, happening = proposed(site)

    assert site.step(happening, command="diff", comment="false").code == ExitCode.OK

    assert site.github.comments(NUMBER) == []
    assert site.newest(head)["syncline/diff"][0] == "success"


def test_differences_fail_the_step_and_the_status_alike_when_that_is_asked_for(site: Site) -> None:
    head, happening = proposed(site)

    step = site.step(happening, command="diff", fail_on_difference="true")

    assert step.code == ExitCode.DIFFERENT
    assert step.outputs["outcome"] == "failure"
    assert site.newest(head)["syncline/diff"][0] == "failure"
    report = json.loads((site.repo.root / step.outputs["report"]).read_text())
    assert report["exitCode"] == ExitCode.DIFFERENT


def test_a_merge_group_is_compared_with_its_base_and_told_on_its_own_commit(site: Site) -> None:
    base, head = branched(site)
    group = site.merged(base, head)

    step = site.step(merge_group(base, group), command="diff")

    assert step.code == ExitCode.OK
    assert site.newest(group)["syncline/diff"][0] == "success"
    assert step.outputs["applications"] == '["shop"]'
    assert site.github.comments(NUMBER) == []


def test_a_comment_that_cannot_be_written_makes_step_outcome_and_status_red(site: Site) -> None:
    head, happening = proposed(site)
    site.github.fault(faults.not_accessible(), method="POST", path="/comments")

    step = site.step(happening, command="diff")

    assert step.code == ExitCode.GITHUB
    assert "pull-requests: write" in step.errors[0].data
    assert step.outputs["outcome"] == "error"
    assert site.newest(head)["syncline/diff"][0] == "error"
    assert "blue" in step.summary


UNTRUSTED = {
    "fork": {"fork": "someone/deploy"},
    "deleted fork": {"fork": ""},
    "by Dependabot": {"author": "dependabot[bot]"},
    "run for Dependabot": {"actor": "dependabot[bot]"},
    "pull_request_target": {"event": "pull_request_target"},
    "unknown event": {"event": "issue_comment"},
}
"""GitHub gives the first four a token that may only read, and what the last two may do nobody has said."""


def distrusted(site: Site, facts: str) -> Happening:
    base, head = branched(site)
    site.runner.token = site.github.tokens.fork
    return pull_request(base, head, site.merged(base, head), **UNTRUSTED[facts])


@pytest.mark.parametrize("facts", UNTRUSTED)
def test_who_is_not_trusted_sees_the_difference_and_no_failure_for_want_of_rights(
    site: Site, facts: str
) -> None:
    happening = distrusted(site, facts)

    step = site.step(happening, command="diff")

    assert step.code == ExitCode.OK
    assert "blue" in step.summary
    assert "No comment was written" in step.out.shown
    assert [path for method, path in site.github.requests if "/statuses/" in path] == []
    assert step.errors == []


def test_a_fork_whose_token_may_write_gets_its_comment(site: Site) -> None:
    happening = distrusted(site, "fork")
    site.runner.token = site.github.token

    site.step(happening, command="diff")

    assert len(site.github.comments(NUMBER)) == 1


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        *(("diff", facts) for facts in UNTRUSTED),
        *((command, "fork") for command in ("drift", "status", "sync", "rollback")),
    ],
)
def test_who_is_not_trusted_reaches_no_cluster_whatever_is_given(
    site: Site, trap: Trap, command: str, facts: str
) -> None:
    happening = distrusted(site, facts)
    site.runner.environ["KUBECONFIG"] = str(trap.file)

    step = site.step(
        happening, command=command, kubeconfig=trap.kubeconfig, level="dry-run", applications="shop"
    )

    assert trap.connections == 0
    assert step.code == (ExitCode.OK if command == "diff" else ExitCode.FORBIDDEN)


def test_the_trap_would_have_seen_who_asks_a_cluster(site: Site, trap: Trap) -> None:
    base, head = branched(site)
    happening = pull_request(base, head, site.merged(base, head))

    site.step(happening, command="diff", kubeconfig=trap.kubeconfig, level="live")

    assert trap.connections > 0
