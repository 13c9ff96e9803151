"""Commit statuses.

The law: the aggregate is written first and last, and whatever ends the run, nothing is left pending; a state
that is there already is not sent again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Self

from syncline.github.client import Ambiguous

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from syncline.github.client import Api

_DESCRIPTION: Final = 140
_CONTEXT: Final = 255
_PENDING: Final = "pending"
_ABORTED: Final = "The run ended before it was finished."


class StatusBoard:
    """The statuses of one commit. As a context manager it never leaves anything pending."""

    def __init__(
        self, api: Api, repository: str, sha: str, *, context: str, limit: int = 10, url: str = ""
    ) -> None:  # noqa: PLR0913 - one commit's board has this many facts
        self._api = api
        self._path = f"/repos/{repository}/statuses/{sha}"
        self._known_path = f"/repos/{repository}/commits/{sha}/statuses"
        self._context = context
        self._limit = limit
        self._url = url
        self._lock = threading.Lock()
        self._sent: dict[str, tuple[str, str]] = {}
        self._shown: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for context, (state, _) in list(self._sent.items()):
            if state == _PENDING and context.startswith(self._context):
                self._send(context, "error", _ABORTED)

    def start(self, description: str) -> None:
        """The aggregate is pending."""
        self._sent = self._read()
        self._send(self._context, _PENDING, description)

    def begin(self, names: Sequence[str], description: str) -> None:
        """These applications are pending; those beyond the limit are told by the aggregate alone."""
        self._shown = frozenset(sorted(names)[: self._limit])
        for name in sorted(self._shown):
            self._send(f"{self._context}/{name}", _PENDING, description)

    def application(self, name: str, state: str, description: str) -> None:
        """One application has ended."""
        if name in self._shown:
            self._send(f"{self._context}/{name}", state, description)

    def finish(self, state: str, description: str) -> None:
        """The run has ended."""
        self._send(self._context, state, description)

    def _read(self) -> dict[str, tuple[str, str]]:
        newest: dict[str, tuple[str, str]] = {}
        for status in self._api.pages(self._known_path):
            # The list begins with the newest.
            newest.setdefault(status["context"], (status["state"], status["description"] or ""))
        return {context: said for context, said in newest.items() if said[0] != _PENDING}

    def _send(self, context: str, state: str, description: str) -> None:
        context, description = shortened(context, _CONTEXT), shortened(description, _DESCRIPTION)
        with self._lock:
            if self._sent.get(context) == (state, description):
                return
            self._sent[context] = (state, description)
        body = {"state": state, "context": context, "description": description}
        if self._url:
            body["target_url"] = self._url
        try:
            self._api.post(self._path, body)
        except Ambiguous:
            # Saying the same thing twice does no harm: the newest status of a context counts.
            self._api.post(self._path, body)


def shortened(text: str, most: int) -> str:
    """At most so many characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    at_word = cut.rpartition(" ")[0]
    return f"{at_word if len(at_word) > most // 2 else cut}…"
