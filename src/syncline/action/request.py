"""The event and the inputs, as one value that says all about a step.

The law: it is made whole before anything is done, so that no input is found wrong after a cluster was
changed; a run that may only render is given no kubeconfig.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline import cli
from syncline.action.files import inside
from syncline.action.inputs import COMMANDS, INPUTS
from syncline.core.live import Level
from syncline.core.review import Binding
from syncline.core.selection import selection
from syncline.core.trust import Tier
from syncline.errors import UsageError
from syncline.jobs.invocation import AskedAction, AskedBinding, AskedRecovery, Invocation, Permissions
from syncline.report.model import Job

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

    from syncline.action.inputs import Inputs
    from syncline.github.event import Event

_TO_THE_GOOD: Final = frozenset({Job.ROLLBACK, Job.RECOVER, Job.DRILL})
"""Jobs that find out by themselves which commit was good, unless somebody names one."""

_HIDDEN: Final = ("ACTIONS_", "INPUT_", "GITHUB_TOKEN", "GH_TOKEN")
"""Beginnings of variables that nothing below this module needs to see."""


class Reporting(Struct, frozen=True):
    """How a step is told of. The paths are relative to the workspace; `html` may be empty."""

    workspace: Path
    context: str
    comment: bool
    fail_on_difference: bool
    report: str
    html: str
    summary_file: str
    output_file: str


class Request(Struct, frozen=True):
    """One step of a workflow; `idle` are the inputs that were given and are not about its command."""

    event: Event
    invocation: Invocation
    reporting: Reporting
    token: str
    idle: tuple[str, ...] = ()


def make_request(inputs: Inputs, event: Event, environ: Mapping[str, str], stack: ExitStack) -> Request:
    """What is to be done and told. Raises UsageError; the kubeconfig's file lives as long as the stack."""
    _check(inputs, event)
    inputs, idle = inputs.of(_job(inputs))
    reporting = _reporting(inputs, environ)
    return Request(event, _invocation(inputs, event, environ, stack), reporting, inputs["token"], idle)


def _check(inputs: Inputs, event: Event) -> None:
    """A value that means nothing is refused, whatever command it is about. Raises UsageError."""
    for name, default in INPUTS.items():
        if default in {"true", "false"}:
            inputs.flag(name)
    _level(inputs, event)
    _policy(inputs)
    cli.parameters(inputs.lines("params"))
    cli.kube_version(inputs["kube_version"])
    selection(inputs.lines("resources"), inputs.lines("labels"))


def _reporting(inputs: Inputs, environ: Mapping[str, str]) -> Reporting:
    workspace = Path(environ.get("GITHUB_WORKSPACE") or ".")
    if inputs["html"]:
        inside(workspace, inputs["html"], "The input html")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{inputs['context'][:100]}-{_job(inputs).value}").lstrip("-.")
    return Reporting(
        workspace=workspace,
        context=inputs["context"],
        comment=inputs.flag("comment"),
        fail_on_difference=inputs.flag("fail_on_difference"),
        report=f"{name}.json",
        html=inputs["html"],
        summary_file=environ.get("GITHUB_STEP_SUMMARY", ""),
        output_file=environ.get("GITHUB_OUTPUT", ""),
    )


def _invocation(inputs: Inputs, event: Event, environ: Mapping[str, str], stack: ExitStack) -> Invocation:
    job = _job(inputs)
    base, head = _revisions(inputs, event, job)
    return Invocation(
        job=job,
        root=Path(environ.get("GITHUB_WORKSPACE") or "."),
        base=base,
        head=head,
        applications=inputs.words("applications"),
        path=inputs["path"],
        brief=inputs.flag("brief"),
        bodies=not inputs.flag("brief"),
        level=_level(inputs, event),
        permissions=Permissions(
            prune=inputs.flag("prune"),
            approved=frozenset(inputs.lines("approve")),
            adopt=inputs.flag("adopt"),
            heal=inputs.flag("heal"),
            rollback=inputs.flag("rollback_on_failure"),
        ),
        action=AskedAction(inputs["resource"], inputs["action"], cli.parameters(inputs.lines("params"))),
        recovery=_recovery(inputs, environ, job),
        binding=AskedBinding(_policy(inputs), context=inputs["context"]),
        affected_only=job is Job.SYNC and not inputs.words("applications"),
        # A run that is started again, or late, has the commit of its own day; a tag is chosen by who sets it.
        onward=not inputs["revision"] and event.ref.startswith("refs/heads/"),
        forced_from=event.forced_from,
        selection=selection(inputs.lines("resources"), inputs.lines("labels")),
        dry_run=inputs.flag("dry_run"),
        timeout=_timeout(inputs),
        repository=_repository(event, environ),
        actor=event.actor,
        manual=event.name == "workflow_dispatch",
        tier=event.tier,
        tier_reason=event.tier_reason,
        kube_version=cli.kube_version(inputs["kube_version"]),
        kubeconfig=_kubeconfig(inputs, event, stack),
        cache=_cache(inputs, environ),
        environ={name: value for name, value in environ.items() if not name.startswith(_HIDDEN)},
    )


def _policy(inputs: Inputs) -> str:
    words = [each.word for each in Binding]
    if inputs["binding"] and inputs["binding"] not in words:
        raise UsageError(
            f"The input binding is {inputs['binding']!r}.", remedy=f"Write one of {', '.join(words)}."
        )
    return inputs["binding"]


def _cache(inputs: Inputs, environ: Mapping[str, str]) -> str:
    if not inputs["cache"]:
        return ""
    workspace = Path(environ.get("GITHUB_WORKSPACE") or ".")
    return str(inside(workspace, inputs["cache"], "The input cache"))


def _recovery(inputs: Inputs, environ: Mapping[str, str], job: Job) -> AskedRecovery:
    name, text = inputs["record"], ""
    if name:
        file = inside(Path(environ.get("GITHUB_WORKSPACE") or "."), name, "The input record")
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"The input record is {name!r}, which cannot be read.") from None
    # Elsewhere a context would lead the job to another cluster than the one it is about.
    context = inputs["drill_context"] if job is Job.DRILL else ""
    return AskedRecovery(text, name, context=context, status_context=inputs["context"])


def _repository(event: Event, environ: Mapping[str, str]) -> str:
    """The repository as its remote names it, so that the action and a shell sync as the same owner."""
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return f"{server}/{event.repository}" if event.repository else ""


def _job(inputs: Inputs) -> Job:
    for job in COMMANDS:
        if job.value == inputs["command"]:
            return job
    known = ", ".join(job.value for job in COMMANDS)
    raise UsageError(f"The input command is {inputs['command']!r}.", remedy=f"Write one of {known}.")


def _timeout(inputs: Inputs) -> float | None:
    try:
        return cli.seconds(inputs["timeout"])
    except UsageError as error:
        raise UsageError(f"The input timeout is {inputs['timeout']!r}.", remedy=error.remedy) from None


def _revisions(inputs: Inputs, event: Event, job: Job) -> tuple[str, str]:
    """What is compared or synced.

    A pull request's merge commit against its first parent: what merging will do. Where there is no merge
    commit, the head against where it parted from the base. A push against what it found.
    """
    if job in _TO_THE_GOOD:
        return "", inputs["revision"]
    if job is not Job.DIFF or inputs["base"] or inputs["revision"]:
        return inputs["base"], inputs["revision"] or event.sha
    if event.name == "pull_request" and event.sha and event.sha != event.head_sha:
        return f"{event.sha}^1", event.sha
    if event.base_sha:
        return event.base_sha, event.head_sha
    # All commits of a push. A new branch had none before: its last commit is held against its parent.
    return (event.before or f"{event.sha}^1", event.sha) if event.name == "push" else ("", event.sha)


def _level(inputs: Inputs, event: Event) -> Level:
    asked = inputs["level"]
    if asked != "auto":
        try:
            return Level(asked)
        except ValueError:
            raise UsageError(
                f"The input level is {asked!r}.", remedy="Write auto, offline, live or dry-run."
            ) from None
    if not inputs["kubeconfig"] or event.tier is Tier.RENDER:
        return Level.OFFLINE
    return Level.DRY_RUN if event.tier is Tier.WRITE else Level.LIVE


def _kubeconfig(inputs: Inputs, event: Event, stack: ExitStack) -> str:
    """The kubeconfig as a file that only we can read, gone when the step ends.

    A run that may only render gets none.
    """
    if not inputs["kubeconfig"] or event.tier is Tier.RENDER:
        return ""
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="syncline-kubeconfig-"))
    file = Path(directory, "config")
    file.touch(mode=0o600)
    file.write_text(inputs["kubeconfig"], encoding="utf-8")
    return str(file)
