"""ApplicationSets, from a real repository to the report, without any cluster."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Repo, config_map
from e2e.sets import FILES, MATRIX, diff, problems, shown, single, the_set
from syncline.core.mask import Masker
from syncline.core.trust import Tier
from syncline.errors import ExitCode
from syncline.jobs.invocation import Invocation
from syncline.jobs.session import Session, Surroundings
from syncline.report.fit import fit as pages
from syncline.report.model import Job
from syncline.report.outcome import exit_code
from syncline.room import Room
from syncline.runtime import Cancellation, SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path, tools: Mapping[str, Path]) -> Repo:
    assert tools
    return Repo.make(tmp_path / "repo", "sets")


def test_a_pull_request_that_adds_a_directory_shows_its_new_applications_alone(repo: Repo) -> None:
    base = repo.commit({"sets/teams.yaml": the_set(repo, MATRIX), "apps/web/all.yaml": config_map("web")})
    head = repo.commit({"apps/shop/all.yaml": config_map("shop")})

    report = diff(repo, base, head)

    assert shown(report) == dict.fromkeys(("shop-dev", "shop-prod"), "ApplicationSet teams makes it")
    assert set(report.unaffected) == {"web-dev", "web-prod"}
    by_name = {app.name: app for app in report.applications}
    (change,) = by_name["shop-prod"].changes
    assert (str(change.key), str(change.origin)) == ("ConfigMap prod/shop", "apps/shop/all.yaml:1")
    assert exit_code(report) is ExitCode.OK
    assert "shop-prod" in "".join(pages(report, context="syncline"))


def test_a_pull_request_that_removes_a_directory_shows_what_goes(repo: Repo) -> None:
    base = repo.commit({"sets/teams.yaml": the_set(repo, MATRIX), "apps/web/all.yaml": config_map("web")})
    head = repo.commit({"apps/web/all.yaml": None, "README.md": "empty"})

    report = diff(repo, base, head)

    assert shown(report) == dict.fromkeys(("web-dev", "web-prod"), "ApplicationSet teams no longer makes it")
    notes = [note.text for app in report.applications for note in app.notes]
    assert notes == ["The Application is removed; its one object is deleted with it."] * 2


def test_a_changed_parameter_file_touches_the_application_it_makes_and_no_other(repo: Repo) -> None:
    text = the_set(repo, FILES, name="'{{ .path.basename }}'").replace("'{{ .path.path }}'", "web")
    base = repo.commit(
        {
            "sets/teams.yaml": text,
            "web/all.yaml": config_map("web"),
            "clusters/eu/config.json": '{"env": "eu"}',
            "clusters/us/config.json": '{"env": "us"}',
        }
    )
    head = repo.commit(
        {"clusters/us/config.json": '{"env": "us-east"}', "clusters/as/config.json": '{"env": "as"}'}
    )

    report = diff(repo, base, head)

    assert shown(report) == {
        "as": "ApplicationSet teams makes it",
        "us": "ApplicationSet teams makes it differently",
    }
    assert report.unaffected == ("eu",)


def test_a_change_of_the_set_that_changes_no_application_touches_none(repo: Repo) -> None:
    base = repo.commit({"sets/teams.yaml": the_set(repo, MATRIX), "apps/web/all.yaml": config_map("web")})
    head = repo.commit({"sets/teams.yaml": "# a word\n" + the_set(repo, MATRIX)})

    assert shown(diff(repo, base, head)) == {}


def test_what_is_in_the_work_tree_and_in_no_commit_makes_nothing(repo: Repo) -> None:
    base = repo.commit({"sets/teams.yaml": the_set(repo, MATRIX), "apps/web/all.yaml": config_map("web")})
    head = repo.commit({"README.md": "words"})
    (repo.root / "apps/ghost").mkdir()
    (repo.root / "apps/ghost/all.yaml").write_text(config_map("ghost"))

    report = diff(repo, base, head)

    assert (shown(report), set(report.unaffected)) == ({}, {"web-dev", "web-prod"})


LIST = "  - list: {elements: [TWIN, TWIN]}\n".replace("TWIN", "{env: a, path: {path: web, basename: x}}")
NONE = "ApplicationSet teams makes no Applications: "


@dataclass
class Failing:
    """A set that fails: its generators, its template's name, and what is said of which name."""

    generators: str
    place: str
    sentence: str
    template_name: str = "'{{ .path.basename }}-{{ .env }}'"
    name: str = "teams"


@pytest.mark.parametrize(
    "case",
    [
        Failing(
            LIST,
            "sets/teams.yaml:1",
            "ApplicationSet teams makes two Applications called x-a; put a "
            "parameter that tells them apart into "
            "the name.",
            name="x-a",
        ),
        Failing(
            MATRIX,
            "sets/teams.yaml:14",
            f'{NONE}a Go template cannot be rendered: at <.nmae>: map has no entry for key "nmae".',
            template_name="'{{ .nmae }}'",
        ),
        Failing(
            "  - lists: {elements: []}\n",
            "sets/teams.yaml:8",
            "spec.generators[0].lists is not a generator; did you mean list?",
        ),
        Failing(
            MATRIX.replace("REPO", "http://127.0.0.1:1/x.git"),
            "sets/teams.yaml:10",
            f"{NONE}The repository http://127.0.0.1:1/x.git lies inside this network, where only listed ones "
            "are asked. List its URL under remotes: in syncline.yaml.",
        ),
        Failing(
            MATRIX,
            "sets/teams.yaml:14",
            "ApplicationSet teams makes 'DEV', whose metadata.name is no name for an Application: lower-case "
            "letters, digits, hyphens and dots; use a normalized parameter, or goTemplate's normalize.",
            template_name="'{{ .env | upper }}'",
            name="DEV",
        ),
        Failing(
            "  - plugin: {configMapRef: {name: p}}\n",
            "sets/teams.yaml:8",
            f"{NONE}The plugin p is unknown; give its baseUrl under plugins: in syncline.yaml.",
        ),
        Failing(
            "  - pullRequest: {github: {owner: acme, repo: web}}\n",
            "sets/teams.yaml:8",
            f"{NONE}GitHub has to be asked, and there is no token; set GITHUB_TOKEN or the input token.",
        ),
    ],
    ids=["twins", "missing key", "unknown generator", "other repository", "no name", "no plugin", "no token"],
)
def test_a_set_that_fails_says_one_sentence_at_its_line_and_others_go_on(repo: Repo, case: Failing) -> None:
    plain = {"apps/web/all.yaml": config_map("web"), "web/all.yaml": config_map("plain")}
    base = repo.commit({**plain, "README.md": "one"})
    text = the_set(repo, case.generators, name=case.template_name)
    head = repo.commit({"sets/teams.yaml": text, "single.yaml": single(repo, "single")})

    report = diff(repo, base, head)

    assert problems(report)[case.name] == f"{case.place}: {case.sentence}"
    assert exit_code(report) is ExitCode.CONFIG
    assert "single" in shown(report)


def test_a_file_and_a_set_that_make_one_name_name_each_other(repo: Repo) -> None:
    files = {"apps/web/all.yaml": config_map("web"), "single.yaml": single(repo, "web-dev")}
    base = repo.commit({"README.md": "one"})
    head = repo.commit({"sets/teams.yaml": the_set(repo, MATRIX), **files})

    messages = {
        str(app.problem.place): app.problem.message
        for app in diff(repo, base, head).applications
        if app.problem
    }

    assert messages == {
        "single.yaml:1": "Application web-dev is also made by ApplicationSet teams at "
        "sets/teams.yaml:1; rename or remove one of them.",
        "sets/teams.yaml:1": "Application web-dev is also defined at single.yaml:1; rename or remove "
        "one of them.",
    }


@pytest.mark.parametrize(
    "name", ["{{ .env }}", "$(id)", "a b", "x'y\"z", "new\nline", "-rf", "{{range until 99}}x"]
)
def test_a_directory_of_any_name_is_data(repo: Repo, name: str) -> None:
    text = the_set(repo, MATRIX, name="'{{ normalize .path.basename }}.{{ .env }}'")
    base = repo.commit({"sets/teams.yaml": text, "apps/web/all.yaml": config_map("web")})
    head = repo.commit({f"apps/{name}/all.yaml": config_map("odd")})

    report = diff(repo, base, head)

    assert problems(report) == {}
    assert len(report.applications) == 2
    for app in report.applications:
        (change,) = app.changes
        assert change.origin is not None
        assert change.origin.file == f"apps/{name}/all.yaml"


def test_an_event_that_may_only_render_sends_nothing_to_a_plugin(repo: Repo) -> None:
    settings = "plugins: {p: {baseUrl: 'http://127.0.0.1:9'}}\n"
    base = repo.commit({"syncline.yaml": settings})
    head = repo.commit({"sets/teams.yaml": the_set(repo, "  - plugin: {configMapRef: {name: p}}\n")})

    forked = problems(diff(repo, base, head, tier=Tier.RENDER))
    ours = problems(diff(repo, base, head, tier=Tier.READ))

    assert "is not asked, because this event may render only" in forked["teams"]
    assert "it cannot be reached" in ours["teams"]


def test_a_thousand_generated_applications_are_made_in_less_than_two_seconds(
    repo: Repo, tmp_path: Path
) -> None:
    text = the_set(repo, MATRIX.replace("{env: dev}, ", ""))
    files = {f"apps/a{n}/all.yaml": config_map(f"c{n}") for n in range(1000)}
    head = repo.commit({"sets/teams.yaml": text, **files})
    room = Room(path=os.environ["PATH"])
    around = Surroundings(SystemClock(), Cancellation(), Masker(b"k" * 32), tmp_path, room)
    invocation = Invocation(Job.DIFF, repo.root, head=head, environ={"PATH": os.environ["PATH"]})

    with Session(invocation, around) as session:
        began = time.process_time()
        found = session.applications(head)
        seconds = time.process_time() - began

    assert {"a0-prod", "a7-prod", "a999-prod"} <= {app.name for app in found}
    assert len(found) == 1000
    assert seconds < 2
