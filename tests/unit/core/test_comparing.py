"""Durations, known types, Argo CD's marks, compare options, and what admission adds."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from served import applied, entry
from syncline.config.application import Application, Destination, IgnoreDifference
from syncline.config.comparison import KnownType, Tracking
from syncline.core.admission import quieted
from syncline.core.compare_options import is_extraneous, level_for, misread_comparing, shows_webhooks
from syncline.core.duration import canonical, parse_duration, same_duration
from syncline.core.fields import compare, show, with_value
from syncline.core.ignore import yielding
from syncline.core.known_types import with_known_types
from syncline.core.live import Level
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.predict import in_sync, predict_apply
from syncline.core.resource import Manifest, key_of
from syncline.core.schema import shape_from_schema, shape_of
from syncline.core.tracking import INSTALLATION, with_marks
from syncline.errors import Place
from syncline.kube.kinds import table

Object = dict[str, Any]


@pytest.mark.parametrize(
    ("text", "nanoseconds", "spelling"),
    [
        ("90s", 90 * 10**9, "1m30s"),
        ("1.5h", 5400 * 10**9, "1h30m0s"),
        ("60m", 3600 * 10**9, "1h0m0s"),
        ("0", 0, "0s"),
        ("-1m", -60 * 10**9, "-1m0s"),
        ("1500ms", 1_500_000_000, "1.5s"),
        ("1.5ms", 1_500_000, "1.5ms"),
        ("3us", 3000, "3µs"),
        ("7ns", 7, "7ns"),
        (".5s", 500_000_000, "500ms"),
        ("1", None, "1"),
        ("1d", None, "1d"),
        ("", None, ""),
        ("s", None, "s"),
        (".s", None, ".s"),
        ("9" * 200 + "h", None, "9" * 200 + "h"),
    ],
)
def test_a_duration_is_read_and_spelled_as_go_does(text: str, nanoseconds: int | None, spelling: str) -> None:
    assert parse_duration(text) == nanoseconds
    assert canonical(text) == spelling
    assert same_duration(text, spelling) is (nanoseconds is not None)


@given(st.integers(0, 2**62))
def test_a_spelling_is_read_as_what_it_was_made_of(amount: int) -> None:
    spelled = canonical(f"{amount}ns")

    assert parse_duration(spelled) == amount
    assert canonical(spelled) == spelled


def typed(*known: KnownType, kind: str = "example.com/Plant", schema: Object | None = None) -> Any:
    shape = shape_from_schema(schema) if schema else shape_of("example.com/v1", "Plant")
    return with_known_types(shape, kind, known, lambda name: table().type(name, table().newest))


def plant(cpu: Any, every: str, *, version: str = "example.com/v1", kind: str = "Plant") -> Object:
    container = {"name": "main", "resources": {"limits": {"cpu": cpu}}}
    spec = {"every": every, "template": {"spec": {"containers": [container]}}}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "p"}, "spec": spec}


POD = KnownType(("spec", "template", "spec"), "core/v1/PodSpec")
EVERY = KnownType(("spec", "every"), "meta/v1/Duration")


def test_the_quantities_and_durations_of_known_types_are_the_same_in_every_spelling() -> None:
    live = applied(plant("1", "1m30s"), plant("1", "1m30s"))
    shape = typed(POD, EVERY)

    assert in_sync(live, plant("1000m", "90s"), shape)
    assert not in_sync(live, plant("1000m", "90s"))
    assert not in_sync(live, plant("1001m", "90s"), shape)
    assert not in_sync(live, plant("1", "91s"), shape)
    before, after = (normalize_desired(each, shape) for each in (plant("1", "90s"), plant("1000m", "1m30s")))
    assert compare(before, after, shape) == ()


def test_a_rollout_has_its_pods_known_without_a_word() -> None:
    rollout = {"version": "argoproj.io/v1alpha1", "kind": "Rollout"}
    live = applied(plant("1", "x", **rollout), plant("1", "x", **rollout))

    assert in_sync(live, plant("1000m", "x", **rollout), typed(kind="argoproj.io/Rollout"))


def test_a_known_type_changes_nothing_of_how_lists_merge() -> None:
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "pools": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["id"],
                        "items": {"type": "object", "properties": {"size": {"type": "string"}}},
                    }
                },
            }
        },
    }
    shape = typed(KnownType(("spec", "pools", "size"), "core/Quantity"), schema=schema)

    def pools(*sizes: tuple[str, str]) -> Object:
        listed = [{"id": name, "size": size} for name, size in sizes]
        return {"apiVersion": "example.com/v1", "kind": "Plant", "metadata": {}, "spec": {"pools": listed}}

    live = applied(pools(("a", "1Gi"), ("b", "2")), pools(("a", "1Gi"), ("b", "2")))
    assert in_sync(live, pools(("b", "2000m"), ("a", "1024Mi")), shape)
    after = predict_apply(live, pools(("a", "3"), ("b", "2000m")), shape)
    assert [show(change.path) for change in compare(live, after, shape)] == ["spec.pools[id=a].size"]


APP = Application("web", Place("a.yaml", 1), (), Destination(namespace="shop"), namespace="argocd")
TRACKING = "argocd.argoproj.io/tracking-id"


def config_map(labels: Object | None = None, annotations: Object | None = None) -> Object:
    metadata: Object = {"name": "c", "namespace": "shop"}
    metadata |= {"labels": labels} if labels else {}
    metadata |= {"annotations": annotations} if annotations else {}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}


OURS = {TRACKING: "web:/ConfigMap:shop/c"}
LABEL = "app.kubernetes.io/instance"


@pytest.mark.parametrize(
    ("method", "live", "expected"),
    [
        ("annotation", config_map({LABEL: "web"}), config_map({LABEL: "chart"}, OURS)),
        ("label", config_map({LABEL: "web"}), config_map({LABEL: "web"}, OURS)),
        ("annotation+label", config_map({LABEL: "web"}, OURS), config_map({LABEL: "web"}, OURS)),
        # Another application's mark is a difference like any other.
        ("label", config_map({LABEL: "shop"}), config_map({LABEL: "chart"}, OURS)),
        (
            "annotation",
            config_map(annotations={TRACKING: "argocd_web:/ConfigMap:shop/c"}),
            config_map({LABEL: "chart"}, {TRACKING: "argocd_web:/ConfigMap:shop/c"}),
        ),
        (
            "annotation",
            config_map(annotations={TRACKING: "web:/ConfigMap:shop/other"}),
            config_map({LABEL: "chart"}, OURS),
        ),
        (
            "annotation",
            config_map(annotations={**OURS, INSTALLATION: "eu-1"}),
            config_map({LABEL: "chart"}, {**OURS, INSTALLATION: "eu-1"}),
        ),
        (
            "annotation",
            config_map(annotations={TRACKING: "shop:/ConfigMap:shop/c", INSTALLATION: "eu-1"}),
            config_map({LABEL: "chart"}, OURS),
        ),
    ],
)
def test_argo_cds_marks_of_this_application_stay_and_no_others(
    method: str, live: Object, expected: Object
) -> None:
    desired = config_map({LABEL: "chart"}, OURS)

    assert with_marks(desired, live, APP, Tracking(method)) == expected
    assert with_marks(desired, None, APP, Tracking(method)) is desired


def test_a_label_that_was_cut_is_recognised() -> None:
    long = "a" * 62 + "-b"
    app = Application(long, Place("a.yaml"), (), Destination())
    live = config_map({LABEL: "a" * 62})

    assert with_marks(config_map(), live, app, Tracking("label")) == live
    assert with_marks(config_map(), live, APP, Tracking("label")) == config_map()


@pytest.mark.parametrize(
    ("options", "asked", "level"),
    [
        ("", Level.LIVE, Level.LIVE),
        ("ServerSideDiff=true", Level.LIVE, Level.DRY_RUN),
        ("IgnoreExtraneous, ServerSideDiff=false", Level.DRY_RUN, Level.LIVE),
        ("ServerSideDiff=true", Level.OFFLINE, Level.OFFLINE),
    ],
)
def test_an_application_chooses_between_our_word_and_the_servers(
    options: str, asked: Level, level: Level
) -> None:
    assert level_for({"argocd.argoproj.io/compare-options": options}, asked)[0] is level


def test_options_that_nobody_knows_are_told() -> None:
    name = "argocd.argoproj.io/compare-options"
    body = config_map(annotations={name: "IgnoreExtranous,ServerSideDiff=true"})
    manifest = Manifest(key_of(body), "v1", body, Place("c.yaml", 3))

    assert is_extraneous(config_map(annotations={name: "IgnoreExtraneous"}))
    assert not is_extraneous(body)
    assert not is_extraneous(None)
    assert shows_webhooks({name: "IncludeMutationWebhook=true"})
    assert list(misread_comparing([manifest])) == [
        (
            f"ConfigMap shop/c (c.yaml:3) asks for IgnoreExtranous in {name}, which nobody knows there; "
            "did you mean IgnoreExtraneous?"
        ),
        f"ConfigMap shop/c (c.yaml:3) asks for ServerSideDiff=true in {name}, which nobody knows there.",
    ]


def service(**spec: Any) -> Object:
    metadata = {"name": "s", "labels": {"app": "s"}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def test_what_only_the_server_would_change_is_no_difference() -> None:
    port = {"port": 80, "protocol": "TCP", "nodePort": 30001}
    desired = service(type="NodePort", selector={"app": "new"}, ports=[{"port": 80}])
    mine = service(type="NodePort", selector={"app": "old"}, ports=[{"port": 80}])
    live = applied(service(type="NodePort", selector={"app": "old"}, ports=[port]), mine)
    stamped = with_value(live, ("metadata", "annotations"), {"hook/at": "now"})
    answer = with_value(
        with_value(stamped, ("spec", "selector", "app"), "new"),
        ("spec", "ports", "[port=80,protocol=TCP]", "nodePort"),
        30777,
    )

    said = quieted(live, predict_apply(live, desired), answer)

    assert [show(change.path) for change in compare(normalize_live(live), normalize_live(said))] == [
        "spec.selector.app"
    ]


def test_what_is_ours_in_the_answer_is_shown_though_we_did_not_foresee_it() -> None:
    mine = service(selector={"app": "a"})
    live = applied(service(selector={"app": "a"}), mine)
    answer = with_value(live, ("spec", "selector", "app"), "A")

    assert quieted(live, live, answer) == answer


def test_an_answer_that_says_what_we_said_is_given_back_as_it_is() -> None:
    live = applied(service(selector={"app": "a"}), service(selector={"app": "a"}))
    after = predict_apply(live, service(selector={"app": "b"}))

    assert quieted(live, after, after) is after


def test_the_rules_a_controller_gathers_are_left_to_it() -> None:
    rule = IgnoreDifference(
        "rbac.authorization.k8s.io", "ClusterRole", jq_path_expressions=("select(.aggregationRule) | .rules",)
    )
    role: Object = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "r"},
        "rules": [{"verbs": ["get"]}],
    }
    gathered = {**role, "aggregationRule": {}, "rules": [{"verbs": ["list"]}]}

    assert (
        yielding(key_of(role), {**role, "aggregationRule": {}}, gathered, [rule])["rules"]
        == gathered["rules"]
    )
    assert yielding(key_of(role), role, {**role, "rules": []}, [rule]) is role


def test_a_field_of_another_manager_is_ignored_only_where_both_have_it() -> None:
    rule = IgnoreDifference("", "ConfigMap", managed_fields_managers=("other",))
    live = config_map()
    live["data"] = {"a": "theirs", "b": "theirs"}
    live["metadata"]["managedFields"] = [entry(live, manager="other")]
    desired = config_map()

    assert yielding(key_of(desired), desired, live, [rule])["data"] == {"a": "theirs"}


def test_thousands_of_changed_keys_are_no_long_wait() -> None:
    live = config_map()
    live["data"] = {f"k{number}": "1" for number in range(5000)}
    answer = {**live, "data": dict.fromkeys(live["data"], "2")}
    began = time.process_time()

    assert quieted(live, answer, answer) is answer
    assert time.process_time() - began < 3
