"""A diff of Applications whose files lie in other repositories."""

from __future__ import annotations

import pytest

from e2e.delivery import Repo, config_map
from e2e.sets import app_of, diff, problems, shown
from githouse import House, settings
from syncline.core.trust import Tier


def app(name: str, *sources: str) -> str:
    listed = "".join(f"  - {source}\n" for source in sources)
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n"
        f"  sources:\n{listed}  destination: {{name: in-cluster, namespace: a}}\n"
    )


CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "web/templates/a.yaml": config_map("made", a="{{ .Values.a }}"),
}


def test_several_sources_are_put_together_from_several_repositories(repo: Repo, house: House) -> None:
    chart = house.commit("acme/charts", CHART, "web/1.0.0")
    house.commit("acme/charts", {"web/templates/a.yaml": "kind: ["})
    house.commit("acme/values", {"env/prod.yaml": "a: from the other\n"})
    files = {
        "syncline.yaml": settings(house),
        "app.yaml": app(
            "web",
            f"{{repoURL: '{house.url}/acme/charts.git', path: web, targetRevision: '1.*', tagPrefix: web/, "
            "helm: {valueFiles: [$values/env/prod.yaml]}}",
            f"{{repoURL: '{house.url}/acme/values.git', ref: values, targetRevision: main}}",
            f"{{repoURL: '{repo.url}', path: own}}",
        ),
    }
    base = repo.commit({"syncline.yaml": settings(house)})
    head = repo.commit({**files, "own/b.yaml": config_map("own")})

    report = diff(repo, base, head)

    web = app_of(report, "web")
    assert web.problem is None
    assert {str(change.key) for change in web.changes} == {"ConfigMap a/made", "ConfigMap a/own"}
    assert "from the other" in str(web.changes)
    texts = [note.text for note in web.notes]
    assert f"The repository {house.url}/acme/charts.git is at {chart[:12]}, by tags/web/1.0.0." in texts


def test_a_mistake_in_another_repository_is_told_with_its_name_and_line(repo: Repo, house: House) -> None:
    sha = house.commit("acme/charts", {"app/a.yaml": config_map("a") + "x:\n - [\n"})
    base = repo.commit({"syncline.yaml": settings(house)})
    source = f"{{repoURL: '{house.url}/acme/charts.git', path: app}}"
    head = repo.commit({"app.yaml": app("web", source)})

    said = problems(diff(repo, base, head))["web"]

    assert said.startswith(f"acme/charts@{sha[:7]}:app/a.yaml:")
    assert "not valid YAML" in said


def test_a_path_or_a_revision_that_is_not_there_is_told_at_the_application(repo: Repo, house: House) -> None:
    house.commit("acme/charts", {"app/a.yaml": config_map("a")})
    url = f"{house.url}/acme/charts.git"
    base = repo.commit({"syncline.yaml": settings(house)})
    head = repo.commit(
        {
            "one.yaml": app("one", f"{{repoURL: '{url}', path: gone}}"),
            "two.yaml": app("two", f"{{repoURL: '{url}', path: app, targetRevision: v9}}"),
            "three.yaml": app("three", f"{{repoURL: '{house.url}/acme/none.git', path: app}}"),
            "four.yaml": app("four", f"{{repoURL: '{url}', path: ../../..}}"),
        }
    )

    said = problems(diff(repo, base, head))

    assert said["one"].startswith("one.yaml:1: The path 'gone' does not exist at ")
    assert said["two"] == f"two.yaml:1: The revision 'v9' is no branch, tag or commit there ({url})."
    assert said["three"].startswith(f"three.yaml:1: The repository {house.url}/acme/none.git could not be")
    assert said["four"].startswith("four.yaml:1: The path '../../..' leads out of the repository.")


def test_a_fork_gets_neither_the_credentials_nor_what_nobody_listed(repo: Repo, house: House) -> None:
    house.commit("acme/charts", {"app/a.yaml": config_map("a")})
    house.login = "robot:hunter2"
    url = f"{house.url}/acme/charts.git"
    base = repo.commit({"syncline.yaml": settings(house, ", username: robot, passwordEnv: HOST_TOKEN")})
    head = repo.commit(
        {
            "one.yaml": app("one", f"{{repoURL: '{url}', path: app}}"),
            "two.yaml": app("two", "{repoURL: 'https://github.com/acme/x.git', path: app}"),
        }
    )
    asked = {"environ": {"HOST_TOKEN": "hunter2"}}

    trusted = problems(diff(repo, base, head, tier=Tier.READ, applications=("one",), **asked))
    strange = problems(diff(repo, base, head, tier=Tier.RENDER, **asked))

    assert trusted == {}
    assert "asks who we are, and this event may use no credentials" in strange["one"]
    assert "is not fetched for a change by somebody who may not write here" in strange["two"]
    assert "hunter2" not in str(strange)


SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: teams}
spec:
  generators:
  - git: {repoURL: REPO, revision: main, GENERATOR}
  template:
    metadata: {name: '{{path.basename}}'}
    spec:
      project: default
      source: {repoURL: REPO, path: '{{path}}'}
      destination: {server: https://kubernetes.default.svc, namespace: a}
"""
GENERATORS = {
    "directories": "directories: [{path: 'apps/*'}]",
    "files": "files: [{path: 'apps/*/a.yaml'}]",
}


@pytest.mark.parametrize("name", GENERATORS)
def test_an_application_set_reads_another_repository(name: str, repo: Repo, house: House) -> None:
    files = {f"apps/{each}/a.yaml": config_map(each) for each in ("one", "two")}
    house.commit("acme/apps", {**files, "other/x.yaml": ""})
    base = repo.commit({"syncline.yaml": settings(house)})
    text = SET.replace("REPO", f"{house.url}/acme/apps.git").replace("GENERATOR", GENERATORS[name])
    head = repo.commit({"set.yaml": text})

    report = diff(repo, base, head)

    assert set(shown(report)) == {"one", "two"}
    assert problems(report) == {}
    assert len(app_of(report, "one").changes) == 1
