"""What the step's `with:` says.

The law: every input is known here with its default, and a value that means nothing is refused before
anything is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.errors import UsageError
from syncline.report.model import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

INPUTS: Final[Mapping[str, str]] = {
    "command": "",
    "token": "",
    "kubeconfig": "",
    "applications": "",
    "revision": "",
    "base": "",
    "path": "",
    "brief": "false",
    "level": "auto",
    "kube_version": "",
    "prune": "false",
    "approve": "",
    "adopt": "false",
    "heal": "false",
    "rollback_on_failure": "false",
    "resources": "",
    "labels": "",
    "resource": "",
    "action": "",
    "params": "",
    "dry_run": "false",
    "timeout": "",
    "context": "syncline",
    "comment": "true",
    "fail_on_difference": "false",
    "html": "",
    "record": "",
    "drill_context": "",
    "binding": "",
    "cache": "",
}
"""Every input and its default; `action.yml` and the README name the same."""

COMMANDS: Final = tuple(Job)
"""What the input `command` may be."""

_COMPARED: Final = frozenset({Job.DIFF, Job.SYNC, Job.RENDER})
_REBUILT: Final = frozenset({Job.RECOVER, Job.DRILL})
_ONLY_FOR: Final[Mapping[str, frozenset[Job]]] = {
    "revision": _COMPARED | _REBUILT | {Job.ROLLBACK},
    "base": frozenset({Job.DIFF}),
    "path": _COMPARED | {Job.DRIFT, Job.STATUS, Job.TREE},
    "brief": frozenset({Job.STATUS}),
    "level": frozenset({Job.DIFF}),
    "kube_version": frozenset({Job.DIFF}),
    "heal": frozenset({Job.DRIFT}),
    "rollback_on_failure": frozenset({Job.SYNC}),
    **dict.fromkeys(("resources", "labels", "binding"), frozenset({Job.SYNC})),
    **dict.fromkeys(("resource", "action", "params"), frozenset({Job.ACTIONS})),
    "fail_on_difference": frozenset({Job.DIFF, Job.DRIFT}),
    "record": _REBUILT,
    "drill_context": frozenset({Job.DRILL}),
}
"""Inputs that are about some commands alone."""

OUTPUTS: Final = ("outcome", "changed", "applications", "summary", "report", "html")


class Inputs(Struct, frozen=True):
    """The inputs as the runner passes them."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Inputs:
        """From `INPUT_*`; an empty input has its default."""
        given = {name: environ.get(f"INPUT_{name.upper()}", "").strip() for name in INPUTS}
        return cls({name: given[name] or default for name, default in INPUTS.items()})

    def of(self, job: Job) -> tuple[Inputs, tuple[str, ...]]:
        """The inputs that are about a command, the others as if they were empty; and which were given."""
        idle = tuple(
            name
            for name, jobs in _ONLY_FOR.items()
            if job not in jobs and self.values[name].lower() != INPUTS[name]
        )
        return Inputs({**self.values, **{name: INPUTS[name] for name in idle}}), idle

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def flag(self, name: str) -> bool:
        """A boolean. Raises UsageError for anything but true and false."""
        text = self.values[name].lower()
        if text not in {"true", "false"}:
            raise UsageError(f"The input {name} is {self.values[name]!r}.", remedy="Write true or false.")
        return text == "true"

    def words(self, name: str) -> tuple[str, ...]:
        """Names between spaces, commas or line ends."""
        return tuple(self.values[name].replace(",", " ").split())

    def lines(self, name: str) -> tuple[str, ...]:
        """One value for each line."""
        return tuple(line.strip() for line in self.values[name].splitlines() if line.strip())
