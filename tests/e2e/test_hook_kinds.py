"""Hooks of kinds that the plane has no controller for: the test is their controller, and who stops it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from e2e.definitions import define, undefine
from e2e.delivery import Delivery, Recorder, actions, config_map, only
from syncline.core.health import HealthStatus
from syncline.core.plan import Action
from syncline.core.verdict import Assessed, Done, Event, Outcome
from syncline.errors import ExitCode
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plane.control_plane import ControlPlane

ARGO = "argoproj.io"
WORKFLOW = "argoproj.io/v1alpha1/workflows/migrate"
HOOK = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata:\n  name: migrate\n"
    "  annotations: {argocd.argoproj.io/hook: %s}\n"
    "spec: {entrypoint: main, templates: [{name: main, container: {image: 'registry.example.com/m:1'}}]}\n"
)


@pytest.fixture(scope="module")
def _workflows(plane: ControlPlane) -> Iterator[None]:
    define(plane, ARGO, "Workflow", "v1alpha1")
    yield
    undefine(plane, ARGO, "Workflow")


@pytest.fixture
def workflows(delivery: Delivery, _workflows: None) -> Delivery:
    """A delivery to a plane that serves Workflows."""
    return delivery


class Controller(Recorder):
    """Gives a hook its phases, one each time that it is seen in the one before, and says what was seen."""

    def __init__(self, act: Callable[[str], None], phases: tuple[str, ...]) -> None:
        super().__init__()
        self._act = act
        self._phases = list(phases)

    def event(self, application: str, event: Event) -> None:
        super().event(application, event)
        if not isinstance(event, Done | Assessed) or event.key.kind != "Workflow" or not self._phases:
            return
        is_new = isinstance(event, Done) and event.action is Action.RUN
        if is_new or (isinstance(event, Assessed) and event.health.message in {"Running", "Pending"}):
            self._act(self._phases.pop(0))


def phased(delivery: Delivery, *phases: str) -> None:
    """From now on the Workflow goes through these phases."""

    def act(phase: str) -> None:
        delivery.patch(WORKFLOW, {"status": {"phase": phase, "message": phase}})

    delivery.observer = Controller(act, phases)


def seen(delivery: Delivery) -> list[HealthStatus]:
    return [
        event.health.status
        for _, event in delivery.observer.events
        if isinstance(event, Assessed) and event.key.kind == "Workflow"
    ]


def done(delivery: Delivery) -> list[str]:
    events = [event for _, event in delivery.observer.events if isinstance(event, Done)]
    return [f"{event.action.value} {event.key.name}" for event in events]


def test_a_workflow_is_waited_for_until_it_has_succeeded(workflows: Delivery) -> None:
    workflows.repo.commit(
        {"apps/web.yaml": workflows.app(), "web/all.yaml": f"{HOOK % 'PreSync'}---\n{config_map('one')}"}
    )
    phased(workflows, "Pending", "Running", "Succeeded")

    app = only(workflows.sync())

    assert app.outcome is Outcome.SYNCED, app.failures
    assert done(workflows) == ["run migrate", "create one"]
    assert seen(workflows)[-1] is HealthStatus.HEALTHY
    assert HealthStatus.PROGRESSING in seen(workflows)


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_a_workflow_that_fails_ends_the_sync_with_its_own_words(workflows: Delivery, phase: str) -> None:
    workflows.repo.commit(
        {"apps/web.yaml": workflows.app(), "web/all.yaml": f"{HOOK % 'PreSync'}---\n{config_map('one')}"}
    )
    phased(workflows, "Running", phase)

    report = workflows.sync()

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert exit_code(report) is ExitCode.SYNC_FAILED
    assert f"the PreSync hook failed: {phase}" in app.failures[0].message
    assert not workflows.exists("v1/configmaps/one")


def test_a_request_to_stop_during_a_hook_is_told_and_the_next_run_waits_for_the_same_hook(
    workflows: Delivery,
) -> None:
    workflows.repo.commit(
        {
            "apps/web.yaml": workflows.app(),
            "web/all.yaml": f"{HOOK % 'PreSync'}---\n{config_map('one')}",
            "apps/zzz.yaml": workflows.app("zzz", "zzz"),
            "zzz/all.yaml": config_map("two"),
        }
    )
    workflows.observer = Controller(lambda _: os.kill(os.getpid(), signal.SIGTERM), ("now",))

    report = workflows.sync()

    (app,) = report.applications
    assert report.interrupted
    assert exit_code(report) is ExitCode.TERMINATED
    assert app.outcome is Outcome.INTERRUPTED
    assert "stopped by SIGTERM" in app.failures[-1].message
    assert done(workflows) == ["run migrate"]
    assert "Not finished: zzz." in " ".join(note.text for note in report.notes)
    first = workflows.get(WORKFLOW)
    assert not workflows.exists("v1/configmaps/one")

    # It goes on while nobody looks; the next run finds it begun.
    workflows.patch(WORKFLOW, {"status": {"phase": "Succeeded"}})
    workflows.observer = Recorder()
    again = workflows.sync()

    assert [found.outcome for found in again.applications] == [Outcome.SYNCED, Outcome.SYNCED]
    assert done(workflows) == ["create one", "create two"], "the hook is not made a second time"
    assert workflows.get(WORKFLOW)["metadata"]["uid"] == first["metadata"]["uid"]
    assert only_hook_ran_once(workflows)


def only_hook_ran_once(delivery: Delivery) -> bool:
    made = [
        request
        for request in delivery.plane.requests_since(0)
        if request.verb == "patch"
        and f"{delivery.namespace}/workflows/" in request.uri
        and request.code == 201
    ]
    return len(made) == 1


def test_a_kind_that_arrives_during_the_sync_is_waited_for_by_what_may_come_later(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = f"{delivery.namespace}.test"
    custom = (
        f"apiVersion: {group}/v1\nkind: Gadget\nmetadata:\n  name: late\n  annotations:\n"
        "    argocd.argoproj.io/sync-wave: '1'\n"
        "    argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true\n"
    )
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/all.yaml": f"{config_map('operator')}---\n{custom}"}
    )
    with monkeypatch.context() as patch:
        patch.setattr("syncline.kube.discovery._SETTLING", 0.2)
        failed = only(delivery.sync())
    assert failed.outcome is Outcome.FAILED, "the operator did not do its part"
    assert f"does not serve Gadget.{group}" in failed.failures[0].message
    assert actions(failed) == {"ConfigMap operator": Action.CREATE, "Gadget late": Action.CREATE}
    delivery.plane.api("DELETE", f"/api/v1/namespaces/{delivery.namespace}/configmaps/operator")

    class Operator(Recorder):
        def event(self, application: str, event: Event) -> None:
            super().event(application, event)
            if isinstance(event, Done) and event.key.name == "operator":
                define(delivery.plane, group, "Gadget")

    delivery.observer = Operator()
    app = only(delivery.sync())

    assert app.outcome is Outcome.SYNCED, app.failures
    assert delivery.exists(f"{group}/v1/gadgets/late")
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED
    undefine(delivery.plane, group, "Gadget")
