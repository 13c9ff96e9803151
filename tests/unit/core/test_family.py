from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from syncline.config.application import Application, Destination
from syncline.core.family import Claim, Family, claimed_twice, identity, wave
from syncline.errors import Place

NAMES = "abcdefgh"


def app(name: str, at: int = 0) -> Application:
    notes = {"argocd.argoproj.io/sync-wave": str(at)}
    return Application(name, Place(f"{name}.yaml", 1), (), Destination(), annotations=notes)


@st.composite
def families(draw: st.DrawFn) -> Family:
    apps = tuple(app(name, draw(st.integers(-1, 2))) for name in NAMES[: draw(st.integers(0, 8))])
    names = [identity(each) for each in apps]
    parents = {name: draw(st.sampled_from(names)) for name in names if draw(st.booleans())}
    return Family(apps, {child: parent for child, parent in parents.items() if child != parent})


@given(families(), st.data())
def test_everyone_comes_once_after_its_parent_and_its_earlier_siblings(
    family: Family, data: st.DataObject
) -> None:
    chosen = (
        data.draw(st.sets(st.sampled_from(range(len(family.applications))))) if family.applications else []
    )
    asked = [family.applications[number] for number in sorted(chosen)]

    order = family.ordered(asked)

    assert sorted(map(identity, order)) == sorted(map(identity, asked))
    place = {identity(each): number for number, each in enumerate(order)}
    for each in order:
        if family.circle(each):
            continue
        above = [name for name in list(family.line(each))[1:] if name in place]
        assert all(place[name] < place[identity(each)] for name in above)
        earlier = [identity(one) for one in family.before(each) if identity(one) in place]
        assert all(place[name] < place[identity(each)] for name in earlier)


@given(families())
def test_a_circle_is_exactly_what_leads_back_to_itself(family: Family) -> None:
    for each in family.applications:
        seen, name = [], family.parents.get(identity(each))
        while name is not None and name not in seen:
            seen.append(name)
            name = family.parents.get(name)
        assert bool(family.circle(each)) is (identity(each) in seen)


@given(families())
def test_descendants_are_all_below_and_the_chosen_themselves(family: Family) -> None:
    for each in family.applications:
        found = family.with_descendants([each])
        assert each in found
        assert all(identity(each) in list(family.line(one)) for one in found)


def test_a_circle_names_those_in_it_and_where_they_are_written() -> None:
    one, two, three = app("one"), app("two"), app("three")
    family = Family(
        (one, two, three),
        {"argocd/one": "argocd/two", "argocd/two": "argocd/one", "argocd/three": "argocd/one"},
    )

    assert "(one.yaml:1) stands in a circle" in family.circle(one)
    assert "two → one → two" in family.circle(one) or "one → two → one" in family.circle(one)
    assert family.circle(three) == "", "it only hangs from one"


def test_siblings_go_by_wave_and_then_by_name() -> None:
    root = app("root")
    children = [app("b", 1), app("a", 1), app("z", -1)]
    family = Family((root, *children), {identity(each): identity(root) for each in children})

    names = [each.name for each in family.ordered(family.applications)]
    assert names == ["root", "z", "a", "b"]
    assert [each.name for each in family.before(children[0])] == ["z"]
    assert all(wave(one) <= wave(other) for one, other in pairwise(family.ordered(children)))


def test_one_object_has_one_owner_and_the_rightful_one_goes_on() -> None:
    found = [Claim("argocd/one", "one.yaml:1"), Claim("argocd/two", "two.yaml:7")]
    claims: dict[object, list[Claim]] = {"ConfigMap x": found}

    assert set(claimed_twice(claims, {})) == {"argocd/two"}
    (sentence,) = claimed_twice(claims, {"ConfigMap x": "argocd/two"})["argocd/one"]
    assert sentence.startswith("ConfigMap x (one.yaml:1) is also in the Application two (two.yaml:7)")
