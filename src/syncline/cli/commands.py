"""The commands that compare, sync and show applications.

The law: a command only says what it takes; what it does is a job.
"""

from __future__ import annotations

from typing import Any

import click

from syncline import __version__
from syncline.cli import options as given
from syncline.cli.running import do
from syncline.exits import guarded


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
    A command that may name applications takes all of them where none is named.

    \b
    Begin with:
      syncline diff                  what this branch changes, without any cluster
      syncline diff --level live     the same, against what is really there
      syncline sync --dry-run        what a sync would do
      syncline sync                  do it, and wait for health

    Shell completion: eval "$(_SYNCLINE_COMPLETE=bash_source syncline)" (or zsh_source, fish_source).
    """


@main.command()
@given.applications
@click.option(
    "--base",
    metavar="REV",
    default="",
    help="Compare with where HEAD parted from this branch or commit. [default: the default branch of origin]",
)
@click.option("--head", metavar="REV", default="", help="The commit that brings the change. [default: HEAD]")
@given.path
@click.option(
    "--level",
    type=click.Choice(["offline", "live", "dry-run"]),
    default="offline",
    show_default=True,
    help="offline compares two renderings; live reads the cluster; dry-run lets the server predict.",
)
@click.option("--fail-on-difference", is_flag=True, help="Exit with 10 when anything differs.")
@given.kube_version
@given.common
@guarded
def diff(**options: Any) -> None:
    """Show what a change does.

    Offline, the renderings of two commits are compared: no cluster, no credentials. At the levels live and
    dry-run the head is held against the cluster instead. Only applications that the change touches are
    rendered; at these two levels also one that you name.
    """
    do("diff", options)


@main.command()
@given.applications
@click.option("--revision", "head", metavar="REV", default="", help="The commit to sync. [default: HEAD]")
@click.option("--affected", is_flag=True, help="Only applications that changed since their own last sync.")
@given.path
@given.prune
@given.approve
@given.adopt
@click.option("--rollback-on-failure", is_flag=True, help="Go back to the last success when the sync fails.")
@given.resource
@given.label
@click.option(
    "--reviewed",
    metavar="FILE",
    default="",
    help="What was reviewed, as the JSON report of a diff. [default: the pull request's comment]",
)
@click.option(
    "--binding",
    type=click.Choice(["off", "inform", "harmless", "exact"]),
    help="What is done about a plan that is not the reviewed one. [default: sync.binding of syncline.yaml]",
)
@given.dry_run
@given.timeout
@given.common
@guarded
def sync(**options: Any) -> None:
    """Make clusters be what Git says, and wait for health.

    Objects are applied server-side in Argo CD's order, and only where they differ. What Git no longer has is
    deleted only with automated.prune or --prune, within the guard's limits.
    """
    do("sync", options)


@main.command()
@given.applications
@given.path
@click.option("--heal", is_flag=True, help="Undo drift, also where selfHeal is off or a fight was seen.")
@given.prune
@given.approve
@given.adopt
@given.dry_run
@given.timeout
@given.common
@guarded
def drift(**options: Any) -> None:
    """Find what changed behind Git's back.

    Each application is held against the revision it was last synced to. Applications with selfHeal are
    healed, others are reported; with drift left, the exit code is 10.
    """
    do("drift", options)


@main.command()
@click.argument(
    "applications", nargs=-1, required=True, metavar="APPLICATION...", shell_complete=given.complete
)
@click.option(
    "--revision", "head", metavar="REV", default="", help="Where to. [default: the revision synced before]"
)
@click.option("--no-prune", is_flag=True, help="Leave what that commit did not have.")
@given.approve
@given.adopt
@given.dry_run
@given.timeout
@given.common
@guarded
def rollback(**options: Any) -> None:
    """Take applications back to an earlier commit.

    A rollback is a sync of that commit: same plan, same guard, recorded as a rollback; what the commit did
    not have is deleted within the guard's limits. The application stays there while no commit touches it;
    revert the change in Git too, or the next one that does brings it back. Rolling back twice goes back two.
    """
    do("rollback", options)


@main.command()
@given.applications
@click.option("--revision", "head", metavar="REV", default="", help="The commit to render. [default: HEAD]")
@given.path
@given.common
@guarded
def render(**options: Any) -> None:
    """Print the manifests as YAML, with secret values hidden.

    Standard output is the manifests alone, so that another program can read them; what there is to say of
    them is on standard error. The other forms of output hold both.
    """
    do("render", options)


@main.command(short_help="Show how the applications are, down to their pods.")
@given.applications
@given.path
@click.option("--brief", is_flag=True, help="A list: one row for each application, without its objects.")
@given.common
@guarded
def status(**options: Any) -> None:
    """Show the tree of each application, down to its pods, with sync and health.

    With --brief it is a list of all applications: project, destination, sync, health, the revision last
    synced, and what is wrong.
    """
    do("status", options)


@main.command(short_help="Show every object, and what grew out of it, by owner.")
@given.applications
@given.path
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    metavar="N",
    help="0 shows what Git has; 1 what grew of it, and so on.",
)
@given.common
@guarded
def tree(**options: Any) -> None:
    """Show every object of the applications: what Git has, and all that grew out of it, by owner.

    Any kind may own: what a custom resource made is shown as well, down to the pods with their phase,
    restarts and reason.
    """
    do("tree", options)
