"""Projects and rolling syncs, on a real cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Delivery, actions, config_map, only
from syncline import cli
from syncline.core.mask import Masker
from syncline.core.plan import Action
from syncline.core.verdict import Done, Outcome
from syncline.errors import ExitCode
from syncline.jobs import run
from syncline.jobs.invocation import Invocation
from syncline.jobs.session import Session, Surroundings
from syncline.report.model import AppReport, Job, Report
from syncline.report.outcome import exit_code
from syncline.room import Room
from syncline.runtime import Cancellation, SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.config.appset.questions import Branch, HostedRepository, PullRequest
    from syncline.core.verdict import Event

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"


def project(delivery: Delivery, **lists: str) -> str:
    more = "".join(f"  {name}: {text}\n" for name, text in lists.items())
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: default}\nspec:\n"
        f"  sourceRepos: ['*']\n  destinations: [{{server: '*', namespace: {delivery.namespace}}}]\n{more}"
    )


def window(kind: str, schedule: str, **more: str) -> str:
    extra = "".join(f", {name}: {text}" for name, text in more.items())
    return f"[{{kind: {kind}, schedule: '{schedule}', duration: 1h, applications: ['*']{extra}}}]"


ALWAYS, NEVER = "* * * * *", "0 0 29 2 1"


def test_what_the_project_forbids_is_not_applied_and_the_refusal_names_the_line(delivery: Delivery) -> None:
    files = {"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one") + "---\n" + SECRET}
    delivery.repo.commit(
        {**files, "project.yaml": project(delivery, namespaceResourceBlacklist="[{group: '', kind: Secret}]")}
    )

    report = delivery.sync()

    app = only(report)
    assert app.outcome is Outcome.REFUSED
    assert app.refusals == (
        (
            f"1 object is not permitted: Secret {delivery.namespace}/s: the project default does not "
            "allow Secret (project.yaml:7)."
        ),
    )
    assert exit_code(report) is ExitCode.REFUSED
    assert not delivery.exists("v1/configmaps/one")


def test_what_a_project_no_longer_permits_stays_in_the_cluster(delivery: Delivery) -> None:
    both = {f"web/{n}.yaml": config_map(f"c{n}") for n in range(5)}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/s.yaml": SECRET, **both})
    delivery.sync()
    denied = project(delivery, namespaceResourceBlacklist="[{group: '', kind: Secret}]")
    delivery.repo.commit({"project.yaml": denied, "web/s.yaml": None})

    app = only(delivery.sync())

    assert actions(app) == {"Secret s": Action.KEEP}
    assert app.changes[0].why.endswith("(project.yaml:7), so it stays")
    assert delivery.exists("v1/secrets/s")


def test_nothing_is_written_while_nobody_knows_what_argocd_cm_spares(delivery: Delivery) -> None:
    settings = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: argocd-cm}
        data:
          resource.exclusions: "[{kind: Secret}]"
    """
    files = {"argocd-cm.yaml": settings, "apps/web.yaml": delivery.app(), "web/a.yaml": config_map("a")}
    delivery.repo.commit(files)

    report = delivery.sync()

    (said,) = only(report).refusals
    assert said.startswith("What argocd-cm spares or forbids is not known: resource.exclusions: kind is not")
    assert said.endswith("(argocd-cm.yaml:6)")
    assert [problem.exit_code for problem in report.problems] == [ExitCode.CONFIG]
    assert exit_code(report) is ExitCode.REFUSED
    assert exit_code(delivery.run(Job.DIFF, base="HEAD", head="HEAD")) is ExitCode.CONFIG
    assert not delivery.exists("v1/configmaps/a")


def test_a_namespace_is_made_only_where_the_project_lets_it(delivery: Delivery) -> None:
    there = f"{delivery.namespace}-made"
    app = delivery.app(policy="{syncOptions: [CreateNamespace=true]}").replace(
        f"namespace: '{delivery.namespace}'", f"namespace: {there}"
    )
    closed = project(delivery).replace(delivery.namespace, there)
    delivery.repo.commit({"apps/web.yaml": app, "web/a.yaml": config_map("a"), "project.yaml": closed})

    (refusal,) = only(delivery.sync()).refusals

    assert f"Namespace {there}: the project default does not allow Namespace (project.yaml:1)" in refusal


@pytest.mark.parametrize(
    ("windows", "machine", "person"),
    [
        (window("deny", ALWAYS), False, False),
        (window("deny", ALWAYS, manualSync="true"), False, True),
        (window("allow", NEVER), False, False),
        (window("allow", NEVER, manualSync="true"), False, True),
        (window("allow", ALWAYS), True, True),
    ],
    ids=["denied", "denied to machines", "not allowed", "not allowed to machines", "allowed"],
)
def test_a_closed_window_keeps_the_sync_out(
    delivery: Delivery, windows: str, machine: bool, person: bool
) -> None:
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/a.yaml": config_map("a"),
            "project.yaml": project(delivery, syncWindows=windows),
        }
    )

    for manual, goes in ((False, machine), (True, person)):
        report = delivery.sync(manual=manual)
        app = only(report)
        assert (app.outcome is Outcome.REFUSED) is not goes
        if not goes:
            assert "web may not be synced now: " in app.refusals[0]
            assert "project.yaml:7" in app.refusals[0]
            assert exit_code(report) is ExitCode.REFUSED
        assert delivery.exists("v1/configmaps/a") is goes


def test_drift_behind_a_closed_window_is_found_and_not_healed(delivery: Delivery) -> None:
    policy = "{automated: {selfHeal: true}}"
    delivery.repo.commit({"apps/web.yaml": delivery.app(policy=policy), "web/a.yaml": config_map("a", x="1")})
    delivery.sync()
    closed = project(delivery, syncWindows=window("deny", ALWAYS, manualSync="true"))
    delivery.repo.commit({"project.yaml": closed})
    delivery.patch("v1/configmaps/a", {"data": {"x": "2"}})

    app = only(delivery.run(Job.DRIFT))

    assert app.outcome is Outcome.REFUSED
    assert actions(app) == {"ConfigMap a": Action.UPDATE}
    assert delivery.get("v1/configmaps/a")["data"] == {"x": "2"}


def test_orphans_are_spoken_of_where_the_project_asks(delivery: Delivery) -> None:
    asks = project(delivery, orphanedResources="{warn: true, ignore: [{kind: ConfigMap, name: 'known-*'}]}")
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/a.yaml": config_map("a"), "project.yaml": asks}
    )
    delivery.sync()
    for name in ("lost", "known-1"):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        delivery.plane.api("POST", f"/api/v1/namespaces/{delivery.namespace}/configmaps", body)

    report = delivery.run(Job.DRIFT)

    (note,) = [note for note in only(report).notes if "to no Application" in note.text]
    assert note.text == f"1 object in {delivery.namespace} belongs to no Application: ConfigMap lost."
    assert str(note.place) == "project.yaml:7"
    assert exit_code(report) is ExitCode.OK
    delivery.repo.commit({"project.yaml": project(delivery)})
    assert only(delivery.run(Job.DRIFT)).notes == ()


@dataclass
class Hands:
    """A clock that somebody moves: monotonic time is the machine's."""

    now_is: str
    system: SystemClock = field(default_factory=SystemClock)

    def now(self) -> str:
        return self.now_is

    def monotonic(self) -> float:
        return self.system.monotonic()


@dataclass
class Closing:
    """An observer at whose first event the window closes."""

    clock: Hands
    then: str

    def begin(self, applications: object, settings: object) -> None:
        del applications, settings

    def planned(self, job: Job, report: AppReport) -> None:
        del job, report

    def event(self, application: str, event: Event) -> None:
        del application
        if isinstance(event, Done):
            self.clock.now_is = self.then

    def finished(self, report: AppReport) -> None:
        del report


@pytest.mark.parametrize("overrun", [False, True], ids=["stopped", "may overrun"])
def test_a_window_that_closes_during_a_sync_stops_it_unless_it_may_overrun(
    delivery: Delivery, tmp_path: Path, overrun: bool
) -> None:
    late = config_map("late").replace(
        "name: late", 'name: late\n  annotations: {"argocd.argoproj.io/sync-wave": "1"}'
    )
    windows = window("allow", "0 22 * * *", **({"syncOverrun": "true"} if overrun else {}))
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/a.yaml": config_map("a"),
            "web/late.yaml": late,
            "project.yaml": project(delivery, syncWindows=windows),
        }
    )
    clock = Hands("2026-07-01T22:30:00Z")

    app = only(run_at(delivery, clock, tmp_path))

    assert delivery.exists("v1/configmaps/a")
    assert delivery.exists("v1/configmaps/late") is overrun
    assert app.outcome is (Outcome.SYNCED if overrun else Outcome.FAILED)
    if not overrun:
        assert "The sync was stopped: no allow window is open (project.yaml:7)" in app.failures[-1].message


def run_at(delivery: Delivery, clock: Hands, home: Path) -> Report:
    kubeconfig = str(delivery.plane.kubeconfig(delivery.identity))
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "KUBECONFIG": kubeconfig}
    invocation = Invocation(Job.SYNC, delivery.repo.root, environ=environ, manual=False)
    around = Surroundings(clock, Cancellation(), Masker(b"k" * 32), home, Room(path=os.environ["PATH"]))
    with Session(invocation, around) as session:
        return run(session, Closing(clock, "2026-07-01T23:30:00Z"))


@dataclass
class Teams:
    """A GitHub that knows who is in which team, and keeps what it was asked."""

    members: frozenset[tuple[str, str]]
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = "https://api.github.com"

    def is_member(self, team: str, login: str) -> bool:
        self.asked.append((team, login))
        return (team, login) in self.members

    def close(self) -> None:
        """Nothing is open."""

    def reviewed(self, owner: str, repo: str, sha: str, context: str) -> tuple[str, ...]:
        raise NotImplementedError

    def pull_requests(self, owner: str, repo: str) -> tuple[PullRequest, ...]:
        raise NotImplementedError

    def repositories(self, organization: str) -> tuple[HostedRepository, ...]:
        raise NotImplementedError

    def branches(self, owner: str, repo: str, only: str = "") -> tuple[Branch, ...]:
        raise NotImplementedError

    def has_path(self, owner: str, repo: str, sha: str, path: str) -> bool:
        raise NotImplementedError

    def statuses(self, owner: str, repo: str, sha: str) -> dict[str, tuple[str, str]]:
        raise NotImplementedError


ROLES = """[
    {name: deployers, groups: ['acme:platform'],
     policies: ['p, proj:default:deployers, applications, sync, default/*, allow']},
    {name: readers, groups: [okta-readers],
     policies: ['p, proj:default:readers, applications, get, default/*, allow']}]"""


def test_roles_are_asked_of_people_and_of_nobody_else(delivery: Delivery) -> None:
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/a.yaml": config_map("a"),
            "project.yaml": project(delivery, roles=ROLES),
        }
    )
    teams = Teams(frozenset({("acme/platform", "ann")}))

    def synced(actor: str, *, manual: bool) -> AppReport:
        kubeconfig = str(delivery.plane.kubeconfig(delivery.identity))
        environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "KUBECONFIG": kubeconfig}
        asked = Invocation(Job.SYNC, delivery.repo.root, environ=environ, actor=actor, manual=manual)
        return only(cli.run(asked, delivery.observer, forge=lambda: teams))

    (refusal,) = synced("eve", manual=True).refusals
    assert refusal.startswith(
        "eve may not sync web: in the project default the roles deployers (project.yaml:8)"
    )
    assert refusal.endswith("by the teams acme/platform.")
    assert teams.asked == [("acme/platform", "eve")]
    assert not delivery.exists("v1/configmaps/a")

    assert synced("ann", manual=True).outcome is Outcome.SYNCED
    teams.asked.clear()
    assert synced("eve", manual=False).outcome is Outcome.UNCHANGED
    nameless = synced("", manual=True)
    assert teams.asked == []
    assert any("nobody is logged in to GitHub" in note.text for note in nameless.notes)


def test_a_commit_that_nobody_trusted_signed_is_not_synced(delivery: Delivery) -> None:
    keys = "[{keyID: D56C4FCA57A46444}]"
    files = {"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one")}
    sha = delivery.repo.commit({**files, "project.yaml": project(delivery, signatureKeys=keys)})

    app = only(delivery.sync())

    assert app.outcome is Outcome.REFUSED
    assert app.refusals == (
        (
            f"The commit {sha[:12]} of {delivery.repo.url} is not signed; the project default demands signed "
            "commits (project.yaml:7)."
        ),
    )
    assert not delivery.exists("v1/configmaps/one")
