"""A job is run and told: a Report becomes text and an exit code.

The law: nothing heavy is loaded before a job is to be done, so that help and completion are at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from syncline.cli.asking import invocation_of
from syncline.exits import deafened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syncline.core.mask import Masker
    from syncline.jobs.invocation import Invocation
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Surroundings
    from syncline.ports import Forge
    from syncline.report.model import Report
    from syncline.runtime import Cancellation


def run(
    invocation: Invocation,
    observer: Observer,
    *,
    forge: Callable[[], Forge | None] | None = None,
    masker: Masker | None = None,
) -> Report:
    """Do the job. Raises SynclineError when it could not be begun; trouble on the way is in the report.

    `forge` opens GitHub when a generator or a role asks for it; by default with the environment's token.
    `masker` knows what the caller holds as secret; by default what the environment holds.
    """
    from contextlib import nullcontext

    from msgspec.structs import replace

    from syncline.discretion import discreet
    from syncline.jobs import run as run_job
    from syncline.jobs.bugs import contained
    from syncline.jobs.session import Session
    from syncline.runtime import Cancellation

    cancellation = Cancellation()
    surroundings = replace(
        surroundings_of(invocation, cancellation, masker), forge=forge or (lambda: _forge(invocation.environ))
    )
    # The action has its own way to print, and has seen to it.
    talk = discreet(surroundings.masker) if masker is None else nullcontext()
    with talk, cancellation.on_signals(), Session(invocation, surroundings) as session, contained(session):
        report = run_job(session, observer)
    return replace(report, stopped_by=cancellation.exit_code) if report.interrupted else report


def do(job: str, options: Mapping[str, Any]) -> NoReturn:
    """Run a command's job, print its report and leave with its exit code."""
    from msgspec.structs import replace

    from syncline.report.outcome import exit_code
    from syncline.terminal import is_colourful, may_move, observer, page_file, text_of, write_page

    page = page_file(options["html"])
    invocation = invocation_of(job, options)
    # After a sync one wants to know what was done and how it is; before it, what would be done.
    diffs = job not in {"sync", "rollback", "recover", "drill"} or invocation.dry_run
    goes_back = job == "rollback" or bool(options.get("rollback_on_failure"))
    told = diffs or goes_back or options["output"] != "text" or page is not None
    invocation = replace(invocation, bodies=told and not invocation.brief)
    report = run(invocation, observer(sys.stderr, moving=may_move(options["colour"])))
    colour = is_colourful(options["colour"])
    strict = bool(options.get("fail_on_difference"))
    code = exit_code(report, differences_are_failure=strict)
    text = text_of(report, options["output"], colour=colour, diffs=diffs, strict=strict)
    deafened(lambda: click.echo(text, nl=False, color=colour))
    if job == "render" and options["output"] == "text":
        from syncline.report.terminal import ending

        # Standard output is the manifests alone, for a program that reads them.
        loud = is_colourful(options["colour"], sys.stderr)
        deafened(lambda: click.echo(ending(report, colour=loud), nl=False, color=loud, err=True))
    if page is not None:
        write_page(page, report)
    sys.exit(code)


def surroundings_of(
    invocation: Invocation, cancellation: Cancellation, masker: Masker | None = None
) -> Surroundings:
    """What a process gives a run."""
    from syncline.discretion import masker_of
    from syncline.jobs.session import Surroundings
    from syncline.room import Room
    from syncline.runtime import SystemClock

    environ = invocation.environ
    uid = environ.get("SYNCLINE_RENDER_UID", "")
    room = Room(
        path=environ.get("PATH", os.defpath),
        uid=int(uid) if uid.isdigit() else None,
        check=cancellation.check,
    )
    return Surroundings(
        clock=SystemClock(),
        cancellation=cancellation,
        masker=masker or masker_of(environ),
        home=Path(environ.get("HOME", "/")),
        room=room,
        cores=os.cpu_count() or 2,
        debug=_print_trace if _is_debugging(environ) else lambda _: None,
    )


def _is_debugging(environ: Mapping[str, str]) -> bool:
    return "1" in {environ.get("SYNCLINE_DEBUG"), environ.get("RUNNER_DEBUG")}


def _print_trace(text: str) -> None:
    from syncline.github.workflow import print_untrusted
    from syncline.report.escaping import visible

    if os.environ.get("GITHUB_ACTIONS") == "true":
        # A trace may quote what somebody wrote, and a runner reads commands from it.
        print_untrusted(text, sys.stderr)
    else:
        click.echo(visible(text), err=True)


def _forge(environ: Mapping[str, str]) -> Forge | None:
    """GitHub with the token of the environment, for questions alone."""
    token = environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or ""
    if not token:
        return None
    from syncline.github.client import Api
    from syncline.github.forge import GitHubForge

    url = environ.get("GITHUB_API_URL") or "https://api.github.com"
    return GitHubForge(Api(token, url), url)
