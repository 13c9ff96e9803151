"""The options that several commands have in common.

The law: an option of one name means the same wherever it is given.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from syncline.errors import SynclineError

F = TypeVar("F", bound=Callable[..., Any])


def combined(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def complete(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The names of applications that begin so; none where they cannot be read."""
    from syncline.jobs.definitions import names_at_head

    try:
        found = names_at_head(Path(context.params.get("root") or "."), os.environ)
    except (SynclineError, OSError):
        return []
    return [name for name in found if name.startswith(begun)]


applications = click.argument("applications", nargs=-1, metavar="[APPLICATION]...", shell_complete=complete)
path = click.option("--path", metavar="DIR", default="", help="Make one application of this directory alone.")
prune = click.option(
    "--prune", is_flag=True, help="Delete what Git no longer has, within the guard's limits."
)
approve = click.option(
    "--approve",
    multiple=True,
    metavar="OBJECT",
    help="Approve deleting this object, as the plan names it; may be repeated.",
)
adopt = click.option(
    "--adopt", is_flag=True, help="Take over what belongs to another owner: ApplySet, Argo CD, Flux, Helm."
)
kube_version = click.option(
    "--kube-version",
    metavar="1.N",
    default="",
    help="Say what this version of Kubernetes makes of all applications: APIs that are gone, unknown fields.",
)
resource = click.option(
    "--resource",
    "resources",
    multiple=True,
    metavar="GROUP:KIND:NAME",
    help="Only this resource of the named application; * is anything, a leading ! excludes; may be repeated. "
    "Runs no hooks.",
)
label = click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="SELECTOR",
    help="Only resources with these labels, like app=web; may be repeated.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
timeout = click.option(
    "--timeout",
    metavar="DURATION",
    default="",
    help="How long to wait for health, like 90s or 5m. [default: sync.timeout of syncline.yaml, else 5m]",
)
root = click.option(
    "-C", "--repository", "root", default=".", metavar="DIR", help="The Git repository. [default: .]"
)
kubeconfig = click.option(
    "--kubeconfig", metavar="FILE", default="", help="Instead of $KUBECONFIG and ~/.kube/config."
)
colour = click.option(
    "--colour",
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours and progress; auto means on a terminal.",
)
cache = click.option(
    "--cache",
    metavar="DIR",
    default="",
    envvar="SYNCLINE_CACHE",
    help="Keep renderings here, by the content of what they are made from. [env: SYNCLINE_CACHE]",
)
common = combined(
    root,
    kubeconfig,
    cache,
    click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "markdown", "html", "json"]),
        default="text",
        show_default=True,
        help="The form of the report on standard output.",
    ),
    click.option("--html", metavar="FILE", default="", help="Write the HTML page to this file, too."),
    colour,
)
