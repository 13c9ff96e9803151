"""Applications that are synced from what was rendered into a branch before."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from e2e.delivery import Repo, config_map
from e2e.sets import app_of, diff, problems
from syncline import cli
from syncline.errors import ExitCode, GitError
from syncline.git import Repository
from syncline.jobs.invocation import Invocation
from syncline.jobs.observer import Silence
from syncline.report.model import Job, Report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from githouse import House


@pytest.fixture
def repo(house: House, tmp_path: Path, tools: Mapping[str, Path]) -> Repo:
    """A clone of a repository of the house."""
    assert tools
    house.commit("acme/deploy", {"README.md": "one"})
    repo = Repo.make(tmp_path / "repo", "hydrated")
    repo.url = f"{house.url}/acme/deploy.git"
    repo.git("remote", "set-url", "origin", repo.url)
    return repo


APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  sourceHydrator:
    drySource: {repoURL: REPO, targetRevision: HEAD, path: dry, kustomize: {namePrefix: x-}}
    syncSource: {targetBranch: env/prod, path: wet}
    hydrateTo: {targetBranch: env/prod-next}
  destination: {name: in-cluster, namespace: a}
"""


def dry(repo: Repo, value: str) -> dict[str, str | None]:
    return {
        "app.yaml": APP.replace("REPO", repo.url),
        "dry/kustomization.yaml": "resources: [a.yaml]\n",
        "dry/a.yaml": config_map("a", value=value),
    }


def hydrate(house: House, value: str, sha: str) -> str:
    wet = {
        "wet/manifest.yaml": config_map("x-a", value=value),
        "wet/hydrator.metadata": json.dumps({"drySha": sha}),
        "wet/README.md": "hydrated",
    }
    return house.commit("acme/deploy", wet, branch="env/prod")


HYDRATING = (
    "This is what hydrating changes in the branch env/prod, by way of the branch env/prod-next; it is synced "
    "from there."
)


def test_a_review_shows_what_hydrating_will_change_in_the_branch_that_is_synced(
    repo: Repo, house: House
) -> None:
    base = repo.commit(dry(repo, "old"))
    hydrate(house, "older than the base", base)
    head = repo.commit(dry(repo, "new"))

    report = diff(repo, base, head)

    web = app_of(report, "web")
    assert (web.problem, len(web.changes)) == (None, 1)
    (change,) = web.changes
    assert str(change.key) == "ConfigMap a/x-a"
    assert "older than the base" in str(change.before)
    assert "new" in str(change.after)
    assert HYDRATING in [note.text for note in web.notes]


def test_what_the_branch_has_already_is_no_difference(repo: Repo, house: House) -> None:
    base = repo.commit(dry(repo, "old"))
    hydrate(house, "new", base)
    head = repo.commit(dry(repo, "new"))

    web = app_of(diff(repo, base, head), "web")

    assert (web.problem, web.changes, web.unchanged) == (None, (), 1)


def test_a_branch_that_is_not_there_yet_makes_all_objects_new_and_is_said(repo: Repo) -> None:
    base = repo.commit(dry(repo, "old"))
    head = repo.commit(dry(repo, "new"))

    web = app_of(diff(repo, base, head), "web")

    assert [change.before for change in web.changes] == [None]
    assert "The branch env/prod does not exist yet, so that all its objects look new." in [
        note.text for note in web.notes
    ]


def rendered(repo: Repo) -> Report:
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    return cli.run(Invocation(Job.RENDER, repo.root, environ=environ), Silence())


def test_what_is_synced_is_the_branch_whatever_the_dry_side_says_by_now(
    repo: Repo, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    first = repo.commit(dry(repo, "old"))
    sha = hydrate(house, "as hydrated", first)
    second = repo.commit(dry(repo, "new"))

    web = app_of(rendered(repo), "web")

    assert web.problem is None
    assert "as hydrated" in str(web.changes) + capsys.readouterr().out
    texts = [note.text for note in web.notes]
    assert (
        f"The repository {repo.url} is at {sha[:12]}, by env/prod, hydrated from {first[:12]}, and not "
        f"from {second[:12]}." in texts
    )


def test_an_application_that_was_never_hydrated_cannot_be_synced_and_says_so(repo: Repo) -> None:
    repo.commit(dry(repo, "old"))

    assert problems(rendered(repo))["web"] == (
        "app.yaml:1: The branch 'env/prod' does not exist: web was never hydrated."
    )


def test_both_sides_may_lie_in_other_repositories(repo: Repo, house: House) -> None:
    house.commit("acme/dry", {"dry/a.yaml": config_map("a", value="from dry")})
    house.commit("acme/wet", {"wet/a.yaml": config_map("a", value="from wet")}, branch="env/prod")
    text = APP.replace("REPO", f"{house.url}/acme/dry.git").replace(", kustomize: {namePrefix: x-}", "")
    text = text.replace("path: wet}", f"path: wet, repoURL: '{house.url}/acme/wet.git'}}")
    settings = f"remotes: {{host: {{url: '{house.url}'}}}}\n"
    base = repo.commit({"syncline.yaml": settings, "app.yaml": text})
    head = repo.commit({"app.yaml": text.replace("{name: web}", "{name: web, labels: {a: b}}")})

    web = app_of(diff(repo, base, head), "web")

    assert web.problem is None
    (change,) = web.changes
    assert "from wet" in str(change.before)
    assert "from dry" in str(change.after)


def command(repo: Repo, *arguments: str) -> tuple[int, str]:
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    done = CliRunner().invoke(cli.main, ["hydrate", "--repository", str(repo.root), *arguments], env=environ)
    return done.exit_code, done.output


def test_hydrating_pushes_what_the_dry_side_renders_to_once(repo: Repo, house: House) -> None:
    first = repo.commit(dry(repo, "old"))
    before = hydrate(house, "before", "0" * 40)
    branches = repo.git("branch")

    assert command(repo, "--dry-run") == (0, "env/prod-next: would hydrate web\n")
    assert "env/prod-next" not in repo.git("ls-remote", "origin")
    code, said = command(repo)
    assert (code, said.partition(" hydrated, ")[0]) == (0, "env/prod-next: web")
    assert command(repo, "web") == (0, "env/prod-next: nothing changes\n")

    there = repo.git("ls-remote", "origin", "refs/heads/env/prod-next").split()[0]
    repo.git("fetch", "--quiet", "origin", there)
    assert repo.git("rev-parse", f"{there}^") == before
    assert repo.git("show", f"{there}:wet/manifest.yaml") == (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-a\n  namespace: a\ndata:\n  value: old"
    )
    assert json.loads(repo.git("show", f"{there}:wet/hydrator.metadata"))["drySha"] == first
    assert "README.md" in repo.git("ls-tree", "--name-only", there)
    assert repo.git("branch") == branches
    assert repo.git("status", "--porcelain") == ""


def test_hydrating_commits_no_values_of_a_secret(repo: Repo) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n"
    files = dry(repo, "old") | {"dry/a.yaml": secret}
    repo.commit(files)

    code, said = command(repo)

    assert code == ExitCode.CONFIG
    assert "Secret a/x-s has values, which hydrating would commit." in said
    assert "hunter2" not in said
    assert "env/prod" not in repo.git("ls-remote", "origin")


def test_a_branch_that_moves_meanwhile_is_not_overwritten(repo: Repo, house: House) -> None:
    repo.commit(dry(repo, "old"))
    there = Repository(repo.root, environ={"HOME": os.environ["HOME"]})
    base = hydrate(house, "one", "0" * 40)
    assert there.remote_branch("env/prod") == base
    mine = there.commit_files(base, {"wet/manifest.yaml": b"mine"}, "mine")
    theirs = hydrate(house, "two", "1" * 40)

    with pytest.raises(GitError, match="somebody else has pushed meanwhile"):
        there.push(mine, "env/prod")
    assert there.remote_branch("env/prod") == theirs
