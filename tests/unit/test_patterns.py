"""Patterns that are compiled late: every one of the package can be, and each behaves as `re` does."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import syncline
from syncline.patterns import Later, regex

if TYPE_CHECKING:
    from collections.abc import Iterator

CHILDREN = ("jinja_child", "jq_child", "jsonnet_child", "__main__")


def declared() -> Iterator[tuple[str, Later]]:
    for found in pkgutil.walk_packages(syncline.__path__, "syncline."):
        if not found.name.endswith(CHILDREN):
            for name, value in vars(importlib.import_module(found.name)).items():
                if isinstance(value, Later):
                    yield f"{found.name}.{name}", value


def test_every_pattern_of_the_package_can_be_compiled() -> None:
    found = dict(declared())
    assert len(found) > 100
    for name, pattern in found.items():
        assert isinstance(pattern.pattern, str | bytes), name


@given(st.text("ab1 ", max_size=20))
def test_a_late_pattern_answers_as_an_early_one(text: str) -> None:
    late, early = regex(r"(a|b)+[0-9]?"), re.compile(r"(a|b)+[0-9]?")
    assert [match.span() for match in late.finditer(text)] == [match.span() for match in early.finditer(text)]
    assert (late.sub("x", text), late.split(text), late.findall(text)) == (
        early.sub("x", text),
        early.split(text),
        early.findall(text),
    )
    assert bool(late.match(text)) is bool(early.match(text))
    assert bool(late.fullmatch(text)) is bool(early.fullmatch(text))
    assert bool(late.search(text)) is bool(early.search(text))


def test_a_mistake_is_told_at_the_first_use() -> None:
    broken = regex("(")
    with pytest.raises(re.error):
        broken.match("x")
