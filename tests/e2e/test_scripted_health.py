"""Health that a script tells, during real syncs."""

from __future__ import annotations

import textwrap
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, Recorder, config_map, only
from syncline.core.health import HealthStatus
from syncline.core.verdict import Assessed, Outcome
from syncline.kube import waiting

if TYPE_CHECKING:
    from syncline.core.verdict import Event
    from syncline.report.model import AppReport

SCRIPT = """
    hs = {}
    if obj.status ~= nil and obj.status.conditions ~= nil then
      for i, condition in ipairs(obj.status.conditions) do
        if condition.type == "Watered" then
          hs.status = condition.status == "True" and "Healthy" or "Degraded"
          hs.message = condition.message
          return hs
        end
      end
    end
    hs.status = "Progressing"
    hs.message = "Waiting for water"
    return hs
"""


def group_of(delivery: Delivery) -> str:
    return f"{delivery.namespace}.example.com"


def settings_file(key: str, script: str, wide: bool = False) -> str:
    text = textwrap.indent(textwrap.dedent(script).strip(), "        " if wide else "    ")
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n"
    if wide:
        return f"{head}  resource.customizations: |\n    {key!r}:\n      health.lua: |\n{text}\n"
    return f"{head}  {key}: |\n{text}\n"


def plants(delivery: Delivery) -> str:
    group = group_of(delivery)
    return f"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {{name: plants.{group}}}
        spec:
          group: {group}
          scope: Namespaced
          names: {{plural: plants, singular: plant, kind: Plant, listKind: PlantList}}
          versions:
            - name: v1
              served: true
              storage: true
              subresources: {{status: {{}}}}
              schema:
                openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}
        ---
        apiVersion: {group}/v1
        kind: Plant
        metadata: {{name: fern}}
        spec: {{pot: small}}
        """


@dataclass
class Gardener(Recorder):
    """Plays the controller: what is seen waiting for water gets it, wet or dry."""

    delivery: Delivery | None = None
    status: str = "True"

    def event(self, application: str, event: Event) -> None:
        super().event(application, event)
        self.water(event)

    def water(self, event: Event) -> None:
        if isinstance(event, Assessed) and event.key.kind == "Plant" and self.delivery:
            condition = {"type": "Watered", "status": self.status, "message": f"water: {self.status}"}
            path = f"/apis/{event.key.group}/v1/namespaces/{event.key.namespace}/plants/{event.key.name}"
            self.delivery.plane.api("PATCH", f"{path}/status", {"status": {"conditions": [condition]}})


def synced(delivery: Delivery, files: dict[str, str], status: str = "True") -> tuple[Any, list[str]]:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/plants.yaml": plants(delivery), **files})
    gardener = Gardener(delivery=delivery, status=status)
    delivery.observer = gardener
    report = delivery.sync(timeout=30.0)
    words = [
        event.health.status.label
        for _, event in gardener.events
        if isinstance(event, Assessed) and event.key.kind == "Plant"
    ]
    return only(report), words


def test_a_script_of_argocd_cm_is_waited_for_until_it_says_healthy(delivery: Delivery) -> None:
    key = f"resource.customizations.health.{group_of(delivery)}_Plant"

    app, words = synced(delivery, {"argocd/cm.yaml": settings_file(key, SCRIPT)})

    assert words == ["Progressing", "Healthy"]
    assert app.outcome is Outcome.SYNCED
    assert app.health is not None
    assert app.health.status is HealthStatus.HEALTHY


def test_a_glob_of_the_old_map_makes_a_sync_unhealthy_with_the_scripts_words(delivery: Delivery) -> None:
    settings = settings_file("*.example.com/Plant", SCRIPT, wide=True)

    app, words = synced(delivery, {"argocd/cm.yaml": settings}, status="False")

    assert words == ["Progressing", "Degraded"]
    assert app.outcome is Outcome.UNHEALTHY
    assert "water: False" in app.failures[0].message


def test_a_script_of_the_directory_in_argo_cds_layout_is_used_unmodified(delivery: Delivery) -> None:
    place = f"resource_customizations/{group_of(delivery)}/Plant/health.lua"

    app, words = synced(delivery, {place: SCRIPT})

    assert words == ["Progressing", "Healthy"]
    assert app.outcome is Outcome.SYNCED


def test_a_script_that_raises_makes_its_object_unknown_and_the_rest_goes_on(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "WORD_SECONDS", 0.5)
    key = f"resource.customizations.health.{group_of(delivery)}_Plant"
    settings = settings_file(key, "local n = 1\nreturn obj.status.nothing.here")
    extra = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: beside}\ndata: {a: b}\n"

    app, words = synced(delivery, {"argocd/cm.yaml": settings, "web/beside.yaml": extra})

    assert set(words) == {"Unknown"}
    assert app.outcome is Outcome.UNHEALTHY
    sentence = app.failures[0].message
    assert "Plant" in sentence
    assert "argocd/cm.yaml:5" in sentence
    assert "line 2" in sentence
    assert delivery.get("v1/configmaps/beside")["data"] == {"a": "b"}


def test_an_annotated_object_neither_holds_up_nor_fails_a_sync(delivery: Delivery) -> None:
    key = f"resource.customizations.health.{group_of(delivery)}_Plant"
    annotated = plants(delivery).replace(
        "{name: fern}", "{name: fern, annotations: {argocd.argoproj.io/ignore-healthcheck: 'true'}}"
    )
    files = {"argocd/cm.yaml": settings_file(key, SCRIPT), "web/plants.yaml": annotated}

    app, words = synced(delivery, files)

    assert words == []
    assert app.outcome is Outcome.SYNCED
    assert app.health is not None
    assert app.health.status is HealthStatus.HEALTHY


def balanced(delivery: Delivery, annotation: str = "") -> AppReport:
    """A sync of a Service that gets no address; nobody waits longer than a moment."""
    service = (
        "apiVersion: v1\nkind: Service\n"
        f"metadata: {{name: door, annotations: {{{annotation}}}}}\n"
        "spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}\n"
    )
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/service.yaml": service})
    return only(delivery.sync(timeout=0.5))


def test_an_object_is_taken_out_and_back_in_by_the_annotation_that_the_sync_itself_writes(
    delivery: Delivery,
) -> None:
    ignored = "argocd.argoproj.io/ignore-healthcheck: 'true'"
    found = [balanced(delivery, annotation) for annotation in ("", ignored, "")]

    assert [(app.outcome, app.health and app.health.status.label) for app in found] == [
        (Outcome.TIMED_OUT, "Progressing"),
        (Outcome.SYNCED, "Healthy"),
        (Outcome.TIMED_OUT, "Progressing"),
    ]


@dataclass
class Slow(Gardener):
    """A controller that takes a moment, and never says of which generation it speaks.

    It speaks once: what it would say again could come when the cluster is gone.
    """

    spoke: bool = False

    def water(self, event: Event) -> None:
        if self.status and isinstance(event, Assessed) and event.key.kind == "Plant" and not self.spoke:
            self.spoke = True
            threading.Timer(0.4, super().water, (event,)).start()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("True", Outcome.SYNCED), ("Unknown", Outcome.UNHEALTHY), ("", Outcome.UNHEALTHY)],
)
def test_what_was_ill_before_is_not_believed_to_be_ill_until_its_controller_has_had_a_moment(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch, status: str, outcome: Outcome
) -> None:
    key = f"resource.customizations.health.{group_of(delivery)}_Plant"
    ill, _ = synced(delivery, {"argocd/cm.yaml": settings_file(key, SCRIPT)}, status="False")
    assert ill.outcome is Outcome.UNHEALTHY
    if not status:
        monkeypatch.setattr(waiting, "WORD_SECONDS", 0.5)
    delivery.repo.commit({"web/plants.yaml": plants(delivery).replace("pot: small", "pot: large")})
    delivery.observer = Slow(delivery=delivery, status=status)

    app = only(delivery.sync(timeout=30.0))

    assert app.outcome is outcome
    told = (event for _, event in delivery.observer.events if isinstance(event, Assessed))
    said = [event.health.message for event in told if event.key.kind == "Plant"]
    assert said[-1] == f"water: {status or 'False'}"


NEWBORN = {
    "calls it Degraded": SCRIPT.replace("Progressing", "Degraded"),
    # As many scripts do, which were only ever tried on objects that somebody had reconciled.
    "fails where there is no status": SCRIPT.replace(
        "obj.status ~= nil and obj.status.conditions ~= nil", "obj.status.conditions"
    ),
}


@pytest.mark.parametrize("script", NEWBORN.values(), ids=NEWBORN)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [("True", Outcome.SYNCED), ("False", Outcome.UNHEALTHY), ("", Outcome.UNHEALTHY)],
)
def test_what_a_script_says_of_an_object_that_no_controller_has_seen_is_believed_after_a_moment(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch, script: str, status: str, outcome: Outcome
) -> None:
    if not status:
        monkeypatch.setattr(waiting, "WORD_SECONDS", 0.5)
    key = f"resource.customizations.health.{group_of(delivery)}_Plant"
    cm = {"argocd/cm.yaml": settings_file(key, script)}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/plants.yaml": plants(delivery), **cm})
    delivery.observer = Slow(delivery=delivery, status=status)

    app = only(delivery.sync(timeout=30.0))

    assert app.outcome is outcome
    said = [
        event.health
        for _, event in delivery.observer.events
        if isinstance(event, Assessed) and event.key.kind == "Plant"
    ]
    assert said[0].status >= HealthStatus.DEGRADED
    assert (said[-1].message == f"water: {status}") is bool(status)


@pytest.mark.parametrize("script", NEWBORN.values(), ids=NEWBORN)
def test_a_hook_that_no_controller_has_seen_is_given_its_moment_too(delivery: Delivery, script: str) -> None:
    key = f"resource.customizations.health.{group_of(delivery)}_Plant"
    hook = "{name: fern, annotations: {argocd.argoproj.io/hook: PreSync}}"
    files = {
        "argocd/cm.yaml": settings_file(key, script),
        "web/plants.yaml": plants(delivery).replace("{name: fern}", hook),
        "web/rest.yaml": config_map("rest"),
    }
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **files})
    delivery.observer = Slow(delivery=delivery, status="True")

    app = only(delivery.sync(timeout=30.0))

    assert app.outcome is Outcome.SYNCED
    assert delivery.exists("v1/configmaps/rest")
