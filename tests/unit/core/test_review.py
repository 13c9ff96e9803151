"""What departs from a review is said; what a review says gives no secret away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncline.core.inventory import Inventory
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.noise import noise
from syncline.core.plan import Intent, Policy, make_plan
from syncline.core.rendering import Rendering
from syncline.core.resource import Body, Manifest, key_of
from syncline.core.review import Binding, Review, departures, refuses, review
from syncline.errors import Place
from syncline.report.record import record_line, reviews_in

HEAD = "1" * 40
SEEN = Review(
    "argocd/web",
    "live",
    HEAD,
    {"helm": "v4.1.0", "syncline": "1"},
    "inputs",
    "digest",
    {"ConfigMap a": "update/aa/bb", "ConfigMap old": "prune/-/cc"},
)


def now(writes: dict[str, str], **other: Any) -> Review:
    return replace(SEEN, digest=str(sorted(writes.items())), writes=writes, **other)


@pytest.mark.parametrize(
    ("plan", "sentence", "harmless"),
    [
        (
            replace(SEEN, tools={"helm": "v4.2.0", "syncline": "1"}),
            "helm v4.1.0 was reviewed, and v4.2.0",
            True,
        ),
        (replace(SEEN, tools={"helm": "v4.1.0"}), "syncline 1 was reviewed, and no version", True),
        (replace(SEEN, inputs="others"), "its files or its definition are not those", True),
        (now({"ConfigMap a": "update/aa/bb"}), "nothing left to do about ConfigMap old", True),
        (now({}), "nothing left to do about ConfigMap a, ConfigMap old", True),
        (now({"ConfigMap a": "update/aa/xx"}), "the live state changed since the review: ConfigMap a", False),
        (now({"ConfigMap a": "create/aa/-"}), "the live state changed since the review: ConfigMap a", False),
        (now({"ConfigMap a": "update/xx/bb"}), "it would make something else of ConfigMap a", False),
        (now({"ConfigMap a": "recreate/aa/bb"}), "it would make something else of ConfigMap a", False),
        (now({"ConfigMap a": "prune/-/bb"}), "it would make something else of ConfigMap a", False),
        (now({"ConfigMap b": "create/aa/-"}), "the review did not show ConfigMap b (create)", False),
        (now({f"ConfigMap {n}": "create/a/-" for n in range(9)}), "ConfigMap 4 (create) and 4 more", False),
    ],
)
def test_each_departure_is_a_sentence_and_harmless_or_not(
    plan: Review, sentence: str, *, harmless: bool
) -> None:
    found = list(departures(SEEN, plan))

    assert any(sentence in each.sentence for each in found), found
    assert [each.harmless for each in found if sentence in each.sentence] == [harmless]
    assert any(refuses(Binding.EXACT, each) for each in found)
    assert any(refuses(Binding.HARMLESS, each) for each in found) is not all(each.harmless for each in found)
    assert not any(refuses(Binding.INFORM, each) for each in found)


def test_the_same_plan_departs_in_nothing_whatever_its_commit() -> None:
    assert list(departures(SEEN, replace(SEEN, head="2" * 40))) == []
    assert replace(SEEN, head="2" * 40).fingerprint == SEEN.fingerprint
    for other in (replace(SEEN, inputs="x"), replace(SEEN, digest="x"), replace(SEEN, tools={})):
        assert other.fingerprint != SEEN.fingerprint


def test_what_nobody_reviewed_is_said_where_something_would_be_written() -> None:
    assert [each.sentence for each in departures(None, SEEN)] == ["nobody is known to have reviewed it"]
    assert list(departures(None, now({}))) == []


def test_a_review_of_two_commits_knows_no_live_state() -> None:
    seen = replace(SEEN, level="offline")

    assert list(departures(seen, now({"ConfigMap a": "update/aa/xx", "ConfigMap old": "prune/-/yy"}))) == []
    (found,) = departures(seen, now({"ConfigMap c": "create/aa/-"}))
    assert "which compared two commits and no cluster" in found.sentence


def manifest(kind: str, name: str, **fields: Any) -> Manifest:
    body: Body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "n"}, **fields}
    return Manifest(key_of(body), "v1", body, Place("a.yaml", 1))


def reviewed(live: list[Manifest], desired: list[Manifest], level: Level = Level.LIVE) -> Review:
    state = LiveState({each.key: each.body for each in live})
    predicted = Prediction(level, {each.key: each.body for each in desired})
    intent = Intent("web", HEAD, tuple(desired), Policy(prune=True))
    plan = make_plan(intent, Inventory("web", frozenset(state.objects)), state, predicted)
    return review(plan, Rendering("web", HEAD, tuple(desired)), Review("argocd/web", "", HEAD))


def test_a_field_that_git_has_no_opinion_of_is_not_bound() -> None:
    before, after = manifest("ConfigMap", "a", data={"a": "1"}), manifest("ConfigMap", "a", data={"a": "2"})
    busy = manifest("ConfigMap", "a", data={"a": "1"}, status={"seen": 7}, other="x")
    changed = manifest("ConfigMap", "a", data={"a": "3"})

    assert reviewed([before], [after]) == reviewed([busy], [after])
    assert reviewed([before], [after]) != reviewed([changed], [after])


def test_a_review_says_nothing_about_a_secrets_value() -> None:
    def of(old: str, new: str) -> Review:
        one, two = (manifest("Secret", "s", data={"p": value}) for value in (old, new))
        return reviewed([one], [two])

    assert of("YQ==", "Yg==") == of("Yw==", "ZA==")
    assert of("YQ==", "Yg==").writes


def test_noise_is_no_departure() -> None:
    one, two = (manifest("ConfigMap", "a", data={"a": "2", "r": value}) for value in ("x", "y"))
    live = manifest("ConfigMap", "a", data={"a": "1", "r": "z"})
    found = noise(Rendering("web", HEAD, (one,)), Rendering("web", HEAD, (two,)))

    def of(desired: Manifest) -> Review:
        state = LiveState({live.key: live.body})
        intent = Intent("web", HEAD, (desired,))
        plan = make_plan(intent, Inventory("web"), state, Prediction(Level.LIVE, {desired.key: desired.body}))
        return review(plan, Rendering("web", HEAD, (desired,)), Review("a", "", HEAD), found)

    assert list(departures(of(one), of(two))) == []


TEXT = st.text(max_size=20)
REVIEWS = st.tuples(
    TEXT,
    st.sampled_from(["offline", "live", "dry-run"]),
    TEXT,
    st.dictionaries(TEXT, TEXT, max_size=3),
    TEXT,
    TEXT,
    st.none() | st.dictionaries(TEXT, TEXT, max_size=5),
).map(lambda parts: Review(*parts))


@given(reviews=st.lists(REVIEWS, min_size=1, max_size=5, unique_by=lambda each: each.app))
def test_a_record_comes_back_as_it_was_and_hides_in_a_comment(reviews: list[Review]) -> None:
    line = record_line(reviews)

    assert reviews_in(f"<!-- syncline:x:1 of=1 -->\n{line}\n### Title") == {
        each.app: each for each in reviews
    }
    assert line.count("--") == 2
    assert "\n" not in line


def test_a_record_that_is_too_long_keeps_what_tells_plans_apart() -> None:
    import hashlib

    def facts(number: int) -> str:
        return "/".join(("update", *(hashlib.sha256(f"{number}{x}".encode()).hexdigest()[:12] for x in "ab")))

    big = replace(SEEN, app="argocd/big", writes={f"ConfigMap c-{n}": facts(n) for n in range(3000)})
    line = record_line([big, SEEN])

    assert len(line) < 13_000
    assert reviews_in(line) == {"argocd/big": replace(big, writes=None), "argocd/web": SEEN}
    (found,) = departures(reviews_in(line)["argocd/big"], replace(big, digest="other"))
    assert not found.harmless
    assert list(departures(reviews_in(line)["argocd/big"], big)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"applications": 3}',
        '{"applications": [{"review": {"application": "a"}}]}',
        '[{"application": "a", "level": "", "head": "", "tools": [], "inputs": "", "digest": "", "writes": 1}]',  # noqa: E501
        "<!-- syncline-reviewed:1 AAAA -->",
        "<!-- syncline-reviewed:1 eJw= -->",
    ],
)
def test_what_is_no_record_is_nothing(text: str) -> None:
    assert reviews_in(text) == {}
