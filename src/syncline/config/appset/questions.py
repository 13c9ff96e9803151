"""What a set has to ask, and what it was told.

The law: expanding never looks anywhere. A question without an answer is put down, and everything found until
it is answered is void; so the same answers always give the same Applications.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct, field


class Paths(Struct, frozen=True):
    """The paths of all files of a repository at a revision: `tuple[str, ...]`, sorted."""

    repo: str
    revision: str


class FileText(Struct, frozen=True):
    """The bytes of a file."""

    repo: str
    revision: str
    path: str


class GoTemplate(Struct, frozen=True):
    """A tree of templates (JSON) rendered with parameters (JSON) by Go's own text/template and sprig."""

    template: str
    parameters: str
    options: tuple[str, ...] = ()


class OpenPullRequests(Struct, frozen=True):
    """The open pull requests of a repository: `tuple[PullRequest, ...]`."""

    owner: str
    repo: str
    api: str = ""


class Repositories(Struct, frozen=True):
    """The repositories of an organisation: `tuple[HostedRepository, ...]`."""

    organization: str
    api: str = ""


class Branches(Struct, frozen=True):
    """The branches of a repository, or the one named: `tuple[Branch, ...]`."""

    owner: str
    repo: str
    only: str = ""
    api: str = ""


class HasPath(Struct, frozen=True):
    """Whether a path exists in a repository at a commit: `bool`."""

    owner: str
    repo: str
    sha: str
    path: str
    api: str = ""


class PluginOutput(Struct, frozen=True):
    """What a generator plugin answers to a request (JSON): its list of parameters."""

    name: str
    request: str


class PullRequest(Struct, frozen=True):
    """An open pull request as its generator sees it."""

    number: int
    title: str
    branch: str
    target_branch: str
    head_sha: str
    author: str
    labels: tuple[str, ...] = ()


class HostedRepository(Struct, frozen=True):
    """A repository of an organisation."""

    organization: str
    name: str
    id: int
    url: str
    ssh_url: str
    default_branch: str
    labels: tuple[str, ...] = ()
    archived: bool = False


class Branch(Struct, frozen=True):
    """A branch and the commit it points to."""

    name: str
    sha: str


Question: TypeAlias = (
    Paths | FileText | GoTemplate | OpenPullRequests | Repositories | Branches | HasPath | PluginOutput
)


class Refusal(Struct, frozen=True):
    """An answer that is none: a sentence, and for a template the path of the text that failed.

    With `absent` what was asked about is not there.
    """

    message: str
    path: tuple[str | int, ...] = ()
    absent: bool = False


class NotYetAnsweredError(Exception):
    """The question was put down; whatever depends on the answer waits."""


class RefusedError(Exception):
    """Nobody can answer the question."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Ledger(Struct):
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
