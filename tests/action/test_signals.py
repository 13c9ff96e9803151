"""A step that is cancelled: SIGINT, SIGTERM 7.5 s later, and the end 2.5 s after that."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from action.runner import NUMBER, Step
from action.site import Site, application, pull_request
from e2e.delivery import config_map
from ghloop import faults
from syncline.errors import ExitCode

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from action.site import Happening

GIVEN = 7.5
"""Seconds until SIGTERM follows SIGINT (GitHub, "Workflow cancellation reference")."""

ENDLESS = "{% for one in range(99999) %}{% for two in range(99999) %}{% endfor %}{% endfor %}\n"
CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}

both = pytest.mark.parametrize("number", CODES)


def changing(site: Site, template: str) -> tuple[str, Happening]:
    base = site.repo.commit({"apps/shop.yaml": application("shop"), "shop/all.yaml.j2": config_map("shop")})
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit({"shop/all.yaml.j2": template})
    return head, pull_request(base, head, site.merged(base, head))


def until(condition: Callable[[], object], child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def cancelled(site: Site, child: subprocess.Popen[str], number: signal.Signals) -> Step:
    began = time.monotonic()
    child.send_signal(number)
    try:
        out, err = child.communicate(timeout=GIVEN)
    finally:
        child.kill()
    assert time.monotonic() - began < GIVEN
    assert "Traceback" not in err
    return site.runner.ended(child.returncode, out, err)


def asked(site: Site, path: str) -> Callable[[], bool]:
    return lambda: any(method == "POST" and path in at for method, at in site.github.requests)


@both
def test_a_step_that_is_stopped_at_work_tells_the_truth_everywhere_in_time(
    site: Site, number: signal.Signals
) -> None:
    head, happening = changing(site, ENDLESS)
    child = site.start(happening, command="diff")
    until(lambda: "syncline/diff/shop" in site.newest(head), child)

    step = cancelled(site, child, number)

    assert step.code == CODES[number]
    newest = site.newest(head)
    assert {state for state, _ in newest.values()} == {"error"}
    assert site.github.statuses(head)[-1][0] == "syncline/diff"
    assert site.github.comments(NUMBER) == []
    assert step.outputs["outcome"] == "error"
    assert f"stopped by {number.name}. Not finished: shop." in step.summary


@both
def test_a_step_that_is_stopped_while_github_is_silent_leaves_nothing_pending(
    site: Site, number: signal.Signals
) -> None:
    head, happening = changing(site, config_map("shop", colour="blue"))
    site.github.fault(faults.silence(carried_out=True), method="POST", path="/statuses/")
    child = site.start(happening, command="diff")
    until(asked(site, "/statuses/"), child)

    step = cancelled(site, child, number)

    assert step.code == CODES[number]
    assert site.newest(head) == {"syncline/diff": ("error", "The run was cancelled before it finished.")}


@both
def test_a_step_that_is_stopped_at_the_comment_has_said_the_rest(site: Site, number: signal.Signals) -> None:
    head, happening = changing(site, config_map("shop", colour="blue"))
    site.github.fault(faults.silence(), method="POST", path="/comments")
    child = site.start(happening, command="diff")
    until(asked(site, "/comments"), child)

    step = cancelled(site, child, number)

    assert step.code == CODES[number]
    assert "blue" in step.summary
    assert step.outputs["applications"] == '["shop"]'
    newest = site.newest(head)
    assert newest["syncline/diff/shop"][0] == "success"
    assert newest["syncline/diff"][0] == "error"
