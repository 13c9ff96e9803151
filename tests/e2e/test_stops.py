"""Runs that are asked to stop, and credentials that end on the way."""

from __future__ import annotations

import itertools
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, only
from e2e.versions import begun, check_end, check_truth, made_good
from plane.between import Between, Hang, Passing, Refuse, Verdict, carry
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from pathlib import Path


def test_a_request_to_stop_in_the_middle_ends_soon_and_tells_what_was_done(
    through: Delivery, hand: Between, haste: list[float]
) -> None:
    del haste
    sha = begun(through, hand)
    writes = itertools.count(1)

    def rule(passing: Passing) -> Verdict:
        if passing.is_write and next(writes) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return None

    hand.start_anew(rule)
    report = through.sync()

    assert report.interrupted
    assert exit_code(report) is ExitCode.TERMINATED
    (app,) = report.applications
    assert app.outcome is Outcome.INTERRUPTED
    assert "stopped by SIGTERM" in app.failures[-1].message
    check_truth(through, hand)
    made_good(through, hand, sha)


def test_a_request_to_stop_while_the_server_hangs_ends_within_the_runners_patience(
    through: Delivery, hand: Between
) -> None:
    sha = begun(through, hand)

    def rule(passing: Passing) -> Verdict:
        if passing.is_write and "syncline-web" not in passing.target:
            os.kill(os.getpid(), signal.SIGTERM)
            return Hang()
        return None

    hand.start_anew(rule)
    report = through.sync()

    assert report.seconds < 7.0, "GitHub's runner kills ten seconds after its first signal"
    (app,) = report.applications
    assert app.outcome is Outcome.INTERRUPTED
    assert "may be done or not" in app.failures[0].message
    hand.rule = carry
    check_truth(through, hand)
    made_good(through, hand, sha)


PLUGIN = """#!/bin/sh
echo asked >> {folder}/asked
printf '{{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", '
printf '"status": {{"token": "%s", "expirationTimestamp": "2100-01-01T00:00:00Z"}}}}' "$(cat {folder}/token)"
"""


def user_of(source: str, folder: Path) -> dict[str, Any]:
    """Credentials that take the token from a file, or from a plugin that reads that file."""
    if source == "a file":
        return {"tokenFile": str(folder / "token")}
    plugin = folder / "plugin"
    plugin.write_text(PLUGIN.format(folder=folder))
    plugin.chmod(0o755)
    api = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api, "command": str(plugin), "interactiveMode": "Never"}}


@pytest.mark.parametrize("source", ["a file", "an exec plugin"])
def test_a_token_that_expires_on_the_way_is_asked_for_anew(
    through: Delivery, hand: Between, tmp_path: Path, haste: list[float], source: str
) -> None:
    sha = begun(through, hand)
    token = tmp_path / "token"
    token.write_text("first")
    through.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "by.json", user_of(source, tmp_path)))
    valid = {"first"}
    writes = itertools.count(1)

    def rule(passing: Passing) -> Verdict:
        # Twice in one run: while it reads, and in the middle of the writes.
        if passing.number == 5 or (passing.is_write and next(writes) == 4):
            token.write_text(f"token-{passing.number}")
            valid.clear()
            valid.add(f"token-{passing.number}")
        return None if passing.token in valid else Refuse(401, "Unauthorized", "Unauthorized")

    hand.start_anew(rule)
    hand.authority = through.plane.token("admin")
    app = only(through.sync())

    assert app.outcome is Outcome.SYNCED, app.failures
    assert haste == []
    check_truth(through, hand)
    check_end(through, sha)
    if source == "an exec plugin":
        asked = (tmp_path / "asked").read_text().count("asked")
        assert asked == 3, "once for each token, however many requests were refused at a time"


def test_a_plugin_that_has_no_other_token_ends_the_run_with_a_sentence(
    through: Delivery, hand: Between, tmp_path: Path, haste: list[float]
) -> None:
    del haste
    sha = begun(through, hand)
    (tmp_path / "token").write_text("the-only-token")
    user = user_of("an exec plugin", tmp_path)
    through.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "by.json", user))
    writes, refusal = itertools.count(1), Refuse(401, "Unauthorized", "no")
    hand.start_anew(lambda passing: refusal if passing.is_write and next(writes) > 3 else None)
    hand.authority = through.plane.token("admin")

    report = through.sync()

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert "does not accept the credentials" in app.failures[-1].message
    assert "the-only-token" not in f"{report}"
    check_truth(through, hand)
    through.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "between.json"))
    made_good(through, hand, sha)
