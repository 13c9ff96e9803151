from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import manifest
from syncline.core.applyset import Owner, mark
from syncline.core.fields import FieldChange
from syncline.core.handover import CLIENT_SIDE, outgoing, removed_with, without_record
from syncline.core.managed import leftovers, migrated, owned_by
from syncline.core.ownership import TOOL_MANAGERS, claimants, is_ours, last_writer, rival
from syncline.core.resource import Body, ResourceKey

KEY = ResourceKey("", "ConfigMap", "shop", "one")
OWNER = Owner("web", "shop", "syncline-web")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
TRACKING = "argocd.argoproj.io/tracking-id"


def entry(manager: str, operation: str = "Update", *names: str, **more: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"f:data": {f"f:{name}": {} for name in names}}
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields, **more}


def live(*entries: dict[str, Any], data: dict[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    held = {"managedFields": list(entries)} if entries else {}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "one", "namespace": "shop", **metadata, **held},
        "data": data or {"a": "1"},
    }


DESIRED = mark(manifest(KEY, data={"a": "1"}), OWNER).body


@pytest.mark.parametrize(
    ("body", "named", "comes_back"),
    [
        (live(), [], False),
        (live(entry("curl")), [], False),
        (live(entry("kubectl-client-side-apply", time="T1")), ["kubectl"], False),
        (live(annotations={LAST_APPLIED: "{}"}), ["kubectl"], False),
        (
            live(annotations={TRACKING: "shop:/ConfigMap:shop/one"}),
            ["Argo CD's Application shop"],
            True,
        ),
        (live(annotations={TRACKING: "web:/ConfigMap:shop/one"}), ["Argo CD's Application web"], True),
        (live(annotations={TRACKING: "shop:/ConfigMap:shop/other"}), [], False),
        (live(annotations={TRACKING: "web:/ConfigMap:shop/one"}) | {}, ["Argo CD's Application web"], True),
        (live(entry("argocd-controller", "Apply")), ["Argo CD"], True),
        (
            live(entry("syncline", "Apply"), annotations={TRACKING: "web:/ConfigMap:shop/one"}),
            [],
            False,
        ),
        (
            live(entry("syncline", "Apply"), annotations={TRACKING: "shop:/ConfigMap:shop/one"}),
            ["the application shop"],
            True,
        ),
        (
            live(
                entry("syncline", "Apply"),
                labels={"applyset.kubernetes.io/part-of": "applyset-x-v1"},
                annotations={TRACKING: "shop:/ConfigMap:shop/one"},
            ),
            ["another ApplySet of the application shop"],
            True,
        ),
        (
            live(
                labels={
                    "kustomize.toolkit.fluxcd.io/name": "shop",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            ),
            ["Flux's Kustomization flux-system/shop"],
            True,
        ),
        (
            live(
                labels={"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "apps"},
                annotations={"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"},
            ),
            ["Flux's HelmRelease apps/shop", "Helm's release shop/shop"],
            True,
        ),
        (live(labels={"app.kubernetes.io/managed-by": "Helm"}), [], False),
        (live(labels={"app.kubernetes.io/managed-by": "strimzi-operator"}), ["strimzi-operator"], True),
        (live(labels={"kapp.k14s.io/app": "17"}), ["kapp's app 17"], True),
        (live(entry("Terraform", "Apply")), ["Terraform"], True),
        (
            live(ownerReferences=[{"kind": "ExternalSecret", "name": "db", "controller": True}]),
            ["ExternalSecret db"],
            True,
        ),
        (live(ownerReferences=[{"kind": "Thing", "name": "x"}]), [], False),
        (
            live(entry("kubectl-edit"), entry("helm", time="T1")),
            ["Helm", "kubectl"],
            True,
        ),
    ],
)
def test_an_owner_is_named_by_what_it_left_on_the_object(
    body: Body, named: list[str], comes_back: bool
) -> None:
    found = claimants(body, KEY, DESIRED, "web")

    assert [claim.name for claim in found] == named
    assert any(claim.comes_back for claim in found) is comes_back


def test_what_git_wants_there_is_no_trace_of_anybody() -> None:
    labels = {"app.kubernetes.io/managed-by": "shop-operator", "kapp.k14s.io/app": "17"}
    wanted = {**DESIRED, "metadata": {**DESIRED["metadata"], "labels": labels}}

    assert claimants(live(labels=labels), KEY, wanted, "web") == ()


def test_a_label_alone_does_not_make_an_object_ours_where_the_server_knows_who_applied_it() -> None:
    label = {"applyset.kubernetes.io/part-of": OWNER.id}

    assert is_ours(live(entry("syncline", "Apply"), labels=label), OWNER.id)
    assert is_ours(live(labels=label), OWNER.id), "where the server does not tell, the label does"
    assert not is_ours(live(entry("kubectl", "Apply"), labels=label), OWNER.id)
    assert not is_ours(live(entry("syncline", "Apply")), OWNER.id)


def test_only_tools_that_come_back_are_rivals_and_only_of_what_they_hold() -> None:
    colour = (FieldChange(("data", "a"), "2", "1"),)
    ours = entry("syncline", "Apply", "b")

    assert rival(live(ours, entry("a-person", "Update", "a")), colour) is None
    assert rival(live(ours, entry("helm", "Update", "b")), colour) is None
    assert rival(live(ours, entry("helm", "Update", "a", subresource="status")), colour) is None
    found = rival(live(ours, entry("helm", "Update", "a", time="T9")), colour)
    assert found is not None
    assert str(found) == "Helm (helm wrote it at T9)"


def test_the_last_writer_is_of_the_object_itself_and_not_us() -> None:
    body = live(
        entry("syncline", "Apply", time="2026-01-09T00:00:00Z"),
        entry("a", time="2026-01-02T00:00:00Z"),
        entry("b", time="2026-01-03T00:00:00Z"),
        entry("kubelet", time="2026-01-08T00:00:00Z", subresource="status"),
    )

    writer = last_writer(body)
    assert writer is not None
    assert writer.manager == "b"
    assert last_writer(live()) is None


managers = st.sampled_from(
    sorted({"a-person", "kubectl-edit", "kubectl", "syncline", *CLIENT_SIDE, *TOOL_MANAGERS})
)
trees = st.lists(st.sampled_from("abcd"), max_size=4, unique=True)
entries_of_all = st.lists(
    st.builds(lambda m, o, names: entry(m, o, *names), managers, st.sampled_from(["Apply", "Update"]), trees),
    max_size=5,
    unique_by=lambda each: (each["manager"], each["operation"]),
)


@given(entries_of_all, st.booleans())
def test_what_is_handed_over_is_owned_by_us_and_by_nobody_who_left(
    listed: list[dict[str, Any]], adopted: bool
) -> None:
    body = live(*listed)
    going = outgoing(body, adopted=adopted)
    after = migrated(body, going)

    left = {e["manager"] for e in after["metadata"].get("managedFields", ())}
    assert not left & set(going)
    assert "a-person" not in going
    assert "kubectl-edit" not in going
    mine = owned_by(after).get("f:data", {})
    for each in listed:
        if each["manager"] in going:
            assert each["fieldsV1"]["f:data"].keys() <= mine.keys()
    assert migrated(after, outgoing(after, adopted=adopted)) is after, "once is enough"
    assert (after is body) == (not going)


def test_fields_of_another_version_are_dropped_rather_than_guessed() -> None:
    old = {**entry("helm", "Update", "b"), "apiVersion": "v1beta1"}

    after = migrated(live(old), ("helm",))

    assert owned_by(after) == {}
    assert [each["manager"] for each in after["metadata"]["managedFields"]] == ["syncline"]


def test_kubectls_record_tells_what_was_written_from_what_the_server_filled_in() -> None:
    record = '{"data": {"a": "1", "b": "2"}}'
    body = live(
        entry("kubectl-client-side-apply", "Update", "a", "b", "filled"),
        data={"a": "1", "b": "2", "filled": "in"},
        annotations={LAST_APPLIED: record},
    )
    taken = without_record(migrated(body, outgoing(body, adopted=True)))

    assert removed_with(body, taken, DESIRED) == (("data", "b"),)
    assert set(leftovers(taken, DESIRED)) == {("data", "b"), ("data", "filled")}
    assert removed_with(live(entry("helm")), taken, DESIRED) == ()
    assert removed_with(live(annotations={LAST_APPLIED: "no json"}), taken, DESIRED) == ()
