"""What a project allows: the rules of sources, destinations and kinds, and what they do to a plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.application import Application, Destination, Source
from syncline.config.project import (
    DEFAULT_PROJECT,
    AllowedDestination,
    AppProject,
    KindRule,
    OrphanRule,
)
from syncline.core.inventory import Inventory
from syncline.core.live import Level
from syncline.core.plan import Action, Change, Plan
from syncline.core.project import (
    Target,
    application_refusals,
    claims_of,
    destination_permitted,
    granted,
    is_orphan,
    kind_refusal,
    restrained,
    source_permitted,
)
from syncline.core.resource import ResourceKey
from syncline.errors import Place

HERE = Place("projects/team.yaml", 1)
PLACES = {
    "sourceRepos": Place("projects/team.yaml", 7),
    "destinations": Place("projects/team.yaml", 9),
    "namespaceResourceBlacklist": Place("projects/team.yaml", 12),
}
PROD = Target("prod", "https://prod", "web")
EVERYWHERE = (AllowedDestination(server="*", namespace="*"),)


def project(**fields: Any) -> AppProject:
    return AppProject("team", HERE, **{"places": PLACES, **fields})


def app(**fields: Any) -> Application:
    source = Source(repo_url="https://github.com/acme/deploy.git", path="web")
    return Application("web", Place("apps/web.yaml", 1), (source,), Destination(), **fields)


@pytest.mark.parametrize(
    ("patterns", "url", "permitted"),
    [
        ([], "https://github.com/acme/web", False),
        (["*"], "https://github.com/acme/web", True),
        (["https://github.com/acme/*"], "https://github.com/acme/web.git", True),
        (["https://github.com/acme/*"], "https://GitHub.com/Acme/Web", True),
        (["https://github.com/*"], "https://github.com/acme/web", False),
        (["https://github.com/**"], "https://github.com/acme/web", True),
        (["git@github.com:acme/web.git"], "git@github.com:acme/web", True),
        (["ssh://git@github.com/acme/web"], "git@github.com:acme/web.git", True),
        (["https://github.com/acme/web"], "https://github.com/acme/webs", False),
        # The double edge of a denial: what it does not hit it allows (trap 16).
        (["!https://github.com/evil/*"], "https://github.com/acme/web", True),
        (["!https://github.com/evil/*"], "https://github.com/evil/web", False),
        (["*", "!https://github.com/evil/*"], "https://github.com/evil/web", False),
        (["!https://github.com/evil/*", "*"], "https://github.com/evil/web", False),
    ],
)
def test_sources(patterns: list[str], url: str, permitted: bool) -> None:
    assert source_permitted(patterns, url) is permitted


@pytest.mark.parametrize(
    ("entries", "target", "permitted"),
    [
        ([], ("https://prod", "prod", "web"), False),
        ([("https://prod", "", "web")], ("https://prod", "prod", "web"), True),
        ([("https://prod", "", "web")], ("https://prod", "prod", "other"), False),
        ([("", "prod", "web-*")], ("https://prod", "prod", "web-1"), True),
        ([("https://*", "", "*")], ("https://a/b", "x", "web"), True),
        ([("*", "", "team-*")], ("https://prod", "prod", "team-a/b"), True),
        ([("*", "", "!kube-system")], ("https://prod", "prod", "web"), True),
        ([("*", "", "*"), ("*", "", "!kube-system")], ("https://prod", "prod", "kube-system"), False),
        ([("*", "", "*"), ("!https://prod", "", "*")], ("https://prod", "prod", "web"), False),
        ([("*", "", "*"), ("!https://prod", "", "web")], ("https://prod", "prod", "other"), True),
        # A denied name rejects whatever the namespace is.
        ([("*", "", "*"), ("", "!prod", "web")], ("https://prod", "prod", "other"), False),
        ([("", "!dev", "*")], ("https://prod", "prod", "web"), True),
        ([("*", "", "*"), ("", "prod", "!kube-*")], ("https://prod", "prod", "kube-system"), True),
    ],
)
def test_destinations(
    entries: list[tuple[str, str, str]], target: tuple[str, str, str], permitted: bool
) -> None:
    listed = tuple(AllowedDestination(*entry) for entry in entries)
    assert destination_permitted(project(destinations=listed), *target) is permitted


NAMESPACED, CLUSTER = (
    ResourceKey("apps", "Deployment", "web", "web"),
    ResourceKey("", "Namespace", "", "web-1"),
)


@pytest.mark.parametrize(
    ("key", "fields", "field"),
    [
        (NAMESPACED, {}, ""),
        (NAMESPACED, {"namespaced_allowed": ()}, "namespaceResourceWhitelist"),
        (NAMESPACED, {"namespaced_allowed": (KindRule("apps", "*"),)}, ""),
        (NAMESPACED, {"namespaced_allowed": (KindRule("", "*"),)}, "namespaceResourceWhitelist"),
        (NAMESPACED, {"namespaced_denied": ()}, ""),
        (NAMESPACED, {"namespaced_denied": (KindRule("*", "Deploy*"),)}, "namespaceResourceBlacklist"),
        (NAMESPACED, {"namespaced_allowed": (KindRule("*", "*"),), "namespaced_denied": (KindRule("apps",
        "?eployment"),)}, "namespaceResourceBlacklist"), (CLUSTER, {}, "clusterResourceWhitelist"),
        (CLUSTER, {"cluster_allowed": ()}, "clusterResourceWhitelist"),
        (CLUSTER, {"cluster_allowed": (KindRule("*", "*"),)}, ""),
        (CLUSTER, {"cluster_allowed": (KindRule("", "Namespace", "web-*"),)}, ""),
        (CLUSTER, {"cluster_allowed": (KindRule("", "Namespace", "shop-*"),)}, "clusterResourceWhitelist"),
        (CLUSTER, {"cluster_allowed": (KindRule("*", "*"),), "cluster_denied": (KindRule("", "Namespace"),)},
        "clusterResourceBlacklist"),
    ],
)  # fmt: skip
def test_kinds_are_closed_and_open_as_in_argo_cd(key: ResourceKey, fields: Any, field: str) -> None:
    reason = kind_refusal(key, project(destinations=EVERYWHERE, **fields), PROD)
    assert bool(reason) is bool(field)
    if field:
        place = PLACES.get(field, HERE)
        assert reason == f"the project team does not allow {key.group_kind} ({place})"


def test_an_object_in_another_namespace_has_to_be_allowed_there() -> None:
    one = project(destinations=(AllowedDestination(server="*", namespace="web"),))
    elsewhere = ResourceKey("", "ConfigMap", "kube-system", "a")
    assert kind_refusal(NAMESPACED, one, PROD) == ""
    assert kind_refusal(elsewhere, one, PROD) == (
        "the project team does not allow the namespace kube-system (projects/team.yaml:9)"
    )


def test_the_default_project_allows_everything() -> None:
    assert list(application_refusals(app(), DEFAULT_PROJECT, PROD)) == []
    for key in (NAMESPACED, CLUSTER, ResourceKey("x.io", "Thing", "anywhere", "a")):
        assert kind_refusal(key, DEFAULT_PROJECT, PROD) == ""


def test_every_refusal_names_the_line_of_the_project() -> None:
    one = project(own_clusters_only=True, source_repos=(), destinations=())
    refusals = list(application_refusals(app(namespace="team-a"), one, PROD))

    assert [sentence.split("(projects/team.yaml")[0] for sentence in refusals] == [
        "The project team does not allow the source https://github.com/acme/deploy.git ",
        "The project team does not allow the destination prod (https://prod), namespace web ",
        "The project team permits only clusters of its own, and prod (https://prod) is none ",
        "The project team does not allow Applications in the namespace team-a ",
    ]


@pytest.mark.parametrize(
    ("patterns", "namespace", "permitted"),
    [
        ((), "", True),
        ((), "argocd", True),
        ((), "team-a", False),
        (("team-*",), "team-a", True),
        (("/^team-[ab]$/",), "team-b", True),
        (("/^team-[ab]$/",), "team-c", False),
        (("/(/",), "(", False),
    ],
)
def test_applications_outside_of_argo_cds_namespace(
    patterns: tuple[str, ...], namespace: str, permitted: bool
) -> None:
    one = project(source_repos=("*",), destinations=EVERYWHERE, source_namespaces=patterns)
    assert (list(application_refusals(app(namespace=namespace), one, PROD)) == []) is permitted


def plan(*changes: Change) -> Plan:
    return Plan("web", "0" * 40, Level.LIVE, Inventory("web"), changes)


def change(kind: str, action: Action) -> Change:
    return Change(ResourceKey("", kind, "web", kind.lower()), action, {}, {})


def test_a_forbidden_object_refuses_the_plan_and_one_that_is_there_stays() -> None:
    one = project(destinations=EVERYWHERE, namespaced_denied=(KindRule("", "Secret"),))
    given = plan(
        change("ConfigMap", Action.CREATE),
        change("Secret", Action.UPDATE),
    )
    assert restrained(given, one, PROD).refusals == (
        (
            "1 object is not permitted: Secret web/secret: the project team does not allow Secret "
            "(projects/team.yaml:12)."
        ),
    )

    pruned = restrained(plan(change("Secret", Action.PRUNE), change("ConfigMap", Action.PRUNE)), one, PROD)
    assert [each.action for each in pruned.changes] == [Action.KEEP, Action.PRUNE]
    assert pruned.changes[0].why.endswith("(projects/team.yaml:12), so it stays")
    assert pruned.refusals == ()


def test_many_forbidden_objects_are_named_up_to_three_and_counted() -> None:
    many = plan(*(Change(ResourceKey("", "Secret", "web", f"s{n}"), Action.CREATE) for n in range(5)))
    (sentence,) = restrained(many, project(), PROD).refusals
    assert sentence.startswith("5 objects are not permitted: Secret web/s0")
    assert sentence.endswith("; and 2 more.")


kinds = st.sampled_from(["ConfigMap", "Secret", "Service"])
actions = st.sampled_from(list(Action))


@given(st.lists(st.tuples(kinds, actions), max_size=8), st.sets(kinds))
def test_a_project_never_adds_a_write_and_never_lets_a_forbidden_one_pass(
    given_changes: list[tuple[str, Action]], denied: set[str]
) -> None:
    one = project(destinations=EVERYWHERE, namespaced_denied=tuple(KindRule("", kind) for kind in denied))
    before = plan(*(change(kind, action) for kind, action in given_changes))
    after = restrained(before, one, PROD)

    assert set(map(id, after.writes)) <= set(map(id, before.writes))
    assert after.refusals or all(each.key.kind not in denied for each in after.writes)


@pytest.mark.parametrize(
    ("rights", "permitted"),
    [
        ([], False),
        ([("sync", "*", True)], True),
        ([("*", "web", True)], True),
        ([("sync", "shop", True)], False),
        ([("get", "*", True)], False),
        ([("sync", "*", True), ("sync", "w*", False)], False),
    ],
)
def test_a_right_is_granted_where_one_allows_and_none_denies(
    rights: list[tuple[str, str, bool]], permitted: bool
) -> None:
    assert granted(rights, "sync", "web") is permitted


@pytest.mark.parametrize(
    ("kind", "name", "metadata", "orphan"),
    [
        ("ConfigMap", "a", {}, True),
        ("ConfigMap", "kube-root-ca.crt", {}, False),
        ("ServiceAccount", "default", {}, False),
        ("ConfigMap", "a", {"ownerReferences": [{}]}, False),
        ("ConfigMap", "a", {"labels": {"applyset.kubernetes.io/part-of": "x"}}, False),
        ("ConfigMap", "a", {"labels": {"applyset.kubernetes.io/id": "x"}}, False),
        ("ConfigMap", "a", {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}, False),
        ("Secret", "legacy-1", {}, False),
    ],
)
def test_what_belongs_to_nobody(kind: str, name: str, metadata: Any, orphan: bool) -> None:
    ignored = (OrphanRule("", "Secret", "legacy-*"),)
    assert is_orphan(ResourceKey("", kind, "web", name), {"metadata": metadata}, ignored) is orphan


@pytest.mark.parametrize(
    ("kind", "name", "namespace", "made"),
    [
        ("PersistentVolumeClaim", "data-db-0", "web", True),
        ("PersistentVolumeClaim", "wal-log-db-12", "web", True),
        ("PersistentVolumeClaim", "data-db", "web", False),
        ("PersistentVolumeClaim", "data-db-old", "web", False),
        ("PersistentVolumeClaim", "other-db-0", "web", False),
        ("PersistentVolumeClaim", "data-db-0", "other", False),
        ("ConfigMap", "data-db-0", "web", False),
    ],
)
def test_the_claims_of_a_stateful_set_are_known_by_their_names(
    kind: str, name: str, namespace: str, made: bool
) -> None:
    templates = [{"metadata": {"name": "data"}}, {"metadata": {"name": "wal-log"}}]
    body = {"metadata": {"name": "db", "namespace": "web"}, "spec": {"volumeClaimTemplates": templates}}
    assert claims_of(body)(ResourceKey("", kind, namespace, name)) is made
