"""What is written for people can be read back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.documents import dump, read, read_json


def one(text: str | bytes) -> Any:
    (document,) = read(text, "app.yaml")
    return document.value


TRICKY = st.sampled_from([
    "", " ", "a ", " a", "a: b", "a #b", "a:", "- a", "? a", "-", "---", "...", "[x", "{x", "*a", "&a", "!a",
    "%a", "@a", "`a", "'", '"', "a'b\"c", "\\", "# a", "|", ">", "a,b", "yes", "12", "0x1", "1e3", "~", "<<",
    "a\nb", "a\n", "a\n\n", "\na", " a\nb", "\ta\n b", "a\n \n", "\n", "\n \n", "a\r\nb", "a\t", "k" * 1100,
    "\x85", "\u2028", "\ufeff", "\x00", "\x7f", "😀", "2001-01-01",
])  # fmt: skip
TEXTS = st.text() | TRICKY | st.text(alphabet="ab :#-'\"\n\t\\{}[],&*!|>%@`?=~<.0", max_size=8)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: not number.is_integer() or abs(number) < 2**53  # beyond, Go's JSON prints other digits
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
).filter(lambda value: value is not None)


@given(VALUES)
def test_what_is_dumped_reads_as_the_same_value(value: Any) -> None:
    assert one(dump(value)) == value


@given(VALUES)
def test_json_reads_as_the_value_it_was_made_from(value: Any) -> None:
    assert one(json.dumps(value)) == value
    assert read_json(json.dumps(value, indent=1), "x.json").value == value


@given(st.dictionaries(TEXTS, VALUES))
def test_equal_values_make_equal_texts(value: dict[str, Any]) -> None:
    assert dump(value) == dump(dict(reversed(value.items())))


@given(VALUES, VALUES)
def test_documents_of_one_stream_are_read_one_by_one(first: Any, second: Any) -> None:
    documents = read(f"{dump(first)}---\n{dump(second)}", "x.yaml")

    assert [document.value for document in documents] == [first, second]


def test_a_dump_is_ordered_for_people() -> None:
    config = {
        "data": {
            "on": "yes",
            "port": "8080",
            "json": '{"a": 1}',
            "script": "#!/bin/sh\n\n  echo hi\n",
            "empty": "",
        },
        "metadata": {"namespace": "demo", "labels": {"name": "z", "app": "a"}, "name": "web"},
        "kind": "ConfigMap",
        "items": [
            {"image": "nginx:1.27", "name": "web", "args": ["--x=1", "a: b"], "none": [], "nothing": {}}
        ],
        "apiVersion": "v1",
        "spec": {"replicas": 2, "ratio": 0.5, "paused": False, "x": None},
        "type": "Opaque",
    }

    assert (
        dump(config)
        == """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  labels:
    app: a
    name: z
  namespace: demo
type: Opaque
spec:
  paused: false
  ratio: 0.5
  replicas: 2
  x: null
data:
  empty: ""
  json: '{"a": 1}'
  "on": "yes"
  port: "8080"
  script: |
    #!/bin/sh

      echo hi
items:
- name: web
  args:
  - "--x=1"
  - "a: b"
  image: nginx:1.27
  none: []
  nothing: {}
"""
    )


@pytest.mark.parametrize(
    "text", ["1:30", "2001-01-01", "0o7", "1e3", "null", "=", "<<", ".5", "1_000", "0x1"]
)
def test_what_other_readers_take_for_another_type_is_quoted(text: str) -> None:
    assert dump([text]) == f'- "{text}"\n'


def test_a_value_that_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="set is no JSON value"):
        dump({"a": {1}})
