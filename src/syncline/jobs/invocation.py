"""What was asked for, whoever asked: the command line and the action make the same value.

The law: everything a run depends on is here; nothing below reads arguments or the process environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from syncline.core.live import Level
from syncline.core.selection import EVERYTHING, Selection
from syncline.core.trust import Tier
from syncline.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.report.model import Job


class Permissions(Struct, frozen=True):
    """What the caller allows a sync to do beyond the configuration's own word.

    `prune` deletes what Git no longer has, `approved` names objects whose deletion somebody approved, `adopt`
    takes objects over from another owner, `heal` undoes drift also where selfHeal is off or a fight was seen.
    `rollback` takes an application back when its sync fails; `keep` makes a rollback leave what the older
    commit did not have.
    """

    prune: bool = False
    approved: frozenset[str] = frozenset()
    adopt: bool = False
    heal: bool = False
    rollback: bool = False
    keep: bool = False


class AskedAction(Struct, frozen=True):
    """Which resource's actions to list or, with `action`, which to run and with what."""

    resource: str = ""
    action: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


class AskedRecovery(Discreet, frozen=True):
    """How to recover.

    `record` is the text of a record of revisions (empty: the clusters' own) and `record_name` what to call
    it; `cluster` leaves the applications of others out; `context` is the throw-away cluster of a drill, which
    `keep` leaves as it is afterwards; `status_context` is what the statuses of commits begin with.
    """

    _SHOWN = ("record_name", "cluster", "context", "keep")

    record: str = ""
    record_name: str = ""
    cluster: str = ""
    context: str = ""
    keep: bool = False
    status_context: str = "syncline"


class AskedBinding(Discreet, frozen=True):
    """How a sync is held to what was reviewed.

    `policy` is off, inform, harmless or exact (empty: the settings' word); `record` the text of a JSON report
    or of a comment (empty: GitHub is asked), and `name` what to call it; `context` names the comment.
    """

    _SHOWN = ("policy", "name", "context")

    policy: str = ""
    record: str = ""
    name: str = ""
    context: str = "syncline"


class Invocation(Struct, frozen=True):
    """One run.

    `base` and `head` are revisions of `root`'s repository (empty: the job's default). `path` makes one
    nameless application of a directory. `affected_only` leaves out applications that no change since their
    last sync touches. With `onward`, as nobody chose the commit, an application that stands at a later commit
    is left there, unless a force push took back what lies between: `forced_from` is where it found the
    branch. `depth` is how deep a tree is shown (None: all); `brief` makes a status a list. `timeout` is in
    seconds; None takes the configured one. `repository` is what identifies it (`owner/name` or a URL).
    `selection` narrows a sync to a few resources of the named applications. `manual` says that a person asked
    for this very run, and `actor` is whom GitHub says it was: sync windows and the roles of projects tell
    people from machines; `tier_reason` is why the event may do no more. `kube_version` asks what all of it
    would be at that version of Kubernetes.
    Without `bodies` the report tells which objects change and which of their fields, not what they hold: what
    nobody will see need not be masked.
    `cache` is a directory of earlier runs' renderings; nothing is kept when it is empty.
    """

    job: Job
    root: Path
    base: str = ""
    head: str = ""
    applications: tuple[str, ...] = ()
    path: str = ""
    level: Level = Level.OFFLINE
    permissions: Permissions = Permissions()
    action: AskedAction = AskedAction()
    recovery: AskedRecovery = AskedRecovery()
    binding: AskedBinding = AskedBinding()
    depth: int | None = None
    brief: bool = False
    affected_only: bool = False
    onward: bool = False
    forced_from: str = ""
    selection: Selection = EVERYTHING
    dry_run: bool = False
    timeout: float | None = None
    repository: str = ""
    actor: str = ""
    manual: bool = True
    tier: Tier = Tier.WRITE
    tier_reason: str = ""
    kubeconfig: str = ""
    kube_version: str = ""
    cache: str = ""
    bodies: bool = True
    environ: Mapping[str, str] = field(default_factory=dict)
