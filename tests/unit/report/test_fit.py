from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncline.core.mask import MaskedBody
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.errors import ExitCode, Place
from syncline.report.escaping import one_line
from syncline.report.fit import COMMENT, Budget, fit, marker_start
from syncline.report.model import AppReport, Job, Note, Problem, Report, Severity, ShownChange
from unit.report import samples
from unit.report.rendered import structure_of
from unit.report.strategies import reports

SMALL = Budget(characters=20_000, octets=22_000, pages=3)


def words_of(pages: tuple[str, ...]) -> str:
    return " ".join("".join(structure_of(page).words for page in pages).replace("\u200b", "").split())


def left_out(page: str, unit: str) -> int:
    """How many of a unit the notice on the first page counts as missing."""
    found = re.search(rf"\b(\d[\d,]*) {unit}s?\b", page.partition("Left out here")[2])
    return int(found[1].replace(",", "")) if found else 0


def big(apps: int, changes: int, lines: int, *, trouble: int = 3) -> Report:
    """So many applications with so many additions and one deletion, each of so many lines."""
    body = MaskedBody({"kind": "ConfigMap", "data": {"t": "".join(f"line {n} é🚀\n" for n in range(lines))}})

    def app(at: int) -> AppReport:
        added = tuple(
            ShownChange(ResourceKey("", "ConfigMap", "ns", f"added-{n}"), Action.CREATE, None, body)
            for n in range(changes)
        )
        gone = ShownChange(ResourceKey("", "Secret", "ns", f"gone-{at}"), Action.PRUNE, body, None)
        return AppReport(name=f"app-{at}", changes=(*added, gone))

    notes = tuple(Note(Severity.DANGER, f"danger number {n}.") for n in range(trouble))
    problems = tuple(
        Problem(f"problem number {n}.", ExitCode.CLUSTER, Place("f.yaml", n), f"remedy number {n}.")
        for n in range(trouble)
    )
    return Report(Job.DIFF, applications=tuple(map(app, range(apps))), notes=notes, problems=problems)


@given(reports, st.sampled_from([COMMENT, SMALL]))
@settings(max_examples=60)
def test_every_page_keeps_both_limits_and_is_closed(report: Report, budget: Budget) -> None:
    pages = fit(report, budget, context="prod")

    assert 1 <= len(pages) <= budget.pages
    for number, page in enumerate(pages, 1):
        assert len(page) <= budget.characters
        assert len(page.encode()) <= budget.octets
        assert page.startswith(marker_start("prod", number))
        found = structure_of(page)
        assert found.is_balanced
        assert found.open == []


@given(reports)
@settings(max_examples=60)
def test_every_danger_and_every_problem_is_on_a_page(report: Report) -> None:
    words = words_of(fit(report))
    problems = [*report.problems]
    notes = [*report.notes]
    for app in report.applications:
        problems += [*([app.problem] if app.problem else []), *app.failures]
        notes += app.notes

    for note in notes:
        if note.severity is Severity.DANGER:
            assert " ".join(one_line(note.text).split()) in words
    for problem in problems:
        first = problem.message.strip().partition("\n")[0]
        assert " ".join(one_line(first).split()) in words
        assert " ".join(one_line(problem.remedy).split()) in words


@pytest.mark.parametrize(
    ("apps", "changes", "lines"), [(1, 1, 20_000), (3, 40, 40), (40, 5, 200), (200, 3, 3), (1, 3_000, 2)]
)
def test_large_reports_keep_index_risks_and_deletions_and_count_the_rest(
    apps: int, changes: int, lines: int
) -> None:
    report = big(apps, changes, lines)
    pages = fit(report, context="x")
    words = words_of(pages)

    assert len(pages) <= COMMENT.pages
    assert all(len(page) <= COMMENT.characters and len(page.encode()) <= COMMENT.octets for page in pages)
    for number in range(3):
        assert f"danger number {number}." in words
        assert f"problem number {number}." in words
        assert f"remedy number {number}." in words
    for at in range(apps):
        assert re.search(rf"\bapp-{at}\b", words)
    shown = sum(page.count("**+ add**") + page.count("**− delete**") for page in pages)
    assert shown + left_out(pages[0], "difference") == apps * (changes + 1)
    assert ("the job summary" in pages[0]) is (shown < apps * (changes + 1))


def test_deletions_outlive_additions() -> None:
    pages = fit(big(1, 400, 100))
    text = "".join(pages)

    assert "**− delete**" in text
    assert "gone-0" in text
    assert text.count("**+ add**") < 400


def test_more_problems_than_fit_are_counted_not_forgotten() -> None:
    report = big(1, 1, 1, trouble=20_000)
    pages = fit(report)
    words = words_of(pages)

    shown = len(re.findall(r"problem number \d+\.", words)) + len(re.findall(r"danger number \d+\.", words))
    counted = left_out(pages[0], "error") + left_out(pages[0], "risk")
    assert len(pages) <= COMMENT.pages
    assert shown > 1_000
    assert shown + counted == 40_000


def test_a_resource_too_big_for_a_page_is_cut_inside_its_fence_and_says_so() -> None:
    body = MaskedBody(
        {"kind": "ConfigMap", "data": {"t": "".join(f"{'x' * 300}{n}\n" for n in range(1_500))}}
    )
    change = ShownChange(ResourceKey("", "ConfigMap", "ns", "large"), Action.CREATE, None, body)
    pages = fit(Report(Job.DIFF, applications=(AppReport(name="a", changes=(change,)),)))

    assert any(re.search(r"… [\d,]+ more lines do not fit here\n```", page) for page in pages)
    assert all(structure_of(page).is_balanced for page in pages)


def test_pages_name_each_other_and_a_fold_that_goes_on_says_so() -> None:
    pages = fit(big(2, 30, 120), context="prod")

    assert len(pages) > 1
    assert f"page 1 of {len(pages)}" in pages[0]
    for number, page in enumerate(pages[1:], 2):
        assert f"Page {number} of {len(pages)}" in page
        assert "are on page 1" in page
    assert any("(continued)</summary>" in page for page in pages[1:])
    assert "(continued)" not in pages[0]


def test_the_marker_carries_context_page_head_and_plan_and_cannot_be_left() -> None:
    report = replace(samples.small_diff(), head="a" * 40)
    (page,) = fit(report, context="prod: eu --> x")

    first = page.partition("\n")[0]
    assert re.fullmatch(r"<!-- syncline:[^: >]+:1 of=1 head=aaaaaaa plan=[0-9a-f]{16} -->", first)
    assert structure_of(page).comments == [first[4:-3]]


def test_the_same_report_makes_the_same_pages() -> None:
    assert fit(samples.rich_diff(), context="a") == fit(samples.rich_diff(), context="a")


def test_without_a_context_there_is_no_marker() -> None:
    assert "<!--" not in fit(samples.small_diff())[0]
