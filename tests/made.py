"""Hypothesis strategies of our values.

`st.builds` asks a class for its annotations' types, which a struct looks up where type checkers alone import
them; here they are not asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")


def made(
    value: Callable[..., Made], *positional: st.SearchStrategy[object], **named: st.SearchStrategy[object]
) -> st.SearchStrategy[Made]:
    """Values whose fields are drawn from these strategies; all others keep their default."""

    def make(*fields: object, **more: object) -> Made:
        return value(*fields, **more)

    return st.builds(make, *positional, **named)
