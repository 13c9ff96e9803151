from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from served import applied, entry
from syncline.core.fields import ABSENT, compare, value_at, with_value, without
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.predict import in_sync, predict_apply
from syncline.core.schema import shape_from_crd

Object = dict[str, Any]


def deployment(**pod: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": "web:1"}], **pod},
            },
        },
    }


def network_policy() -> Object:
    peer = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"podSelector": {}, "ingress": [{"from": [peer], "ports": [{"port": 80}]}]},
    }


def stateful_set() -> Object:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": deployment()["spec"]["template"],
            "volumeClaimTemplates": [claim],
        },
    }


def service(**spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec},
    }


def role_binding() -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "dev", "namespace": "shop"},
        "roleRef": {"kind": "Role", "name": "dev"},
        "subjects": [
            {"kind": "Group", "name": "dev"},
            {"kind": "ServiceAccount", "name": "ci", "apiGroup": ""},
        ],
    }


def limit_range() -> Object:
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "limits", "namespace": "shop"},
        "spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}, "min": {"memory": "1Mi"}}]},
    }


def custom(**spec: Any) -> Object:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop"},
        "spec": spec,
    }


CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "versions": [
            {
                "name": "v1",
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "properties": {"weight": {"type": "integer", "default": 1}},
                                        },
                                    },
                                    "parts": {
                                        "type": "array",
                                        "x-kubernetes-list-type": "map",
                                        "x-kubernetes-list-map-keys": ["id"],
                                        "items": {"type": "object", "properties": {"id": {"type": "string"}}},
                                    },
                                },
                            }
                        },
                    }
                },
            }
        ]
    },
}


def served(desired: Object, *changes: tuple[tuple[str | int, ...], Any]) -> Object:
    """`desired` after we applied it, with what the server made of it."""
    live: Any = applied(desired, desired)
    for path, value in changes:
        live = with_value(live, path, value)
    return dict(live)


POD = ("spec", "template", "spec")
MAIN = (*POD, "containers", "[name=main]")

DEFAULTS = [
    pytest.param(
        deployment(),
        [
            (("status",), {"replicas": 1}),
            (("metadata", "uid"), "1"),
            (("spec", "replicas"), 1),
            (("spec", "strategy"), {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}),
            ((*POD, "dnsPolicy"), "ClusterFirst"),
            ((*POD, "securityContext"), {}),
            ((*MAIN, "imagePullPolicy"), "IfNotPresent"),
            ((*MAIN, "resources"), {}),
        ],
        id="fields the server fills into maps and keyed lists",
    ),
    pytest.param(
        service(),
        [
            (("spec", "ports"), [{"port": 80, "protocol": "TCP", "targetPort": 80}]),
            (("spec", "clusterIP"), "10.0.0.1"),
        ],
        id="a port's protocol, which is one of its keys",
    ),
    pytest.param(
        network_policy(),
        [
            (
                ("spec", "ingress", 0, "ports"),
                [{"port": 80, "protocol": "TCP"}],
            ),
            (("spec", "policyTypes"), ["Ingress"]),
        ],
        id="a default inside a list that is replaced as a whole",
    ),
    pytest.param(
        stateful_set(),
        [
            (
                ("spec", "volumeClaimTemplates", 0),
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {"name": "data", "creationTimestamp": None},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "1Gi"}},
                        "volumeMode": "Filesystem",
                    },
                    "status": {"phase": "Pending"},
                },
            )
        ],
        id="a claim template, with a quantity spelled the server's way",
    ),
    pytest.param(
        role_binding(),
        [
            (("roleRef", "apiGroup"), "rbac.authorization.k8s.io"),
            (
                ("subjects",),
                [
                    {"kind": "Group", "name": "dev", "apiGroup": "rbac.authorization.k8s.io"},
                    {"kind": "ServiceAccount", "name": "ci"},
                ],
            ),
        ],
        id="the API group of subjects",
    ),
    pytest.param(
        limit_range(),
        [
            (("spec", "limits", 0, "default"), {"cpu": "1"}),
            (("spec", "limits", 0, "defaultRequest"), {"cpu": "1", "memory": "1Mi"}),
        ],
        id="limits computed from other limits",
    ),
    pytest.param(
        deployment(
            containers=[
                {
                    "name": "main",
                    "image": "web:1",
                    "env": [
                        {"name": "EMPTY", "value": ""},
                        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    ],
                    "args": [],
                    "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": 0.5}},
                }
            ],
            hostNetwork=False,
            nodeSelector={},
        ),
        [
            (
                (*MAIN, "env"),
                [
                    {"name": "EMPTY"},
                    {
                        "name": "IP",
                        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
                    },
                ],
            ),
            ((*MAIN, "resources"), {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}),
        ],
        id="empty values that Go forgets, and quantities",
    ),
]


@pytest.mark.parametrize(("desired", "changes"), DEFAULTS)
def test_what_the_server_fills_in_forgets_or_respells_is_no_difference(desired: Object, changes: Any) -> None:
    live: Any = served(desired, *changes)
    for forgotten in ((*MAIN, "args"), (*POD, "hostNetwork"), (*POD, "nodeSelector")):
        live = without(live, forgotten) if not value_at(live, forgotten) else live

    assert in_sync(live, desired)
    assert normalize_live(predict_apply(live, desired)) == normalize_live(live)


DIFFERENCES = [
    pytest.param(
        deployment(), [((*MAIN, "image"), "web:2")], (*MAIN, "image"), id="a field of a keyed member"
    ),
    pytest.param(
        service(),
        [(("spec", "ports"), [{"port": 81}])],
        ("spec", "ports", "[port=80,protocol=TCP]"),
        id="a member that is gone",
    ),
    pytest.param(
        network_policy(),
        [(("spec", "ingress", 0, "from", 0), {"podSelector": {"matchLabels": {"app": "web"}}})],
        ("spec", "ingress", 0, "from", 0, "namespaceSelector"),
        id="an empty selector, which selects everything",
    ),
    pytest.param(
        network_policy(),
        [(("spec", "ingress", 0, "ports", 0, "endPort"), 90)],
        ("spec", "ingress", 0, "ports", 0, "endPort"),
        id="an addition inside a list that is replaced as a whole",
    ),
    pytest.param(
        service(),
        [(("spec", "selector", "tier"), "x")],
        ("spec", "selector", "tier"),
        id="an addition to a map that is replaced as a whole",
    ),
    pytest.param(custom(on=True), [(("spec", "on"), 1)], ("spec", "on"), id="true and 1"),
    pytest.param(
        custom(size="1000m"),
        [(("spec", "size"), "1")],
        ("spec", "size"),
        id="what looks like a quantity where no quantity is known",
    ),
    pytest.param(
        deployment(automountServiceAccountToken=False),
        [((*POD, "automountServiceAccountToken"), None)],
        (*POD, "automountServiceAccountToken"),
        id="false in a field that keeps it",
    ),
]


@pytest.mark.parametrize(("desired", "changes", "path"), DIFFERENCES)
def test_what_somebody_changed_is_found_and_predicted_to_be_put_back(
    desired: Object, changes: Any, path: Any
) -> None:
    live = served(desired, *changes)
    predicted = predict_apply(live, desired)

    assert not in_sync(live, desired)
    assert path in [change.path for change in compare(normalize_live(live), normalize_live(predicted))]
    assert in_sync(applied(dict(predicted), desired), desired)


def test_members_that_others_add_to_keyed_lists_stay() -> None:
    desired = deployment()
    live = dict(
        with_value(served(desired), (*POD, "containers", "[name=proxy]"), {"name": "proxy", "image": "p:1"})
    )
    newer = dict(with_value(desired, (*MAIN, "image"), "web:2"))

    assert in_sync(live, desired)
    assert value_at(predict_apply(live, newer), (*POD, "containers")) == [
        {"name": "main", "image": "web:2"},
        {"name": "proxy", "image": "p:1"},
    ]


LEFT_OVER = [
    pytest.param((*MAIN, "livenessProbe"), {"httpGet": {"path": "/", "port": 80}}, id="a struct"),
    pytest.param((*POD, "volumes", "[name=tmp]"), {"name": "tmp", "emptyDir": {}}, id="a keyed member"),
    pytest.param(("metadata", "annotations", "example.com/a"), "x", id="an annotation"),
    pytest.param(("spec", "replicas"), 3, id="a scalar"),
    pytest.param((*MAIN, "args"), ["-v"], id="a list as a whole"),
]


@pytest.mark.parametrize(("path", "value"), LEFT_OVER)
def test_a_field_that_git_no_longer_has_is_removed_with_the_defaults_in_it(path: Any, value: Any) -> None:
    desired = deployment()
    live: Any = served(dict(with_value(desired, path, value)))
    if isinstance(value, dict):
        live = with_value(live, (*path, "defaulted"), 1)
    predicted = predict_apply(live, desired)

    assert not in_sync(live, desired)
    assert value_at(predicted, path) is ABSENT
    assert in_sync(applied(dict(predicted), desired), desired)


def test_a_field_that_git_no_longer_has_stays_where_another_manager_owns_it_too() -> None:
    older = dict(with_value(deployment(), ("spec", "replicas"), 3))
    live = served(older)
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 3}}
    live["metadata"]["managedFields"].append(entry(scaled, manager="autoscaler", operation="Update"))

    assert in_sync(live, deployment())
    assert value_at(predict_apply(live, deployment()), ("spec", "replicas")) == 3


def test_a_field_nobody_applied_is_no_leftover() -> None:
    live = dict(with_value(served(deployment()), ("spec", "replicas"), 3))

    assert in_sync(live, deployment())


def test_the_order_of_variables_counts_and_the_order_of_ports_does_not() -> None:
    variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]
    ports = [{"containerPort": 80}, {"containerPort": 81}]
    desired = deployment(containers=[{"name": "main", "env": variables, "ports": ports}])
    live = served(desired)

    turned: Any = with_value(live, (*MAIN, "env"), variables[::-1])
    assert not in_sync(turned, desired)
    assert value_at(predict_apply(turned, desired), (*MAIN, "env")) == variables
    assert in_sync(with_value(live, (*MAIN, "ports"), ports[::-1]), desired)


def test_finalizers_of_others_stay_and_ours_come_and_go() -> None:
    desired: Any = with_value(deployment(), ("metadata", "finalizers"), ["a/ours"])
    live: Any = with_value(served(desired), ("metadata", "finalizers"), ["b/theirs", "a/ours"])
    theirs = with_value(deployment(), ("metadata", "finalizers"), ["b/theirs"])
    live["metadata"]["managedFields"].append(entry(dict(theirs), manager="controller", operation="Update"))

    assert in_sync(live, desired)
    assert not in_sync(live, deployment())
    assert value_at(predict_apply(live, deployment()), ("metadata", "finalizers")) == ["b/theirs"]
    more = with_value(desired, ("metadata", "finalizers"), ["a/ours", "c/new"])
    assert value_at(predict_apply(live, more), ("metadata", "finalizers")) == ["b/theirs", "a/ours", "c/new"]


def test_a_keyed_list_whose_keys_are_not_unique_is_compared_as_a_whole() -> None:
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    desired = deployment(containers=[{"name": "main", "env": twice[:1]}])
    live = deployment(containers=[{"name": "main", "env": twice}])

    assert not in_sync(live, desired)
    assert value_at(predict_apply(live, desired), (*MAIN, "env")) == twice[:1]
    assert in_sync(live, live)


@pytest.mark.parametrize("wrong", ["text", 1, None, ["text"], {"name": "main"}])
def test_a_manifest_of_the_wrong_types_is_different_and_no_error(wrong: Any) -> None:
    live = served(deployment())
    desired = with_value(deployment(), (*POD, "containers"), wrong)

    assert in_sync(live, desired) is False
    assert predict_apply(live, desired)["kind"] == "Deployment"
    assert in_sync(dict(with_value(live, (*POD, "containers"), wrong)), deployment()) is False


def test_limits_that_are_not_a_containers_have_no_defaults() -> None:
    desired: Any = with_value(limit_range(), ("spec", "limits", 0, "type"), "Pod")
    live = served(dict(desired), (("spec", "limits", 0, "default"), {"cpu": "1"}))

    assert not in_sync(live, desired)


def test_secrets_are_compared_by_their_real_values() -> None:
    desired = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "one"}}
    live = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "b25l"},
        "type": "Opaque",
    }

    assert in_sync(applied(live, dict(normalize_desired(desired))), desired)
    assert not in_sync({**live, "data": {"a": "dHdv"}}, desired)


def test_a_custom_resource_is_compared_strictly_until_its_definition_is_known() -> None:
    desired = custom(rules=[{"name": "a"}], parts=[{"id": "x"}])
    shape = shape_from_crd(CRD, "v1")
    live = copy.deepcopy(desired)
    live["spec"]["rules"][0]["weight"] = 1
    live["spec"]["parts"].insert(0, {"id": "by-others"})

    assert not in_sync(live, desired)
    assert not in_sync(live, desired, shape_from_crd(CRD, "v2"))
    assert in_sync(applied(live, desired, shape=shape), desired, shape)


def test_a_removal_inside_a_list_that_is_replaced_as_a_whole_is_seen() -> None:
    older = custom(rules=[{"name": "a", "only": "b"}])

    assert not in_sync(served(older), custom(rules=[{"name": "a"}]))


def test_an_object_that_is_not_there_will_be_what_is_desired() -> None:
    assert predict_apply(None, deployment()) == normalize_desired(deployment())


scalars = st.sampled_from(["", "a", "1", "1000m", 0, 1, True, False])
texts = st.sampled_from(["", "a", "b"])
members = st.sampled_from(["main", "side", "init"])
variables = st.builds(lambda name, value: {"name": name, "value": value}, st.sampled_from("ABC"), texts)


@st.composite
def containers(draw: st.DrawFn) -> Object:
    optional = {
        "image": texts,
        "args": st.lists(texts, max_size=2),
        "env": st.lists(variables, max_size=3, unique_by=lambda member: member["name"]),
        "ports": st.lists(
            st.fixed_dictionaries(
                {"containerPort": st.integers(80, 82)},
                optional={"protocol": st.sampled_from(["TCP", "UDP"]), "name": texts},
            ),
            max_size=3,
            unique_by=lambda port: (port["containerPort"], port.get("protocol", "TCP")),
        ),
        "resources": st.fixed_dictionaries(
            {},
            optional={
                "limits": st.dictionaries(
                    st.sampled_from(["cpu", "memory"]), st.sampled_from(["1", "1000m", 1])
                )
            },
        ),
        "stdin": st.booleans(),
    }
    return draw(st.fixed_dictionaries({"name": members}, optional=optional))


@st.composite
def deployments(draw: st.DrawFn) -> Object:
    chosen = draw(st.lists(containers(), max_size=3, unique_by=lambda container: container["name"]))
    optional = {
        "replicas": st.integers(0, 2),
        "paused": st.booleans(),
        "selector": st.fixed_dictionaries({"matchLabels": st.dictionaries(texts, texts, max_size=2)}),
    }
    spec = draw(st.fixed_dictionaries({}, optional=optional))
    tolerations = draw(
        st.lists(st.fixed_dictionaries({}, optional={"key": texts, "value": texts}), max_size=2)
    )
    pod = {"containers": chosen, "tolerations": tolerations}
    metadata = {"name": "web", "labels": draw(st.dictionaries(texts, texts, max_size=2))}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {**spec, "template": {"spec": pod}},
    }


@given(older=deployments(), desired=deployments(), foreign=deployments())
def test_what_is_predicted_is_in_sync_once_it_is_live(
    older: Object, desired: Object, foreign: Object
) -> None:
    live = applied(applied(dict(predict_apply(foreign, older)), foreign, manager="other"), older)
    predicted = applied(dict(predict_apply(live, desired)), dict(normalize_desired(desired)))

    assert in_sync(predicted, desired)
    assert normalize_live(predict_apply(predicted, desired)) == normalize_live(predicted)


@given(older=deployments(), desired=deployments())
def test_in_sync_means_that_the_prediction_shows_no_change(older: Object, desired: Object) -> None:
    live = applied(dict(predict_apply(None, older)), older)
    predicted = predict_apply(live, desired)

    changes = compare(normalize_live(live), normalize_live(predicted))
    assert in_sync(live, desired) == (not changes)


@given(live=deployments(), desired=deployments())
def test_predicting_changes_neither_of_its_inputs(live: Object, desired: Object) -> None:
    before = copy.deepcopy((live, desired))
    predict_apply(live, desired)
    in_sync(live, desired)

    assert (live, desired) == before


@pytest.mark.parametrize("most", [["cpu"], "1", 5, {}, None])
def test_a_limit_range_that_no_server_takes_is_still_compared(most: Any) -> None:
    live, wanted = limit_range(), limit_range()
    wanted["spec"]["limits"][0]["max"] = most

    assert predict_apply(live, wanted)["spec"]["limits"] != []
    assert not in_sync(live, wanted)
