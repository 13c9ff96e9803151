"""A repository on GitHub, its clone in a workspace, and the events that happen to it.

The law: commits and event files are as GitHub makes them: a pull request's SHA is a merge commit of base and
head that no branch holds (GitHub, "Events that trigger workflows").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from action.runner import NUMBER, REPOSITORY, Runner, Step

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from e2e.delivery import Repo
    from ghloop.server import GitHub

URL = f"https://github.com/{REPOSITORY}.git"


def application(name: str, path: str = "", *, namespace: str = "default", policy: str = "{}") -> str:
    """An Application of a directory of this repository."""
    return (
        "apiVersion: argoproj.io/v1alpha1\n"
        "kind: Application\n"
        f"metadata: {{name: {name}}}\n"
        "spec:\n"
        f"  source: {{repoURL: '{URL}', path: {path or name}}}\n"
        f"  destination: {{server: 'https://kubernetes.default.svc', namespace: '{namespace}'}}\n"
        f"  syncPolicy: {policy}\n"
    )


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: its name, its file, and the variables that go with it."""

    name: str
    payload: Mapping[str, Any]
    variables: Mapping[str, str]


@dataclass
class Site:
    """What a test works with."""

    repo: Repo
    runner: Runner
    github: GitHub

    def merged(self, base: str, head: str) -> str:
        """The merge commit that GitHub makes for a pull request; no branch holds it."""
        self.repo.git("checkout", "--quiet", "--detach", base)
        self.repo.git("merge", "--quiet", "--no-ff", "-m", "merge", head)
        return self.repo.git("rev-parse", "HEAD")

    def step(self, happening: Happening, **inputs: str) -> Step:
        """The step in this process."""
        return self.runner.run(self.environ(happening, **inputs))

    def start(self, happening: Happening, **inputs: str) -> subprocess.Popen[str]:
        """The step in a process of its own."""
        return self.runner.start(self.environ(happening, **inputs))

    def environ(self, happening: Happening, **inputs: str) -> dict[str, str]:
        return self.runner.set_up(happening.name, happening.payload, happening.variables, inputs)

    def newest(self, sha: str) -> dict[str, tuple[str, str]]:
        """State and description of each status of a commit."""
        return {context: (state, text) for context, state, text in self.github.statuses(sha)}


def pull_request(base: str, head: str, sha: str, **facts: str) -> Happening:
    """`facts`: `fork` is the head's repository, `author` and `actor` are logins, `event` another name."""
    pull = {
        "number": NUMBER,
        "user": {"login": facts.get("author", "octocat")},
        "head": {"ref": "change", "sha": head, "repo": {"full_name": facts.get("fork", REPOSITORY)}},
        "base": {"ref": "main", "sha": base, "repo": {"full_name": REPOSITORY}},
    }
    payload = {"action": "synchronize", "number": NUMBER, "pull_request": pull, "repository": _repository()}
    variables = {"GITHUB_SHA": sha, "GITHUB_REF": f"refs/pull/{NUMBER}/merge"}
    return Happening(
        facts.get("event", "pull_request"),
        payload,
        {**variables, "GITHUB_ACTOR": facts.get("actor", "octocat")},
    )


def merge_group(base: str, head: str) -> Happening:
    ref = f"refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{head}"
    group = {"head_sha": head, "head_ref": ref, "base_sha": base, "base_ref": "refs/heads/main"}
    payload = {"action": "checks_requested", "merge_group": group, "repository": _repository()}
    return Happening("merge_group", payload, {"GITHUB_SHA": head, "GITHUB_REF": ref})


def push(before: str, after: str, *, ref: str = "refs/heads/main", forced: bool = False) -> Happening:
    payload = {"ref": ref, "before": before, "after": after, "forced": forced, "repository": _repository()}
    return Happening("push", payload, {"GITHUB_SHA": after, "GITHUB_REF": ref})


def schedule(sha: str) -> Happening:
    """Its event file names no repository."""
    payload = {"schedule": "17 * * * *"}
    return Happening("schedule", payload, {"GITHUB_SHA": sha, "GITHUB_REF": "refs/heads/main"})


def dispatch(sha: str, *, ref: str = "refs/heads/main", **inputs: str) -> Happening:
    """`inputs` are the workflow's own."""
    payload = {"inputs": inputs, "ref": ref, "repository": _repository(), "workflow": "rollback.yml"}
    return Happening("workflow_dispatch", payload, {"GITHUB_SHA": sha, "GITHUB_REF": ref})


def _repository() -> dict[str, Any]:
    return {"full_name": REPOSITORY, "default_branch": "main"}
