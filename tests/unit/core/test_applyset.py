from __future__ import annotations

import base64
import hashlib
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from made import made
from strategies import keys, manifest, names
from syncline.config.application import Application, Destination
from syncline.core.applyset import (
    Owner,
    claimed_by,
    decode,
    encode,
    mark,
    may_be_taken_over,
    owner_of,
    repository_of,
)
from syncline.core.inventory import Ancestor, Attempt, Cause, Heal, Inventory, SyncRecord
from syncline.core.resource import ResourceKey
from syncline.errors import ClusterError, Place

OWNER = Owner(app="web", namespace="shop", parent="syncline-web", repository="acme/deploy")

causes = st.sampled_from(Cause)
times = st.just("2026-01-02T03:04:05Z")
records = made(SyncRecord, st.integers(1, 999), names, times, names, causes, names | st.just(""))
inventories = made(
    Inventory,
    app=names,
    keys=st.frozensets(keys(), max_size=20),
    history=st.lists(records, max_size=4).map(tuple),
    cascades=st.booleans(),
    has_children=st.booleans(),
    attempt=st.none() | made(Attempt, names, times, names, causes),
    heals=st.lists(made(Heal, keys(), names, st.integers(1, 9), times, names), max_size=3).map(tuple),
    ancestors=st.none()
    | st.lists(made(Ancestor, names, st.booleans(), st.booleans()), max_size=3).map(tuple),
)


@given(inventories)
def test_an_inventory_survives_its_parent(inventory: Inventory) -> None:
    assert decode(encode(inventory, OWNER, "1.2.3")) == inventory


def test_what_version_0_1_0_wrote_is_still_read() -> None:
    old = {
        "app": "web",
        "cascade": True,
        "keys": [["apps", "Deployment", "shop", "web"]],
        "history": [[3, "abc", "2026-01-02T03:04:05Z", "alice"]],
    }
    packed = base64.b64encode(zlib.compress(json.dumps(old).encode())).decode()
    parent = {**encode(Inventory("web"), OWNER, "0.1.0"), "binaryData": {"inventory": packed}}

    assert decode(parent) == Inventory(
        "web",
        frozenset({ResourceKey("apps", "Deployment", "shop", "web")}),
        (SyncRecord(3, "abc", "2026-01-02T03:04:05Z", "alice", Cause.SYNC),),
        cascades=True,
    )


@pytest.mark.parametrize(
    ("annotation", "remedy"),
    [
        ("contains-group-kinds", "Take its ApplySet over with --adopt"),
        ("contains-group-resources", "Apply it once more with kubectl 1.30 or newer"),
        ("additional-namespaces", "Rename the Application, or remove that ConfigMap."),
    ],
)
def test_another_tools_parent_is_taken_over_only_when_it_names_its_kinds(
    annotation: str, remedy: str
) -> None:
    parent = encode(Inventory("web"), OWNER, "1.2.3")
    marks = {
        "applyset.kubernetes.io/tooling": "kubectl/v1.29.0",
        f"applyset.kubernetes.io/{annotation}": "Job",
    }
    theirs = {**parent, "metadata": {**parent["metadata"], "annotations": marks}}

    assert may_be_taken_over(theirs) is (annotation == "contains-group-kinds")
    with pytest.raises(ClusterError, match="is managed by kubectl") as refused:
        decode(theirs)
    assert refused.value.remedy.startswith(remedy)


def test_a_parent_that_was_copied_under_another_name_is_refused() -> None:
    parent = encode(Inventory("web"), OWNER, "1.2.3")
    copy = {**parent, "metadata": {**parent["metadata"], "name": "syncline-other"}}

    with pytest.raises(ClusterError, match="which is not its own"):
        decode(copy)


def test_the_id_is_the_one_kubectl_computes_for_a_config_map_parent() -> None:
    # KEP-3659: applyset-<base64url(sha256(<name>.<namespace>.<kind>.<group>))>-v1, without padding.
    digest = hashlib.sha256(b"syncline-web.shop.ConfigMap.").digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")

    assert OWNER.id == f"applyset-{expected}-v1"


def test_the_parent_names_group_kinds_and_the_namespaces_that_are_not_its_own() -> None:
    held = {
        ResourceKey("apps", "Deployment", "shop", "web"),
        ResourceKey("", "ConfigMap", "tools", "web"),
        ResourceKey("rbac.authorization.k8s.io", "ClusterRole", "", "web"),
    }
    annotations = encode(Inventory("web", frozenset(held)), OWNER, "1.2.3")["metadata"]["annotations"]

    assert annotations["applyset.kubernetes.io/tooling"] == "syncline/v1.2.3"
    assert annotations["applyset.kubernetes.io/contains-group-kinds"] == (
        "ClusterRole.rbac.authorization.k8s.io,ConfigMap,Deployment.apps"
    )
    assert annotations["applyset.kubernetes.io/additional-namespaces"] == "tools"


def test_ten_thousand_keys_fit_into_a_config_map() -> None:
    many = frozenset(
        ResourceKey("apps", "Deployment", f"team-{n % 50}", f"service-{n}") for n in range(10_000)
    )

    packed = encode(Inventory("web", many), OWNER, "1.2.3")["binaryData"]["inventory"]

    assert len(packed) < 1_000_000


@pytest.mark.parametrize(
    ("key", "tracking"),
    [
        (ResourceKey("", "Service", "shop", "web"), "web:/Service:shop/web"),
        (ResourceKey("apps", "Deployment", "tools", "web"), "web:apps/Deployment:tools/web"),
        (
            ResourceKey("rbac.authorization.k8s.io", "ClusterRole", "", "reader"),
            "web:rbac.authorization.k8s.io/ClusterRole:shop/reader",
        ),
        (ResourceKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "a.b"), None),
    ],
    ids=["core", "grouped", "cluster-scoped names the destination namespace", "definitions carry none"],
)
def test_members_carry_our_label_and_argo_cds_tracking_id(key: ResourceKey, tracking: str | None) -> None:
    plain = manifest(key)
    marked = mark(plain, OWNER)

    assert claimed_by(marked.body) == OWNER.id
    assert (marked.body["metadata"].get("annotations") or {}).get(
        "argocd.argoproj.io/tracking-id"
    ) == tracking
    assert "labels" not in plain.body["metadata"], "the manifest itself is left as it was"


def test_a_parent_of_another_tool_is_refused_with_its_name() -> None:
    parent = encode(Inventory("web"), OWNER, "1.2.3")
    foreign = {
        **parent,
        "metadata": {
            **parent["metadata"],
            "annotations": {"applyset.kubernetes.io/tooling": "kubectl/v1.37"},
        },
    }

    with pytest.raises(ClusterError, match=r"syncline-web is managed by kubectl/v1\.37, not by syncline"):
        decode(foreign)


@pytest.mark.parametrize("packed", ["", "????", base64.b64encode(b"no zlib").decode()])
def test_a_damaged_parent_is_an_error_and_never_an_empty_inventory(packed: str) -> None:
    parent = encode(Inventory("web"), OWNER, "1.2.3")

    with pytest.raises(ClusterError, match="is damaged"):
        decode({**parent, "binaryData": {"inventory": packed}})
    with pytest.raises(ClusterError, match="is damaged"):
        decode({**parent, "binaryData": {}})


def test_applications_of_one_name_in_two_namespaces_have_two_parents() -> None:
    app = Application("web", Place("apps/web.yaml", 1), (), Destination(namespace="shop"))
    teams = replace(app, namespace="team-a")

    assert owner_of(app).parent == owner_of(replace(app, namespace="argocd")).parent == "syncline-web"
    assert owner_of(teams).parent == "syncline-team-a.web"
    assert owner_of(app).id != owner_of(teams).id


def test_the_parent_remembers_the_repository() -> None:
    assert repository_of(encode(Inventory("web"), OWNER, "1.2.3")) == "acme/deploy"
