"""Argo CD's own globs, against what gobwas says."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.globs import compiled, glob_matches

MATCHES = {
    "*": "a a/b .x",
    "*.yaml": "a.yaml a/b.yaml .yaml !a.yml",
    "a/*": "a/b a/b/c !a !b/a/c",
    "**/x": "a/x a/b/x !x",
    "?.yaml": "a.yaml /.yaml !ab.yaml !.yaml",
    "[abc].yaml": "a.yaml !d.yaml",
    "[!abc].yaml": "d.yaml !a.yaml",
    "[^a]": "^ a !b",
    "[^a-c]x": "^x ax cx -x !bx !dx",
    "[a-c]x": "bx !dx !-x",
    "[-a]": "- a !b",
    "{a,b}.yaml": "a.yaml b.yaml !c.yaml !ab.yaml",
    "{a,b/{c,d}*}": "a b/c b/dx !b/e !ax",
    "*{a,ab}c": "xabc xac !xab",
    "{*.yaml,b/*}": "a/x.yaml b/anything !c/x",
    "{a,b}x{c,d}": "bxd axc !abx",
    "a,b": "a,b !a !b",
    "a}": "a} !a",
    r"\*\{": "*{ !a{",
    r"[\]]": "] !a",
    "a+(b).c$": "a+(b).c$ !aab.c$ !a+(b)xc$",
    "": "!a",
}

SEPARATED = {
    "*": "a .x !a/b",
    "**": "a a/b /",
    "a?c": "abc !a/c",
    "a*c": "abc !a/c",
    "**a*b": "ab xayb x/ayb a/ab !a/b",
    "a/**/b": "a/x/b a/x/y/b !a/b",
    "a[!b]c": "axc a/c !abc",
    "*[!x]c*d": "1c1/cyd !1c1/c/d",
    "https://github.com/*/*": "https://github.com/acme/web !https://github.com/acme/a/b",
    "https://github.com/*": "https://github.com/acme !https://github.com/acme/web",
    "https://github.com/**": "https://github.com/acme/web",
}


@pytest.mark.parametrize(
    ("pattern", "separator", "words"),
    [(pattern, "", words) for pattern, words in MATCHES.items()]
    + [(pattern, "/", words) for pattern, words in SEPARATED.items()],
)
def test_a_pattern_matches_what_it_does_in_argo_cd(pattern: str, separator: str, words: str) -> None:
    for word in words.split():
        wanted = not word.startswith("!")
        assert glob_matches(pattern, word.removeprefix("!"), separator=separator) is wanted, word


MEANINGLESS = ["{a", "{a,{b}", "[a", "[]", "[c-a]", "[a-cx]", "{a,b}" * 11]


@pytest.mark.parametrize("pattern", MEANINGLESS)
def test_a_pattern_without_a_meaning_is_refused_where_it_is_read_and_is_itself_elsewhere(
    pattern: str,
) -> None:
    with pytest.raises(ValueError, match=r"."):
        compiled(pattern)
    assert glob_matches(pattern, pattern)
    assert not glob_matches(pattern, "a")


@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "**a*" * 8 + "b", "*[!b]" * 8 + "b"])
@pytest.mark.parametrize("separator", ["", "/"])
def test_no_pattern_is_slow(pattern: str, separator: str) -> None:
    began = time.process_time()
    assert not glob_matches(pattern, "a" * 2000, separator=separator)
    assert time.process_time() - began < 2


@given(
    st.lists(st.sampled_from(["a", "b", "/", "*", "**", "?", "[!b]", "[a/]"]), max_size=6),
    st.text("ab/", max_size=8),
    st.sampled_from(["", "/"]),
)
def test_stars_and_question_marks_match_as_by_definition(
    pattern: list[str], name: str, separator: str
) -> None:
    # Two stars side by side are a double one, so they are written as it is read.
    written = "".join(pattern)
    tokens = [each for each in re.split(r"(\*\*|\[.*?\]|.)", written) if each]
    assert glob_matches(written, name, separator=separator) is _matches(tokens, name, separator)


def _matches(tokens: list[str], name: str, separator: str) -> bool:
    if not tokens:
        return not name
    head, rest = tokens[0], tokens[1:]
    if head in {"*", "**"}:
        stop = name.find(separator) if separator and head == "*" else -1
        ends = range((stop if stop >= 0 else len(name)) + 1)
        return any(_matches(rest, name[at:], separator) for at in ends)
    fits = {"?": separator != name[:1], "[!b]": name[:1] != "b", "[a/]": name[:1] in {"a", "/"}}
    return bool(name) and fits.get(head, head == name[0]) and _matches(rest, name[1:], separator)


@given(pattern=st.text(max_size=20), text=st.text(max_size=20), separator=st.sampled_from(["", "/"]))
def test_no_pattern_is_a_crash(pattern: str, text: str, separator: str) -> None:
    assert glob_matches(pattern, text, separator=separator) in {True, False}


@given(text=st.text(alphabet="abc/.-_ !", max_size=12))
def test_a_text_without_signs_matches_itself_and_nothing_else(text: str) -> None:
    assert glob_matches(text, text)
    assert not glob_matches(text, f"{text}x")
