"""Who lets an application go that Git no longer defines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.application import Application, Automated, Destination, SyncPolicy
from syncline.core.family import Family
from syncline.core.inventory import Ancestor, Inventory, SyncRecord
from syncline.core.parting import Present, ancestors, why_kept
from syncline.errors import Place

FINALIZER = ("resources-finalizer.argocd.argoproj.io",)
APPROVED = "argocd.argoproj.io/deletion-approved"
ROOT, TOP = Ancestor("argocd/root", cascades=True), Ancestor("argocd/top", cascades=True)
FLEET = Ancestor("argocd/fleet", is_set=True)
SYNCED = Inventory("web", history=(SyncRecord(1, "abc", "2026-05-01T00:00:00Z", "alice"),))


def app(name: str, *options: str, prune: bool = False, **rest: object) -> Application:
    policy = SyncPolicy(Automated(prune=prune), options)
    return Application(name, Place(f"{name}.yaml", 1), (), Destination(), sync_policy=policy, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "present", "why"),
    [
        pytest.param((), Present(), "", id="a file of its own"),
        pytest.param(
            (ROOT,),
            Present({"argocd/root": app("root")}),
            "its parent root prunes nothing; allow it with automated.prune there, or --prune",
            id="a parent that prunes nothing",
        ),
        pytest.param(
            (ROOT,), Present({"argocd/root": app("root")}, prune=True), "", id="pruning is asked for"
        ),
        pytest.param((ROOT,), Present({"argocd/root": app("root", prune=True)}), "", id="the parent prunes"),
        pytest.param(
            (ROOT,),
            Present({"argocd/root": app("root", "Prune=false", prune=True)}, prune=True),
            "its parent root says Prune=false",
            id="the parent's option",
        ),
        pytest.param(
            (ROOT,),
            Present({"argocd/root": app("root", "Prune=confirm", prune=True)}),
            f"its parent root asks for confirmation: give it {APPROVED}",
            id="nobody has confirmed",
        ),
        pytest.param(
            (ROOT,),
            Present(
                {
                    "argocd/root": app(
                        "root", "Prune=confirm", prune=True, annotations={APPROVED: "2026-06-01T00:00:00Z"}
                    )
                }
            ),
            "",
            id="somebody has confirmed",
        ),
        pytest.param(
            (ROOT,),
            Present(
                {
                    "argocd/root": app(
                        "root", "Prune=confirm", prune=True, annotations={APPROVED: "2026-04-01T00:00:00Z"}
                    )
                }
            ),
            f"its parent root asks for confirmation: give it {APPROVED}",
            id="somebody had confirmed before it was synced",
        ),
        pytest.param(
            (ROOT,),
            Present(
                {
                    "argocd/root": app(
                        "root", prune=True, annotations={"argocd.argoproj.io/skip-reconcile": "true"}
                    )
                }
            ),
            "its parent root is to be left alone (argocd.argoproj.io/skip-reconcile)",
            id="nobody looks at the parent",
        ),
        pytest.param((ROOT,), Present(), "", id="a parent that is gone and cascades"),
        pytest.param(
            (Ancestor("argocd/root"),),
            Present(prune=True),
            "its parent root is gone without the resources finalizer, and left its children",
            id="a parent that is gone and leaves what it had",
        ),
        pytest.param(
            (ROOT, TOP),
            Present({"argocd/top": app("top")}),
            "its parent top prunes nothing; allow it with automated.prune there, or --prune",
            id="the parent is kept by its own",
        ),
        pytest.param((ROOT, TOP), Present({"argocd/top": app("top", prune=True)}), "", id="all the way down"),
        pytest.param((FLEET,), Present(), "", id="a set that is gone"),
        pytest.param((FLEET,), Present(sets={"argocd/fleet": ""}), "", id="a set that lets go"),
        pytest.param(
            (FLEET,),
            Present(sets={"argocd/fleet": "create-update"}, prune=True),
            "the ApplicationSet fleet leaves what it no longer makes (create-update)",
            id="a set that leaves",
        ),
        pytest.param(
            (ROOT, FLEET),
            Present(sets={"argocd/fleet": "create-only"}),
            "the ApplicationSet fleet leaves what it no longer makes (create-only)",
            id="a set left the parent",
        ),
        pytest.param(
            (Ancestor("team/fleet", is_set=True),),
            Present(sets={"argocd/fleet": "create-only"}),
            "",
            id="a set of the same name elsewhere",
        ),
    ],
)
def test_an_application_stays_unless_whoever_had_it_lets_it_go(
    line: tuple[Ancestor, ...], present: Present, why: str
) -> None:
    kept = why_kept(line, present, SYNCED)
    assert (kept.why if kept else "") == why
    assert kept is None or kept.for_now is ("its parent" in why and "is gone" not in why)


@given(
    st.lists(st.sampled_from([ROOT, TOP, Ancestor("argocd/mid"), FLEET]), max_size=4),
    st.sets(st.sampled_from(["argocd/root", "argocd/top", "argocd/mid"])),
    st.sampled_from(["", "create-only"]),
)
def test_to_allow_pruning_never_keeps_more(line: list[Ancestor], there: set[str], policy: str) -> None:
    sets = {"argocd/fleet": policy}
    without = Present({name: app(name[7:]) for name in there}, sets)
    asked = Present(without.applications, sets, prune=True)
    theirs = Present({name: app(name[7:], prune=True) for name in there}, sets)

    for allowed in (asked, theirs):
        if not why_kept(tuple(line), without, SYNCED):
            assert not why_kept(tuple(line), allowed, SYNCED)
        assert "prunes nothing" not in str(why_kept(tuple(line), allowed, SYNCED))


def test_who_has_an_application_is_told_from_the_nearest_up_to_the_set_at_the_top() -> None:
    top = app("top", made_by="fleet", finalizers=FINALIZER)
    mid, web = app("mid"), app("web", namespace="team")
    alone, made = app("alone"), app("made", namespace="team", made_by="fleet")
    family = Family((top, mid, web, alone, made), {"team/web": "argocd/mid", "argocd/mid": "argocd/top"})

    assert ancestors(web, family) == (Ancestor("argocd/mid"), TOP, FLEET)
    assert ancestors(mid, family) == (TOP, FLEET)
    assert ancestors(alone, family) == ()
    assert ancestors(made, family) == (Ancestor("team/fleet", is_set=True),)
