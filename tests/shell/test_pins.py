"""Sources of this repository that name another revision than the commit at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from shell.repos import Repo
from syncline import cli
from syncline.config import load
from syncline.core.mask import Masker
from syncline.errors import GitError
from syncline.jobs.invocation import Invocation
from syncline.jobs.observer import Silence
from syncline.jobs.pins import Pins
from syncline.jobs.session import Session, Surroundings
from syncline.jobs.touched import why_between, why_since
from syncline.report.model import Job, Report
from syncline.room import Room
from syncline.runtime import Cancellation, SystemClock

URL = "https://github.com/acme/deploy.git"


def application(revision: str, extra: str = "") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\n"
        "spec:\n"
        f"  source: {{repoURL: '{URL}', path: web, targetRevision: '{revision}'{extra}}}\n"
        "  destination: {server: 'https://kubernetes.default.svc', namespace: shop}\n"
    )


def config_map(value: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {{of: '{value}'}}\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Tags `v1.0.0`, `v1.1.0` and `web/2.0.0`, a branch `staging`, and `main` beyond them all."""
    made = Repo.make(tmp_path / "deploy")
    made.git("remote", "add", "origin", URL)
    for value in ("v1.0.0", "v1.1.0", "web/2.0.0", "staging"):
        made.commit({"web/all.yaml": config_map(value)})
        made.git(*(("branch",) if value == "staging" else ("tag", "-a", "-m", "t")), value)
    made.commit({"web/all.yaml": config_map("main")})
    return made


def look(repo: Repo, job: Job = Job.RENDER, environ: dict[str, str] | None = None, **asked: Any) -> Report:
    known = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **(environ or {})}
    return cli.run(Invocation(job=job, root=repo.root, environ=known, **asked), Silence())


def rendered(repo: Repo, revision: str, extra: str = "", **environ: str) -> str:
    repo.commit({"apps/web.yaml": application(revision, extra)})
    (app,) = look(repo, environ=environ).applications
    if app.problem is not None:
        return f"{app.problem.message} {app.problem.remedy} ({app.problem.place})"
    (change,) = app.changes
    assert change.after is not None
    return str(change.after.value["data"]["of"])


@pytest.mark.parametrize(
    ("revision", "value"),
    [
        ("", "main"),
        ("HEAD", "main"),
        ("main", "main"),
        ("refs/heads/main", "main"),
        ("staging", "staging"),
        ("refs/heads/staging", "staging"),
        ("v1.0.0", "v1.0.0"),
        ("refs/tags/v1.0.0", "v1.0.0"),
        ("1.*", "v1.1.0"),
        (">=1.0.0 <1.1.0", "v1.0.0"),
    ],
)
def test_a_source_is_rendered_at_the_revision_that_it_names(repo: Repo, revision: str, value: str) -> None:
    assert rendered(repo, revision) == value


def test_a_range_looks_at_the_tags_with_its_prefix(repo: Repo) -> None:
    assert rendered(repo, "*", ", tagPrefix: 'web/'") == "web/2.0.0"


def test_a_commit_is_itself_by_its_whole_name_and_by_the_beginning_of_it(repo: Repo) -> None:
    sha = repo.git("rev-parse", "v1.0.0^{commit}")
    assert rendered(repo, sha) == rendered(repo, sha[:8]) == "v1.0.0"


def test_a_revision_that_is_nowhere_is_an_error_and_never_the_commit_at_hand(repo: Repo) -> None:
    repo.git("remote", "set-url", "origin", f"file://{repo.root}")
    repo.commit({"syncline.yaml": f"repositories: ['{URL}']\n"})
    said = rendered(repo, "v9")
    assert "'v9' is no branch, tag or commit there, in this repository" in said
    assert "fetch-depth: 0" in said
    assert "apps/web.yaml:1" in said


def test_what_the_clone_lacks_is_asked_of_the_remote(repo: Repo, tmp_path: Path) -> None:
    clone = repo.clone(tmp_path / "clone", "--single-branch", "--no-tags", "--depth=1")
    clone.commit({"syncline.yaml": f"repositories: ['{URL}']\n"})
    assert rendered(clone, "v1.0.0") == "v1.0.0"
    assert rendered(clone, "staging") == "staging"


def test_a_change_shows_what_another_tag_brings_and_nothing_of_what_it_leaves_behind(repo: Repo) -> None:
    repo.commit({"apps/web.yaml": application("v1.0.0")})
    repo.commit({"web/all.yaml": config_map("later")})
    assert look(repo, Job.DIFF, base="HEAD~1").applications == ()
    repo.commit({"apps/web.yaml": application("v1.1.0")})
    (app,) = look(repo, Job.DIFF, base="HEAD~1").applications
    (change,) = app.changes
    assert change.before is not None
    assert change.after is not None
    assert (change.before.value["data"]["of"], change.after.value["data"]["of"]) == ("v1.0.0", "v1.1.0")


# what an application names, and whether a sync is due after each step of `steps`
DUE = {
    "main": (True, True, True),
    "staging": (False, True, True),
    "1.*": (False, False, True),
    "v1.1.0": (False, False, False),
    "SHA": (False, False, False),
    "v9": (True, True, True),
}


def test_a_sync_is_due_when_the_name_may_mean_another_commit_and_not_when_files_here_change(
    repo: Repo,
) -> None:
    sha = repo.git("rev-parse", "staging").strip()
    last = repo.commit({"README.md": "synced"})
    texts = {name: application(sha if name == "SHA" else name) for name in DUE}
    apps = {
        name: load([("a.yaml", text.replace("name: web", f"name: n{number}"))]).applications[0]
        for number, (name, text) in enumerate(texts.items())
    }

    def changed_here() -> None:
        repo.commit({"web/all.yaml": config_map("later")})

    def branch_moves() -> None:
        repo.git("branch", "--force", "staging", "HEAD")

    def tag_is_added() -> None:
        repo.git("tag", "v1.2.0")

    for number, step in enumerate((changed_here, branch_moves, tag_is_added)):
        step()
        head = repo.git("rev-parse", "HEAD").strip()
        with session_of(repo, head) as session:
            due = {name: why_since(app, last, head, session) for name, app in apps.items()}
        assert {name: bool(reason) for name, reason in due.items()} == {
            name: expected[number] for name, expected in DUE.items()
        }, step
    assert due["staging"] == f"its revision staging is {head[:7]} by now"
    assert due["main"] == "web/all.yaml changed"
    assert due["v9"] == "its revision v9 cannot be looked up"


def test_a_change_touches_nobody_whose_source_lies_elsewhere_but_for_what_is_lent_to_it(repo: Repo) -> None:
    other = (
        application("main").replace(URL, "https://github.com/acme/other.git").replace("path: web", "path: .")
    )
    both = other.replace(
        "  source: {", "  sources: [{helm: {valueFiles: ['$v/env/a.yaml', b.yaml]}, "
    ).replace("targetRevision: 'main'}", f"targetRevision: 'main'}}, {{repoURL: '{URL}', ref: v}}]")
    base = repo.commit({"other.yaml": other, "both.yaml": both.replace("name: web", "name: both")})
    head = repo.commit({"web/all.yaml": config_map("later"), "b.yaml": "b: 1\n"})
    lent = repo.commit({"env/a.yaml": "a: 1\n"})

    def touched(base: str, head: str) -> set[str]:
        with session_of(repo, head) as session:
            apps = session.applications(head)
            return {app.name for app in apps if why_between(app, app, session, base, head)}

    assert touched(base, head) == set()
    assert touched(head, lent) == {"both"}


@pytest.mark.usefixtures("tools")
def test_the_children_of_a_parent_at_another_commit_are_found(repo: Repo) -> None:
    child = application("main").replace("name: web", "name: child")
    repo.commit(
        {
            "overlay/kustomization.yaml": "resources: [../apps]\n",
            "apps/kustomization.yaml": "resources: [c.yaml]\n",
        }
        | {"apps/c.yaml": child.replace("path: web", "path: .")}
    )
    repo.git("tag", "v2")
    parent = application("v2").replace("path: web", "path: overlay").replace("name: web", "name: parent")
    repo.commit({"parent.yaml": parent, "apps/c.yaml": child})

    with session_of(repo, repo.git("rev-parse", "HEAD").strip()) as session:
        assert session.family(session.head).parents == {"argocd/child": "argocd/parent"}


def session_of(repo: Repo, head: str) -> Session:
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    asked = Invocation(Job.SYNC, repo.root, head=head, repository=URL, environ=environ)
    room = Room(path=environ["PATH"])
    around = Surroundings(SystemClock(), Cancellation(), Masker(b"k" * 32), Path(environ["HOME"]), room)
    return Session(asked, around)


PULL = {"GITHUB_REF": "refs/pull/7/merge", "GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "feature"}
QUEUE = {"GITHUB_REF": f"refs/heads/gh-readonly-queue/main/pr-7-{'a' * 40}"}


@pytest.mark.parametrize(
    ("environ", "here", "elsewhere"),
    [
        (PULL, {"main", "feature", "HEAD", ""}, {"staging"}),
        (QUEUE, {"main", "HEAD"}, {"staging"}),
        ({"GITHUB_REF": "refs/heads/main"}, {"main"}, {"staging", "v1.0.0"}),
        ({"GITHUB_REF": "refs/heads/staging"}, {"staging"}, {"main", "v1.0.0"}),
        ({"GITHUB_REF": "refs/tags/v1.0.0"}, {"v1.0.0"}, {"main", "staging"}),
        ({}, {"main"}, {"staging"}),
    ],
)
def test_the_branch_that_the_run_is_about_means_the_commit_at_hand(
    repo: Repo, environ: dict[str, str], here: set[str], elsewhere: set[str]
) -> None:
    pins = Pins(repo.open(), environ, base="", is_named=True)
    assert all(pins.commit(name) is None for name in here)
    assert all(pins.commit(name) is not None for name in elsewhere)


def test_on_a_branch_of_ones_own_the_branch_that_it_is_compared_with_means_the_commit_at_hand(
    repo: Repo,
) -> None:
    repo.git("checkout", "--quiet", "-b", "feature")
    for base in ("staging", "origin/staging"):
        pins = Pins(repo.open(), {}, base=base, is_named=True)
        assert [pins.commit(name) for name in ("feature", "main", "staging")] == [None] * 3


def test_where_nobody_knows_what_the_repository_is_called_everything_is_the_commit_at_hand(
    repo: Repo,
) -> None:
    repo.git("remote", "remove", "origin")
    assert rendered(repo, "v1.0.0") == "main"


def test_a_generator_reads_the_files_of_the_revision_that_it_names(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "staging")
    repo.commit({"teams/old/a.yaml": config_map("x")})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"teams/new/a.yaml": config_map("x")})
    git = f"{{repoURL: '{URL}', revision: %s, directories: [{{path: teams/*}}]}}"
    template = application("HEAD").partition("metadata")[2].replace("name: web", "name: '{{path.basename}}'")
    body = "\n".join(f"    {line}" for line in f"metadata{template}".splitlines())
    for revision, made in (("HEAD", "new"), ("staging", "old")):
        repo.commit(
            {
                "set.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\n"
                f"spec:\n  generators: [{{git: {git % revision}}}]\n  template:\n{body}\n"
            }
        )
        assert {app.name for app in look(repo).applications} == {made}


def test_a_generator_whose_revision_is_nowhere_makes_nothing_and_says_so(repo: Repo) -> None:
    pins = Pins(repo.open(), {}, base="", is_named=True)
    with pytest.raises(GitError, match=r"'v9' of this repository is not in this clone"):
        pins.commit("v9")
