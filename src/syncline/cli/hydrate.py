"""The command `hydrate`.

The law: it makes no report; it says what it pushed, and pushes nothing that it does not say.
"""

from __future__ import annotations

from typing import Any

import click

from syncline.cli import options as given
from syncline.cli.asking import invocation_of
from syncline.cli.commands import main
from syncline.cli.running import surroundings_of
from syncline.exits import guarded


@main.command(short_help="Render dry sources, and push them to the synced branches.")
@click.argument("applications", nargs=-1, shell_complete=given.complete, metavar="[APPLICATION]...")
@click.option("--dry-run", is_flag=True, help="Say what would be pushed, and push nothing.")
@given.root
@guarded
def hydrate(**options: Any) -> None:
    """Render the dry side of Applications with a sourceHydrator, and push it to the branch that is synced.

    A branch gets one commit, and none when nothing changes. Without names all of them are hydrated.
    """
    from syncline.jobs.hydrate import hydrate as run
    from syncline.jobs.session import Session
    from syncline.runtime import Cancellation

    invocation = invocation_of("render", {**options, "kubeconfig": ""})
    cancellation = Cancellation()
    with cancellation.on_signals(), Session(invocation, surroundings_of(invocation, cancellation)) as session:
        for branch in run(session):
            names = ", ".join(branch.changed)
            if not branch.changed:
                click.echo(f"{branch.branch}: nothing changes")
            elif branch.sha:
                click.echo(f"{branch.branch}: {names} hydrated, {branch.sha[:12]}")
            else:
                click.echo(f"{branch.branch}: would hydrate {names}")
