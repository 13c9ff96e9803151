"""What a diff says of projects, without any cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Repo, config_map
from e2e.sets import MATRIX, app_of, diff, shown, single, the_set
from syncline.errors import ExitCode
from syncline.report.fit import fit as pages
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path, tools: Mapping[str, Path]) -> Repo:
    assert tools
    return Repo.make(tmp_path / "repo", "sets")


PROJECT = """\
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {{name: default}}
spec:
  sourceRepos: ['*']
  destinations: [{{server: '*', namespace: dev}}]
  namespaceResourceBlacklist: [{{group: '', kind: Secret}}]
{more}
"""


def test_a_diff_says_what_the_project_forbids_and_where_it_says_so(repo: Repo) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
    base = repo.commit({"README.md": "one"})
    head = repo.commit(
        {
            "project.yaml": PROJECT.format(more=""),
            "sets/teams.yaml": the_set(repo, MATRIX),
            "apps/web/all.yaml": secret,
        }
    )

    report = diff(repo, base, head)

    assert app_of(report, "web-dev").refusals == (
        (
            "1 object is not permitted: Secret dev/s: the project default does not allow Secret "
            "(project.yaml:7)."
        ),
    )
    (place, kind) = app_of(report, "web-prod").refusals
    assert place.startswith("The project default does not allow the destination in-cluster")
    assert "(project.yaml:6)" in place
    assert "the project default does not allow Secret" in kind
    assert exit_code(report) is ExitCode.REFUSED
    assert "does not allow Secret" in "".join(pages(report, context="syncline"))


def test_a_closed_window_is_said_in_the_diff_and_refuses_no_review(repo: Repo) -> None:
    window = "  syncWindows: [{kind: deny, schedule: '* * * * *', duration: 1h, applications: ['*-dev']}]\n"
    base = repo.commit({"README.md": "one"})
    head = repo.commit(
        {
            "project.yaml": PROJECT.format(more=window).replace("namespace: dev", "namespace: '*'"),
            "sets/teams.yaml": the_set(repo, MATRIX),
            "apps/web/all.yaml": config_map("a"),
        }
    )

    report = diff(repo, base, head)

    assert exit_code(report) is ExitCode.OK
    (note,) = app_of(report, "web-dev").notes
    assert note.text.startswith("Now it could not be synced: a deny window is open (project.yaml:8)")
    assert app_of(report, "web-prod").notes == ()


HINT = (
    "Add its AppProject file, or, if nothing restricts it here, list it "
    "under unrestrictedProjects: in syncline.yaml."
)
OTHER = PROJECT.format(more="").replace("default", "teams")
BROKEN = OTHER.replace("teams", "team").replace("['*']", "['!*']")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, f"The project team is not defined in this repository. {HINT} (single.yaml:1)"),
        (
            {"p.yaml": OTHER},
            f"The project team is not defined in this repository; did you mean teams? {HINT} (single.yaml:1)",
        ),
        (
            {"p.yaml": BROKEN},
            (
                "The project team has an error: spec.sourceRepos[0] denies everything; leave the list empty "
                "instead. (p.yaml:5)"
            ),
        ),
        ({"syncline.yaml": "unrestrictedProjects: [team]\n"}, ""),
    ],
    ids=["unknown", "misspelt", "broken", "unrestricted"],
)
def test_a_project_that_is_unknown_or_broken_allows_nothing(
    repo: Repo, files: dict[str, str], sentence: str
) -> None:
    app = single(repo, "web").replace("spec:\n", "spec:\n  project: team\n")
    base = repo.commit({"README.md": "one"})
    head = repo.commit({"single.yaml": app, "web/all.yaml": config_map("a"), **files})

    assert app_of(diff(repo, base, head), "web").refusals == ((sentence,) if sentence else ())


def test_a_change_of_a_project_is_said_and_touches_the_applications_it_governs(repo: Repo) -> None:
    app = single(repo, "web").replace("namespace: a", "namespace: dev")
    files = {"single.yaml": app, "web/all.yaml": config_map("a")}
    base = repo.commit({"project.yaml": PROJECT.format(more=""), **files})
    moved = repo.commit({"project.yaml": "# a word\n" + PROJECT.format(more="")})
    tighter = PROJECT.format(more="").replace("{group: '', kind: Secret}", "{group: '', kind: ConfigMap}")
    head = repo.commit({"project.yaml": tighter})

    quiet, report = diff(repo, base, moved), diff(repo, base, head)

    assert (shown(quiet), quiet.notes) == ({}, ())
    assert shown(report) == {"web": "its project default changed"}
    assert "does not allow ConfigMap (project.yaml:7)" in app_of(report, "web").refusals[0]
    (note,) = report.notes
    assert note.text == (
        "This change alters the project default; its Applications are judged by what it will be."
    )
    assert str(note.place) == "project.yaml:1"
