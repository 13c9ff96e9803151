from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from syncline.core.health.status import Health, HealthStatus
from syncline.core.mask import MaskedBody
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.errors import ExitCode, Place
from syncline.report.fit import fit
from syncline.report.model import (
    AppReport,
    Job,
    Note,
    Problem,
    Report,
    ResourceRow,
    Severity,
    ShownChange,
    ShownHook,
)
from syncline.report.outcome import exit_code
from syncline.report.summary import summary
from unit.report import samples
from unit.report.rendered import structure_of
from unit.report.strategies import texts


def everywhere(text: str) -> Report:
    """A report with this text in every place that others write."""
    key = ResourceKey("", f"K{text}", "", f"n{text}n")
    place = Place(f"f{text}f", 3)
    problem = Problem(f"p{text}p", ExitCode.RENDER, place, f"r{text}r")
    app = AppReport(
        name=f"a{text}a",
        cluster=f"c{text}c",
        namespace=f"n{text}n",
        level_reason=text,
        base=f"b{text}b",
        affected_by=f"x{text}x",
        changes=(
            ShownChange(key, Action.UPDATE, None, MaskedBody({text: text}), (text,), place, f"w{text}w"),
        ),
        hooks=(
            ShownHook(
                ShownChange(key, Action.UPDATE, None, MaskedBody({text: text}), (), place), (text,), runs=True
            ),
        ),
        notes=tuple(Note(severity, "some words", key, place) for severity in Severity),
        images=((text, f"r{text}r:1", f"s{text}s:2"),),
        problem=problem,
        refusals=(f"r{text}r",),
        failures=(problem,),
        resources=(ResourceRow(key, "Synced", Health(HealthStatus.DEGRADED, text), 1, f"m{text}m"),),
        fingerprint=f"p{text}p",
    )
    note = Note(Severity.DANGER, f"d{text}d", key, place)
    return Report(
        Job.SYNC,
        base=f"b{text}b",
        head=f"h{text}h",
        applications=(app,),
        unaffected=(f"u{text}u",),
        notes=(note,),
        problems=(problem,),
        versions=((f"v{text}", f"v{text}v"),),
    )


@given(texts)
@settings(max_examples=80)
def test_whatever_others_write_the_page_has_the_same_structure(text: str) -> None:
    tame = "".join(letter if letter == "\n" else "x" for letter in text)
    wild, calm = ("".join(fit(everywhere(each), context="c")) for each in (text, tame))

    found = structure_of(wild)
    assert found.tags == structure_of(calm).tags
    assert found.is_balanced
    assert len(found.comments) == 1


def test_a_page_full_of_hostile_texts_has_no_tag_link_or_heading_of_theirs() -> None:
    (page,) = fit(samples.hostile(), context="c")
    tags = structure_of(page).tags

    assert not {"script", "a", "h1", "h2", "img"} & set(tags)
    assert tags.count("h3") == 1


@pytest.mark.parametrize("make", samples.ALL, ids=lambda make: str(make.__name__))
def test_each_sample_is_well_formed(make: object) -> None:
    assert callable(make)
    report = make()
    for page in (*fit(report, context="c"), summary(report)):
        assert structure_of(page).is_balanced


def page_of(report: Report) -> str:
    (page,) = fit(report)
    return page


def test_a_diff_begins_with_what_matters() -> None:
    lines = page_of(samples.rich_diff()).splitlines()

    assert lines[0] == "### ❌ 1 of 6 applications could not be compared, 3 change"
    assert lines[2].startswith("**+ 2** added · **~ 4** changed · **− 1** deleted · **↻ 1** recreated")
    assert "31 applications not affected" in lines[2]
    order = [
        "Set image.tag in a value file",
        "The claim is deleted",
        "replicas goes to 0",
        "| Application |",
        "| Image |",
        "<details>",
    ]
    at = [next(n for n, line in enumerate(lines) if word in line) for word in order]
    assert at == sorted(at)


def test_each_application_says_how_it_was_compared_and_why_not_better() -> None:
    page = page_of(samples.rich_diff())

    assert "Compared with the live objects, the apply predicted by the server's dry run" in page
    assert "(a pull request may read, not write; Secrets are not read)" in page
    assert "Compared offline: one rendering with the other, no cluster asked (cluster prod-us" in page


def test_each_change_has_its_word_its_object_and_the_line_to_edit() -> None:
    page = page_of(samples.rich_diff())

    assert (
        "**↻ delete and recreate** · Deployment.apps `cart/api` · `apps/cart/base/deployment.yaml:1`" in page
    )
    assert "**− delete** · PersistentVolumeClaim `payments/pg-data`" in page
    assert "**= kept (would prune)** · ConfigMap `payments/legacy`" in page
    assert "Secret values are hidden; the same mark means the same value." in page


def test_an_object_that_is_kept_shows_no_line_as_if_it_went() -> None:
    after = page_of(samples.rich_diff()).partition("kept (would prune)** · ConfigMap `payments/legacy`")[2]

    assert not re.match(r"[^*]*```", after.partition("**~ change**")[0])


def test_no_difference_says_so_and_why() -> None:
    page = page_of(samples.no_difference())

    assert page.startswith("### ✅ No manifest changes")
    assert "2 applications rendered before and after: no manifest differs, 10 objects in all." in page
    assert "README.md belongs to no application." in page


def test_no_application_affected_is_not_called_no_difference() -> None:
    page = page_of(samples.none_affected())

    assert page.startswith("### ✅ No application affected")
    assert "None of 3 applications is affected: no changed file belongs to any of them." in page


def test_a_failure_stands_on_top_with_place_remedy_and_the_programs_own_words() -> None:
    page = page_of(samples.failures())

    assert page.startswith("### ❌ 2 of 2 applications could not be compared")
    assert "(`charts/shop/templates/deployment.yaml:14`) **→** Set image.tag in a value file" in page
    assert "reproduce: helm template shop charts/shop" in page
    assert "(`syncline.yaml:4`)" in page


def test_a_small_difference_is_open_and_a_large_one_folded() -> None:
    assert "<details open><summary><b>blog</b>" in page_of(samples.small_diff())
    assert "<details open>" not in page_of(samples.rich_diff())


def test_a_sync_shows_the_worst_first_with_its_tree() -> None:
    page = page_of(samples.sync_result())

    assert page.startswith("### ❌ Sync failed for 2 of 4 applications")
    assert page.index("| **payments** |") < page.index("| **reports** |") < page.index("| **cart** |")
    assert "| Deployment `cart/worker` | ✅&nbsp;Synced | 💔&nbsp;Degraded | Back-off pulling" in page
    assert "| &emsp;└ ReplicaSet `cart/worker-55c` |" in page
    assert "<details open><summary><b>payments</b>" in page
    assert "<details><summary><b>cart</b>" in page


def test_an_image_whose_tag_hides_the_change_is_pointed_out() -> None:
    page = page_of(samples.rich_diff())

    assert "| `ghcr.io/acme/api` | `v1.4.1` | `v1.4.2` | cart: api, reports: batch |" in page
    assert "⚠️ same tag, other digest" in page


def test_a_hook_that_changed_has_a_place_of_its_own_and_is_no_difference() -> None:
    key = ResourceKey("batch", "Job", "shop", "migrate")
    before, after = MaskedBody({"spec": {"image": "a:1"}}), MaskedBody({"spec": {"image": "a:2"}})
    change = ShownChange(key, Action.UPDATE, before, after, ("spec.image",), Place("web/job.yaml", 3))
    quiet = ShownHook(
        ShownChange(ResourceKey("", "Pod", "shop", "check"), Action.UNCHANGED), ("Sync",), runs=True
    )
    app = AppReport(name="web", hooks=(ShownHook(change, ("PreSync", "PostSync")), quiet), unchanged=3)
    report = Report(Job.DIFF, applications=(app,))

    (page,) = fit(report)

    assert "**▸ PreSync and PostSync hook, changed** · Job.batch `shop/migrate` · `web/job.yaml:3`" in page
    assert "+  image: a:2" in page
    assert "**▸ Sync hook, runs, unchanged** · Pod `shop/check`" in page
    assert "only hooks differ" in page
    assert "No manifest changes" in page
    assert exit_code(report, differences_are_failure=True) is ExitCode.OK
