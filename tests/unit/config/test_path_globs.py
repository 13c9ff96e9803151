"""Globs of paths, each against what its own matcher says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.path_globs import (
    doublestar_matches,
    is_path_pattern,
    path_matches,
    pathspec_matches,
)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("apps/*", "apps/a", True),
        ("apps/*", "apps/a/b", False),
        ("apps/**", "apps/a/b", False),
        ("*", ".hidden", True),
        ("a?", "ab", True),
        ("a?", "a/", False),
        ("[ab]", "b", True),
        ("[^ab]", "b", False),
        ("[!a]", "!", True),
        ("{a,b}", "a", False),
        (r"\*", "*", True),
        ("[", "[", False),
        ("[b-a]", "a", False),
        ("a\\", "a", False),
    ],
)
def test_go_path_match(pattern: str, text: str, matches: bool) -> None:
    assert path_matches(pattern, text) is matches
    if matches:
        assert is_path_pattern(pattern)


@pytest.mark.parametrize("pattern", ["[", "[a", "[b-a]", "a\\"])
def test_what_is_no_path_pattern_is_known_as_such(pattern: str) -> None:
    assert not is_path_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("clusters", "clusters/a/config.json", True),
        ("clusters/a/config.json", "clusters/a/config.json", True),
        ("clust", "clusters/a", False),
        ("clusters/*/config.json", "clusters/a/config.json", True),
        ("clusters/*/config.json", "clusters/a/b/config.json", True),
        ("**/config.json", "a/b/config.json", True),
        ("*.json", "a/b.json", True),
        ("clusters/?/x", "clusters/a/x", True),
        ("a[", "a[", True),
    ],
)
def test_git_pathspec(pattern: str, path: str, matches: bool) -> None:
    assert pathspec_matches(pattern, path) is matches


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("clusters/*/config.json", "clusters/a/config.json", True),
        ("clusters/*/config.json", "clusters/a/b/config.json", False),
        ("clusters/**/config.json", "clusters/config.json", True),
        ("clusters/**/config.json", "clusters/a/b/config.json", True),
        ("clusters/**/b/**/c", "clusters/a/b/x/b/y/c", True),
        ("clusters/**/b/**/c", "clusters/a/x/y/c", False),
        ("**", "a/b", True),
        ("a/**", "a", True),
        ("*.json", "a/b.json", False),
        ("clusters/{eu,us-*}/?.{json,yaml}", "clusters/us-1/c.yaml", True),
        ("clusters/{eu,us-*}/?.{json,yaml}", "clusters/ap/c.yaml", False),
        ("clusters", "clusters/a", False),
        ("{a", "{a", True),
    ],
)
def test_doublestar(pattern: str, path: str, matches: bool) -> None:
    assert doublestar_matches(pattern, path) is matches


@given(
    st.lists(st.sampled_from(["a", "b", "**", "*"]), max_size=6), st.lists(st.sampled_from("ab"), min_size=1)
)
def test_doublestar_is_the_regular_expression_that_it_stands_for(pattern: list[str], path: list[str]) -> None:
    meaning = "".join(
        "(/[^/]+)*" if part == "**" else "/[^/]+" if part == "*" else f"/{part}" for part in pattern
    )
    expected = re.fullmatch(meaning, "".join(f"/{part}" for part in path)) is not None
    assert doublestar_matches("/".join(pattern), "/".join(path)) is (expected and bool(pattern))


@given(pattern=st.text(max_size=20), text=st.text(max_size=20))
def test_no_pattern_is_a_crash(pattern: str, text: str) -> None:
    assert path_matches(pattern, text) in {True, False}
    assert pathspec_matches(pattern, text) in {True, False}


@given(text=st.text(alphabet="abc/.-_ !", max_size=12))
def test_a_text_without_signs_matches_itself_and_nothing_else(text: str) -> None:
    assert path_matches(text, text)
    assert not path_matches(text, f"{text}x")
