"""What is made on first use, once, whichever thread comes first.

The law: nobody waits for another key than the one asked for, and a failure is remembered like a value.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from syncline.errors import SynclineError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """A table whose entries are made on first use, each exactly once, whichever thread comes first.

    A failure is remembered like a value: asking again gives the same sentence without trying again.
    """

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._guard = threading.Lock()
        self._locks: dict[K, threading.Lock] = {}
        self._made: dict[K, V] = {}
        self._failed: dict[K, SynclineError] = {}

    def __getitem__(self, key: K) -> V:
        # What is there stays there, so that nobody has to wait who asks again.
        made = self._made
        if key in made:
            return made[key]
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key in self._failed:
                raise self._failed[key]
            if key not in self._made:
                self._attempt(key)
            return self._made[key]

    def find(self, key: K) -> V | None:
        """What was made for the key, if something was; nothing is made."""
        return self._made.get(key)

    def failed(self) -> tuple[K, ...]:
        """What could not be made."""
        return tuple(self._failed)

    def made(self) -> tuple[V, ...]:
        """What has been made so far."""
        return tuple(self._made.values())

    def _attempt(self, key: K) -> None:
        try:
            self._made[key] = self._make(key)
        except SynclineError as error:
            self._failed[key] = error
            raise
