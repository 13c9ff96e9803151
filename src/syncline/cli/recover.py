"""The command `recover`: a rebuilding, its drill, and the record of good revisions.

The law: a drill names its cluster, and nothing but a drill does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from syncline.cli import options as given
from syncline.cli.asking import invocation_of
from syncline.cli.commands import main
from syncline.cli.running import do, surroundings_of
from syncline.errors import UsageError
from syncline.exits import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping


@main.command(short_help="Rebuild empty clusters from Git, and prove it.")
@given.applications
@click.option("--revision", "head", metavar="REV", default="", help="Rebuild all at this commit.")
@click.option("--from", "record", metavar="FILE", default="", help="Where the good revisions are recorded.")
@click.option("--cluster", metavar="NAME", default="", help="Only the applications of this cluster.")
@click.option(
    "--export", metavar="FILE", default="", help="Write the record of the good revisions, and stop."
)
@click.option("--drill", is_flag=True, help="Rebuild on the throw-away cluster of --context, and clean up.")
@click.option("--context", metavar="NAME", default="", help="The kubeconfig context of a drill's cluster.")
@click.option(
    "--status-context",
    metavar="NAME",
    default="syncline",
    help="What the commit statuses of syncs begin with.",
    show_default=True,
)
@click.option("--keep", is_flag=True, help="Leave what the drill built.")
@given.dry_run
@given.timeout
@given.common
@guarded
def recover(**options: Any) -> None:
    """Rebuild empty clusters from Git, each application at its last good revision, and prove it.

    Good is what --revision says, else the record of --from (an export, or the JSON report of a sync), else
    the cluster's own history, else what the commits' statuses on GitHub say (with GITHUB_TOKEN), else HEAD,
    which is then said. What an application needs (kinds, namespaces,
    its parent) comes before it.
    """
    if bool(options["context"]) != options["drill"]:
        raise UsageError(
            "--drill and --context NAME go together.", remedy="The context is that of a throw-away cluster."
        )
    if options["keep"] and not options["drill"]:
        raise UsageError("--keep is about what a drill built.", remedy="Take it away, or add --drill.")
    if options["export"]:
        _check_alone(options)
        _export(options)
    do("drill" if options["drill"] else "recover", options)


def _check_alone(options: Mapping[str, Any]) -> None:
    names = {"--drill": "drill", "--dry-run": "dry_run", "--from": "record", "--html": "html"}
    beside = [name for name, key in {**names, "--timeout": "timeout"}.items() if options[key]]
    if beside:
        raise UsageError(
            f"--export writes a record and nothing else; {' and '.join(beside)} would have no effect.",
            remedy="Take one of them away.",
        )


def _export(options: Mapping[str, Any]) -> NoReturn:
    from syncline.jobs.recover import export
    from syncline.jobs.session import Session
    from syncline.runtime import Cancellation

    invocation, cancellation = invocation_of("recover", options), Cancellation()
    with cancellation.on_signals(), Session(invocation, surroundings_of(invocation, cancellation)) as session:
        text = export(session)
    try:
        Path(options["export"]).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--export {options['export']!r} could not be written: {error.strerror}.") from error
    sys.exit(0)
