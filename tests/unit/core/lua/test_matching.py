"""Our matcher of Lua's patterns against the C library's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lupa import lua52

from syncline.core.lua.matching import MATCHING

LUA = lua52.LuaRuntime(unpack_returned_tuples=True)
SLOW = LUA.execute(f"local unpack = table.unpack {MATCHING}")
BOTH = LUA.eval(
    """function(slow, name, s, p, extra)
      local function packed(library)
        if name == 'gmatch' then
          local all = {}
          for a, b in library.gmatch(s, p) do
            all[#all + 1] = tostring(a) .. '|' .. tostring(b)
            if #all > 50 then break end
          end
          return table.concat(all, ',')
        end
        local found = {library[name](s, p, extra)}
        local texts = {}
        for i = 1, 12 do texts[i] = tostring(found[i]) end
        return table.concat(texts, '|')
      end
      local ok, quick = pcall(packed, string)
      local fine, careful = pcall(packed, slow)
      return ok, fine, quick, careful
    end"""
)

items = st.sampled_from(
    [
        *(
            "a",
            "b",
            ".",
            "%a",
            "%d",
            "%s",
            "%w",
            "[ab]",
            "[^a]",
            "[a-c%d]",
            "[]]",
            "[^]]",
            "%.",
            "%%",
            "-",
            "1",
        ),
        *(
            "(a)",
            "(",
            ")",
            "()",
            "(.-)",
            "(a*)",
            "%1",
            "%b()",
            "%b",
            "%f[%w]",
            "%f[^a]",
            "$",
            "^",
            "[",
            "%",
            "]",
        ),
    ]
)
patterns = st.builds(
    lambda anchor, parts, end: anchor + "".join(item + mark for item, mark in parts) + end,
    st.sampled_from(["", "^"]),
    st.lists(st.tuples(items, st.sampled_from(["", "", "*", "+", "-", "?"])), max_size=5),
    st.sampled_from(["", "$"]),
)
subjects = st.text("ab1 ().-]", max_size=10)


def agree(name: str, subject: str, pattern: str, extra: Any = None) -> None:
    ok, fine, quick, careful = BOTH(SLOW, name, subject, pattern, extra)
    if careful == "unfinished capture":
        return  # a malformed pattern; the library notices only where it needs that capture
    assert ok == fine, (quick, careful)
    if ok:
        assert quick == careful


@pytest.mark.parametrize("name", ["find", "match", "gmatch"])
@given(subject=subjects, pattern=patterns)
@settings(max_examples=150)
@example(subject="(a(b)a)", pattern="%b()")
@example(subject="THE (quick) fox", pattern="%f[%a]%a+")
@example(subject="aaa", pattern="(a)%1")
@example(subject="key = value", pattern="^(%w+)%s*=%s*(%w+)$")
@example(subject="", pattern="")
def test_it_finds_what_the_library_finds(name: str, subject: str, pattern: str) -> None:
    agree(name, subject, pattern)


@given(
    subject=subjects,
    pattern=patterns,
    replacement=st.sampled_from(["", "x", "%0%0", "<%1>", "%%", "%", "%2", "%x"]),
)
@settings(max_examples=150)
def test_it_replaces_what_the_library_replaces(subject: str, pattern: str, replacement: str) -> None:
    agree("gsub", subject, pattern, replacement)


@pytest.mark.parametrize("init", [1, 2, 5, 30, -1, -30, 0])
def test_it_begins_where_it_is_told(init: int) -> None:
    for pattern in ("a", "^a", "()", "b*", "$"):
        agree("find", "abab", pattern, init)
        agree("match", "abab", pattern, init)
