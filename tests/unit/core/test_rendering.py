"""From what renderers print to the objects of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.application import Application, Destination
from syncline.config.unmanaged import KindPattern, Unmanaged
from syncline.core.rendering import Chunk, Rendering, make_rendering
from syncline.core.scopes import Scopes
from syncline.errors import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

APP = Application("web", Place("apps/web.yaml", 1), (), Destination(namespace="shop"))


def made(*texts: tuple[str, str], unmanaged: Unmanaged | None = None) -> Rendering:
    chunks = [Chunk(file, text.encode()) for file, text in texts]
    return make_rendering(APP, "a" * 40, chunks, Scopes(), unmanaged=unmanaged)


def config_map(name: str, value: str = "", namespace: str = "") -> str:
    inside = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{inside}}}\ndata: {{of: '{value}'}}\n"


def values(rendering: Rendering) -> dict[str, str]:
    return {manifest.key.name: manifest.body["data"]["of"] for manifest in rendering.manifests}


def test_of_two_definitions_the_last_counts_and_both_places_are_said() -> None:
    rendering = made(("base/a.yaml", config_map("same", "1")), ("over/b.yaml", config_map("same", "2")))
    assert values(rendering) == {"same": "2"}
    (sentence,) = rendering.warnings
    assert sentence.startswith("ConfigMap shop/same is defined twice: the one in over/b.yaml:1 counts")
    assert "base/a.yaml:1 has no effect" in sentence


CRON = "apiVersion: batch/%s\nkind: CronJob\nmetadata: {name: a%s}\n"


def test_neither_a_version_nor_the_default_namespace_tells_two_objects_apart() -> None:
    rendering = made(("a.yaml", CRON % ("v1beta1", "")), ("b.yaml", CRON % ("v1", ", namespace: shop")))
    assert [manifest.api_version for manifest in rendering.manifests] == ["batch/v1"]
    assert len(rendering.warnings) == 1


def test_objects_that_the_server_names_are_never_twins() -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: once-}\n"
    rendering = made(("a.yaml", text), ("b.yaml", text))
    assert [manifest.key.name for manifest in rendering.manifests] == ["once-1", "once-2"]
    assert not rendering.warnings


def test_what_else_is_rendered_makes_no_other_object_of_one_that_the_server_names() -> None:
    job = ("b.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: once-}\n")
    alone, beside = made(job), made(("a.yaml", config_map("one")), job)
    assert beside.manifests[-1].key == alone.manifests[0].key


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "shop", "other"]), st.integers(0, 9))))
def test_every_identity_is_there_once_with_its_last_definition(
    listed: Iterable[tuple[str, str, int]],
) -> None:
    entries = list(listed)
    rendering = made(
        *((f"{number}.yaml", config_map(n, str(v), ns)) for number, (n, ns, v) in enumerate(entries))
    )
    found = {(m.key.name, m.key.namespace): m.body["data"]["of"] for m in rendering.manifests}
    assert found == {(name, namespace or "shop"): str(value) for name, namespace, value in entries}
    assert len(rendering.warnings) == len(entries) - len(found)


ENDPOINTS = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: db}\n"


def test_what_nobody_manages_is_left_out_and_said() -> None:
    rendering = made(("a.yaml", ENDPOINTS), ("b.yaml", config_map("kept", "1")))
    assert values(rendering) == {"kept": "1"}
    (sentence,) = rendering.warnings
    assert sentence.startswith("Endpoints shop/db (a.yaml:1) is not part of the application")
    assert "resource.exclusions" in sentence


@pytest.mark.parametrize(
    ("unmanaged", "kept"),
    [(Unmanaged(excluded=()), 1), (Unmanaged((), included=(KindPattern(("",), ("ConfigMap",)),)), 0)],
    ids=["an empty list", "a list of what is managed"],
)
def test_a_list_of_ones_own_takes_the_place_of_the_installed_one(unmanaged: Unmanaged, kept: int) -> None:
    assert len(made(("a.yaml", ENDPOINTS), unmanaged=unmanaged).manifests) == kept
