"""What cannot be read is refused with one sentence, a line and a remedy."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from syncline.documents import MAX_BYTES, MAX_DEPTH, dump, read, read_json
from syncline.errors import DocumentError, ExitCode


def refusal(text: str | bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(text, "app.yaml")
    return caught.value


def one(text: str | bytes) -> Any:
    (document,) = read(text, "app.yaml")
    return document.value


HIDDEN = "hunter2"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
REFUSED: dict[str, tuple[str | bytes, int, str, str]] = {
    "tab": (f"a:\n\tb: {HIDDEN}\n", 2, "tab", "spaces"),
    "tab after spaces": (f"a:\n  b: 1\n  \tc: {HIDDEN}\n", 3, "tab", "spaces"),
    "duplicate key": (
        f"x: 1\na:\n  k: {HIDDEN}\n  z: 1\n  k: {HIDDEN}2\n",
        5,
        "`k` appears twice in one mapping, first in line 3",
        "Remove",
    ),
    "duplicate in a list of a second document": (
        f"q: 1\n---\n- 1\n- a: {HIDDEN}\n  b: 1\n  a: 2\n",
        6,
        "first in line 4",
        "Remove",
    ),
    "duplicate after conversion": ("1: a\n'1': b\n", 2, "`1` appears twice", "Remove"),
    "duplicate in JSON": (
        f'{{"a": "{HIDDEN}",\n "a": 1}}',
        2,
        "`a` appears twice in one mapping, first in line 1",
        "Remove",
    ),
    "duplicate after a merge": (
        "b: &b {x: 1}\na:\n  <<: *b\n  x: 2\n  x: 3\n",
        5,
        "`x` appears twice",
        "Remove",
    ),
    "anchor bomb": (BOMB, 7, "1,000,000 values", "anchor bomb"),
    "self-reference": ("a: &a\n  b: *a\n", 2, "contains itself", "Write"),
    "unknown alias": ("a: *b\n", 1, "*b stands for nothing", "&b"),
    "deep flow": ("a: " + "[" * 5000, 1, f"{MAX_DEPTH} levels", "flatten"),
    "deep JSON": ("[" * 50000 + "]" * 50000, 1, f"{MAX_DEPTH} levels", "flatten"),
    "deep blocks": ("".join("  " * n + "a:\n" for n in range(300)), 201, f"{MAX_DEPTH} levels", "flatten"),
    "infinite": (f"k: {HIDDEN}\na: .inf\n", 2, "infinite", "quotes"),
    "wrong tag": (f"a: !!int {HIDDEN}\n", 1, "tagged !!int", "quotes"),
    "wrong base64": (f"a: !!binary {HIDDEN}\n", 1, "not base64", "quotes"),
    "null key": (f"~: {HIDDEN}\n", 1, "a key is null", "quotes"),
    "mapping as a key": (f"x: 1\na: {{{{ .Values.{HIDDEN} }}}}\n", 2, "where a key must be", "quotes"),
    "alias of a list as a key": ("a: &a [1]\n*a : 1\n", 2, "where a key must be", "quotes"),
    "merge of a text": (f"a: 1\n<<: {HIDDEN}\n", 2, "merge key", "alias"),
    "colon in a value": (f"a: b: {HIDDEN}\n", 1, "mapping values are not allowed", "Quote"),
    "reserved character": (f"a: 1\nb: @{HIDDEN}\n", 2, "cannot start any token", "Quote"),
    "unclosed quote": (f'a: 1\nb: "{HIDDEN}\nc: 1\n', 2, "unexpected end of stream", "Close"),
    "unclosed bracket": (f"a: 1\nb: [1,\n  {HIDDEN}\nc: 1\n", 4, "flow sequence", "bracket"),
    "open bracket at the end": (
        f"a: 1\nb: {HIDDEN}\nc: [\n\n",
        3,
        "node content",
        "bracket",
    ),
    "missing colon": (f"a: 1\n{HIDDEN}\nb: 1\n", 3, "could not find expected ':'", "key: value"),
    "bad indentation": (f"a:\n    b: {HIDDEN}\n  c: 1\n", 3, "did not find expected key", "Indent"),
    "bad escape": (f'a: "{HIDDEN}\\d"\n', 1, "escape", "single quotes"),
    "control character": (f"a: 1\nb: {HIDDEN}\x07\n", 2, "control character", "Remove"),
    "not UTF-8": (b"a: 1\nb: \xff\xfe\n", 2, "UTF-8", "UTF-8"),
    "UTF-16 without a mark": (f"a: {HIDDEN}\n".encode("utf-16-le"), 1, "control character", "UTF-8"),
    "too large": ("a: " + "x" * MAX_BYTES, 0, "20.0 MB", "Split"),
    "too large, bytes": (b"x" * 25_000_000, 0, "25.0 MB, where at most 20 MB", "Split"),
}


@pytest.mark.parametrize(("text", "line", "says", "remedy"), REFUSED.values(), ids=REFUSED)
def test_a_text_that_cannot_be_read_is_refused_with_its_line_and_a_remedy_and_without_its_content(
    text: str | bytes, line: int, says: str, remedy: str
) -> None:
    error = refusal(text)

    assert error.place is not None
    assert (error.place.file, error.place.line) == ("app.yaml", line)
    assert says in error.message
    assert remedy in error.remedy
    assert HIDDEN not in str(error)
    assert "\n" not in str(error)
    assert error.message.endswith(".")
    assert error.exit_code is ExitCode.CONFIG


def test_a_long_key_is_cut_in_a_message() -> None:
    key = "k" * 500

    assert len(refusal(f"{key}: 1\n{key}: 2\n").message) < 150


def test_a_wide_text_with_many_aliases_below_the_limit_is_read() -> None:
    value = one("a: &a {x: 1, y: [1, 2]}\nb:\n" + "- *a\n" * 50_000)

    assert len(value["b"]) == 50_000


def test_the_deepest_allowed_nesting_can_be_read_and_written() -> None:
    for text in ("[" * MAX_DEPTH + "]" * MAX_DEPTH, "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)):
        assert one(dump(one(text))) == one(text)


def test_nothing_of_a_document_shows_in_its_representation() -> None:
    (document,) = read(f"password: {HIDDEN}\n", "app.yaml")

    assert HIDDEN not in repr(document)
    assert document.value == {"password": HIDDEN}


def test_a_python_without_libyaml_is_told_what_to_install() -> None:
    script = (
        "import sys; sys.modules['yaml._yaml'] = None\n"
        "from syncline.documents import read\n"
        "from syncline.errors import ToolError\n"
        "try: read('a: 1', 'x')\n"
        "except ToolError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "without its C extension" in done.stdout
    assert "pip install" in done.stdout


JSON_REFUSED = {
    "two values": ('{"a": 1}\n{"b": 2}\n', 2, "a second value follows"),
    "none": (" \n", 0, "it is empty"),
    "YAML": ("a: 1\n", 1, "expecting value"),
    "two commas": ('{"a": 1,\n,}', 2, "expecting property name"),
    "not a number": ("[NaN]", 1, "no JSON numbers"),
    "duplicate key": ('{"a": 1,\n"a": 2}', 2, "`a` appears twice"),
    "deep": ("[" * 300 + "]" * 300, 1, f"{MAX_DEPTH} levels"),
}


@pytest.mark.parametrize(("text", "line", "says"), JSON_REFUSED.values(), ids=JSON_REFUSED)
def test_a_json_file_holds_exactly_one_value(text: str, line: int, says: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_json(text, "x.json")

    assert caught.value.place is not None
    assert caught.value.place.line == line
    assert says in caught.value.message
    assert caught.value.remedy


def test_a_json_file_may_hold_any_one_value() -> None:
    assert read_json(b"\xef\xbb\xbf\n{}\n", "x.json").value == {}
    assert read_json(" 12 ", "x.json").value == 12
