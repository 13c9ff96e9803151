"""YAML as Kubernetes reads it. The tables of scalars hold what `sigs.k8s.io/yaml` v1.6 answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncline.documents import read


def one(text: str | bytes) -> Any:
    (document,) = read(text, "app.yaml")
    return document.value


def table(rows: str) -> list[tuple[str, Any]]:
    """Words and, after the arrow, what each of them means, as JSON; no arrow: the text itself."""
    split = (row.partition(" -> ") for row in rows.strip().splitlines())
    return [
        (word, json.loads(meaning) if meaning else word)
        for words, _, meaning in split
        for word in words.split()
    ]


SCALARS = dict(
    table("""
y Y yes Yes YES on On ON true True TRUE -> true
n N no No NO off Off OFF false False FALSE -> false
~ null Null NULL -> null
yEs tRue nULL oFF enabled yesterday none
0 -0 0_0 0.0 -0.0 1e-400 -> 0
+1 1_ 0x_1 0b1 1. 1.0 -> 1
-12 -1_2 -> -12
1_000 1e3 1E3 1000.0 1.0e+3 -> 1000
-_1 -> -1
0777 -> 511
-0777 -> -511
0o17 0O17 017 0xf 0XF 0b1111 -> 15
-0b11 -> -3
08 -> 8
09.5 9.5 -> 9.5
_1 0x 0b2 0o8 0x1p4 0x10000000000000000
9223372036854775807 0x7fffffffffffffff -> 9223372036854775807
-9223372036854775808 -> -9223372036854775808
9223372036854775808 -> 9223372036854775808.0
0xffffffffffffffff -> 18446744073709551616.0
99999999999999999999999 -> 1e23
.5 +.5 0.5 5e-1 .5_0 -> 0.5
-.5 -> -0.5
1e18 -> 1000000000000000000
1e22 -> 1e22
1152921504606846976.0 -> 1152921504606847000
1e400 1e 1e+ e3 . .. .Nan -.5.1
12:30 190:20:30.15 1.2.3 10.0.0.0/8 2001-01-01 2001-12-14t21:59:43.10-05:00
<< = ٣ 100m v1 1Gi
""")
)


@pytest.mark.parametrize(("text", "meaning"), SCALARS.items(), ids=SCALARS)
def test_a_plain_scalar_means_what_it_means_to_kubernetes(text: str, meaning: Any) -> None:
    value = one(f"a: {text}\nb: [{text}]\n")

    assert value == {"a": meaning, "b": [meaning]}
    assert type(value["a"]) is type(meaning)


@pytest.mark.parametrize("text", [text for text in SCALARS if text != "~"])
def test_a_quoted_scalar_is_a_string(text: str) -> None:
    assert one(f"- '{text}'\n- \"{text}\"\n- !!str {text}\n- |-\n  {text}\n") == [text] * 4


KEYS = table("""
yes ON True -> "true"
off N -> "false"
0x10 020 16 16.0 -> "16"
1.50 -> "1.5"
1e6 1000000.0 -> "1e+06"
100000.0 -> "100000"
123456789.123 -> "1.2345679e+08"
0.0001 -> "0.0001"
0.00001 -> "1e-05"
.inf 1e300 -> ".inf"
-.inf -> "-.inf"
.nan -> ".nan"
-0.0 -> "-0"
'yes' "yes" -> "yes"
2001-01-01 1e400 plain
""")


@pytest.mark.parametrize(("text", "key"), KEYS)
def test_a_key_becomes_the_string_it_is_in_json(text: str, key: str) -> None:
    assert one(f"{text}: x\n") == {key: "x"}


TAGGED = [
    ('!!int "3"', 3),
    ("!!float 3", 3),
    ('!!bool "yes"', True),
    ('!!null ""', None),
    ("!!str 12", "12"),
    ("!!binary aGk=", "hi"),
    ("!!binary |\n  aG\n  k=", "hi"),
    ("!!binary gICA", "\ufffd\ufffd\ufffd"),
    ("!!timestamp 2001-01-01", "2001-01-01"),
    ("!mine 12", "12"),
    ("!mine {a: 1}", {"a": 1}),
    ("!!map 1", "1"),
    ('! "12"', "12"),
]


@pytest.mark.parametrize(("text", "meaning"), TAGGED)
def test_an_explicit_tag_is_honoured_and_an_unknown_one_ignored(text: str, meaning: Any) -> None:
    assert one(f"a: {text}\n") == {"a": meaning}


def test_a_tagged_key_is_what_its_tag_says() -> None:
    assert one("!!str 0x10: a\n!!binary aGk=: b\n") == {"0x10": "a", "hi": "b"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("b: &b {x: 1, y: 2}\na: {<<: *b, x: 3}", {"x": 3, True: 2}),
        ("b: &b {x: 1}\nc: &c {x: 2, z: 3}\na: {<<: [*b, *c]}", {"x": 1, "z": 3}),
        ("b: &b {x: 1}\na: {x: 3, <<: *b}", {"x": 1}),
        ("b: &b {x: 1}\na: {!!merge <<: *b, z: 3}", {"x": 1, "z": 3}),
        ("b: &b {x: 1}\na: {'<<': *b}", {"<<": {"x": 1}}),
        ("b: &b {<<: {x: 1}, z: 2}\na: {<<: *b}", {"x": 1, "z": 2}),
    ],
    ids=["override", "list: earlier wins", "order decides", "tagged", "quoted is no merge", "chained"],
)
def test_merge_keys_work_as_in_go_yaml_2(text: str, meaning: dict[Any, Any]) -> None:
    expected = {"true" if key is True else key: value for key, value in meaning.items()}

    assert one(text)["a"] == expected


def test_an_alias_is_its_anchors_value_as_it_was_there() -> None:
    assert one("a: &x 1\nb: *x\nc: &y [*x]\nd: &x [*y, 2]\ne: *x\n") == {
        "a": 1,
        "b": 1,
        "c": [1],
        "d": [[1], 2],
        "e": [[1], 2],
    }


def test_an_inner_anchor_of_the_same_name_wins_because_it_begins_later() -> None:
    assert one("a: &x\n  b: &x 7\nc: *x\n") == {"a": {"b": 7}, "c": 7}


def test_an_alias_may_be_a_key() -> None:
    assert one("a: &k 1e6\nb: {*k : z}\n") == {"a": 1000000, "b": {"1e+06": "z"}}


def test_empty_documents_are_left_out_and_the_others_know_their_line() -> None:
    text = "# head\n---\n---\na: 1\n---\n~\n---\n# comment\n\n- b\n...\n---\nfoo\n"

    assert [(document.value, document.place.line) for document in read(text, "x.yaml")] == [
        ({"a": 1}, 4),
        (["b"], 10),
        ("foo", 13),
    ]
    assert read("", "x.yaml") == read("# only a comment\n", "x.yaml") == read(b"", "x.yaml") == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert one("a: Grüße 🙂\n".encode(encoding)) == {"a": "Grüße 🙂"}


def test_carriage_returns_end_lines_too() -> None:
    (document,) = read("a: 1\r\nb:\r\n  - c\r\n", "x.yaml")

    assert document.value == {"a": 1, "b": ["c"]}
    assert document.line_of(("b", 0)) == 3


NESTED = """\
# a list of things
kind: List
items:
- metadata:
    name: one
    yes: 1
- &second
  metadata: {name: two,
    labels: {a: b}}
- *second
---
 spec:
   "quoted key":
     - - 1
       - 2
"""


@pytest.mark.parametrize(
    ("document", "path", "line"),
    [
        (0, (), 2),
        (0, ("kind",), 2),
        (0, ("items",), 3),
        (0, ("items", 0), 4),
        (0, ("items", 0, "metadata", "name"), 5),
        (0, ("items", 0, "metadata", "true"), 6),
        (0, ("items", 1, "metadata", "labels", "a"), 9),
        (0, ("items", 2), 10),
        (0, ("items", 2, "metadata", "name"), 10),
        (0, ("items", 0, "spec", "x"), 4),
        (0, ("nowhere",), 2),
        (1, ("spec",), 12),
        (1, ("spec", "quoted key", 0, 1), 15),
    ],
)
def test_a_line_is_that_of_the_value_or_its_nearest_written_ancestor(
    document: int, path: tuple[str | int, ...], line: int
) -> None:
    assert read(NESTED, "x.yaml")[document].line_of(path) == line


def test_json_is_read_as_json_and_knows_its_lines() -> None:
    text = '{"a": [1e3, 1.5, 9223372036854775808],\n "b": "\\ud83d\\ude42\\ud83d"}\n\n{"c":\n null}\n'
    first, second = read(text, "x.json")

    assert first.value == {"a": [1000, 1.5, 2.0**63], "b": "🙂\ufffd"}
    assert [type(number) for number in first.value["a"]] == [int, float, float]
    assert (second.value, second.place.line, second.line_of(("c",))) == ({"c": None}, 4, 4)


def test_yaml_that_begins_like_json_is_still_yaml() -> None:
    assert one("{a: NaN, b: yes}") == {"a": "NaN", "b": True}
