"""Inputs that mean nothing, and a GitHub that does not do as it should: one sentence and the right code."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from action.runner import NUMBER, Step
from action.site import Site, application, pull_request, push
from e2e.delivery import config_map
from ghloop import faults
from syncline.action.inputs import Inputs
from syncline.action.request import make_request
from syncline.core.live import Level
from syncline.core.trust import Tier
from syncline.errors import ExitCode
from syncline.github.event import Event

if TYPE_CHECKING:
    from pathlib import Path

    from action.site import Happening


@pytest.fixture
def happening(site: Site) -> Happening:
    """A pull request that changes something."""
    base = site.repo.commit(
        {"apps/shop.yaml": application("shop"), "shop/all.yaml": config_map("shop", a="1")}
    )
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit({"shop/all.yaml": config_map("shop", a="2")})
    return pull_request(base, head, site.merged(base, head))


def only_error(step: Step, code: ExitCode) -> str:
    assert step.code == code
    (error,) = step.errors
    assert "Traceback" not in step.raw
    return error.data


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"command": ""}, "The input command is ''. Write one of diff, sync, drift"),
        ({"command": "actions", "params": "replicas"}, "A parameter has no name or no value."),
        ({"command": "deploy"}, "The input command is 'deploy'."),
        ({"command": "diff\n::add-mask::x"}, "The input command is 'diff\\n::add-mask::x'."),
        *(
            ({name: "yes"}, f"The input {name} is 'yes'. Write true or false.")
            for name in ("prune", "adopt", "heal", "brief", "dry_run", "comment", "fail_on_difference")
        ),
        ({"level": "deep"}, "The input level is 'deep'. Write auto, offline, live or dry-run."),
        ({"timeout": "soon"}, "The input timeout is 'soon'. Write it like 90s, 5m or 1h30m."),
        ({"timeout": "-5m"}, "The input timeout is '-5m'."),
        ({"html": "/etc/page.html"}, "The input html is '/etc/page.html', which is not in the workspace."),
        ({"html": "../page.html"}, "which is not in the workspace. Write a relative path."),
        ({"html": "a/../../page.html"}, "which is not in the workspace."),
        ({"html": "."}, "which is not in the workspace."),
        ({"html": "a/.."}, "which is not in the workspace."),
        ({"html": "link/page.html"}, "which is not in the workspace."),
        ({"token": "two words"}, "The token is empty or holds spaces. Check the input token."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_input_that_means_nothing_is_refused_before_anything_is_done(
    site: Site, happening: Happening, inputs: dict[str, str], says: str, tmp_path: Path
) -> None:
    (site.repo.root / "link").symlink_to(tmp_path)

    step = site.step(happening, **{"command": "diff", **inputs})

    code = ExitCode.GITHUB if "token" in inputs else ExitCode.USAGE
    assert says in only_error(step, code)
    assert site.github.requests == ()
    assert step.out.named("add-mask") == step.out.commands[: len(step.out.named("add-mask"))]


@pytest.mark.parametrize(
    ("inputs", "revisions", "idle"),
    [
        ({"command": "sync"}, ("", "merge"), ()),
        ({"command": "sync", "base": "main", "heal": "true"}, ("", "merge"), ("base", "heal")),
        ({"command": "diff", "base": "main", "labels": "a=b"}, ("main", "merge"), ("labels",)),
        ({"command": "drift", "revision": "v1", "heal": "True"}, ("", "merge"), ("revision",)),
        ({"command": "rollback"}, ("", ""), ()),
        ({"command": "rollback", "base": "main"}, ("", ""), ("base",)),
        # The event's commit is none that somebody asked for: what was good is looked for.
        ({"command": "recover"}, ("", ""), ()),
        ({"command": "drill", "revision": "v1"}, ("", "v1"), ()),
        ({"command": "status", "level": "live", "record": "x"}, ("", "merge"), ("level", "record")),
        ({"command": "status", "brief": "true"}, ("", "merge"), ()),
        ({"command": "tree", "brief": "true"}, ("", "merge"), ("brief",)),
    ],
    ids=str,
)
def test_an_input_counts_for_the_commands_that_it_is_about(
    inputs: dict[str, str], revisions: tuple[str, str], idle: tuple[str, ...]
) -> None:
    event = Event("workflow_dispatch", "acme/x", "merge", "refs/heads/main", "ann", "", "", Tier.WRITE, "")
    environ = {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
    with ExitStack() as stack:
        request = make_request(Inputs.read(environ), event, environ, stack)

    asked = request.invocation
    assert ((asked.base, asked.head), request.idle) == (revisions, idle)
    assert asked.level is Level.OFFLINE
    assert not asked.selection
    assert asked.permissions.heal is ("heal" in inputs and "heal" not in idle)
    assert asked.brief is not asked.bodies
    assert asked.brief is ("brief" in inputs and "brief" not in idle)


def test_an_input_without_effect_is_told(site: Site, happening: Happening) -> None:
    step = site.step(happening, command="diff", heal="true")

    assert step.code == ExitCode.OK
    said = [each.data for each in step.out.named("warning")]
    assert said == ["The input heal has no effect on the command diff."]


def test_an_application_that_nobody_has_is_an_error_and_not_an_empty_success(
    site: Site, happening: Happening
) -> None:
    step = site.step(happening, command="diff", applications="shpo")

    assert "There is no Application 'shpo'.\nDid you mean 'shop'?" in only_error(step, ExitCode.USAGE)


def test_without_a_token_the_step_says_that_it_tells_nobody(site: Site, happening: Happening) -> None:
    step = site.step(happening, command="diff", token="")

    assert step.code == ExitCode.OK
    assert site.github.requests == ()
    (notice,) = step.out.named("notice")
    assert "No token was given" in notice.data
    assert "| shop" in step.summary or "shop" in step.summary


def test_a_token_that_is_not_accepted_is_told_without_being_shown(site: Site, happening: Happening) -> None:
    step = site.step(happening, command="diff", token="ghs_expired000000000000000000000000")

    assert "401" in only_error(step, ExitCode.GITHUB)
    assert "Check the input token" in step.errors[0].data
    masks = [command.data for command in step.out.named("add-mask")]
    assert masks == ["ghs_expired000000000000000000000000"]
    assert step.raw.count("ghs_expired") == 1


def test_a_token_without_the_right_to_write_statuses_names_the_permission(
    site: Site, happening: Happening
) -> None:
    step = site.step(happening, command="diff", token=site.github.tokens.fork)

    assert "`statuses: write`" in only_error(step, ExitCode.GITHUB)


def test_a_github_that_is_down_is_told_after_a_few_tries(site: Site, happening: Happening) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    site.runner.api_url = f"http://127.0.0.1:{port}"

    assert "GitHub does not answer" in only_error(site.step(happening, command="diff"), ExitCode.GITHUB)


def test_a_rate_limit_that_ends_too_late_is_told_with_the_time(site: Site, happening: Happening) -> None:
    site.github.grant(0, until=time.time() + 1800)

    said = only_error(site.step(happening, command="diff"), ExitCode.GITHUB)

    assert "rate limit is reached" in said
    assert "Run the job again later." in said


def test_a_rate_limit_in_the_middle_leaves_the_report_in_the_summary(
    site: Site, happening: Happening
) -> None:
    site.github.fault(faults.secondary_limit(retry_after=600), path="/comments", times=9)

    step = site.step(happening, command="diff")

    assert step.code == ExitCode.GITHUB
    assert "shop" in step.summary
    assert step.outputs["outcome"] == "error"


def test_a_change_too_large_for_one_comment_is_told_in_pages_that_github_takes(
    site: Site, happening: Happening
) -> None:
    many = "---\n".join(config_map(f"shop-{number}", text="x" * 900) for number in range(150))
    head = site.repo.commit({"shop/all.yaml": many})
    base = happening.payload["pull_request"]["base"]["sha"]

    step = site.step(pull_request(base, head, head), command="diff")

    assert step.code == ExitCode.OK
    assert len(site.github.comments(NUMBER)) > 1
    assert max(map(len, site.github.comments(NUMBER))) <= 65_536


def test_a_workspace_that_is_no_repository_is_told_in_a_sentence(
    site: Site, happening: Happening, tmp_path: Path
) -> None:
    site.runner.workspace = tmp_path / "empty"
    site.runner.workspace.mkdir()

    assert "is not a Git repository" in only_error(site.step(happening, command="diff"), ExitCode.GIT)


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"'])
def test_an_event_file_that_is_broken_is_told_in_a_sentence(
    site: Site, happening: Happening, text: str
) -> None:
    environ = site.environ(happening, command="diff")
    (site.runner.folder / "event.json").write_text(text)

    assert "event file" in only_error(site.runner.run(environ), ExitCode.GITHUB)


def test_runner_files_that_cannot_be_written_are_told_and_the_rest_is_said(
    site: Site, happening: Happening, tmp_path: Path
) -> None:
    environ = site.environ(happening, command="diff")
    environ["GITHUB_STEP_SUMMARY"] = str(tmp_path / "missing" / "summary")

    step = site.runner.run(environ)

    assert step.code == ExitCode.GITHUB
    assert "the job summary cannot be written" in step.errors[0].data
    assert len(site.github.comments(NUMBER)) == 1
    assert step.outputs["outcome"] == "error"


def test_a_sync_without_any_cluster_says_so_for_each_application(site: Site, happening: Happening) -> None:
    after = happening.variables["GITHUB_SHA"]

    step = site.step(push("", after), command="sync")

    assert step.code == ExitCode.CLUSTER
    assert site.newest(after)["syncline/sync"][0] == "error"
    assert site.newest(after)["syncline/sync/shop"][0] == "error"
