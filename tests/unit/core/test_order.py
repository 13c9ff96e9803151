from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import keys, manifest
from syncline.core.inventory import Inventory
from syncline.core.live import Level
from syncline.core.order import KIND_ORDER, rank, wave_of
from syncline.core.plan import Action, Change, Plan
from syncline.core.resource import ResourceKey
from syncline.core.schedule import schedule

# Argo CD, "Sync Phases and Waves": the kinds in the order of its sync engine.
WORDS = """
Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget ServiceAccount Secret
SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim CustomResourceDefinition ClusterRole
ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role RoleList RoleBinding RoleBindingList Service
DaemonSet Pod ReplicationController ReplicaSet Deployment HorizontalPodAutoscaler StatefulSet Job CronJob
IngressClass Ingress APIService
"""
ORDER = WORDS.split()


def annotated(**annotations: Any) -> dict[str, Any]:
    names = {"wave": "argocd.argoproj.io/sync-wave", "weight": "helm.sh/hook-weight"}
    return {"metadata": {"annotations": {names[short]: value for short, value in annotations.items()}}}


def test_the_kinds_stand_in_argo_cds_order() -> None:
    assert list(KIND_ORDER) == ORDER
    assert [rank(kind) for kind in ORDER] == list(range(35))


@pytest.mark.parametrize(("earlier", "later"), list(pairwise(ORDER)))
def test_each_kind_comes_before_the_next(earlier: str, later: str) -> None:
    assert rank(earlier) < rank(later)


@pytest.mark.parametrize("kind", ["Shop", "ServiceMonitor", "namespace", "", "Lease"])
def test_an_unlisted_kind_comes_last(kind: str) -> None:
    assert rank(kind) > rank("APIService")


@pytest.mark.parametrize(
    ("body", "wave"),
    [
        ({}, 0),
        ({"metadata": {}}, 0),
        ({"metadata": {"annotations": None}}, 0),
        (annotated(), 0),
        (annotated(wave="5"), 5),
        (annotated(wave="-5"), -5),
        (annotated(wave="+5"), 5),
        (annotated(wave="007"), 7),
        (annotated(wave=5), 5),
        (annotated(weight="3"), 3),
        (annotated(weight="-3"), -3),
        (annotated(wave="1", weight="3"), 1),
        (annotated(wave="0", weight="3"), 0),
    ],
)
def test_the_wave_is_argo_cds_annotation_and_else_helms_weight(body: dict[str, Any], wave: int) -> None:
    assert wave_of(body) == wave


# strconv.Atoi, by which Argo CD reads the wave: an optional sign and ASCII digits, within 64 bits.
@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "five",
        "1.5",
        " 5",
        "5 ",
        "5\n",
        "1_000",
        "٣",
        "0x10",
        "1e3",
        "--1",
        "+-1",
        "9" * 30,
        "9" * 5000,
        None,
        True,
    ],
)
def test_what_is_no_integer_does_not_count(malformed: object) -> None:
    assert wave_of(annotated(wave=malformed)) == 0
    assert wave_of(annotated(wave=malformed, weight="7")) == 7
    assert wave_of(annotated(weight=malformed)) == 0


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_64_bit_integer_is_a_wave(wave: int) -> None:
    assert wave_of(annotated(wave=str(wave))) == wave


def test_the_api_group_does_not_count() -> None:
    core = manifest(ResourceKey("", "Service", "shop", "b"))
    knative = manifest(ResourceKey("serving.knative.dev", "Service", "shop", "a"))
    changes = tuple(Change(each.key, Action.CREATE, None, each.body) for each in (core, knative))

    (stage,) = schedule(Plan("web", "abc", Level.LIVE, Inventory("web"), changes))

    assert [[change.key.group for change in group] for group in stage.kind_groups] == [
        ["", "serving.knative.dev"]
    ]


@given(
    st.lists(keys(), unique=True, max_size=10).flatmap(
        lambda found: st.tuples(st.just(found), st.permutations(found))
    )
)
def test_the_order_does_not_depend_on_where_the_manifests_stood(
    both: tuple[list[ResourceKey], list[ResourceKey]],
) -> None:
    first, second = (
        schedule(
            Plan(
                "web",
                "abc",
                Level.LIVE,
                Inventory("web"),
                tuple(Change(key, Action.CREATE, None, manifest(key).body) for key in found),
            )
        )
        for found in both
    )

    assert first == second


@pytest.mark.parametrize(
    ("waves", "mirrored"),
    [
        ([], []),
        ([3], [3]),
        ([0, 1, 5], [5, 1, 0]),
        ([-2, 0, 0, 7], [7, 0, 0, -2]),
        ([-1, -1], [-1, -1]),
        ([-3, -2, 4, 9], [9, 4, -2, -3]),
    ],
)
def test_prunes_run_in_the_mirrored_order_of_their_own_waves(waves: list[int], mirrored: list[int]) -> None:
    found = [ResourceKey("", "ConfigMap", "shop", f"c{number}") for number in range(len(waves))]
    changes = tuple(
        Change(key, Action.PRUNE, before=manifest(key, wave=wave).body)
        for key, wave in zip(found, waves, strict=True)
    )

    stages = schedule(Plan("web", "abc", Level.LIVE, Inventory("web"), changes))

    assert [wave_of(change.before or {}) for stage in stages for change in stage.prunes] == mirrored
