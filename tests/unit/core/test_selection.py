from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import keys, manifest
from syncline.core.inventory import Inventory
from syncline.core.live import Level
from syncline.core.plan import Action, Change, Plan, narrowed
from syncline.core.resource import ResourceKey
from syncline.core.selection import selection
from syncline.errors import UsageError

WEB = ResourceKey("apps", "Deployment", "shop", "web")
MAP = ResourceKey("", "ConfigMap", "shop", "settings")
NODE = ResourceKey("", "Namespace", "", "shop")


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["apps:Deployment:web"], {WEB}),
        (["apps:Deployment:shop/web"], {WEB}),
        (["apps:Deployment:other/web"], set()),
        ([":ConfigMap:settings"], {MAP}),
        (["*:*:*"], {WEB, MAP, NODE}),
        (["*:*:shop/*"], {WEB, MAP}),
        (["!:ConfigMap:settings"], {WEB, NODE}),
        (["*:*:s*", "!:Namespace:*"], {MAP}),
        (["apps:Deployment:web", ":ConfigMap:settings"], {WEB, MAP}),
        ([":Deployment:web"], set()),
    ],
)
def test_patterns_choose_and_exclude(words: list[str], chosen: set[ResourceKey]) -> None:
    asked = selection(words, ())

    assert {key for key in (WEB, MAP, NODE) if asked.fits(key)} == chosen


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ("app=web", True),
        ("app==web", True),
        ("app!=web", False),
        ("app", True),
        ("!app", False),
        ("tier!=x", True),
        ("app=web,tier", False),
        ("app=web, !tier", True),
    ],
)
def test_labels_are_selected_as_in_kubernetes(selector: str, fits: bool) -> None:
    body = {"metadata": {"labels": {"app": "web"}}}

    assert selection((), (selector,)).fits(WEB, None, body) is fits


@pytest.mark.parametrize("word", ["web", "a:b", "a:b:c:d", "::", "apps::web"])
def test_what_names_no_resource_is_a_mistake(word: str) -> None:
    with pytest.raises(UsageError, match="names no resource"):
        selection((word,), ())


@pytest.mark.parametrize("word", ["", "=x", "a in (b)", "!a=b", "a=b c"])
def test_what_is_no_selector_is_a_mistake(word: str) -> None:
    with pytest.raises(UsageError, match="is not a label selector"):
        selection((), (word,))


@given(st.sets(keys(), max_size=8), st.data())
def test_what_is_not_chosen_is_not_touched(found: set[ResourceKey], data: st.DataObject) -> None:
    changes = tuple(Change(key, Action.CREATE, after=manifest(key).body) for key in sorted(found))
    manifests = tuple(manifest(key) for key in sorted(found))
    plan = Plan("web", "a", Level.LIVE, Inventory("web"), changes, manifests)
    some = data.draw(st.sets(st.sampled_from(sorted(found)))) if found else set()
    words = [f"{key.group}:{key.kind}:{key.namespace}/{key.name}" for key in some]

    part = narrowed(plan, selection(words or ["none:None:none"], ()))

    assert {change.key for change in part.changes} == some
    assert {each.key for each in part.manifests} == some
    assert part.partial
