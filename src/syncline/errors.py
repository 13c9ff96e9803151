"""What can keep Syncline from doing its job.

The law: an error is a class, an exit code and a remedy. Trouble that was *found* (drift, a refused plan, an
unhealthy rollout) is no error but a value in the report; `ExitCode` numbers both, so that one table documents
them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from msgspec import Struct


class ExitCode(IntEnum):
    """How a run ended; the README documents each number."""

    OK = 0
    BUG = 1
    USAGE = 2
    CONFIG = 3
    RENDER = 4
    GIT = 5
    TOOL = 6
    CLUSTER = 7
    GITHUB = 8
    FORBIDDEN = 9
    DIFFERENT = 10
    REFUSED = 11
    SYNC_FAILED = 12
    UNHEALTHY = 13
    INTERRUPTED = 130
    TERMINATED = 143


class Place(Struct, frozen=True, order=True):
    """The line a person would edit. `file` is relative to the root; `line` counts from 1; 0 is unknown.

    `outside` names another repository that the file is in; empty for the one at hand.
    """

    file: str
    line: int = 0
    outside: str = ""

    def __str__(self) -> str:
        file = f"{self.outside}:{self.file}" if self.outside else self.file
        return f"{file}:{self.line}" if self.line else file


NOWHERE = Place("")
"""What was never written in a file."""


class SynclineError(Exception):
    """The job could not be done.

    `message` is one sentence for a person, `place` where to look, `remedy` what to do next.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, message: str, *, place: Place | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        then = f" {self.remedy}" if self.remedy else ""
        return f"{where}{self.message}{then}"


class BugError(SynclineError):
    """A mistake of our own, met on the way: it fails what it was met in, and the rest goes on."""

    exit_code = ExitCode.BUG


class UsageError(SynclineError):
    """The command line or the action's inputs cannot be understood."""

    exit_code = ExitCode.USAGE


class ConfigError(SynclineError):
    """A configuration file says something that has no meaning."""

    exit_code = ExitCode.CONFIG


class DocumentError(ConfigError):
    """A text is not the YAML or JSON it should be."""


class RenderError(SynclineError):
    """The manifests of an application could not be made."""

    exit_code = ExitCode.RENDER


class GitError(SynclineError):
    """Git refused, or a commit is missing."""

    exit_code = ExitCode.GIT


class ToolError(SynclineError):
    """A program is missing, failed to start, or ran out of time."""

    exit_code = ExitCode.TOOL


class ClusterError(SynclineError):
    """A cluster is unknown, cannot be reached, or refuses us."""

    exit_code = ExitCode.CLUSTER


class GitHubError(SynclineError):
    """GitHub cannot be reached or refuses us; `status` is its answer's, or 0."""

    exit_code = ExitCode.GITHUB

    def __init__(
        self, message: str, *, place: Place | None = None, remedy: str = "", status: int = 0
    ) -> None:
        super().__init__(message, place=place, remedy=remedy)
        self.status = status


class ForbiddenError(SynclineError):
    """The event's trust tier does not allow this."""

    exit_code = ExitCode.FORBIDDEN


class Interrupted(SynclineError):  # noqa: N818 - the field's word for it, and not a mistake of anyone
    """The run was asked to stop (SIGINT or SIGTERM). Raised at the next safe point."""

    exit_code = ExitCode.INTERRUPTED


class Terminated(Interrupted):
    """The same by SIGTERM, which shells count apart."""

    exit_code = ExitCode.TERMINATED


class TurnError(ClusterError):
    """Another run writes the application, or may: it is not our turn."""


class ApiError(ClusterError):
    """An API server answered with a `Status`. `code` is the HTTP status, `reason` Kubernetes' CamelCase word.

    The message never carries the object that was sent: it could hold a secret.
    """

    def __init__(self, message: str, *, code: int, reason: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.reason = reason
