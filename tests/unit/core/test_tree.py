from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.health import HealthStatus
from syncline.core.resource import Body, key_of
from syncline.core.tree import tree

Object = dict[str, Any]
API = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1", "ConfigMap": "v1"}


def thing(kind: str, name: str, *owners: Object, **fields: Any) -> Object:
    """An object whose UID is its name."""
    metadata = {"name": name, "namespace": "shop", "uid": name, "ownerReferences": list(owners)}
    return {"apiVersion": API.get(kind, "apps/v1"), "kind": kind, "metadata": metadata, **fields}


def owner(uid: str, *, controller: bool = True) -> Object:
    return {"kind": "Any", "name": uid, "uid": uid, "controller": controller}


def drawn(*roots: Body, others: list[Object]) -> str:
    """The tree as indented names."""
    branches = tree({key_of(root): root for root in roots}, others)
    return "\n".join(f"{'  ' * branch.depth}{branch.key.name}" for branch in branches)


def test_pods_stand_below_their_replica_set_and_that_below_its_deployment() -> None:
    web, shop = thing("Deployment", "web"), thing("Deployment", "shop")
    others = [
        thing("Pod", "web-2-b", owner("web-2")),
        thing("ReplicaSet", "web-2", owner("web")),
        thing("Pod", "shop-1-a", owner("shop-1")),
        thing("ReplicaSet", "shop-1", owner("shop")),
        thing("ReplicaSet", "web-1", owner("web")),
        thing("Pod", "web-2-a", owner("web-2")),
    ]

    assert drawn(web, shop, others=others) == (
        "shop\n  shop-1\n    shop-1-a\nweb\n  web-1\n  web-2\n    web-2-a\n    web-2-b"
    )


def test_a_cron_jobs_runs_are_told_with_their_health() -> None:
    nightly = thing("CronJob", "nightly", status={})
    run = thing("Job", "nightly-1", owner("nightly"), status={"conditions": [{"type": "Failed"}]})
    crashed = thing("Pod", "nightly-1-a", owner("nightly-1"), status={"phase": "Failed"})

    branches = tree({key_of(nightly): nightly}, [crashed, run])

    assert [
        (branch.key.kind, branch.depth, branch.health and branch.health.status) for branch in branches
    ] == [
        ("CronJob", 0, HealthStatus.HEALTHY),
        ("Job", 1, HealthStatus.DEGRADED),
        ("Pod", 2, HealthStatus.DEGRADED),
    ]
    assert branches[2].body is crashed


def test_what_nobody_of_the_application_owns_is_not_shown() -> None:
    web = thing("Deployment", "web")
    strangers = [
        thing("Pod", "free"),
        thing("Pod", "orphan", owner("long-gone")),
        thing("ReplicaSet", "other-1", owner("other")),
        thing("Pod", "other-1-a", owner("other-1")),
    ]

    assert drawn(web, others=strangers) == "web"


def test_the_controller_is_preferred_to_the_first_owner() -> None:
    first, second = thing("Deployment", "first"), thing("Deployment", "second")
    child = thing("ReplicaSet", "child", owner("first", controller=False), owner("second"))

    assert drawn(first, second, others=[child]) == "first\nsecond\n  child"


def test_without_a_controller_the_first_owner_counts() -> None:
    first, second = thing("Deployment", "first"), thing("Deployment", "second")
    child = thing("ReplicaSet", "child", owner("first", controller=False), owner("second", controller=False))

    assert drawn(first, second, others=[child]) == "first\n  child\nsecond"


def test_an_owner_is_told_by_its_uid_and_not_by_its_name() -> None:
    web = thing("Deployment", "web")
    namesake = thing("ReplicaSet", "old", {"kind": "Deployment", "name": "web", "uid": "an-earlier-web"})

    assert drawn(web, others=[namesake]) == "web"


def test_an_object_of_the_application_stays_its_own_even_if_another_owns_it() -> None:
    web = thing("Deployment", "web")
    listed = thing("ReplicaSet", "web-1", owner("web"))
    pod = thing("Pod", "web-1-a", owner("web-1"))

    assert drawn(web, listed, others=[listed, pod]) == "web\nweb-1\n  web-1-a"


def test_owners_in_a_circle_end() -> None:
    one, two = thing("ReplicaSet", "one", owner("two")), thing("ReplicaSet", "two", owner("one"))

    assert drawn(one, others=[one, two]) == "one\n  two"


def test_an_object_that_owns_itself_stands_once() -> None:
    web = thing("Deployment", "web", owner("web"))

    assert drawn(web, others=[web]) == "web"


@pytest.mark.parametrize("metadata", [{"name": "web"}, {"name": "web", "uid": None, "ownerReferences": None}])
def test_an_object_without_uid_or_owners_has_no_offspring(metadata: Object) -> None:
    bare = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}

    assert drawn(bare, others=[thing("Pod", "free", {"kind": "Deployment", "name": "web"})]) == "web"


uids = st.sampled_from("abcdefgh")


@st.composite
def families(draw: st.DrawFn) -> tuple[list[Object], list[Object]]:
    """Objects that own one another in every possible way, and some of them as roots."""
    everyone = [
        thing(
            "ReplicaSet",
            uid,
            *(
                owner(other, controller=draw(st.booleans()))
                for other in draw(st.lists(uids, max_size=2, unique=True))
            ),
        )
        for uid in draw(st.lists(uids, min_size=1, unique=True))
    ]
    return draw(st.lists(st.sampled_from(everyone), unique_by=key_of)), draw(st.permutations(everyone))


@given(families())
def test_nothing_stands_twice_and_every_root_is_there(family: tuple[list[Object], list[Object]]) -> None:
    roots, everyone = family
    keyed = {key_of(root): root for root in roots}

    branches = tree(keyed, everyone)

    shown = [branch.key for branch in branches]
    assert len(shown) == len(set(shown))
    assert {branch.key for branch in branches if branch.depth == 0} == set(keyed)


@given(families())
def test_the_order_in_which_the_server_lists_does_not_matter(
    family: tuple[list[Object], list[Object]],
) -> None:
    roots, everyone = family
    keyed = {key_of(root): root for root in roots}

    assert tree(keyed, everyone) == tree(keyed, everyone[::-1])


def database(*templates: str, name: str = "db") -> Object:
    claims = [{"metadata": {"name": template}} for template in templates]
    return thing("StatefulSet", name, spec={"volumeClaimTemplates": claims})


def test_claims_stand_below_the_stateful_set_that_made_them_from_a_template() -> None:
    claims = [
        thing("PersistentVolumeClaim", name)
        for name in (
            "data-db-0",
            "data-db-11",
            "logs-db-0",
            "data-db-x",
            "data-db",
            "data-dbs-0",
            "data-db-1-0",
        )
    ]
    elsewhere = thing("PersistentVolumeClaim", "data-db-1")
    elsewhere["metadata"]["namespace"] = "other"
    others = [*claims, elsewhere, thing("Pod", "db-0", owner("db")), thing("ConfigMap", "data-db-7")]

    assert drawn(database("data", "logs"), others=others) == (
        "db\n  db-0\n  data-db-0\n  data-db-11\n  logs-db-0"
    )


def test_a_claim_with_an_owner_stands_below_that_and_a_grown_set_has_its_claims_too() -> None:
    cluster = thing("Cluster", "main")
    grown = database("data")
    grown["metadata"]["ownerReferences"] = [owner("main")]
    others = [
        grown,
        thing("PersistentVolumeClaim", "data-db-0"),
        thing("PersistentVolumeClaim", "data-db-1", owner("main")),
    ]

    assert drawn(cluster, others=others) == "main\n  data-db-1\n  db\n    data-db-0"


def test_a_claim_that_git_has_is_no_childs() -> None:
    claim = thing("PersistentVolumeClaim", "data-db-0")
    assert drawn(claim, database("data"), others=[claim]) == "data-db-0\ndb"
