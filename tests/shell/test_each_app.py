"""Applications side by side: those that wait for programs, and in one row those that wait for nobody."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Recorder
from shell.repos import Repo
from shell.test_checkouts import session_of
from shell.test_diff import application, config_map
from syncline.errors import RenderError
from syncline.jobs.each_app import Row, together
from syncline.report.model import AppReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from syncline.config.application import Application
    from syncline.jobs.session import Session

QUICK = [f"quick-{number}" for number in range(5)]
SLOW = [f"slow-{number}" for number in range(3)]
NAMES = sorted([*QUICK, *SLOW], key=lambda name: name[-1])
"""In turns."""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    repo = Repo.make(tmp_path / "repo")
    files = {f"apps/{name}.yaml": application(name, "plain") for name in NAMES}
    repo.commit({**files, "plain/a.yaml": config_map("a")})
    with session_of(repo) as session:
        yield session


def run(
    session: Session, look: Callable[[str], None], is_quick: Callable[[Application], bool] = lambda _: False
) -> tuple[Row, Recorder]:
    known = {app.name: app for app in session.applications(session.head)}
    recorder = Recorder()

    def report(app: Application) -> AppReport:
        look(app.name)
        return AppReport(app.name, "shop", session.head)

    return together([known[name] for name in NAMES], report, session, recorder, is_quick), recorder


def is_quick(app: Application) -> bool:
    return app.name in QUICK


def test_the_quick_ones_follow_one_another_while_the_slow_ones_wait(session: Session) -> None:
    threads: dict[str, int] = {}
    order: list[str] = []
    others = threading.Event()

    def look(name: str) -> None:
        threads[name] = threading.get_ident()
        order.append(name)
        if name == QUICK[-1]:
            others.set()
        if name in SLOW:
            assert others.wait(10)

    row, recorder = run(session, look, is_quick)

    assert [report.name for report in row.reports] == NAMES
    assert recorder.names == NAMES
    assert {report.name for report in recorder.reports} == set(NAMES)
    assert len({threads[name] for name in QUICK}) == 1
    assert [name for name in order if name in QUICK] == QUICK


@pytest.mark.parametrize("quick", [[], NAMES, QUICK], ids=["none", "all", "some"])
def test_what_goes_wrong_with_one_is_in_its_report(session: Session, quick: list[str]) -> None:
    def look(name: str) -> None:
        if name == "quick-1":
            raise RenderError("It is broken.")
        if name == "slow-2":
            raise KeyError(name)

    row, _ = run(session, look, lambda app: app.name in quick)

    problems: Mapping[str, str] = {
        report.name: report.problem.message for report in row.reports if report.problem
    }
    assert problems["quick-1"] == "It is broken."
    assert "bug" in problems["slow-2"]
    assert len(problems) == 2
    assert [report.name for report in row.reports] == NAMES


def test_a_request_to_stop_ends_the_quick_ones_too_and_names_what_is_left(session: Session) -> None:
    def look(name: str) -> None:
        if name == "quick-2":
            session.cancellation.request()

    row, _ = run(session, look, lambda _: True)

    done = NAMES[: NAMES.index("quick-2") + 1]
    assert row.interrupted
    assert [report.name for report in row.reports] == done
    (note,) = row.notes
    assert note.text.endswith(f"Not finished: {', '.join(name for name in NAMES if name not in done)}.")


def test_a_request_to_stop_while_it_is_asked_who_is_quick_names_all(session: Session) -> None:
    def asked(_: Application) -> bool:
        session.cancellation.request()
        session.cancellation.check()
        return True

    row, _ = run(session, lambda _: None, asked)

    assert row.interrupted
    assert row.reports == ()
    assert row.notes[0].text.endswith(f"Not finished: {', '.join(NAMES)}.")
