"""The HTML page, the terminal and JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from syncline.core.health.status import Health, HealthStatus
from syncline.core.mask import MaskedBody
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.errors import Place
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.model import AppReport, Job, Note, Report, Severity, ShownChange
from syncline.report.summary import summary
from syncline.report.terminal import terminal
from unit.report import samples
from unit.report.rendered import Structure
from unit.report.strategies import reports

if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@given(reports)
@settings(max_examples=40)
def test_the_html_page_is_balanced_and_holds_nothing_active(report: Report) -> None:
    found = Structure(page(report))

    assert found.is_balanced
    assert found.open == []
    assert not {"script", "img", "iframe", "form", "link", "object"} & set(found.tags)
    assert found.comments == []


def test_the_html_page_forbids_everything_but_its_own_style() -> None:
    text = page(samples.rich_diff())
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text
    assert " style=" not in text
    assert not re.search(r"(src|href)=\"(?!#)", text.replace(f'href="{samples.RUN}"', ""))


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("form", [page, lambda report: terminal(report, colour=False), summary])
def test_a_note_names_its_object_and_its_place_in_every_form(
    form: Callable[[Report], str], severity: Severity
) -> None:
    key, place = ResourceKey("", "ConfigMap", "shop", "settings"), Place("web/settings.yaml", 7)
    note = Note(severity, "it looks renamed from options", key, place)

    text = form(Report(Job.DIFF, applications=(AppReport(name="web", notes=(note,)),)))

    assert "it looks renamed from options" in text
    assert "ConfigMap shop/settings" in text
    assert "web/settings.yaml:7" in text


def test_hostile_texts_are_text_on_the_html_page() -> None:
    found = Structure(page(samples.hostile()))

    assert "<script>alert(1)</script>" in found.words
    assert "script" not in found.tags
    assert "\u202e" not in found.words


def test_the_html_page_marks_what_differs_inside_a_line() -> None:
    assert "image: ghcr.io/acme/blog:1.<mark>0</mark>" in page(samples.small_diff())
    assert "image: ghcr.io/acme/blog:1.<mark>1</mark>" in page(samples.small_diff())


def test_each_link_of_the_index_leads_somewhere() -> None:
    text = page(samples.rich_diff())

    targets = set(re.findall(r'href="#([^"]+)"', text))
    assert targets
    assert targets <= set(re.findall(r'id="([^"]+)"', text))


def test_a_page_that_is_full_says_so() -> None:
    body = MaskedBody({"kind": "ConfigMap", "data": {"t": "line\n" * 1_990}})
    changes = tuple(
        ShownChange(ResourceKey("", "ConfigMap", "n", f"c-{at}"), Action.CREATE, None, body)
        for at in range(60)
    )
    text = page(Report(Job.DIFF, applications=(AppReport(name="a", changes=changes),)))

    assert text.count("… this page is full") == 10
    assert "c-59" in text


@given(reports)
@settings(max_examples=40)
def test_the_terminal_gets_no_control_character_but_our_own_colours(report: Report) -> None:
    plain = terminal(report, colour=False)
    coloured = terminal(report, colour=True)

    assert not re.search(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u200b]", plain)
    assert _ESCAPES.sub("", coloured) == plain


def test_the_terminal_ends_with_the_result_and_puts_the_worst_next_to_it() -> None:
    lines = terminal(samples.rich_diff(), colour=False).splitlines()

    assert lines[-2] == "1 of 6 applications could not be compared, 3 change"
    assert lines[-4] == "  → Set image.tag in a value file of the Application."
    assert "  ~ Deployment.apps reports/batch apps/reports/batch.yaml:1" in lines
    assert "  = ConfigMap payments/legacy  kept (would prune)" in lines


def test_the_terminal_can_leave_the_differences_out_and_name_the_fields() -> None:
    text = terminal(samples.drift(), colour=False, diffs=False)

    assert "      spec.replicas" in text
    assert "replicas: 5" not in text
    assert "replicas: 5" in terminal(samples.drift(), colour=False)


def test_the_terminal_shows_the_tree_with_signs() -> None:
    lines = terminal(replace(samples.sync_result(), job=Job.STATUS), colour=False).splitlines()

    assert "    ✔ Synced  Deployment.apps cart/api  ● Healthy" in lines
    assert "    ✔ Synced    └ ReplicaSet.apps cart/api-7d9f  ● Healthy" in lines
    assert "    ≠ OutOfSync  ConfigMap cart/legacy" in lines


def test_a_sync_lists_its_changes_and_of_the_tree_only_what_is_not_well() -> None:
    report = samples.sync_result()
    app = report.applications[0]
    degraded = Health(HealthStatus.DEGRADED, "It exceeded its progress deadline.")
    rows = tuple(replace(row, health=degraded) if row.key.name == "api" else row for row in app.resources)
    text = terminal(replace(report, applications=(replace(app, resources=rows),)), colour=False)

    assert [line for line in text.splitlines() if "Synced  " in line] == [
        "    ✔ Synced  Service cart/api  ✖ Degraded",
        "    ✔ Synced  Deployment.apps cart/api  ✖ Degraded",
    ]


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def test_json_has_the_documented_fields_and_masked_bodies() -> None:
    found = json.loads(to_json(samples.rich_diff()))

    assert found["version"] == 1
    assert found["exitCode"] == 4
    assert [app["name"] for app in found["applications"]][:2] == ["cart", "payments"]
    change = found["applications"][0]["changes"][0]
    assert change["object"] == {"group": "apps", "kind": "Deployment", "namespace": "cart", "name": "api"}
    assert change["action"] == "recreate"
    assert change["place"] == {"file": "apps/cart/base/deployment.yaml", "line": 1}
    assert found["applications"][0]["changes"][3]["after"]["data"]["password"] == "‹hidden 77d0e1aa›"
    assert found["applications"][3]["problem"]["exitCode"] == 4


def test_every_field_of_the_json_is_in_its_documentation() -> None:
    import syncline.report.json as module

    found = json.loads(to_json(samples.sync_result()))
    for app in found["applications"]:
        for change in app["changes"]:
            change["before"] = change["after"] = None
        app["counts"] = {}
    found["versions"] = {}

    assert {name for name in _keys(found) if not re.search(rf"\b{name}\b", module.__doc__ or "")} == set()


@pytest.mark.parametrize("make", samples.ALL, ids=lambda make: str(make.__name__))
def test_json_is_ascii_and_ends_with_a_newline(make: Callable[[], Report]) -> None:
    text = to_json(make())

    assert text.isascii()
    assert text.endswith("}\n")
