"""The command `logs`.

The law: it makes no report, and reads only what a status would show.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from syncline.cli import options as given
from syncline.cli.asking import invocation_of, seconds
from syncline.cli.commands import main
from syncline.cli.running import surroundings_of
from syncline.errors import UsageError
from syncline.exits import guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.core.loglines import LogLine


@main.command()
@click.argument("application", shell_complete=given.complete)
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...")
@click.option("-f", "--follow", is_flag=True, help="Go on until you stop it; pods may come and go.")
@click.option("--since", metavar="DURATION", default="", help="Only lines newer than 90s, 5m or 1h30m.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="The last N lines of each container.")
@click.option("--grep", metavar="REGEX", default="", help="Only lines that this regular expression fits.")
@click.option(
    "--container", "containers", multiple=True, metavar="NAME", help="Only this container; may be repeated."
)
@click.option("--previous", is_flag=True, help="The run of each container before its last restart.")
@given.root
@given.kubeconfig
@given.colour
@guarded
def logs(**options: Any) -> None:
    """Print what the pods of an application write, merged by time.

    A RESOURCE such as Deployment/web or Pod/web-5d9c restricts it. Values of the application's Secrets are
    hidden. A log that cannot be read is named on standard error; when none can, the exit code is 7.
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
    whole = {name: value for name, value in options.items() if name != "resources"}
    invocation = invocation_of("status", whole)
    cancellation = Cancellation()
    with cancellation.on_signals(), Session(invocation, surroundings_of(invocation, cancellation)) as session:
        yield from read(session, asked, lambda said: click.echo(f"syncline: {said}", err=True))
        cancellation.check()
