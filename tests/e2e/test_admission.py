"""Webhooks and policies of the cluster that refuse objects, or cannot be asked."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, actions, config_map, only
from e2e.truth import Thing, labelled, recorded
from leaks import core, leaks
from listening import answering
from pki import make_certificate
from syncline.core.live import Level
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.fit import fit
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.model import Job
from syncline.report.outcome import exit_code
from syncline.report.terminal import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: first}\n"
HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


class _Judge(BaseHTTPRequestHandler):
    """Denies each tenth ConfigMap: those whose name ends in 7."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = review["request"]
        verdict = {"uid": asked["uid"], "allowed": not asked["name"].endswith("7")}
        if not verdict["allowed"]:
            verdict["status"] = {"message": "no sevens here"}
        content = json.dumps({**review, "response": verdict}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nobody reads it."""


@contextmanager
def judged(delivery: Delivery, url: str, ca: bytes = b"") -> Iterator[None]:
    """A webhook at this URL that must be asked about each ConfigMap of the namespace."""
    name = f"judge-{delivery.namespace}"
    where: dict[str, str] = {"url": url}
    if ca:
        where["caBundle"] = base64.b64encode(ca).decode()
    hook = {
        "name": "judge.syncline.test",
        "clientConfig": where,
        "rules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
        ],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": delivery.namespace}},
        "objectSelector": {"matchExpressions": [{"key": "judged", "operator": "Exists"}]},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    delivery.plane.api.apply(f"{HOOKS}/{name}", body | {"metadata": {"name": name}, "webhooks": [hook]})
    probe = config_map_body("probe-7")
    path = f"/api/v1/namespaces/{delivery.namespace}/configmaps?dryRun=All"

    def is_asked() -> bool:
        try:
            delivery.plane.api("POST", path, probe)
        except Exception as error:  # noqa: BLE001 - whatever it says, it was asked
            return "webhook" in str(error)
        return False

    try:
        delivery.plane.wait_until(is_asked, "the webhook is asked")
        yield
    finally:
        delivery.plane.api("DELETE", f"{HOOKS}/{name}")


def config_map_body(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {"judged": "yes"}}}


def thirty() -> str:
    label = "\n  labels: {judged: 'yes'}\ndata:"
    made = (config_map(f"c{number}").replace("\ndata:", label) for number in range(30))
    return "---\n".join(made)


def test_a_webhook_that_rejects_one_in_ten_fails_those_alone(delivery: Delivery, tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "judge")
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": thirty()})
    with answering(_Judge, pair) as url, judged(delivery, f"{url}/", pair.chain.read_bytes()):
        report = delivery.sync()

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert exit_code(report) is ExitCode.SYNC_FAILED
    assert len(app.failures) == 3
    for failure in app.failures:
        assert "no sevens here" in failure.message
        assert "as the policy asks" in failure.message
        assert str(failure.place).startswith("web/all.yaml:")
    assert len(labelled(delivery.plane, delivery.namespace)) == 27
    assert len(recorded(delivery.plane, delivery.namespace)) == 30
    assert only(delivery.sync()).outcome is Outcome.SYNCED


ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@contextmanager
def ruled(
    delivery: Delivery, plural: str, validation: Mapping[str, str], refused: Mapping[str, Any]
) -> Iterator[None]:
    """A policy of the cluster itself for one kind of this namespace, in force once it refuses `refused`."""
    api, name = delivery.plane.api, f"{delivery.namespace}.syncline.test"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"]}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule | {"resources": [plural]}]},
        "validations": [validation],
    }
    match = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": delivery.namespace}}}
    bound = {"policyName": name, "validationActions": ["Deny"], "matchResources": match}
    policy, binding = (f"{ADMISSION}/validatingadmissionpolic{end}/{name}" for end in ("ies", "ybindings"))
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    api.apply(policy, head | {"kind": "ValidatingAdmissionPolicy", "spec": spec})
    api.apply(binding, head | {"kind": "ValidatingAdmissionPolicyBinding", "spec": bound})
    path = f"/api/v1/namespaces/{delivery.namespace}/{plural}?dryRun=All"

    def is_asked() -> bool:
        try:
            api("POST", path, {"metadata": {"name": "probe"}, **refused})
        except Exception as error:  # noqa: BLE001 - whatever it says, it was asked
            return "denied request" in str(error)
        return False

    try:
        delivery.plane.wait_until(is_asked, "the policy is asked")
        yield
    finally:
        for each in (binding, policy):
            api("DELETE", each)


@pytest.fixture
def no_red(delivery: Delivery) -> Iterator[None]:
    """No ConfigMap of this namespace says red."""
    validation = {
        "expression": "!has(object.data) || object.data[?'colour'].orValue('') != 'red'",
        "message": "red is for emergencies",
    }
    with ruled(delivery, "configmaps", validation, {"data": {"colour": "red"}}):
        yield


def test_an_admission_policy_that_rejects_one_object_fails_it_alone_and_a_dry_run_says_so_before(
    delivery: Delivery, no_red: None
) -> None:
    del no_red
    names = dict.fromkeys(("one", "two", "three"), "blue")
    maps = {f"web/{name}.yaml": config_map(name, colour=colour) for name, colour in names.items()}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **maps})
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    delivery.repo.commit(
        {
            "web/one.yaml": config_map("one", colour="green"),
            "web/two.yaml": f"# a comment first\n{config_map('two', colour='red')}",
        }
    )

    shown = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.DRY_RUN))
    report = delivery.sync()

    assert actions(shown) == {"ConfigMap one": Action.UPDATE, "ConfigMap two": Action.BLOCKED}
    (blocked,) = (change for change in shown.changes if change.action is Action.BLOCKED)
    assert "red is for emergencies" in blocked.why
    app = only(report)
    said = "\n".join([*app.refusals, *(failure.message for failure in app.failures)])
    assert "red is for emergencies" in said
    assert "web/two.yaml:2" in f"{said} {[str(change.origin) for change in app.changes]}"
    assert exit_code(report) in {ExitCode.SYNC_FAILED, ExitCode.REFUSED}
    assert delivery.get("v1/configmaps/two")["data"] == {"colour": "blue"}
    delivery.repo.commit({"web/two.yaml": config_map("two", colour="yellow")})
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/one")["data"] == {"colour": "green"}


def test_a_webhook_that_is_down_is_named_and_its_return_makes_it_good(
    delivery: Delivery, haste: list[float]
) -> None:
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/all.yaml": thirty(), "web/login.yaml": SECRET}
    )
    with judged(delivery, "https://127.0.0.1:1/"):
        app = only(delivery.sync())

        assert app.outcome is Outcome.FAILED
        assert len(app.failures) == 30
        assert all('failed calling webhook "judge.syncline.test"' in each.message for each in app.failures)
        assert all("See whether the service behind that webhook runs" in e.message for e in app.failures)
        assert labelled(delivery.plane, delivery.namespace) == {Thing("Secret", "login")}
    assert haste
    assert only(delivery.sync()).outcome is Outcome.SYNCED


def login(password: str) -> str:
    """A Secret, and a ConfigMap that holds the same password in two ways."""
    packed = base64.b64encode(password.encode()).decode()
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: login}}\ndata: {{password: {packed}}}\n"
    return f"{secret}---\n{config_map('settings', url=f'https://bot:{password}@example.com', copy=packed)}"


@pytest.mark.parametrize("plural", ["secrets", "configmaps"])
def test_a_refusal_that_quotes_a_secret_is_told_without_it_in_every_form(
    delivery: Delivery, plural: str
) -> None:
    """The policy quotes what Git has and what somebody put into the cluster by hand."""
    first, by_hand, second = core(900), core(901), core(902)
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/login.yaml": login(first)})
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    packed = base64.b64encode(by_hand.encode()).decode()
    delivery.patch("v1/secrets/login", {"data": {"password": packed}})
    delivery.patch("v1/configmaps/settings", {"data": {"copy": packed, "url": by_hand}})
    delivery.repo.commit({"web/login.yaml": login(second)})
    quoting = (
        "[object.data, oldObject.?data.orValue({})].map(d, d.map(k, string(d[k])).join(' ')).join(' after ')"
    )
    validation = {"expression": "false", "message": "no", "messageExpression": f"'no: ' + {quoting}"}

    with ruled(delivery, plural, validation, {"data": {"password": packed}}):
        shown = delivery.run(Job.DIFF, base="HEAD~1", level=Level.DRY_RUN)
        failed = delivery.sync()

    said = "\n".join([*(each.message for each in only(failed).failures), *only(failed).refusals])
    assert ("words are withheld" if plural == "secrets" else "https://bot:‹hidden") in said
    assert ".." not in said.replace("\\...", "")
    for report in (shown, failed):
        pages = [to_json(report), page(report), *fit(report), terminal(report, colour=False)]
        assert [leaks(text) for text in (*pages, repr(report), repr(delivery.observer))] == [set()] * (
            len(pages) + 2
        )
