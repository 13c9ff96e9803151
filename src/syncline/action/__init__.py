"""The GitHub Action: the event and the inputs become the same Invocation that the command line makes.

The law: what may be done follows from the event alone; whatever happens, GitHub is told, and told the truth.
"""

from __future__ import annotations

import sys
import traceback
from contextlib import ExitStack
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline import cli
from syncline.action.inputs import INPUTS, OUTPUTS, Inputs
from syncline.action.observing import Board, watching
from syncline.action.request import Request, make_request
from syncline.action.signals import Signals
from syncline.action.telling import complain, say, tell_github, tell_runner, with_problem
from syncline.discretion import discreet, masker_of
from syncline.errors import ExitCode, Interrupted, SynclineError
from syncline.github.client import Api
from syncline.github.event import read_event
from syncline.github.forge import GitHubForge
from syncline.github.workflow import mask, print_untrusted
from syncline.jobs.border import scrub_error
from syncline.report.model import Problem, Report
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.mask import Masker
    from syncline.ports import Forge

__all__ = ["INPUTS", "OUTPUTS", "act"]


def act(environ: Mapping[str, str]) -> ExitCode:
    """One step of a workflow; returns its exit code. To be called in the main thread, for its signals."""
    masker = masker_of(environ)
    try:
        inputs = Inputs.read(environ)
        for name in ("token", "kubeconfig"):
            mask(inputs[name], sys.stdout)
        with (
            discreet(masker, lambda text: print_untrusted(text, sys.stderr)),
            Signals() as signals,
            ExitStack() as stack,
        ):
            request = make_request(inputs, read_event(environ), environ, stack)
            return _run(request, signals, masker)
    except SynclineError as error:
        scrub_error(error, masker)
        complain(error)
        return error.exit_code
    except Exception:  # noqa: BLE001 - the last net: told as a bug, with its trace
        # A trace may quote what somebody wrote, and the runner reads commands there, too.
        print_untrusted(masker.scrub(traceback.format_exc()), sys.stderr)
        complain(SynclineError("This is a bug in Syncline.", remedy="Please report it with the trace above."))
        return ExitCode.BUG


def _run(request: Request, signals: Signals, masker: Masker) -> ExitCode:
    with ExitStack() as stack:
        api = _api(request, stack)
        signals.hurry = api.hurry if api else None
        with watching(api, request) as board:
            report = replace(_report(request, board, masker), run_url=request.event.run_url)
            if report.interrupted:
                signals.came()
            report = tell_runner(board.noted(report), request)
            report = tell_github(report, api, request)
            report = say(report, request)
            failing = request.reporting.fail_on_difference
            board.done(report, differences_are_failure=failing)
    return exit_code(report, differences_are_failure=failing)


def _api(request: Request, stack: ExitStack) -> Api | None:
    if not request.token or not request.event.repository:
        return None
    return stack.enter_context(Api(request.token, request.event.api_url))


def _forge(request: Request) -> Forge | None:
    """GitHub for what generators and roles ask, opened when one does: a connection of its own."""
    if not request.token:
        return None
    return GitHubForge(Api(request.token, request.event.api_url), request.event.api_url)


def _report(request: Request, board: Board, masker: Masker) -> Report:
    """The run's report; when it could not be begun, a report that says so."""
    job = request.invocation.job
    try:
        return cli.run(request.invocation, board, forge=lambda: _forge(request), masker=masker)
    except Interrupted as error:
        problem = Problem(error.message, error.exit_code, remedy=error.remedy)
        return Report(job, problems=(problem,), interrupted=True, stopped_by=error.exit_code)
    except SynclineError as error:
        return with_problem(Report(job), error)
