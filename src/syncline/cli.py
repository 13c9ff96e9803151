"""The command line: arguments become an Invocation, a Report becomes text and an exit code.

The law: what the shell can check is checked before anything is done.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click

from syncline import __version__
from syncline.errors import SynclineError, UsageError
from syncline.exits import deafened, guarded

if TYPE_CHECKING:
    from syncline.core.loglines import LogLine
    from syncline.jobs.invocation import AskedRecovery, Invocation
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Surroundings
    from syncline.report.model import Report
    from syncline.runtime import Cancellation

F = TypeVar("F", bound=Callable[..., Any])

_DURATION: Final = re.compile(r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+(?:\.[0-9]+)?)s?)?")
_A_WEEK: Final = 7 * 24 * 3600.0


def run(invocation: Invocation, observer: Observer) -> Report:
    """Do the job. Raises SynclineError when it could not be begun; trouble on the way is in the report."""
    from dataclasses import replace

    from syncline.jobs import run as run_job
    from syncline.jobs.session import Session
    from syncline.runtime import Cancellation

    cancellation = Cancellation()
    with cancellation.on_signals(), Session(invocation, _surroundings(invocation, cancellation)) as session:
        report = run_job(session, observer)
    return replace(report, stopped_by=cancellation.exit_code) if report.interrupted else report


def seconds(text: str) -> float | None:
    """A duration such as `90`, `90s`, `5m` or `1h30m`, in seconds; None for nothing. Raises UsageError."""
    if not text.strip():
        return None
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is not a duration.", remedy="Write it like 90s, 5m or 1h30m.")
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + rest
    if total > _A_WEEK:
        raise UsageError(f"{text!r} is longer than a week.", remedy="Write it like 90s, 5m or 1h30m.")
    return total


def _surroundings(invocation: Invocation, cancellation: Cancellation) -> Surroundings:
    from syncline.jobs.session import Surroundings
    from syncline.process import Room
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
        mask_key=os.urandom(32),
        home=Path(environ.get("HOME", "/")),
        room=room,
        cores=os.cpu_count() or 2,
    )


class _Commands(click.Group):
    """Lists the commands in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As they were defined."""
        del ctx
        return list(self.commands)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""
    \b
    Exit codes:
      0  fine                        8  GitHub refuses or is unreachable
      1  a bug in Syncline           9  not allowed for this event
      2  wrong usage                10  differences found (drift; diff --fail-on-difference)
      3  broken configuration       11  the plan was refused by the guard
      4  rendering failed           12  the sync failed
      5  git                        13  unhealthy, or not healthy in time
      6  a program is missing      130  stopped by SIGINT, 143 by SIGTERM
      7  a cluster cannot be used
    """,
)
@click.version_option(__version__, "-V", "--version", message="syncline %(version)s")
def main() -> None:
    """GitOps without an operator: Argo CD's Application model, run by your CI.

    Syncline reads the Application files of a Git repository, renders them with helm, kustomize or Jinja2, and
    compares, syncs, checks or rolls back clusters. Only commits count: what is not committed is not seen.

    \b
    Begin with:
      syncline diff                  what this branch changes, without any cluster
      syncline diff --level live     the same, against what is really there
      syncline sync --dry-run        what a sync would do
      syncline sync                  do it, and wait for health

    Shell completion: eval "$(_SYNCLINE_COMPLETE=bash_source syncline)" (or zsh_source, fish_source).
    """


def _options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def _complete(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    from syncline.jobs.definitions import names_at_head

    try:
        found = names_at_head(Path(context.params.get("root") or "."), os.environ)
    except (SynclineError, OSError):
        return []
    return [name for name in found if name.startswith(begun)]


_applications = click.argument("applications", nargs=-1, metavar="[APPLICATION]...", shell_complete=_complete)
_path = click.option(
    "--path", metavar="DIR", default="", help="Make one application of this directory alone."
)
_prune = click.option(
    "--prune", is_flag=True, help="Delete what Git no longer has, within the guard's limits."
)
_approve = click.option(
    "--approve", multiple=True, metavar="OBJECT", help="Approve deleting this object, as the plan names it."
)
_adopt = click.option("--adopt", is_flag=True, help="Take over objects that belong to another ApplySet.")
_dry_run = click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
_timeout = click.option(
    "--timeout", metavar="DURATION", default="", help="How long to wait for health, like 90s or 5m."
)
_root = click.option(
    "-C", "--repository", "root", default=".", metavar="DIR", help="The Git repository. [default: .]"
)
_kubeconfig = click.option(
    "--kubeconfig", metavar="FILE", default="", help="Instead of $KUBECONFIG and ~/.kube/config."
)
_colour = click.option(
    "--colour",
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours and progress; auto means on a terminal.",
)
_common = _options(
    _root,
    _kubeconfig,
    click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "markdown", "html", "json"]),
        default="text",
        show_default=True,
        help="The form of the report on standard output.",
    ),
    click.option("--html", metavar="FILE", default="", help="Write the HTML page to this file, too."),
    _colour,
)


@main.command()
@_applications
@click.option(
    "--base", metavar="REV", default="", help="Compare with where HEAD parted from it. [default: origin's]"
)
@click.option("--head", metavar="REV", default="", help="The commit that brings the change. [default: HEAD]")
@_path
@click.option(
    "--level",
    type=click.Choice(["offline", "live", "dry-run"]),
    default="offline",
    show_default=True,
    help="offline compares two renderings; live reads the cluster; dry-run lets the server predict.",
)
@click.option("--fail-on-difference", is_flag=True, help="Exit with 10 when anything differs.")
@_common
@guarded
def diff(**options: Any) -> None:
    """Show what a change does.

    Offline, the renderings of two commits are compared: no cluster, no credentials. At the levels live and
    dry-run the head is held against the cluster instead. Only applications that the change touches are
    rendered.
    """
    _do("diff", options)


@main.command()
@_applications
@click.option("--revision", "head", metavar="REV", default="", help="The commit to sync. [default: HEAD]")
@click.option("--affected", is_flag=True, help="Only applications that changed since their own last sync.")
@_path
@_prune
@_approve
@_adopt
@_dry_run
@_timeout
@_common
@guarded
def sync(**options: Any) -> None:
    """Make clusters be what Git says, and wait for health.

    Objects are applied server-side in Argo CD's order, and only where they differ. What Git no longer has is
    deleted only with automated.prune or --prune, within the guard's limits.
    """
    _do("sync", options)


@main.command()
@_applications
@click.option("--heal", is_flag=True, help="Undo drift, also where selfHeal is off.")
@_prune
@_approve
@_dry_run
@_timeout
@_common
@guarded
def drift(**options: Any) -> None:
    """Find what changed behind Git's back.

    Each application is held against the revision it was last synced to. Applications with selfHeal are
    healed, others are reported; with drift left, the exit code is 10.
    """
    _do("drift", options)


@main.command()
@click.argument("applications", nargs=-1, required=True, metavar="APPLICATION...", shell_complete=_complete)
@click.option(
    "--revision", "head", metavar="REV", default="", help="Where to. [default: the revision synced before]"
)
@_prune
@_approve
@_dry_run
@_timeout
@_common
@guarded
def rollback(**options: Any) -> None:
    """Take applications back to an earlier commit.

    A rollback is a sync of that commit: same plan, same guard, recorded like any other. Revert the change in
    Git too, or the next sync of the branch brings it back.
    """
    _do("rollback", options)


@main.command()
@_applications
@click.option("--revision", "head", metavar="REV", default="", help="The commit to render. [default: HEAD]")
@_path
@_common
@guarded
def render(**options: Any) -> None:
    """Print the manifests, with secret values hidden."""
    _do("render", options)


@main.command()
@_applications
@_common
@guarded
def status(**options: Any) -> None:
    """Show the tree of each application, down to its pods, with sync and health."""
    _do("status", options)


@main.command()
@_applications
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    metavar="N",
    help="0 shows what Git has; 1 what grew of it, and so on.",
)
@_common
@guarded
def tree(**options: Any) -> None:
    """Show every object of the applications: what Git has, and all that grew out of it, by owner.

    Any kind may own: what a custom resource made is shown as well, down to the pods with their phase,
    restarts and reason.
    """
    _do("tree", options)


@main.command()
@click.argument("application", shell_complete=_complete)
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...")
@click.option("-f", "--follow", is_flag=True, help="Go on until you stop it; pods may come and go.")
@click.option("--since", metavar="DURATION", default="", help="Only lines newer than 90s, 5m or 1h30m.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="The last N lines of each container.")
@click.option("--grep", metavar="REGEX", default="", help="Only lines that this regular expression fits.")
@click.option(
    "--container", "containers", multiple=True, metavar="NAME", help="Only this container; may be repeated."
)
@click.option("--previous", is_flag=True, help="The run of each container before its last restart.")
@_root
@_kubeconfig
@_colour
@guarded
def logs(**options: Any) -> None:
    """Print what the pods of an application write, merged by time.

    A RESOURCE such as Deployment/web or Pod/web-5d9c restricts it. Values of the application's Secrets are
    hidden.
    """
    from syncline.terminal import is_colourful, print_logs

    if options["previous"] and options["follow"]:
        raise UsageError("What is over cannot be followed.", remedy="Take either --previous or --follow.")
    sys.exit(print_logs(_logs(options), colour=is_colourful(options["colour"])))


def _logs(options: Mapping[str, Any]) -> Iterator[LogLine]:
    from syncline.jobs.logs import AskedLogs
    from syncline.jobs.logs import logs as read
    from syncline.jobs.session import Session
    from syncline.runtime import Cancellation

    try:
        grep = re.compile(options["grep"]) if options["grep"] else None
    except re.error as error:
        raise UsageError(f"--grep {options['grep']!r} is no regular expression: {error}.") from None
    asked = AskedLogs(
        tuple(options["resources"]),
        tuple(options["containers"]),
        grep,
        follow=options["follow"],
        previous=options["previous"],
        since=seconds(options["since"]),
        tail=options["tail"],
    )
    # It makes no report: it reads what a status would show.
    invocation = _invocation("status", {**options, "applications": (options["application"],)})
    cancellation = Cancellation()
    with cancellation.on_signals(), Session(invocation, _surroundings(invocation, cancellation)) as session:
        yield from read(session, asked, lambda said: click.echo(f"syncline: {said}", err=True))
        cancellation.check()


@main.command()
@_applications
@click.option("--revision", "head", metavar="REV", default="", help="Rebuild all at this commit.")
@click.option("--from", "record", metavar="FILE", default="", help="Where the good revisions are recorded.")
@click.option("--cluster", metavar="NAME", default="", help="Only the applications of this cluster.")
@click.option(
    "--export", metavar="FILE", default="", help="Write the record of the good revisions, and stop."
)
@click.option("--drill", is_flag=True, help="Rebuild on the throw-away cluster of --context, and clean up.")
@click.option("--context", metavar="NAME", default="", help="The kubeconfig context of a drill's cluster.")
@click.option("--keep", is_flag=True, help="Leave what the drill built.")
@_dry_run
@_timeout
@_common
@guarded
def recover(**options: Any) -> None:
    """Rebuild empty clusters from Git, each application at its last good revision, and prove it.

    Good is what --revision says, else the record of --from (an export, or the JSON report of a sync), else
    the cluster's own history, else HEAD, which is then said. What an application needs (kinds, namespaces,
    its parent) comes before it.
    """
    if bool(options["context"]) != options["drill"]:
        raise UsageError(
            "--drill and --context NAME go together.", remedy="The context is that of a throw-away cluster."
        )
    if options["export"]:
        _export(options)
    _do("drill" if options["drill"] else "recover", options)


def _export(options: Mapping[str, Any]) -> NoReturn:
    from syncline.jobs.recover import export
    from syncline.jobs.session import Session
    from syncline.runtime import Cancellation

    invocation, cancellation = _invocation("recover", options), Cancellation()
    with cancellation.on_signals(), Session(invocation, _surroundings(invocation, cancellation)) as session:
        text = export(session)
    try:
        Path(options["export"]).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--export {options['export']!r} could not be written: {error.strerror}.") from error
    sys.exit(0)


def _recovery(options: Mapping[str, Any]) -> AskedRecovery:
    from syncline.jobs.invocation import AskedRecovery

    name, text = options.get("record", ""), ""
    try:
        text = Path(name).read_text(encoding="utf-8") if name else ""
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"--from {name!r} cannot be read.", remedy="Name a file that can.") from None
    if name and not text.strip():
        raise UsageError(f"--from {name!r} is empty.")
    return AskedRecovery(
        text, name, options.get("cluster", ""), options.get("context", ""), keep=bool(options.get("keep"))
    )


@main.group()
def actions() -> None:
    """List or run actions of an application's resources: restart, scale, pause and the like.

    Built-in ones, those of argocd-cm, and those of the directory resource_customizations.
    """


@actions.command("list")
@click.argument("application")
@click.argument("resource", default="")
@_common
@guarded
def list_actions(**options: Any) -> None:
    """Show what can be done with the resources of an application, or with one of them."""
    _do("actions", options)


@actions.command("run")
@click.argument("application")
@click.argument("resource")
@click.argument("action")
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="What the action takes; may be repeated."
)
@_dry_run
@_timeout
@_common
@guarded
def run_action(**options: Any) -> None:
    """Run an action on a resource, and wait until what it touched is healthy.

    \b
    For example:
      syncline actions run web Deployment/web restart
      syncline actions run web Deployment/web scale --param replicas=3
    """
    _do("actions", options)


def parameters(lines: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` lines as a mapping. Raises UsageError."""
    found: dict[str, str] = {}
    for line in lines:
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise UsageError("A parameter has no name or no value.", remedy="Write it like replicas=3.")
        found[name.strip()] = value
    return found


def _do(job: str, options: Mapping[str, Any]) -> NoReturn:
    from syncline.report.outcome import exit_code
    from syncline.terminal import is_colourful, may_move, observer, page_file, text_of, write_page

    # A run is short and its values are trees: looking for garbage costs a tenth of it and finds nothing.
    gc.set_threshold(200_000, 50, 50)
    page = page_file(options["html"])
    invocation = _invocation(job, options)
    report = run(invocation, observer(sys.stderr, moving=may_move(options["colour"])))
    colour = is_colourful(options["colour"])
    strict = bool(options.get("fail_on_difference"))
    code = exit_code(report, differences_are_failure=strict)
    diffs = job not in {"sync", "rollback", "recover", "drill"} or invocation.dry_run
    text = text_of(report, options["output"], colour=colour, diffs=diffs, strict=strict)
    deafened(lambda: click.echo(text, nl=False, color=colour))
    if page is not None:
        write_page(page, report)
    sys.exit(code)


def _applications_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    return (options["application"],) if "application" in options else tuple(options["applications"])


def _invocation(job: str, options: Mapping[str, Any]) -> Invocation:
    from syncline.core.live import Level
    from syncline.jobs.invocation import AskedAction, Invocation, Permissions
    from syncline.report.model import Job

    return Invocation(
        job=Job(job),
        root=Path(options["root"]),
        base=options.get("base", ""),
        head=options.get("head", ""),
        applications=_applications_of(options),
        path=options.get("path", ""),
        level=Level(options.get("level", "offline")),
        permissions=Permissions(
            prune=bool(options.get("prune")),
            approved=frozenset(options.get("approve", ())),
            adopt=bool(options.get("adopt")),
            heal=bool(options.get("heal")),
        ),
        action=AskedAction(
            options.get("resource", ""), options.get("action", ""), parameters(options.get("params", ()))
        ),
        recovery=_recovery(options),
        depth=options.get("depth"),
        affected_only=bool(options.get("affected")),
        dry_run=bool(options.get("dry_run")),
        timeout=seconds(options.get("timeout", "")),
        kubeconfig=options["kubeconfig"],
        environ=dict(os.environ),
    )
