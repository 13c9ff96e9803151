"""What a person sees while waiting.

The law: progress goes to stderr only, one line that is rewritten on a terminal and few whole lines elsewhere.
"""

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

QUIET_SECONDS = 30.0
"""The time between two lines in a log file, where lines pile up."""


@dataclass(slots=True)
class Progress:
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _last: float = 0.0

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(f"{self._erase()}{text}\n")
        self._last = time.monotonic()

    def tick(self, text: str) -> None:
        """Where things stand; dropped in a log file unless nothing was said for a while."""
        now = time.monotonic()
        if self.stream.isatty():
            self._write(f"{self._erase()}{text[:100]}")
        elif now - self._last >= QUIET_SECONDS:
            self._last = now
            self._write(f"{text}\n")

    def _erase(self) -> str:
        return "\r\x1b[K" if self.stream.isatty() else ""

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
