from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from syncline.report.escaping import at_start, code, fence, one_line, prose, shorten, tagged, visible
from unit.report.rendered import structure_of
from unit.report.strategies import texts


def test_no_character_that_leaves_no_ink_stays_as_it_is() -> None:
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    every = (chr(number) for number in range(sys.maxunicode + 1))
    unseen = [letter for letter in every if unicodedata.category(letter) in hidden and letter not in "\t\n"]

    assert len(unseen) > 2_000
    assert [letter for letter in unseen if visible(letter) == letter] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\ud800", "⟨U+D800⟩"),
        ("tab\tand\nnewline, é and 🚀", "tab\tand\nnewline, é and 🚀"),
    ],
)
def test_hidden_characters_are_written_as_their_code_point(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(texts)
def test_a_sentence_reads_as_it_was_written_and_is_nothing_but_text(text: str) -> None:
    found = structure_of(f"x {prose(text)} y")

    assert found.tags == ["p"]
    assert found.words.replace("\u200b", "").split() == f"x {one_line(text)} y".split()


@given(texts)
def test_a_code_span_reads_as_it_was_written(text: str) -> None:
    found = structure_of(f"x {code(text)} y")

    assert found.tags == ["p", "code"]
    assert found.words.split() == f"x {one_line(text)} y".split()


@given(texts)
def test_a_table_cell_stays_one_cell(text: str) -> None:
    page = f"| a | b | c |\n| -- | -- | -- |\n| 1 | {prose(text)} | {code(text)} |\n"
    found = structure_of(page)

    assert [tag for tag in found.tags if tag != "code"] == [
        *("table", "thead", "tr", "th", "th", "th", "tbody", "tr", "td", "td", "td")
    ]


@given(texts)
def test_a_summary_holds_no_tag_of_others(text: str) -> None:
    found = structure_of(f"<details><summary>{tagged(text)}</summary>\n\nx\n\n</details>")

    assert found.tags == ["details", "summary", "p"]
    assert found.is_balanced


@given(texts)
def test_nothing_inside_a_fence_closes_it(text: str) -> None:
    lines = visible(text).split("\n")
    found = structure_of(f"{fence(lines, 'diff')}\n\nafter")

    assert found.tags == ["pre", "code", "p"]
    assert found.words.strip("\n").endswith("after")
    assert found.words.startswith("\n".join(lines))


@pytest.mark.parametrize(
    "text", ["@octocat", "see #12", "acme/app#3", "GH-7", "https://a.example", "www.a.example"]
)
def test_nobody_is_mentioned_and_nothing_is_linked(text: str) -> None:
    assert not re.search(
        r"@\w|#\d|GH-\d|://|www\.", prose(text).replace("&#8203;", "\u200b").replace("&#", "")
    )


def test_a_long_text_is_cut_with_an_ellipsis_and_a_short_one_is_not() -> None:
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"


@pytest.mark.parametrize("text", ["#", "# x", "---", "===", "1. x", "2) y", "- a", "+ b", "a # b", "."])
def test_a_line_may_begin_with_whatever_others_wrote(text: str) -> None:
    assert MarkdownIt().render(f"above\n\n{at_start(prose(text))}") == f"<p>above</p>\n<p>{text}</p>\n"
    assert MarkdownIt().render(f"above\n{at_start(prose(text))}") == f"<p>above\n{text}</p>\n"
