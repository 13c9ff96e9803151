"""Charts from elsewhere in whole runs: settings, credentials, versions of helm, and what the report says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from charthouse import House, serving
from conformance.render.kitchen import CHART, notebook
from e2e.delivery import Recorder, Repo
from syncline import cli
from syncline.core.trust import Tier
from syncline.jobs.invocation import Invocation
from syncline.report.json import to_json
from syncline.report.model import Job, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncline.room import Room

SECRET = "correct-horse-battery"
APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %s, namespace: argocd}
spec:
  source: {%s}
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
"""
OURS = "repoURL: 'https://github.com/acme/charts.git', path: app"
FACTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: facts}
data:
  helm: "{{ .Capabilities.HelmVersion.Version }}"
  kube: "{{ .Capabilities.KubeVersion }}"
  monitors: "{{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor" }}"
"""
SPY = """\
#!/bin/sh
{ printf '%%s\\n' "$@"; env; cat; find "$HOME" -type f -exec cat {} +; } < /dev/null >> %(log)s 2>&1
exec %(helm)s "$@"
"""


@pytest.fixture
def house(shelf: Path) -> Iterator[House]:
    with serving(House(shelf, ("robot", SECRET))) as house:
        yield house


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.make(tmp_path / "repo", "charts")


def rendered(repo: Repo, environ: Mapping[str, str], tier: Tier = Tier.WRITE) -> Report:
    return cli.run(Invocation(Job.RENDER, repo.root, environ=environ, tier=tier), Recorder())


def settings(house: House) -> str:
    return f"remotes:\n  team:\n    url: {house.url}\n    username: robot\n    passwordEnv: CHARTS_PASSWORD\n"


def remote(house: House, version: str) -> str:
    return APP % ("web", f"repoURL: '{house.url}', chart: web, targetRevision: '{version}'")


def environ(room: Room, tmp_path: Path, **more: str) -> dict[str, str]:
    return {"PATH": room.path, "HOME": os.environ["HOME"], "SYNCLINE_CACHE": str(tmp_path / "cache"), **more}


def test_a_password_reaches_its_server_and_no_program_file_or_report(
    house: House,
    repo: Repo,
    room: Room,
    tools: Mapping[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spy = tmp_path / "bin" / "helm"
    spy.parent.mkdir()
    spy.write_text(SPY % {"log": notebook(tmp_path / "log", monkeypatch), "helm": tools["helm"]})
    spy.chmod(0o755)
    leaky = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: leak}}\ndata: {{a: {SECRET}}}\n"
    repo.commit(
        {
            "apps/web.yaml": remote(house, "^1.0.0"),
            "apps/own.yaml": APP % ("own", OURS),
            "app/leak.yaml": leaky,
            "syncline.yaml": settings(house),
        }
    )
    around = environ(room, tmp_path, CHARTS_PASSWORD=SECRET)
    around["PATH"] = f"{spy.parent}:{room.path}"

    report = rendered(repo, around)

    (web,) = (app for app in report.applications if app.name == "web")
    assert web.problem is None
    (note,) = web.notes
    assert note.text.startswith(f"The chart web is 1.10.0+build.7, for ^1.0.0 ({house.url}, sha256:")
    assert house.logins() == {f"robot:{SECRET}"}
    seen = (tmp_path / "log").read_text()
    assert "template" in seen
    assert "HTTPS_PROXY=http://127.0.0.1:9" in seen
    texts = [seen, to_json(report), *(path.read_text("latin-1") for path in _files(tmp_path / "cache"))]
    assert not [text for text in texts if SECRET in text]


def _files(place: Path) -> list[Path]:
    found = [path for path in place.rglob("*") if path.is_file()]
    assert found
    return found


def test_an_event_that_may_render_only_gets_no_credentials(
    house: House, repo: Repo, room: Room, tmp_path: Path
) -> None:
    repo.commit({"apps/web.yaml": remote(house, "1.0.0"), "syncline.yaml": settings(house)})

    report = rendered(repo, environ(room, tmp_path, CHARTS_PASSWORD=SECRET), Tier.RENDER)

    (app,) = report.applications
    assert app.problem is not None
    assert "and this event may use no credentials" in app.problem.message
    assert house.logins() == set()


def test_a_variable_that_is_not_set_is_named(house: House, repo: Repo, room: Room, tmp_path: Path) -> None:
    repo.commit({"apps/web.yaml": remote(house, "1.0.0"), "syncline.yaml": settings(house)})

    (app,) = rendered(repo, environ(room, tmp_path)).applications

    assert app.problem is not None
    assert "CHARTS_PASSWORD of remotes.team is not set" in app.problem.message


def test_helm_3_and_4_render_in_one_run_as_each_application_and_the_settings_ask(
    repo: Repo, room: Room, tmp_path: Path
) -> None:
    asked = {
        "plain": "",
        "three": "helm: {version: v3}",
        "four": "helm: {version: v4}",
        "forced": "helm: {version: v4}",
    }
    apps = {
        f"apps/{name}.yaml": APP % (name, f"{OURS}, {options}" if options else OURS)
        for name, options in asked.items()
    }
    render = "render: {helm: '3', applications: {forced: {helm: v3}}}\n"
    repo.commit({**apps, "app/Chart.yaml": CHART, "app/templates/facts.yaml": FACTS, "syncline.yaml": render})

    report = rendered(repo, environ(room, tmp_path))

    found = {app.name: _data(report, app.name)["helm"][:2] for app in report.applications}
    assert found == {"plain": "v3", "three": "v3", "four": "v4", "forced": "v3"}


def test_charts_see_the_cluster_as_the_settings_describe_it_unless_the_application_says_otherwise(
    repo: Repo, room: Room, tmp_path: Path
) -> None:
    own = "helm: {kubeVersion: v1.30.2-eks-1, apiVersions: [a/v1]}"
    cluster = (
        "clusters:\n  main:\n    context: main\n    kubeVersion: '1.33'\n"
        "    apiVersions: [monitoring.coreos.com/v1/ServiceMonitor]\ndefaultCluster: main\n"
    )
    repo.commit(
        {
            "apps/a.yaml": APP % ("a", OURS),
            "apps/b.yaml": APP % ("b", f"{OURS}, {own}"),
            "app/Chart.yaml": CHART,
            "app/templates/facts.yaml": FACTS,
            "syncline.yaml": cluster,
        }
    )

    report = rendered(repo, environ(room, tmp_path))

    assert _data(report, "a")["kube"].startswith("v1.33")
    assert _data(report, "a")["monitors"] == "true"
    assert _data(report, "b")["kube"] == "v1.30.2"
    assert _data(report, "b")["monitors"] == "false"


def _data(report: Report, name: str) -> Mapping[str, str]:
    (app,) = (app for app in report.applications if app.name == name)
    assert app.problem is None, app.problem
    (change,) = app.changes
    assert change.after is not None
    data: Mapping[str, str] = change.after.value["data"]
    return data


MANY = 12


def test_many_applications_of_one_chart_fetch_and_build_it_once_for_each_commit(
    house: House,
    repo: Repo,
    room: Room,
    tools: Mapping[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spy = tmp_path / "bin" / "helm"
    spy.parent.mkdir()
    log = notebook(tmp_path / "log", monkeypatch)
    spy.write_text(f'#!/bin/sh\necho "$1 $2" >> {log}\nexec {tools["helm"]} "$@"\n')
    spy.chmod(0o755)
    local = "dependencies:\n- {name: near, version: 0.1.0, repository: 'file://../near'}\n"
    fetched = f"- {{name: cache, version: 7.0.0, repository: '{house.url}'}}\n"
    files = {f"apps/a{n}.yaml": APP % (f"a{n}", OURS) for n in range(MANY)}
    files |= {
        f"apps/w{n}.yaml": remote(house, "1.2.0").replace("{name: web", f"{{name: w{n}") for n in range(MANY)
    }
    files["near/.helmignore"] = "[ab].txt\n"  # so that it is left to helm to pack it
    files |= {"near/Chart.yaml": CHART.replace("web", "near"), "app/Chart.yaml": CHART + local + fetched}
    repo.commit({**files, "syncline.yaml": settings(house)})
    around = environ(room, tmp_path, CHARTS_PASSWORD=SECRET)
    around["PATH"] = f"{spy.parent}:{room.path}"

    report = rendered(repo, around)

    assert [app.problem for app in report.applications] == [None] * 2 * MANY
    assert sorted(house.paths) == ["/cache-7.0.0.tgz", "/index.yaml", "/web-1.2.0.tgz"]
    calls = log.read_text().splitlines()
    assert calls.count("dependency update") == 1
    assert calls.count("template .") == 2 * MANY
