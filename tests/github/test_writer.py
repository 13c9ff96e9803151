"""Two steps of one name: who is a rival, and who only says the newer truth."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from made import made
from syncline.github.writer import Writer, marked, rivalry, writer_of

RUN = "https://github.com/acme/deploy/actions/runs/99"
MINE = Writer(RUN, ".github/workflows/diff.yml", "diff", "pull_request", "1", "aa")

words = st.text(min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("other", "is_rival"),
    [
        pytest.param({"workflow": ".github/workflows/live.yml", "run": f"{RUN}1"}, True, id="a workflow"),
        pytest.param({"job": "live"}, True, id="a job of the same run"),
        pytest.param({"job": "live", "run": f"{RUN}1"}, True, id="a job of an earlier run"),
        pytest.param({}, True, id="a step of the same job, or a job of the same matrix"),
        pytest.param({"step": "aa"}, False, id="the very same step"),
        pytest.param({"attempt": "2"}, False, id="an earlier attempt"),
        pytest.param({"run": f"{RUN}1"}, False, id="an earlier run"),
        pytest.param(
            {"workflow": ".github/workflows/hand.yml", "event": "workflow_dispatch"}, False, id="a hand"
        ),
    ],
)
def test_a_rival_says_the_same_for_the_same_reason(other: dict[str, str], is_rival: bool) -> None:
    theirs = replace(MINE, **{"step": "bb", **other})

    assert MINE.is_rival_of(theirs) is is_rival
    assert theirs.is_rival_of(MINE) is is_rival


@given(made(Writer, run=st.just(RUN), workflow=words, job=words, event=words, attempt=words, step=words))
def test_the_link_says_who_wrote_and_still_leads_to_the_run(writer: Writer) -> None:
    assert marked(writer.mark) == writer
    link = urlsplit(writer.mark)
    assert link._replace(fragment="").geturl() == RUN
    assert link.fragment.isascii()


@given(st.one_of(st.text(), st.text().map(lambda text: f"{RUN}#{text}")))
def test_a_link_that_does_not_say_it_is_nobodys(url: str) -> None:
    assert marked(url) is None


@pytest.mark.parametrize(
    "url", [f"{RUN}#{'&'.join('abcdefghij')}=1", "https://[::1", f"{RUN}#workflow=a&job=b"]
)
def test_a_link_of_somebody_elses_is_nobodys(url: str) -> None:
    assert marked(url) is None


@pytest.mark.parametrize("missing", ["GITHUB_WORKFLOW_REF", "GITHUB_JOB", "GITHUB_RUN_ATTEMPT"])
def test_a_runner_that_does_not_say_all_says_nothing(missing: str) -> None:
    environ = {
        "GITHUB_REPOSITORY": "acme/deploy",
        "GITHUB_WORKFLOW_REF": "acme/deploy/.github/workflows/diff.yml@refs/pull/7/merge",
        "GITHUB_JOB": "diff",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_RUN_ATTEMPT": "1",
    }
    assert writer_of(environ, RUN, "aa") == MINE

    assert writer_of({**environ, missing: ""}, RUN, "aa") is None


def test_the_sentence_names_both_and_the_remedy() -> None:
    live = replace(MINE, workflow=".github/workflows/live.yml", job="look")

    assert rivalry("syncline/diff", MINE, live) == (
        ".github/workflows/diff.yml (job diff) and .github/workflows/live.yml (job look) both write the "
        "status syncline/diff of this commit and the comment, and each takes the place of what the other "
        "said. Give one of them another `context` than syncline."
    )
    assert rivalry("a/b/sync", replace(MINE, event="push"), replace(MINE, event="push")) == (
        "Two steps of .github/workflows/diff.yml (job diff) write the status a/b/sync of this commit, and "
        "each takes the place of what the other said. Give one of them another `context` than a/b."
    )
