from __future__ import annotations

from typing import Any

import pytest

from syncline.core.fields import compare, with_value
from syncline.core.images import Image
from syncline.core.notes import Remark, Severity, images, remarks
from syncline.core.plan import Action, Change
from syncline.core.resource import Body, key_of

Object = dict[str, Any]


def thing(api_version: str, kind: str, *, name: str = "x", **fields: Any) -> Object:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        **fields,
    }


def update(before: Body, after: Body, action: Action = Action.UPDATE) -> Change:
    return Change(key_of(after), action, before, after, compare(before, after))


def changed(before: Body, path: str, value: Any) -> Change:
    return update(before, with_value(before, tuple(path.split(".")), value))


def create(after: Body) -> Change:
    return Change(key_of(after), Action.CREATE, None, after)


def prune(before: Body, action: Action = Action.PRUNE) -> Change:
    return Change(key_of(before), action, before, None)


def deployment(image: str = "web:1", *, name: str = "x", **spec: Any) -> Object:
    containers = [{"name": "main", "image": image}]
    rest = {"selector": {"matchLabels": {"app": name}}, "replicas": 2, **spec}
    return thing(
        "apps/v1", "Deployment", name=name, spec={**rest, "template": {"spec": {"containers": containers}}}
    )


STATEFUL_SET = thing("apps/v1", "StatefulSet", spec={"serviceName": "a", "replicas": 1, "template": {"a": 1}})
JOB = thing("batch/v1", "Job", spec={"template": {"a": 1}, "parallelism": 1})
SERVICE = thing("v1", "Service", spec={"clusterIP": "10.0.0.1", "type": "ClusterIP"})
BINDING = thing(
    "rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"kind": "Role", "name": "a"}, subjects=[]
)
CLASS = thing(
    "storage.k8s.io/v1", "StorageClass", provisioner="a", parameters={"a": "b"}, allowVolumeExpansion=True
)
CLAIM = thing(
    "v1",
    "PersistentVolumeClaim",
    spec={
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "a",
        "resources": {"requests": {"storage": "2Gi"}},
    },
)
CRD_VERSIONS = [{"name": "v1", "served": True}, {"name": "v1beta1", "served": True}]
CRD = thing(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    spec={"scope": "Namespaced", "versions": CRD_VERSIONS},
)

REFUSED = [
    (deployment(), "spec.selector.matchLabels.app", "y"),
    (thing("apps/v1", "DaemonSet", spec={"selector": {"a": "b"}}), "spec.selector.a", "c"),
    (STATEFUL_SET, "spec.serviceName", "b"),
    (STATEFUL_SET, "spec.volumeClaimTemplates", [{"metadata": {"name": "d"}}]),
    (JOB, "spec.template.a", 2),
    (JOB, "spec.completions", 2),
    (SERVICE, "spec.clusterIP", "None"),
    (BINDING, "roleRef.name", "b"),
    (CLASS, "provisioner", "b"),
    (CLASS, "parameters.a", "c"),
    (CLAIM, "spec.storageClassName", "b"),
    (CRD, "spec.scope", "Cluster"),
    (thing("v1", "Secret", type="Opaque"), "type", "kubernetes.io/tls"),
    (thing("v1", "ConfigMap", immutable=True, data={"a": "b"}), "data.a", "c"),
    (thing("v1", "Secret", immutable=True, data={"a": "Yg=="}), "data.c", "Yg=="),
]


@pytest.mark.parametrize(("before", "path", "value"), REFUSED)
def test_a_change_of_an_immutable_field_is_said_to_be_refused(before: Object, path: str, value: Any) -> None:
    (remark,) = remarks([changed(before, path, value)])

    assert remark.severity is Severity.WARNING
    assert remark.key == key_of(before)
    assert remark.text.endswith("the server will refuse it unless the object is deleted and created again")


ALLOWED = [
    (deployment(), "spec.template.spec.x", 1),
    (STATEFUL_SET, "spec.template.a", 2),
    (STATEFUL_SET, "spec.replicas", 5),
    (STATEFUL_SET, "spec.updateStrategy", {"type": "OnDelete"}),
    (JOB, "spec.parallelism", 2),
    ({**JOB, "spec": {**JOB["spec"], "suspend": True}}, "spec.template.a", 2),
    (SERVICE, "spec.type", "NodePort"),
    (BINDING, "subjects", [{"kind": "User", "name": "a"}]),
    (CLASS, "allowVolumeExpansion", False),
    (CLAIM, "spec.resources.requests.storage", "4Gi"),
    (thing("v1", "ConfigMap", immutable=True, data={"a": "b"}), "metadata.labels", {"a": "b"}),
    (thing("v1", "ConfigMap", data={"a": "b"}), "data.a", "c"),
    (thing("example.com/v1", "Deployment", spec={"selector": "a"}), "spec.selector", "b"),
]


@pytest.mark.parametrize(("before", "path", "value"), ALLOWED)
def test_a_change_the_server_takes_is_not_remarked_upon(before: Object, path: str, value: Any) -> None:
    assert remarks([changed(before, path, value)]) == ()


def test_what_git_leaves_to_the_server_is_no_change_of_an_immutable_field() -> None:
    after = {**SERVICE, "spec": {"type": "ClusterIP"}}

    assert remarks([update(SERVICE, after)]) == ()


def test_what_is_deleted_and_made_again_anyway_is_not_refused() -> None:
    after = with_value(deployment(), ("spec", "selector", "matchLabels", "app"), "y")

    assert remarks([update(deployment(), after, Action.RECREATE)]) == ()


def test_the_fields_that_cannot_be_changed_are_named() -> None:
    after = {**CLASS, "provisioner": "b", "parameters": {"a": "c"}}

    (remark,) = remarks([update(CLASS, after)])
    assert remark.text.startswith("parameters.a, provisioner cannot be changed")


def test_a_claim_cannot_shrink() -> None:
    (remark,) = remarks([changed(CLAIM, "spec.resources.requests.storage", "1500Mi")])

    assert remark.text == "its storage shrinks from 2Gi to 1500Mi: the server will refuse it"


def test_a_deployment_cannot_be_recreated_and_rolled() -> None:
    before = deployment(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}})

    (remark,) = remarks([changed(before, "spec.strategy.type", "Recreate")])
    assert "rollingUpdate" in remark.text


@pytest.mark.parametrize(
    "body",
    [
        thing("v1", "Namespace"),
        thing("v1", "PersistentVolume"),
        CLAIM,
        STATEFUL_SET,
        CRD,
    ],
)
@pytest.mark.parametrize("action", [Action.PRUNE, Action.RECREATE])
def test_the_deletion_of_what_holds_others_or_data_is_a_danger(body: Object, action: Action) -> None:
    (remark,) = remarks([Change(key_of(body), action, body, body if action is Action.RECREATE else None)])

    assert remark.severity is Severity.DANGER
    assert remark.text.startswith("it is deleted: ")


def test_the_deletion_of_a_config_map_nobody_uses_is_not() -> None:
    assert remarks([prune(thing("v1", "ConfigMap")), prune(CLAIM, Action.KEEP)]) == ()


USERS = [
    {"volumes": [{"name": "v", "configMap": {"name": "x"}}]},
    {"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "x"}}]}]},
    {"initContainers": [{"name": "c", "env": [{"valueFrom": {"configMapKeyRef": {"name": "x"}}}]}]},
]


@pytest.mark.parametrize("pod", USERS)
def test_the_deletion_of_what_a_pod_still_uses_is_a_danger(pod: Object) -> None:
    body = thing("apps/v1", "Deployment", name="user", spec={"template": {"spec": {"containers": [], **pod}}})
    change = Change(key_of(body), Action.UNCHANGED, body, body)
    other = thing("v1", "Secret")

    assert remarks([change, prune(thing("v1", "ConfigMap")), prune(other)]) == (
        Remark(
            Severity.DANGER,
            key_of(thing("v1", "ConfigMap")),
            "it is deleted, yet Deployment.apps shop/user still uses it",
        ),
    )


def test_a_version_that_is_no_longer_served_is_named() -> None:
    (remark,) = remarks([changed(CRD, "spec.versions", CRD_VERSIONS[:1])])

    assert remark.text.startswith("version v1beta1 is no longer served")


def test_scaling_to_nothing_is_said_once_and_only_when_it_changes() -> None:
    stopped = deployment(replicas=0)

    assert [remark.text for remark in remarks([changed(deployment(), "spec.replicas", 0)])] == [
        "it is scaled to 0 replicas: no pod will be left"
    ]
    assert remarks([changed(stopped, "spec.template.spec.x", 1)]) == ()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("web:1", "web:2", []),
        ("web:1", "web:latest", ["can change at any time"]),
        ("web:1", "web", ["can change at any time"]),
        ("web:latest", "web:1", []),
        ("web:1", "web:latest@sha256:aa", []),
        ("web:1", "ghcr.io/a/web:1", ["another registry: ghcr.io, not docker.io"]),
        ("a.io:5000/web:1", "a.io:5000/web", ["can change at any time"]),
        ("a.io/web:1", "b.io/web", ["can change at any time", "another registry: b.io, not a.io"]),
        ("org/web:1", "org/web:2", []),
    ],
)
def test_images_that_move_or_come_from_elsewhere_are_remarked_upon(
    before: str, after: str, words: list[str]
) -> None:
    texts = [remark.text for remark in remarks([update(deployment(before), deployment(after))])]

    assert len(texts) == len(words)
    assert all(word in text for word, text in zip(words, texts, strict=True))


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("web", ("docker.io", "", "")),
        ("web:1", ("docker.io", "1", "")),
        ("org/web:1", ("docker.io", "1", "")),
        ("localhost/web", ("localhost", "", "")),
        ("localhost:5000/web:1", ("localhost:5000", "1", "")),
        ("r.io/a/b/web:1@sha256:ab", ("r.io", "1", "sha256:ab")),
    ],
)
def test_an_image_reference_is_taken_apart(reference: str, parts: tuple[str, str, str]) -> None:
    assert Image.parse(reference) == Image(*parts)


def test_images_are_listed_where_a_container_changes() -> None:
    pod = {"containers": [{"name": "a", "image": "a:1"}, {"name": "gone", "image": "g:1"}]}
    newer = {
        "initContainers": [{"name": "new", "image": "n:1"}],
        "containers": [{"name": "a", "image": "a:2"}],
    }
    job = thing("batch/v1", "CronJob", spec={"jobTemplate": {"spec": {"template": {"spec": pod}}}})
    after = thing("batch/v1", "CronJob", spec={"jobTemplate": {"spec": {"template": {"spec": newer}}}})

    assert images([update(job, after), create(deployment()), update(deployment(), deployment())]) == (
        ("CronJob.batch shop/x (new)", "", "n:1"),
        ("CronJob.batch shop/x (a)", "a:1", "a:2"),
        ("CronJob.batch shop/x (gone)", "g:1", ""),
    )


def test_a_renamed_object_is_said_to_be_made_anew() -> None:
    old, new = deployment(name="web"), deployment(name="shop-web")

    assert remarks([create(new), prune(old)]) == (
        Remark(
            Severity.INFO,
            key_of(new),
            "it looks renamed from web: a new one is made and the old one is removed",
        ),
    )
    (kept,) = remarks([create(new), prune(old, Action.KEEP)])
    assert kept.text == "it looks renamed from web: a new one is made and the old one stays"


def test_a_rename_of_what_holds_data_is_a_danger() -> None:
    old, new = ({**CLAIM, "metadata": {"name": name, "namespace": "shop"}} for name in ("a", "b"))

    found = [remark for remark in remarks([create(new), prune(old)]) if remark.key == key_of(new)]
    assert [remark.severity for remark in found] == [Severity.DANGER]
    assert found[0].text.endswith("its data stays with the old one")


def test_a_move_to_another_namespace_names_both() -> None:
    old = deployment()
    new = {**old, "metadata": {"name": "x", "namespace": "tools"}}

    (remark,) = remarks([create(new), prune(old)])
    assert remark.text.startswith("it looks renamed from shop/x:")


def test_objects_that_are_not_alike_or_of_another_kind_are_no_rename() -> None:
    gone = prune(thing("v1", "ConfigMap", name="a", data={"a": "1", "b": "2"}))
    unlike = create(thing("v1", "ConfigMap", name="b", data={"a": "9", "c": "8"}))
    other = create(thing("v1", "Secret", name="b", data={"a": "1", "b": "2"}))

    assert remarks([gone, unlike, other]) == ()


def test_each_removed_object_is_renamed_at_most_once() -> None:
    old = prune(deployment(name="a"))
    new = [create(deployment(name=name)) for name in ("b", "c")]

    assert len(remarks([old, *new])) == 1


def test_renames_are_not_looked_for_among_too_many() -> None:
    gone = [prune(deployment(name=f"a{index}")) for index in range(51)]
    made = [create(deployment(name=f"b{index}")) for index in range(50)]

    assert remarks([*gone, *made]) == ()
    assert len(remarks([*gone[:50], *made])) == 50


def test_what_kustomize_generates_anew_is_no_guess_and_is_told_elsewhere() -> None:
    old, other = (
        thing("v1", "ConfigMap", name=name, data={"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"})
        for name in ("settings-459bd6dt8g", "others")
    )
    new = {**old, "metadata": {"name": "settings-4dc8g9c84d", "namespace": "shop"}}

    assert remarks([create(new), prune(old), prune(other)]) == ()


@pytest.mark.parametrize(("kind", "said"), [("Secret", True), ("SopsSecret", False)])
def test_what_sops_encrypted_is_a_danger_but_for_its_operators_own_kind(kind: str, said: bool) -> None:
    body = {**thing("v1", kind), "sops": {"mac": "ENC[AES256_GCM,data:x]"}}

    found = [remark for remark in remarks([create(body)]) if "SOPS" in remark.text]
    assert [remark.severity for remark in found] == [Severity.DANGER] * said
    assert not remarks([create(thing("v1", kind))])
