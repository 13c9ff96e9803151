"""What a set has to ask, and what it was told.

The law: expanding never looks anywhere. A question without an answer is put down, and everything found until
it is answered is void; so the same answers always give the same Applications.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of all files of a repository at a revision: `tuple[str, ...]`, sorted."""

    repo: str
    revision: str


@dataclass(frozen=True, slots=True)
class FileText:
    """The bytes of a file."""

    repo: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class GoTemplate:
    """A tree of templates (JSON) rendered with parameters (JSON) by Go's own text/template and sprig."""

    template: str
    parameters: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenPullRequests:
    """The open pull requests of a repository: `tuple[PullRequest, ...]`."""

    owner: str
    repo: str
    api: str = ""


@dataclass(frozen=True, slots=True)
class Repositories:
    """The repositories of an organisation: `tuple[HostedRepository, ...]`."""

    organization: str
    api: str = ""


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of a repository, or the one named: `tuple[Branch, ...]`."""

    owner: str
    repo: str
    only: str = ""
    api: str = ""


@dataclass(frozen=True, slots=True)
class HasPath:
    """Whether a path exists in a repository at a commit: `bool`."""

    owner: str
    repo: str
    sha: str
    path: str
    api: str = ""


@dataclass(frozen=True, slots=True)
class PluginOutput:
    """What a generator plugin answers to a request (JSON): its list of parameters."""

    name: str
    request: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """An open pull request as its generator sees it."""

    number: int
    title: str
    branch: str
    target_branch: str
    head_sha: str
    author: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostedRepository:
    """A repository of an organisation."""

    organization: str
    name: str
    id: int
    url: str
    ssh_url: str
    default_branch: str
    labels: tuple[str, ...] = ()
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch and the commit it points to."""

    name: str
    sha: str


Question: TypeAlias = (
    Paths | FileText | GoTemplate | OpenPullRequests | Repositories | Branches | HasPath | PluginOutput
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is none: a sentence, and for a template the path of the text that failed."""

    message: str
    path: tuple[str | int, ...] = ()


class NotYetAnsweredError(Exception):
    """The question was put down; whatever depends on the answer waits."""


class RefusedError(Exception):
    """Nobody can answer the question."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(slots=True)
class Ledger:
    """Questions and answers. `missing` is what was asked and is not known yet, in the order of asking."""

    answers: dict[Question, Any] = field(default_factory=dict)
    missing: dict[Question, None] = field(default_factory=dict)

    def ask(self, question: Question) -> Any:
        """The answer. Raises NotYetAnsweredError, and RefusedError where there is none."""
        if question not in self.answers:
            self.missing[question] = None
            raise NotYetAnsweredError
        answer = self.answers[question]
        if isinstance(answer, Refusal):
            raise RefusedError(answer)
        return answer

    def ask_all(self, questions: list[Question]) -> list[Any]:
        """The answers; all that are missing are put down together, so that one look finds them."""
        for question in questions:
            if question not in self.answers:
                self.missing[question] = None
        return [self.ask(question) for question in questions]
