"""What an action is called, what it takes and what it makes.

The law: parameters are strings, as in Argo CD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from syncline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syncline.core.resource import Body


class ActionError(UsageError):
    """An action that does not exist, makes no sense now, or is given what it does not take."""


class Offer(Struct, frozen=True):
    """An action that an object has; `disabled` where it makes no sense now."""

    name: str
    disabled: bool = False
    params: tuple[str, ...] = ()
    title: str = ""

    def __str__(self) -> str:
        takes = f"({', '.join(self.params)})" if self.params else ""
        return f"{self.name}{takes}"


class Effect(Struct, frozen=True):
    """What an action makes: the object as it shall be, and objects to create."""

    patched: Body | None = None
    created: tuple[Body, ...] = ()


class Asked(Struct, frozen=True):
    """With what an action is run. `now` is RFC 3339 in UTC."""

    params: Mapping[str, str] = field(default_factory=dict)
    now: str = "1970-01-01T00:00:00Z"


Run: TypeAlias = "Callable[[Body, Asked], Effect]"
Test: TypeAlias = "Callable[[Body], bool]"


def always(body: Body) -> bool:
    """An action that always makes sense."""
    del body
    return True


class BuiltIn(Struct, frozen=True):
    """One of our own actions: what it does, when it makes sense, what it takes."""

    name: str
    run: Run
    when: Test = always
    params: tuple[str, ...] = ()

    def offer(self, body: Body) -> Offer:
        """The action, for this object."""
        return Offer(self.name, not self.when(body), self.params)
