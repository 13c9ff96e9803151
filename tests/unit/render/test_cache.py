"""The law of the cache: what comes out is what went in, or nothing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncline.core.rendering import Rendering
from syncline.core.resource import Manifest, key_of
from syncline.errors import Place
from syncline.render.cache import Cache

if TYPE_CHECKING:
    from pathlib import Path

KEY = "ab" * 32
SECRET = "a-secret-of-the-repository"
HEAD = "1" * 40


def rendering(kind: str = "ConfigMap", **fields: Any) -> Rendering:
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "namespace": "b"}, **fields}
    manifest = Manifest(key_of(body), "v1", body, Place("a/b.yaml", 3))
    return Rendering("web", HEAD, (manifest,), ("a warning",), ("helm",))


def entry(cache: Cache) -> Path:
    (path,) = cache.directory.glob("*/*.rendering")
    return path


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=VALUES)
def test_what_comes_out_is_what_went_in(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    for secret in ("", SECRET):
        cache = Cache(tmp_path_factory.mktemp("cache"), secret)
        cache.put(KEY, rendering(spec=value))

        assert cache.get(KEY, HEAD) == rendering(spec=value)
        assert json.dumps(cache.get(KEY, HEAD).manifests[0].body) == json.dumps(  # type: ignore[union-attr]
            rendering(spec=value).manifests[0].body
        )
        assert cache.get(KEY[::-1], HEAD) is None


@pytest.mark.parametrize(
    "value", [{1: "a"}, float("nan"), float("inf"), (1, 2), b"bytes", {"a": {None: 1}}], ids=repr
)
def test_what_json_has_no_word_for_is_not_kept(value: Any, tmp_path: Path) -> None:
    Cache(tmp_path).put(KEY, rendering(spec=value))

    assert Cache(tmp_path).get(KEY, HEAD) is None


@pytest.mark.parametrize("secret", ["", SECRET])
@pytest.mark.parametrize("at", [0, 5, 25, 60, -1])
def test_a_damaged_entry_is_a_miss_and_gone(secret: str, at: int, tmp_path: Path) -> None:
    cache = Cache(tmp_path, secret)
    cache.put(KEY, rendering())
    text = bytearray(entry(cache).read_bytes())
    text[at] ^= 1
    entry(cache).write_bytes(text)

    assert cache.get(KEY, HEAD) is None
    assert list(tmp_path.glob("*/*")) == []


@pytest.mark.parametrize("content", [b"", b"syncline rendering 1\n", b"\x00" * 99, b"[" * 100_000])
def test_nonsense_is_a_miss(content: bytes, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(KEY, rendering())
    entry(cache).write_bytes(content)

    assert cache.get(KEY, HEAD) is None


def test_a_text_that_unpacks_to_too_much_is_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    cache.put(KEY, rendering(data={"a": "x" * 100_000}))
    monkeypatch.setattr("syncline.render.cache._LONGEST_UNPACKED", 1000)

    assert cache.get(KEY, HEAD) is None


@pytest.mark.parametrize("field", ["manifests", "tools", "programs", "warnings", "app"])
@pytest.mark.parametrize("value", [None, 1, [None], [[["a"], "v1", {}, ["f", 1]]], {"a": 1}], ids=repr)
def test_an_entry_of_another_form_is_a_miss(field: str, value: Any, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(KEY, rendering())
    good = cache.load(KEY)
    assert good is not None
    cache.save(KEY, {**good, field: value})

    assert cache.get(KEY, HEAD) is None


def test_an_entry_under_another_name_is_a_miss(tmp_path: Path) -> None:
    for secret in ("", SECRET):
        cache = Cache(tmp_path / (secret or "plain"), secret)
        cache.put(KEY, rendering())
        other = entry(cache).with_name(f"{KEY[:-2]}00.rendering")
        entry(cache).rename(other)

        assert cache.get(f"{KEY[:-2]}00", HEAD) is None


def test_no_secret_lies_there_in_the_clear(tmp_path: Path) -> None:
    secret = rendering("Secret", stringData={"password": "hunter2-hunter2"})
    Cache(tmp_path).put(KEY, secret)
    assert list(tmp_path.glob("*/*")) == []

    sealed = Cache(tmp_path, SECRET)
    sealed.put(KEY, secret)
    assert sealed.get(KEY, HEAD) == secret
    assert b"hunter2" not in entry(sealed).read_bytes()
    assert SECRET not in repr(sealed)

    empty = rendering("Secret", type="Opaque")
    Cache(tmp_path / "other").put(KEY, empty)
    assert Cache(tmp_path / "other").get(KEY, HEAD) == empty


def test_with_a_key_only_what_was_sealed_with_it_counts(tmp_path: Path) -> None:
    Cache(tmp_path).put(KEY, rendering())
    assert Cache(tmp_path, SECRET).get(KEY, HEAD) is None

    Cache(tmp_path, SECRET).put(KEY, rendering())
    assert Cache(tmp_path, SECRET + "!").get(KEY, HEAD) is None


def test_what_may_be_written_to_a_cluster_is_sealed_and_lasting(tmp_path: Path) -> None:
    Cache(tmp_path).put(KEY, rendering())
    assert Cache(tmp_path, strict=True).get(KEY, HEAD) is None
    assert Cache(tmp_path).get(KEY, HEAD) == rendering()

    sealed, strict = Cache(tmp_path, SECRET), Cache(tmp_path, SECRET, strict=True)
    sealed.put(KEY, rendering(), volatile=True)
    assert sealed.get(KEY, HEAD) == rendering()
    assert strict.get(KEY, HEAD) is None
    sealed.put(KEY, rendering())
    assert strict.get(KEY, "2" * 40) == replace(rendering(), revision="2" * 40)


def test_who_was_not_asked_for_longest_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    keys = [f"{number:02}" * 32 for number in range(4)]
    for number, key in enumerate(keys):
        cache.put(key, rendering(data={"a": "b"}))
        os.utime(cache._path(key), (number, number))
    assert cache.get(keys[0], HEAD) is not None
    size = next(tmp_path.glob(f"*/{keys[0]}*")).stat().st_size

    replace(cache, most=2 * size + 99).tidy()

    assert [key for key in keys if cache.get(key, HEAD)] == [keys[0], keys[3]]


def test_a_directory_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache")
    cache.put(KEY, rendering())

    assert cache.get(KEY, HEAD) is None
    cache.tidy()
