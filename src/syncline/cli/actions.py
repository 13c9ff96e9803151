"""The commands `actions list` and `actions run`.

The law: listing writes nothing.
"""

from __future__ import annotations

from typing import Any

import click

from syncline.cli import options as given
from syncline.cli.commands import main
from syncline.cli.running import do
from syncline.exits import guarded


@main.group(short_help="List or run actions of resources, such as restart or scale.")
def actions() -> None:
    """List or run actions of an application's resources: restart, scale, pause and the like.

    Built-in ones, those of argocd-cm, and those of the directory resource_customizations.
    """


@actions.command("list", short_help="Show what can be done with an application's resources.")
@click.argument("application")
@click.argument("resource", default="")
@given.common
@guarded
def list_actions(**options: Any) -> None:
    """Show what can be done with the resources of an application, or with one of them."""
    do("actions", options)


@actions.command("run", short_help="Run an action, and wait for the health of what it touched.")
@click.argument("application")
@click.argument("resource")
@click.argument("action")
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="What the action takes; may be repeated."
)
@given.dry_run
@given.timeout
@given.common
@guarded
def run_action(**options: Any) -> None:
    """Run an action on a resource, and wait until what it touched is healthy.

    \b
    For example:
      syncline actions run web Deployment/web restart
      syncline actions run web Deployment/web scale --param replicas=3
    """
    do("actions", options)
