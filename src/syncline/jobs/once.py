"""What is made on first use, once, whichever thread comes first.

The law: nobody waits for another key than the one asked for, and a failure is remembered like a value.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from syncline.errors import SynclineError

if TYPE_CHECKING:
    from syncline.config.application import Application

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
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key in self._failed:
                raise self._failed[key]
            if key not in self._made:
                self._attempt(key)
            return self._made[key]

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


class AtRevision(Struct, frozen=True):
    """An application at a revision; equal by name, because one commit has one definition of it."""

    app: Application
    revision: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AtRevision) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, str, str]:
        return (self.app.namespace, self.app.name, self.revision)
