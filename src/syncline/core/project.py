"""What a project allows an Application to be, and what it allows it to bring.

The law: each refusal names the line of the project that refuses; the rules are Argo CD's own, with their
oddities (`pkg/apis/application/v1alpha1/app_project_types.go`): a `!` entry that does not hit counts as an
allowance.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.globs import glob_matches
from syncline.config.path_globs import path_matches
from syncline.core.plan import Action, Change, Plan
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncline.config.application import Application
    from syncline.config.project import AllowedDestination, AppProject, KindRule, OrphanRule
    from syncline.config.unmanaged import Unmanaged
    from syncline.core.resource import Body, ResourceKey

CONTROL_PLANE: Final = "argocd"
"""The namespace whose Applications may belong to any project."""

_NAMED: Final = 3


class Target(Struct, frozen=True):
    """Where an Application goes, by every name it has; `project` is the one that the cluster belongs to."""

    name: str
    server: str
    namespace: str
    project: str = ""


def application_refusals(app: Application, project: AppProject, target: Target) -> Iterator[str]:
    """Why the Application may not be in this project as it is."""
    where = f"project {project.name}"
    for url in sorted({source.repo_url for source in app.every_source if source.repo_url}):
        if not source_permitted(project.source_repos, url):
            yield (
                f"The {where} does not allow the source {url} "
                f"({project.place('sourceRepos')}); add it to sourceRepos, or change the Application's "
                f"project."
            )
    if not destination_permitted(project, target.server, target.name, target.namespace):
        yield (
            f"The {where} does not allow the destination {_cluster(target)}, namespace "
            f"{target.namespace or '(none)'} ({project.place('destinations')}); add it to destinations."
        )
    if project.own_clusters_only and target.project != project.name:
        yield (
            f"The {where} permits only clusters of its own, and {_cluster(target)} is none "
            f"({project.place('permitOnlyProjectScopedClusters')}); set project: {project.name} for it in "
            "syncline.yaml."
        )
    home = app.namespace or CONTROL_PLANE
    if home != CONTROL_PLANE and not _home_permitted(project.source_namespaces, home):
        yield (
            f"The {where} does not allow Applications in the namespace {home} "
            f"({project.place('sourceNamespaces')}); add it to sourceNamespaces."
        )


def _cluster(target: Target) -> str:
    return " ".join(filter(None, (target.name, f"({target.server})" if target.server else "")))


def source_permitted(patterns: Iterable[str], url: str) -> bool:
    """Whether one entry of `sourceRepos` allows the repository and none denies it."""
    asked, allowed = normal_url(url), False
    for pattern in patterns:
        denies = pattern.startswith("!")
        wanted = pattern[denies:]
        hit = wanted == "*" or glob_matches(normal_url(wanted), asked, separator="/")
        if denies and hit:
            return False
        allowed = allowed or hit or denies
    return allowed


_SCP: Final = regex(r"(?:[^@/]+@)[^:/]+:.*")


def normal_url(url: str) -> str:
    """A repository's URL as Argo CD compares it."""
    text = url.strip().lower()
    if _SCP.fullmatch(text) and "://" not in text:
        text = text.replace(":", "/", 1)
    return text.removesuffix(".git").removeprefix("ssh://")


def destination_permitted(project: AppProject, server: str, name: str, namespace: str) -> bool:
    """Whether one entry of `destinations` allows the cluster and namespace, and none denies them."""
    allowed = False
    for entry in project.destinations:
        by_name = bool(name) and _matches(entry.name, name)
        by_server = bool(server) and _matches(entry.server, server)
        inside = _matches(entry.namespace, namespace)
        if (by_name or by_server) and inside:
            allowed = True
        elif _denied(entry, by_name=by_name, by_server=by_server, inside=inside):
            return False
    return allowed


def _denied(entry: AllowedDestination, *, by_name: bool, by_server: bool, inside: bool) -> bool:
    # A `!` name rejects whatever the namespace is: an artefact of operator precedence that Argo CD keeps.
    if entry.name.startswith("!") and not by_name:
        return True
    if entry.server.startswith("!") and not by_server and inside:
        return True
    return entry.namespace.startswith("!") and not inside and by_server


def _matches(pattern: str, text: str) -> bool:
    if pattern.startswith("!"):
        return not _matches(pattern[1:], text)
    return pattern == "*" or glob_matches(pattern, text)


def _home_permitted(patterns: Iterable[str], namespace: str) -> bool:
    return any(_home_matches(pattern, namespace) for pattern in patterns)


def _home_matches(pattern: str, namespace: str) -> bool:
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        try:
            return re.search(pattern[1:-1], namespace) is not None
        except re.error:
            return False
    return glob_matches(pattern, namespace)


def kind_refusal(key: ResourceKey, project: AppProject, target: Target) -> str:
    """Why the project does not let an Application have this object; empty when it does."""
    field = _closed_list(key, project)
    if field:
        return f"the project {project.name} does not allow {key.group_kind} ({project.place(field)})"
    if key.namespace and not destination_permitted(project, target.server, target.name, key.namespace):
        return (
            f"the project {project.name} does not allow the namespace {key.namespace} "
            f"({project.place('destinations')})"
        )
    return ""


def _closed_list(key: ResourceKey, project: AppProject) -> str:
    """The field of the project that keeps the kind out."""
    if key.namespace:
        denied, allowed, scope = project.namespaced_denied, project.namespaced_allowed, "namespaceResource"
        open_by_default = allowed is None
    else:
        denied, allowed, scope = project.cluster_denied, project.cluster_allowed, "clusterResource"
        open_by_default = False
    if any(_covers(rule, key) for rule in denied or ()):
        return f"{scope}Blacklist"
    if open_by_default or any(_covers(rule, key) for rule in allowed or ()):
        return ""
    return f"{scope}Whitelist"


def _covers(rule: KindRule, key: ResourceKey) -> bool:
    return (
        path_matches(rule.group, key.group)
        and path_matches(rule.kind, key.kind)
        and (not rule.name or path_matches(rule.name, key.name))
    )


def restrained(plan: Plan, project: AppProject, target: Target) -> Plan:
    """The plan under the project: a forbidden object refuses it, and one that is there stays as it is."""
    reasons = {change.key: kind_refusal(change.key, project, target) for change in plan.changes}
    wanted = [
        f"{change.key}: {reasons[change.key]}"
        for change in plan.changes
        if reasons[change.key] and _is_wanted(change)
    ]
    refusals = (*plan.refusals, _sentence(wanted)) if wanted else plan.refusals
    changes = tuple(
        _kept(change, reasons[change.key]) if change.action is Action.PRUNE else change
        for change in plan.changes
    )
    return replace(plan, changes=changes, refusals=refusals)


def left_alone(plan: Plan, unmanaged: Unmanaged) -> Plan:
    """The plan without the removal of what nobody manages: that it is left out of Git's side removes
    nothing.
    """
    reasons = {
        change.key: unmanaged.why(change.key.group, change.key.kind)
        for change in plan.changes
        if change.action is Action.PRUNE
    }
    if not any(reasons.values()):
        return plan
    return replace(plan, changes=tuple(_kept(change, reasons.get(change.key, "")) for change in plan.changes))


def _is_wanted(change: Change) -> bool:
    return change.action not in {Action.PRUNE, Action.FORGET, Action.KEEP}


def _kept(change: Change, reason: str) -> Change:
    return replace(change, action=Action.KEEP, why=f"{reason}, so it stays") if reason else change


def _sentence(found: list[str]) -> str:
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    count = "1 object is" if len(found) == 1 else f"{len(found)} objects are"
    return f"{count} not permitted: {'; '.join(found[:_NAMED])}{more}."


_OF_THE_CLUSTER: Final = frozenset(
    {
        ("", "ServiceAccount", "default"),
        ("", "ConfigMap", "kube-root-ca.crt"),
    }
)
"""What every namespace has by itself (Argo CD, "Orphaned Resources Monitoring")."""


def is_orphan(key: ResourceKey, body: Body, ignored: Iterable[OrphanRule]) -> bool:
    """Whether an object belongs to nobody: no owner, no ApplySet, no Application, and not to be ignored."""
    metadata = body.get("metadata") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    owned = (
        metadata.get("ownerReferences")
        or "applyset.kubernetes.io/part-of" in labels
        or "applyset.kubernetes.io/id" in labels
        or "argocd.argoproj.io/tracking-id" in annotations
    )
    if owned or (key.group, key.kind, key.name) in _OF_THE_CLUSTER or _is_the_api(key):
        return False
    return not any(_ignores(rule, key) for rule in ignored)


def claims_of(stateful_set: Body) -> Callable[[ResourceKey], bool]:
    """Whether a PersistentVolumeClaim was made for a pod of this StatefulSet, which nothing in it says but
    its name: `TEMPLATE-SET-ORDINAL`. Argo CD infers the owner in the same way.
    """
    metadata, spec = stateful_set.get("metadata") or {}, stateful_set.get("spec") or {}
    templates = [(each.get("metadata") or {}).get("name") for each in spec.get("volumeClaimTemplates") or ()]
    made = {f"{template}-{metadata.get('name')}" for template in templates}

    def is_made(key: ResourceKey) -> bool:
        stem, _, ordinal = key.name.rpartition("-")
        is_claim = key.kind == "PersistentVolumeClaim" and key.namespace == metadata.get("namespace")
        return is_claim and ordinal.isdigit() and stem in made

    return is_made


def _is_the_api(key: ResourceKey) -> bool:
    return (key.group, key.kind, key.namespace, key.name) == ("", "Service", "default", "kubernetes")


def _ignores(rule: OrphanRule, key: ResourceKey) -> bool:
    return (
        glob_matches(rule.group, key.group)
        and (not rule.kind or glob_matches(rule.kind, key.kind))
        and (not rule.name or glob_matches(rule.name, key.name))
    )


def granted(role_rights: Iterable[tuple[str, str, bool]], action: str, name: str) -> bool:
    """Whether rights (action, object and effect each) allow an action on an Application; a denial wins."""
    hits = [
        allows
        for wanted, target, allows in role_rights
        if (wanted == "*" or glob_matches(wanted, action)) and glob_matches(target, name)
    ]
    return bool(hits) and all(hits)
