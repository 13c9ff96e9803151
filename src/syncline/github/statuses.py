"""Commit statuses.

The law: the aggregate is written first and last, and whatever ends the run, nothing is left pending; a state
that is there already is not sent again.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from syncline.errors import GitHubError, Interrupted
from syncline.github.writer import Writer, marked, rivalry
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from syncline.github.client import Api

LONGEST_DESCRIPTION: Final = 140
LONGEST_CONTEXT: Final = 255
"""Characters that GitHub takes; one more is refused with 422."""

_BEYOND: Final = regex(r"[^\u0000-\uffff]")
"""What GitHub refuses in a description ("doesn't accept 4-byte Unicode"): emoji, for example."""

_BAD: Final = ("success", "failure", "error")
"""The states that an application ends with, ever worse."""

_PENDING: Final = "pending"
_ERROR: Final = "error"
_CANCELLED: Final = "The run was cancelled before it finished."
_FAILED: Final = "The run failed before it finished."
_UNTOLD: Final = "The run ended without a word about this."


class Said(NamedTuple):
    """A status as a reader sees it: error, failure, pending or success, and a line of text."""

    state: str
    description: str


class Statuses:
    """The statuses of one commit; the newest of each context counts. May be used by several threads."""

    def __init__(self, api: Api, repository: str, sha: str) -> None:
        self._api = api
        self._path = f"/repos/{repository}/statuses/{sha}"
        self._combined = f"/repos/{repository}/commits/{sha}/status"
        self._lock = threading.Lock()
        self._there: dict[str, Said] | None = None
        self._links: dict[str, str] = {}

    def set(self, context: str, state: str, description: str, *, url: str = "") -> None:
        """Say it, unless it has been said. Raises GitHubError.

        `url` is where the details are; a new one alone is not worth a status, of which there are 1,000 for
        each context. Description and context become what GitHub takes.
        """
        plain = _BEYOND.sub("\ufffd", description)
        context, said = context_of(context), Said(state, shortened(plain, LONGEST_DESCRIPTION))
        with self._lock:
            there = self._read()
            if there.get(context) == said:
                return
            body = {"state": said.state, "context": context, "description": said.description}
            # Said twice it is no other than said once: nothing has to be looked for.
            self._api.post(self._path, body | ({"target_url": url} if url else {}), look=lambda: None)
            there[context] = said

    def found(self, context: str) -> str:
        """The link of that status as it was when this run first looked; empty where there was none. Raises
        GitHubError.
        """
        with self._lock:
            self._read()
            return self._links.get(context_of(context), "")

    def found_now(self, context: str) -> str:
        """The same as it is by now."""
        links = {status["context"]: status.get("target_url") or "" for status in self._newest()}
        return links.get(context_of(context), "")

    def _newest(self) -> list[Mapping[str, Any]]:
        return list(self._api.pages(self._combined, key="statuses"))

    def _read(self) -> dict[str, Said]:
        if self._there is None:
            found = self._newest()
            self._links = {status["context"]: status.get("target_url") or "" for status in found}
            self._there = {
                status["context"]: Said(status["state"], status["description"] or "") for status in found
            }
        return self._there


class StatusBoard:
    """What one run says of a commit: an aggregate under `context`, and each application under `context/NAME`.

    As a context manager it leaves nothing pending. A status of an application that GitHub does not take stops
    nothing: it is said again at the end, where GitHubError is raised. `by` is where the details are, or who
    writes, which is told by the link.
    """

    def __init__(self, api: Api, repository: str, sha: str, *, context: str, by: Writer | str = "") -> None:
        self._api = api
        self._statuses = Statuses(api, repository, sha)
        self._context = context
        self._writer = by if isinstance(by, Writer) else None
        self._url = by if isinstance(by, str) else by.mark
        self._announced = False
        self._shown: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._told: dict[str, Said] = {}
        self._open: dict[str, Said | None] = {}
        """What is pending or unsaid, and what is to be said of it as far as that is known."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if _is_cancellation(error):
            self._api.hurry()
        why = _UNTOLD if error is None else _CANCELLED if _is_cancellation(error) else _FAILED
        try:
            self._close(why)
        except GitHubError as failure:
            if error is None:
                raise
            # What ended the run is what is to be heard of.
            error.add_note(f"Besides: {failure}")
        except (KeyboardInterrupt, Interrupted):
            # A signal came in the middle of the last words: there is little time, and they are said.
            self._api.hurry()
            with suppress(GitHubError):
                self._close(_CANCELLED)
            raise

    def start(self, description: str) -> None:
        """The aggregate is pending. Raises GitHubError.

        Without it nothing is ever pending: a run that is repeated on one commit for weeks then says only what
        is new.
        """
        self._announced = True
        self._open[self._context] = None
        self._say(self._context, Said(_PENDING, description))

    def begin(self, names: Sequence[str], description: str, *, limit: int = 10) -> None:
        """These applications are pending; those beyond the limit are told by the aggregate alone."""
        self._shown = frozenset(sorted(names)[:limit])
        for name in sorted(self._shown) if self._announced else ():
            self._open[self._of(name)] = None
            with suppress(GitHubError):
                self._say(self._of(name), Said(_PENDING, description))

    def application(self, name: str, state: str, description: str) -> None:
        """One application has ended; of several of one name (in different namespaces) the worst is told."""
        context, said = self._of(name), Said(state, description)
        if name not in self._shown:
            return
        with self._lock:
            before = self._told.setdefault(context, said)
            if _BAD.index(before.state) < _BAD.index(state):
                before = self._told[context] = said
            self._open[context] = before
        with suppress(GitHubError):
            self._end(context, before)

    def finish(self, state: str, description: str) -> None:
        """The run has ended: what is still open, then the aggregate as the last word. Raises GitHubError."""
        # At the end of the row, and in one step: a signal may come between any two.
        others = {context: said for context, said in self._open.items() if context != self._context}
        self._open = {**others, self._context: Said(state, description)}
        self._close(_UNTOLD)

    def rivalry(self) -> str:
        """The sentence about another step that says the aggregate, too; empty where there is none, or where
        GitHub does not tell. Of two that began at once, the one that wrote first finds the other's words by
        now.
        """
        mine = self._writer
        looks = (self._statuses.found, *((self._statuses.found_now,) if self._announced else ()))
        for look in looks if mine else ():
            try:
                other = marked(look(self._context))
            except GitHubError:
                return ""  # told when the aggregate is written
            if mine and other and mine.is_rival_of(other):
                return rivalry(self._context, mine, other)
        return ""

    def _of(self, name: str) -> str:
        return f"{self._context}/{name}"

    def _say(self, context: str, said: Said) -> None:
        self._statuses.set(context, said.state, said.description, url=self._url)

    def _end(self, context: str, said: Said) -> None:
        self._say(context, said)
        self._open.pop(context, None)

    def _close(self, why: str) -> None:
        """End what is open in the order it was opened; one failure stops no other."""
        failures = []
        for context, said in list(self._open.items()):
            try:
                self._end(context, said or Said(_ERROR, why))
            except GitHubError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]


def _is_cancellation(error: BaseException | None) -> bool:
    return isinstance(error, KeyboardInterrupt | Interrupted)


def context_of(name: str) -> str:
    """The name as a context; one that is too long keeps its beginning and stays unlike every other."""
    if len(name) <= LONGEST_CONTEXT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_CONTEXT - len(digest) - 1]}…{digest}"


def shortened(text: str, most: int) -> str:
    """One line of at most so many characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    at_word = cut.rpartition(" ")[0] if line[most - 1] != " " else cut
    return f"{at_word.rstrip() if len(at_word) > most // 2 else cut}…"
