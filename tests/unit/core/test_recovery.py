from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.recovery import (
    Entry,
    Part,
    in_order,
    part,
    read_record,
    references,
    revision_of,
    write_record,
)
from syncline.core.resource import Manifest, ResourceKey, key_of
from syncline.errors import Place, UsageError

SHA, OTHER = "a" * 40, "b" * 40
NAMES = st.sampled_from([f"argocd/{letter}" for letter in "abcdefgh"])
PARTS = st.dictionaries(
    NAMES, st.tuples(st.integers(-2, 2), st.sets(st.sampled_from("wxyz")), st.sets(st.sampled_from("wxyz")))
).map(
    lambda found: [
        Part(name, wave, frozenset(gives), frozenset(takes - gives))
        for name, (wave, gives, takes) in found.items()
    ]
)


@given(PARTS)
def test_each_application_comes_once_and_after_all_that_it_needs(parts: list[Part]) -> None:
    order = in_order(parts)

    assert sorted(order.identities) == sorted(each.identity for each in parts)
    place = {name: number for number, name in enumerate(order.identities)}
    if not order.circle:
        assert all(place[need] < place[name] for name, needs in order.needs.items() for need in needs)


@given(PARTS)
def test_without_needs_the_waves_decide_and_then_the_names(parts: list[Part]) -> None:
    free = [Part(each.identity, each.wave) for each in parts]

    expected = [each.identity for each in sorted(free, key=lambda each: (each.wave, each.identity))]
    assert list(in_order(free).identities) == expected


@given(PARTS, st.randoms())
def test_the_order_does_not_depend_on_how_the_applications_are_listed(parts: list[Part], chance: Any) -> None:
    shuffled = parts[:]
    chance.shuffle(shuffled)

    assert in_order(shuffled).identities == in_order(parts).identities


def test_a_circle_is_named_and_broken_at_its_lowest_wave() -> None:
    one = Part("argocd/one", 1, frozenset({"a"}), frozenset({"b"}))
    two = Part("argocd/two", 0, frozenset({"b"}), frozenset({"a"}))
    order = in_order([one, two, Part("argocd/free", 9)])

    assert order.circle == ("argocd/one", "argocd/two")
    assert order.identities == ("argocd/free", "argocd/two", "argocd/one")


def manifest(body: dict[str, Any]) -> Manifest:
    return Manifest(key_of(body), body["apiVersion"], body, Place("x.yaml", 1))


def test_kinds_namespaces_and_definitions_are_needs_by_nature() -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.acme.test"},
        "spec": {"group": "acme.test", "names": {"kind": "Gadget"}},
    }
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "home"}}
    gadget = {"apiVersion": "acme.test/v1", "kind": "Gadget", "metadata": {"name": "g", "namespace": "home"}}
    defines = part("argocd/z", 5, [manifest(crd), manifest(home)], "tools")
    uses = part("argocd/a", 0, [manifest(gadget)], "home")
    child = part("argocd/b", -9, [], "other", parent="argocd/a")

    order = in_order([uses, child, defines])
    assert order.identities == ("argocd/z", "argocd/a", "argocd/b")
    assert order.promised["argocd/z"] == frozenset()
    assert {"kind Gadget.acme.test", "namespace home"} <= order.promised["argocd/a"]
    assert "application argocd/a" in order.promised["argocd/b"]


ENTRIES = st.lists(
    st.builds(
        Entry,
        name=st.sampled_from(["web", "shop"]),
        revision=st.sampled_from([SHA, OTHER, "c" * 64]),
        namespace=st.sampled_from(["one", "two"]),
        identity=st.sampled_from(["argocd/web", "argocd/shop", "team/web"]),
    ),
    unique_by=lambda entry: entry.identity,
)


@given(ENTRIES)
def test_a_record_that_is_read_is_the_record_that_was_written(entries: list[Entry]) -> None:
    assert set(read_record(write_record(entries), "record.json")) == set(entries)


REPORT = {"name": "web", "namespace": "shop", "outcome": "synced", "revision": SHA, "failures": []}


@pytest.mark.parametrize(
    ("changed", "revision"),
    [
        ({}, SHA),
        ({"outcome": "unchanged"}, SHA),
        ({"outcome": "failed"}, ""),
        ({"outcome": "timed out"}, ""),
        ({"outcome": None}, ""),
        ({"failures": [{"message": "unhealthy"}]}, ""),
        ({"revision": ""}, ""),
        ({"revision": "main"}, ""),
        ({"namespace": "elsewhere"}, ""),
        ({"identity": "team/web"}, ""),
        ({"identity": "argocd/web", "namespace": "moved"}, SHA),
    ],
)
def test_of_a_report_only_what_succeeded_counts(changed: dict[str, Any], revision: str) -> None:
    entries = read_record(json.dumps({"version": 1, "applications": [{**REPORT, **changed}]}), "report.json")

    assert revision_of("argocd/web", "shop", entries) == revision


def test_two_revisions_of_one_application_are_none() -> None:
    entries = [Entry("web", SHA, "shop"), Entry("web", OTHER, "shop")]

    assert revision_of("argocd/web", "shop", entries) == ""
    assert revision_of("argocd/web", "shop", [*entries, Entry("web", OTHER, "x", "argocd/web")]) == OTHER


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", '{"version": 2, "applications": []}', "null"])
def test_what_is_no_record_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(UsageError, match=r"^good\.json is no record of revisions"):
        read_record(text, "good.json")


POD = {
    "imagePullSecrets": [{"name": "pull"}],
    "volumes": [
        {"secret": {"secretName": "tls"}},
        {"configMap": {"name": "files"}},
        {"projected": {"sources": [{"secret": {"name": "part"}}, {"serviceAccountToken": {"path": "t"}}]}},
        {"secret": {"secretName": "maybe", "optional": True}},
        {"emptyDir": {}},
    ],
    "initContainers": [{"name": "i", "envFrom": [{"configMapRef": {"name": "init"}}]}],
    "containers": [
        {
            "name": "c",
            "envFrom": [{"secretRef": {"name": "env"}}],
            "env": [
                {"name": "A", "valueFrom": {"secretKeyRef": {"name": "key", "key": "k"}}},
                {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "no", "key": "k", "optional": True}}},
                {"name": "C", "value": "plain"},
            ],
        }
    ],
}


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Pod", POD),
        ("Deployment", {"template": {"spec": POD}}),
        ("CronJob", {"jobTemplate": {"spec": {"template": {"spec": POD}}}}),
        ("Rollout", {"template": {"spec": POD}}),
    ],
)
def test_what_pods_cannot_start_without_is_found_wherever_their_template_stands(
    kind: str, spec: dict[str, Any]
) -> None:
    found = references({"kind": kind, "metadata": {"name": "x", "namespace": "shop"}, "spec": spec})

    secrets = {"pull", "tls", "part", "env", "key"}
    assert found == {ResourceKey("", "Secret", "shop", name) for name in secrets} | {
        ResourceKey("", "ConfigMap", "shop", name) for name in ("files", "init")
    }


@pytest.mark.parametrize(
    "spec", [None, "text", [], {"template": "x"}, {"template": {"spec": {"volumes": "x"}}}]
)
def test_a_malformed_workload_needs_nothing(spec: Any) -> None:
    assert references({"kind": "Deployment", "metadata": {}, "spec": spec}) == frozenset()
