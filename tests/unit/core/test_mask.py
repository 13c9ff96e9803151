from __future__ import annotations

import base64
import itertools
import json
import urllib.parse
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from syncline.config.settings import Masking
from syncline.core.fields import compare
from syncline.core.mask import SHORTEST, Masker, mask_pair, masked_again, masked_change
from syncline.core.plan import Action, Change
from syncline.core.resource import Body, key_of

Object = dict[str, Any]
KEY = b"of this run"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(**fields: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, **fields}


def config(**data: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "n"},
        "data": data,
    }


def taught(*bodies: Body) -> Masker:
    masker = Masker(KEY)
    for body in bodies:
        masker.learn(body)
    return masker


def shown(body: Body, masker: Masker | None = None) -> Any:
    _, after = mask_pair(None, body, masker or taught(body))
    assert after is not None
    return after.value


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


SAID = ("hunter2-hunter2", "the-database", "a word", "aHVudGVyMi1odW50ZXIy", "x=hunter2-hunter2")
ACTS = ("scrub", "value", "name", "rules")


@example([("value", "the-database"), ("scrub", "the-database"), ("name", "the-database")])
@given(said=st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(SAID)), max_size=12))
def test_what_was_scrubbed_before_changes_nothing_of_what_is_scrubbed_after(
    said: list[tuple[str, str]],
) -> None:
    used, fresh = Masker(KEY), Masker(KEY)
    for act, text in said:
        for masker in (used, fresh):
            if act == "value":
                masker.learn_value(text.encode())
            elif act == "name":
                masker.learn({"kind": "ConfigMap", "metadata": {"name": text}})
            elif act == "rules":
                masker.obey(Masking(guess=False))
        if act == "scrub":
            used.scrub(text)

    for text in SAID:
        assert used.scrub(text) == fresh.scrub(text)
        assert used.scrub(text) == used.scrub(text)


@pytest.mark.parametrize("moment", range(1, 4))
def test_what_is_learned_while_an_object_is_masked_is_hidden_when_it_is_masked_again(moment: int) -> None:
    late, masker, looks = "a-value-that-is-learned-late", Masker(KEY), itertools.count(1)

    class Telling(dict[str, Any]):
        def items(self) -> Any:
            yield from super().items()
            if next(looks) == moment:
                masker.learn_value(late.encode())

    _, after = mask_pair(None, {**config(), "data": Telling(a=late)}, masker)

    assert next(looks) > moment, "it was learned on the way"
    assert after is not None
    assert late not in dumped(masked_again(after, masker).value)


def test_the_keys_of_a_secret_stay_and_its_values_do_not() -> None:
    value = shown(secret(data={"user": encoded("hunter2"), "cert": "/w=="}, type="Opaque"))

    assert list(value["data"]) == ["user", "cert"]
    assert all(text.startswith("‹hidden ") for text in value["data"].values())
    assert value["type"] == "Opaque"


def test_a_side_that_is_not_there_stays_away() -> None:
    assert mask_pair(None, None, Masker(KEY)) == (None, None)
    before, after = mask_pair(secret(data={"a": "YQ=="}), None, Masker(KEY))
    assert before is not None
    assert after is None


def test_an_equal_value_looks_equal_and_a_changed_one_different_however_it_is_spelled() -> None:
    old = secret(data={"same": encoded("one"), "changed": encoded("two"), "gone": encoded("three")})
    new = secret(stringData={"same": "one"}, data={"changed": encoded("2"), "new": encoded("four")})
    before, after = mask_pair(old, new, taught(old, new))

    assert before is not None
    assert after is not None
    assert [change.path for change in compare(before.value, after.value)] == [
        ("data", "changed"),
        ("data", "gone"),
        ("data", "new"),
    ]


def test_the_same_secret_in_two_fields_does_not_look_the_same() -> None:
    data = shown(secret(data={"a": encoded("hunter2"), "b": encoded("hunter2")}))["data"]

    assert data["a"] != data["b"]


def test_another_run_has_other_fingerprints() -> None:
    body = secret(data={"a": encoded("hunter2")})

    assert shown(body) != shown(body, Masker(b"of another run"))


INVALID = [
    pytest.param({"data": {"a": 12345678}}, "12345678", id="a number (CVE-2025-23216)"),
    pytest.param({"stringData": {"a": 12345678}}, "12345678", id="a number in stringData"),
    pytest.param({"data": {"a": "hunter22"}}, "hunter22", id="text that happens to be base64"),
    pytest.param({"data": {"a": "hunter22!"}}, "hunter22!", id="no base64"),
    pytest.param({"data": {"a": ["hunter22"]}}, "hunter22", id="a list as a value"),
    pytest.param({"data": {"a": {"b": "hunter22"}}}, "hunter22", id="a map as a value"),
    pytest.param({"data": ["hunter22"]}, "hunter22", id="a list for a map"),
    pytest.param({"data": "hunter22"}, "hunter22", id="a text for a map"),
    pytest.param({"stringData": "hunter22"}, "hunter22", id="stringData that is a text"),
    pytest.param({"data": {"a": None}, "stringData": {"b": "hunter22"}}, "hunter22", id="a null beside it"),
]


@pytest.mark.parametrize(("fields", "value"), INVALID)
def test_a_secret_that_is_not_valid_is_masked_all_the_same(fields: Object, value: str) -> None:
    assert value not in dumped(shown(secret(**fields), Masker(KEY)))


@pytest.mark.parametrize("api_version", ["v1", "", None, 1])
def test_a_secret_is_known_by_its_kind_whatever_its_version_says(api_version: Any) -> None:
    body = {**secret(data={"a": encoded("hunter22")}), "apiVersion": api_version}

    assert encoded("hunter22") not in dumped(shown(body, Masker(KEY)))


def test_a_secret_inside_another_object_is_masked_too() -> None:
    inner = secret(stringData={"a": "hunter22"})
    listed = {"apiVersion": "v1", "kind": "List", "items": [inner]}
    work = {"apiVersion": "work.example.com/v1", "kind": "ManifestWork", "spec": {"manifests": [inner]}}

    for body in (listed, work):
        assert "hunter22" not in dumped(shown(body, Masker(KEY)))
    assert "hunter22" not in taught(listed).scrub("password hunter22")


def test_kubectls_record_of_a_secret_is_never_shown() -> None:
    record = json.dumps(secret(data={"a": encoded("hunter22")}))
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": record, "team": "shop"}
    body = {**secret(), "metadata": {"name": "s", "annotations": annotations}}
    template = {
        "apiVersion": "v1",
        "kind": "PodTemplate",
        "template": {"metadata": {"annotations": annotations}},
    }

    assert encoded("hunter22") not in dumped(shown(body, Masker(KEY)))
    assert encoded("hunter22") not in dumped(shown(template, Masker(KEY)))
    assert shown(template, Masker(KEY))["template"]["metadata"]["annotations"]["team"] == "shop"


def test_annotations_named_in_the_configuration_are_hidden_on_secrets_only() -> None:
    masker = Masker(KEY, Masking(secret_annotations=frozenset({"vault/token"})))
    metadata = {"name": "x", "annotations": {"vault/token": "plain", "team": "shop"}}

    hidden = shown({**secret(), "metadata": metadata}, masker)["metadata"]["annotations"]
    assert hidden["vault/token"].startswith("‹hidden ")
    masker.learn({**secret(), "metadata": {"annotations": {"vault/token": "hunter22"}}})
    assert "hunter22" not in masker.scrub("token hunter22")
    assert hidden["team"] == "shop"
    assert (
        shown({**config(), "metadata": metadata}, masker)["metadata"]["annotations"]
        == metadata["annotations"]
    )


def test_a_value_learned_from_a_secret_is_hidden_wherever_it_stands() -> None:
    masker = taught(secret(data={"password": encoded("hunter22"), "pin": encoded("123456789")}))
    body = {
        **config(url="db://app:hunter22@db/x", copy=encoded("user:hunter22!"), **{"x-hunter22": "y"}),
        "spec": {"env": [{"name": "PASSWORD", "value": "hunter22"}], "pin": 123456789, "on": True, "n": None},
    }

    text = dumped(shown(body, masker))
    assert "hunter22" not in text
    assert encoded("user:hunter22!") not in text
    assert "123456789" not in text
    assert '"on": true' in text


SPELLINGS = [
    pytest.param("hunter22", id="as it is"),
    pytest.param(encoded("hunter22"), id="base64"),
    pytest.param(encoded("hunter22").rstrip("="), id="base64 without padding"),
    pytest.param(encoded("xhunter22"), id="base64 with something before it"),
    pytest.param(encoded("xyhunter22z"), id="base64 with something around it"),
    pytest.param(b"hunter22".hex(), id="hexadecimal"),
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_value_is_found_in_its_encodings(text: str) -> None:
    masker = taught(secret(stringData={"a": "hunter22\n"}))

    scrubbed = masker.scrub(f"error: <{text}>")
    assert text not in scrubbed
    assert scrubbed.startswith("error: <")
    assert scrubbed.endswith(">")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('p"w\\d\n1', json.dumps('p"w\\d\n1')[1:-1]),
        ("pässword", json.dumps("pässword")[1:-1]),
        ("p&w d/1", urllib.parse.quote("p&w d/1", safe="")),
        ("p&w d/1", urllib.parse.quote_plus("p&w d/1")),
    ],
)
def test_a_value_is_found_when_it_is_escaped(value: str, text: str) -> None:
    assert taught(secret(stringData={"a": value})).scrub(text).startswith("‹hidden ")


def test_a_line_of_a_long_secret_is_found_alone() -> None:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    masker = taught(secret(stringData={"key": f"-----BEGIN KEY-----\n{line}\n-----END KEY-----\n"}))

    assert line not in masker.scrub(f"bad key near {line}")


def test_a_secret_that_is_no_text_is_found_in_base64() -> None:
    binary = base64.b64encode(bytes([255, 254, 253, 252, 251, 250])).decode()

    assert binary not in taught(secret(data={"key": binary})).scrub(f"cannot decode {binary}")


@pytest.mark.parametrize("value", ["abc", "true", "False", "8080", "orders", "orders-db", "shop"])
def test_what_is_no_secret_is_not_looked_for_elsewhere(value: str) -> None:
    named = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "orders-db", "namespace": "shop"}}
    masker = taught(secret(stringData={"a": value}), named)

    assert (
        masker.scrub(f"Service orders-db in shop on 8080: {value}")
        == f"Service orders-db in shop on 8080: {value}"
    )


def test_a_password_in_a_url_is_hidden_without_being_known() -> None:
    text = Masker(KEY).scrub(
        "cannot clone https://bot:t0psecret@example.com/r.git and redis://:pw@cache:6379/0"
    )

    assert "t0psecret" not in text
    assert ":pw@" not in text
    assert "https://bot:" in text
    assert "@cache:6379/0" in text


def test_overlapping_secrets_leave_nothing_of_each_other() -> None:
    masker = taught(secret(stringData={"a": "abcdefgh", "b": "efghijkl", "c": "cdef"}))

    assert masker.scrub("<abcdefghijkl>").count("‹hidden ") == 1
    assert masker.scrub("<abcdefghijkl>")[0] + masker.scrub("<abcdefghijkl>")[-1] == "<>"


def test_what_the_server_keeps_for_itself_is_not_shown_and_lists_are_in_one_order() -> None:
    before = {**config(), "metadata": {"name": "c", "managedFields": [{"manager": "x"}]}}
    after = {"metadata": {"name": "c"}, "kind": "ConfigMap", "apiVersion": "v1", "data": {}}
    old, new = mask_pair(before, after, Masker(KEY))

    assert old is not None
    assert new is not None
    assert dumped(old.value) == dumped(new.value)


def test_the_paths_of_a_change_are_scrubbed() -> None:
    before, after = config(), config(hunter22="x")
    change = Change(key_of(after), Action.UPDATE, before, after, compare(before, after))

    *_, paths = masked_change(change, taught(secret(stringData={"a": "hunter22"})))
    assert len(paths) == 1
    assert "hunter22" not in paths[0]


texts = st.text(st.characters(codec="utf-8", exclude_characters="‹›"), max_size=12)
hard = st.text('abAB12+/="\\\n é', min_size=SHORTEST, max_size=9)


@dataclass(frozen=True)
class Scene:
    secrets: list[str]
    bodies: list[Object]


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Secrets, and other objects in which their values stand in the middle of other text."""
    secrets = draw(st.lists(hard, min_size=1, max_size=3))
    assume(all(len(value.strip()) >= SHORTEST and not value.strip().isdecimal() for value in secrets))
    known = secret(stringData={f"k{index}": value for index, value in enumerate(secrets)})
    spelled = st.sampled_from(secrets + [encoded(value) for value in secrets])
    parts = st.lists(spelled | texts, max_size=4).map("".join)
    other = config(**draw(st.dictionaries(st.sampled_from(["k0", "url", "x.y"]), parts, max_size=3)))
    other["spec"] = draw(st.lists(parts, max_size=2))
    return Scene(secrets, [known, other])


def strings(value: Any) -> list[str]:
    """Every text in a body, keys and values."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    return [text for part in value for text in strings(part)] if isinstance(value, list) else [str(value)]


@given(scenes())
def test_no_secret_is_part_of_a_masked_body(scene: Scene) -> None:
    masker = taught(*scene.bodies)
    for body in scene.bodies:
        for text in strings(shown(body, masker)):
            for value in scene.secrets:
                assert value not in text
                assert encoded(value) not in text


@given(scenes(), texts, texts)
def test_no_secret_is_part_of_a_scrubbed_text(scene: Scene, before: str, after: str) -> None:
    masker = taught(*scene.bodies)
    for value in scene.secrets:
        for spelled in (value, encoded(value)):
            scrubbed = masker.scrub(f"{before}{spelled}{after}")
            assert value not in scrubbed
            assert encoded(value) not in scrubbed


@given(st.dictionaries(st.sampled_from("abc"), texts), st.dictionaries(st.sampled_from("abc"), texts))
def test_a_field_looks_changed_exactly_when_it_is(old: dict[str, str], new: dict[str, str]) -> None:
    before, after = mask_pair(secret(stringData=old), secret(stringData=new), Masker(KEY))
    assert before is not None
    assert after is not None

    seen = {change.path[-1] for change in compare(before.value.get("data", {}), after.value.get("data", {}))}
    assert seen == {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
