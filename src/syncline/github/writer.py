"""Who writes a status, so that two steps of one name are seen.

The law: a step is known by its workflow's file, its job, its event and its run, never by its display name;
what does not say who wrote it is nobody's, and no rival.

A commit has one status of each name, and the file that started a run is that of its commit: a workflow that
was renamed is no rival of itself. The mark stands behind the `#` of the link to the run, where no page looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES: Final = ("workflow", "job", "event", "attempt", "step")
_LONGEST: Final = 300
"""Characters of a name that are shown: a status may be anybody's."""


class Writer(Struct, frozen=True):
    """A step as the runner describes it. `run` is the page of its run, `attempt` counts its starts, and
    `step` is a word of its own: the jobs of a matrix are alike in all else.
    """

    run: str
    workflow: str
    job: str
    event: str
    attempt: str
    step: str

    @property
    def mark(self) -> str:
        """The link to the run that says who it was."""
        return f"{self.run}#{urlencode({name: getattr(self, name) for name in _NAMES})}"

    @property
    def words(self) -> str:
        """The workflow's file with its job."""
        return f"{self.workflow} (job {self.job})"

    def is_rival_of(self, other: Writer) -> bool:
        """Whether two steps write one status for the same reason. Another event of the same commit, such as a
        manual sync after a push, says the newer truth; another attempt takes the place of the one before.
        """
        if self.step == other.step or self.event != other.event:
            return False
        if (self.workflow, self.job) != (other.workflow, other.job):
            return True
        return (self.run, self.attempt) == (other.run, other.attempt)


def writer_of(environ: Mapping[str, str], run_url: str, step: str) -> Writer | None:
    """Who this step is, with a word that no other one has; None where the runner does not say it."""
    reference = environ.get("GITHUB_WORKFLOW_REF", "").partition("@")[0]
    file = reference.removeprefix(f"{environ.get('GITHUB_REPOSITORY', '')}/")
    job, event = environ.get("GITHUB_JOB", ""), environ.get("GITHUB_EVENT_NAME", "")
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "")
    if not (run_url and file and job and event and attempt):
        return None
    return Writer(run_url, file, job, event, attempt, step)


def marked(url: str) -> Writer | None:
    """Who a status is by, from its link; None where that does not say it."""
    try:
        run, _, fragment = urlsplit(url).geturl().partition("#")
        found = parse_qs(fragment, max_num_fields=len(_NAMES))
    except ValueError:
        return None
    if set(found) != set(_NAMES):
        return None
    return Writer(run, *(found[name][0][:_LONGEST] for name in _NAMES))


def rivalry(context: str, mine: Writer, other: Writer) -> str:
    """What is to be said of two that write under one name."""
    name, comment = context.rpartition("/")[0], mine.event.startswith("pull_request")
    if (mine.workflow, mine.job) == (other.workflow, other.job):
        who = f"Two steps of {mine.words} write"
    else:
        who = f"{mine.words} and {other.words} both write"
    what = f"the status {context} of this commit{' and the comment' if comment else ''}"
    return (
        f"{who} {what}, and each takes the place of what the other said. "
        f"Give one of them another `context` than {name}."
    )
