"""What a server serves, from what it says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from syncline.errors import ApiError
from syncline.kube.discovery import Discovery, discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def _resource(plural: str, kind: str, scope: str = "Namespaced") -> dict[str, Any]:
    return {"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "verbs": ["get", "list"]}


AGGREGATED = {
    "/api": {
        "kind": "APIGroupDiscoveryList",
        "items": [{"metadata": {}, "versions": [{"version": "v1", "resources": [_resource("pods", "Pod")]}]}],
    },
    "/apis": {
        "kind": "APIGroupDiscoveryList",
        "items": [
            {
                "metadata": {"name": "autoscaling"},
                "versions": [
                    {"version": "v2", "resources": [_resource("horizontalpodautoscalers", "HPA")]},
                    {"version": "v1", "resources": [_resource("horizontalpodautoscalers", "HPA")]},
                ],
            },
            {
                "metadata": {"name": "stale.example"},
                "versions": [
                    {
                        "version": "v1",
                        "freshness": "Stale",
                        "resources": [_resource("olds", "Old", "Cluster")],
                    }
                ],
            },
        ],
    },
}
CLASSIC = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [
            {
                "name": "autoscaling",
                "versions": [{"version": "v1"}, {"version": "v2"}],
                "preferredVersion": {"version": "v2"},
            },
            {"name": "stale.example", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}},
            {"name": "gone.example", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}},
        ],
    },
    "/api/v1": {
        "resources": [
            {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["get", "list"]},
            {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
        ]
    },
    **{
        f"/apis/autoscaling/{version}": {
            "resources": [
                {
                    "name": "horizontalpodautoscalers",
                    "kind": "HPA",
                    "namespaced": True,
                    "verbs": ["get", "list"],
                }
            ]
        }
        for version in ("v1", "v2")
    },
    "/apis/stale.example/v1": ApiError("the server is currently unable to handle the request", code=503),
    "/apis/gone.example/v1": ApiError("the server could not find the requested resource", code=404),
}


def ask(answers: Mapping[str, Any]) -> Discovery:
    def fetch_all(paths: Iterable[str], accept: str) -> list[Any]:
        assert "application/json" in accept
        return [answers[path] for path in paths]

    return discover(fetch_all)


@pytest.mark.parametrize("answers", [AGGREGATED, CLASSIC], ids=["aggregated", "classic"])
def test_both_forms_give_kinds_in_preferred_and_named_versions(answers: Mapping[str, Any]) -> None:
    discovery = ask(answers)

    pod = discovery.find("", "Pod")
    assert pod is not None
    assert (pod.api_version, pod.plural, pod.namespaced) == ("v1", "pods", True)
    assert pod.verbs == {"get", "list"}
    versions = [discovery.find("autoscaling", "HPA", version) for version in ("", "v1", "v2", "v3")]
    assert [found and found.version for found in versions] == ["v2", "v1", "v2", None]
    assert discovery.find("autoscaling", "Pod") is None
    assert discovery.find("gone.example", "Thing") is None


@pytest.mark.parametrize("answers", [AGGREGATED, CLASSIC], ids=["aggregated", "classic"])
def test_a_kind_of_a_silent_group_is_not_known_rather_than_absent(answers: Mapping[str, Any]) -> None:
    with pytest.raises(ApiError, match=r"The API group stale\.example does not answer") as caught:
        ask(answers).find("stale.example", "New")
    assert "kubectl get apiservices" in caught.value.remedy


def test_what_a_stale_group_still_remembers_may_be_used() -> None:
    old = ask(AGGREGATED).find("stale.example", "Old")

    assert old is not None
    assert not old.namespaced


def test_a_server_that_refuses_discovery_is_an_exception() -> None:
    with pytest.raises(ApiError, match="no"):
        ask({"/api": ApiError("no", code=401), "/apis": ApiError("no", code=401)})
