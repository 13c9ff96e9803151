"""A world for ApplicationSets: answers to all they may ask, and a set of few lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncline.config.appset import ApplicationSet, ClusterFacts, Ledger, Made, decode, expand
from syncline.config.appset.questions import (
    Branch,
    Branches,
    FileText,
    GoTemplate,
    HasPath,
    HostedRepository,
    OpenPullRequests,
    Paths,
    PluginOutput,
    PullRequest,
    Question,
    Refusal,
    Repositories,
)
from syncline.config.complaint import Complaints
from syncline.config.controller import Controller
from syncline.documents import dump, read

FILE = "sets/apps.yaml"
REPO = "https://github.com/acme/deploy.git"

Go = Callable[[list[GoTemplate]], Mapping[GoTemplate, Any]]


@dataclass
class World:
    """What there is to find. `rounds` counts how often somebody had to look."""

    files: Mapping[str, str] = field(default_factory=dict)
    pulls: tuple[PullRequest, ...] | Refusal = ()
    repositories: tuple[HostedRepository, ...] = ()
    branches: Mapping[str, tuple[Branch, ...]] = field(default_factory=dict)
    plugin: Any = ()
    clusters: tuple[ClusterFacts, ...] = ()
    controller: Controller = field(default_factory=Controller)
    go: Go | None = None
    rounds: int = 0
    asked: list[Question] = field(default_factory=list)

    def answer(self, question: Question) -> Any:
        match question:
            case Paths():
                return tuple(sorted(self.files))
            case FileText():
                return self.files[question.path]
            case OpenPullRequests():
                return self.pulls
            case Repositories():
                return self.repositories
            case Branches():
                found = self.branches.get(question.repo, ())
                return tuple(each for each in found if question.only in {"", each.name})
            case HasPath():
                return f"{question.repo}@{question.sha}:{question.path}" in self.files
            case PluginOutput():
                return self.plugin
            case GoTemplate():
                # What slugify does to these tests' branches, without the program that knows it.
                return question.parameters.partition(': "')[2].rstrip('"}').lower().replace("/", "-")

    def expand(self, appset: ApplicationSet) -> tuple[Made, ...]:
        ledger = Ledger()
        for _ in range(12):
            made = expand(appset, ledger, self.clusters, self.controller)
            if not ledger.missing:
                return made
            self.rounds += 1
            self.asked += ledger.missing
            templates = [each for each in ledger.missing if isinstance(each, GoTemplate)]
            if self.go and templates:
                answers = self.go(templates)
                ledger.answers |= {each: answers[each] for each in templates}
            for question in ledger.missing:
                if question not in ledger.answers:
                    ledger.answers[question] = self.answer(question)
            ledger.missing.clear()
        raise AssertionError("the questions do not end")


TEMPLATE: dict[str, Any] = {
    "metadata": {"name": "{{name}}"},
    "spec": {
        "source": {"repoURL": REPO, "path": "{{path}}"},
        "destination": {"name": "prod", "namespace": "web"},
    },
}


def body(*generators: Any, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "apps"},
        "spec": {"generators": list(generators), "template": TEMPLATE, **spec},
    }


def decoded(given: Any) -> tuple[ApplicationSet | None, Complaints]:
    (document,) = read(dump(given), FILE)
    complaints = Complaints(document)
    return decode(document.value, complaints), complaints


def appset(*generators: Any, **spec: Any) -> ApplicationSet:
    made, complaints = decoded(body(*generators, **spec))
    assert made is not None, complaints.found
    assert complaints.found == []
    return made


def names(made: tuple[Made, ...]) -> list[str]:
    return [one.body["metadata"]["name"] for one in made]


def refused(message: str) -> Refusal:
    return Refusal(message)
