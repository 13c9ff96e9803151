"""Two hundred secrets, written down in every way, in every place where a person can put one."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from leaks import WAYS, canaries, core, leaks
from syncline.config.settings import HiddenField, Masking
from syncline.core.mask import Masker, mask_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COUNT = 200
SECRETS = canaries(COUNT)
RULES = Masking(
    fields=(
        HiddenField("Deployment.apps", jq_path_expressions=('..|objects|select(.name == "MARKED").value',)),
        HiddenField("*.example.com", json_pointers=("/spec/password", "/spec/list/1/pin")),
    ),
    annotations=frozenset({"example.com/hidden"}),
    secret_annotations=frozenset({"vault/token"}),
)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def masker() -> Masker:
    """One that has learned all of them."""
    masker = Masker(b"of this run")
    for secret in SECRETS:
        masker.learn_value(secret.encode())
    return masker


@pytest.mark.parametrize("way", WAYS)
def test_a_known_secret_is_found_however_it_is_written(way: str, masker: Masker) -> None:
    for secret in SECRETS:
        text = f"error near {WAYS[way](secret)} in line 3"
        assert leaks(text), "the hunter finds it where it is not hidden"

        assert leaks(masker.scrub(text)) == set(), (secret, text)


def secret_of(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, **fields}


def of_kind(api_version: str, kind: str, spec: Any, **annotations: str) -> dict[str, Any]:
    metadata = {"name": "s", "namespace": "n", "annotations": annotations}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def annotated(body: dict[str, Any], **annotations: str) -> dict[str, Any]:
    return {**body, "metadata": {"name": "s", "namespace": "n", "annotations": annotations}}


def env(name: str, value: str) -> dict[str, Any]:
    container = {"name": "main", "env": [{"name": "LEVEL", "value": "info"}, {"name": name, "value": value}]}
    return {"template": {"spec": {"containers": [container]}}}


PLACES: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "data": lambda value: secret_of(data={"a": encoded(value)}),
    "stringData": lambda value: secret_of(stringData={"a": value}),
    "data that is no base64": lambda value: secret_of(data={"a": value}),
    "a list of Secrets": lambda value: {
        "apiVersion": "v1",
        "kind": "List",
        "items": [secret_of(stringData={"a": value})],
    },
    "a Secret in a work": lambda value: of_kind(
        "work.example.org/v1", "ManifestWork", {"manifests": [secret_of(stringData={"a": value})]}
    ),
    "kubectl's record": lambda value: annotated(
        secret_of(),
        **{
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps(secret_of(stringData={"a": value}))
        },
    ),
    "kubectl's broken record": lambda value: annotated(
        secret_of(), **{"kubectl.kubernetes.io/last-applied-configuration": f"{{{value}"}
    ),
    "kapp's record": lambda value: of_kind("v1", "ConfigMap", {}, **{"kapp.k14s.io/original": value}),
    "Rancher's record": lambda value: of_kind(
        "v1",
        "ConfigMap",
        {},
        **{"objectset.rio.cattle.io/applied": encoded(gzip.compress(value.encode()).hex())},
    ),
    "another tool's record": lambda value: of_kind(
        "v1", "ConfigMap", {}, **{"banzaicloud.com/last-applied": value}
    ),
    "an annotation that argocd-cm names": lambda value: annotated(secret_of(), **{"vault/token": value}),
    "an annotation that syncline.yaml names": lambda value: of_kind(
        "v1", "ConfigMap", {}, **{"example.com/hidden": value}
    ),
    "a variable that jq marks": lambda value: of_kind("apps/v1", "Deployment", env("MARKED", value)),
    "a field that a pointer marks": lambda value: of_kind(
        "db.example.com/v1", "Database", {"password": value}
    ),
    "a member that a pointer marks": lambda value: of_kind(
        "db.example.com/v1", "Database", {"list": [{}, {"pin": [value]}]}
    ),
    "the template of an ExternalSecret": lambda value: of_kind(
        "external-secrets.io/v1",
        "ExternalSecret",
        {"target": {"template": {"data": {"a": value}, "templateFrom": [{"literal": value}]}}},
    ),
    "the template of a ClusterExternalSecret": lambda value: of_kind(
        "external-secrets.io/v1",
        "ClusterExternalSecret",
        {"externalSecretSpec": {"target": {"template": {"data": {"a": value}}}}},
    ),
    "the template of a SealedSecret": lambda value: of_kind(
        "bitnami.com/v1alpha1", "SealedSecret", {"template": {"data": {"a": value}}}
    ),
    "the fake of a SecretStore": lambda value: of_kind(
        "external-secrets.io/v1", "SecretStore", {"provider": {"fake": {"data": [{"value": value}]}}}
    ),
    "the configuration of a Vault": lambda value: of_kind(
        "vault.banzaicloud.com/v1alpha1", "Vault", {"externalConfig": {"auth": [{"pin": value}]}}
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_hidden_in_its_place_and_then_wherever_else_it_stands(place: str) -> None:
    masker = Masker(b"of this run", RULES)
    for secret in SECRETS[: len(SECRETS) // 4]:
        body = PLACES[place](secret)
        copy = of_kind("v1", "ConfigMap", {"a": secret, secret: [f"x{secret}x"]})
        before, shown = mask_pair(body, body, masker)
        assert shown is not None
        assert shown == before
        assert leaks(json.dumps(shown.value, ensure_ascii=False)) == set(), shown
        if "record" not in place:
            masker.learn(body)
            _, shown = mask_pair(None, copy, masker)
            assert shown is not None
            assert leaks(json.dumps(shown.value, ensure_ascii=False)) == set(), shown


@pytest.mark.parametrize("place", [place for place in PLACES if not place.startswith("kubectl")])
def test_a_changed_secret_looks_changed_and_an_equal_one_equal(place: str) -> None:
    masker = Masker(b"of this run", RULES)
    old, new = PLACES[place](core(1)), PLACES[place](core(2))
    before, after = mask_pair(old, new, masker)
    again, _ = mask_pair(old, new, masker)

    assert before != after
    assert before == again


def test_short_values_have_a_fingerprint_that_nobody_can_look_up() -> None:
    bodies = [secret_of(stringData={"pin": f"{number:02}"}) for number in range(100)]
    shown = [mask_pair(None, body, Masker(key))[1] for key in (b"one run", b"another") for body in bodies]

    assert len({str(each) for each in shown}) == 200
