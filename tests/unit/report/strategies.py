"""Reports for laws: small texts, large texts, and texts that try to be something else."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from made import made
from syncline.core.health.status import Health, HealthStatus
from syncline.core.live import Level
from syncline.core.mask import MaskedBody
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, Place
from syncline.report.model import (
    AppReport,
    Job,
    Note,
    Problem,
    Report,
    ResourceRow,
    Severity,
    ShownChange,
)

FRAGMENTS = (
    *"`~*_[]()<>|\\#@!$&:.-+=\"'{}",
    "```",
    "~~~~",
    "</details>",
    "<!--",
    "-->",
    "<script>",
    "](https://evil.example)",
    "www.evil.example",
    "@octocat",
    "#12",
    "GH-3",
    "&lt;",
    "\n",
    "\r",
    "\n# ",
    "\n\n",
    "\u202e",
    "\u200b",
    "\x1b[31m",
    "\u2028",
    "🚀",
    "é",
    "a",
    "b c",
)
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)
names = st.text("abcdefgh-", min_size=1, max_size=12)
places = st.none() | made(Place, texts.filter(bool), st.integers(0, 99))
keys = made(ResourceKey, names, names, names, texts.filter(bool))
healths = made(Health, st.sampled_from(HealthStatus), texts)
codes = st.sampled_from([code for code in ExitCode if code not in {ExitCode.OK, ExitCode.DIFFERENT}])
problems = made(Problem, texts.filter(str.strip), codes, places, texts)
notes = made(Note, st.sampled_from(Severity), texts.filter(str.strip), st.none() | keys, places)


@st.composite
def bodies(draw: st.DrawFn) -> MaskedBody:
    lines = draw(st.lists(texts, max_size=4))
    long = draw(st.sampled_from([0, 0, 0, 40, 3_000]))
    value: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "data": {"small": "\n".join(lines), "large": "".join(f"line {n} ```\n" for n in range(long))},
    }
    return MaskedBody(value)


changes = made(
    ShownChange,
    keys,
    st.sampled_from(Action),
    st.none() | bodies(),
    st.none() | bodies(),
    st.lists(texts, max_size=2).map(tuple),
    places,
    texts,
)
rows = made(ResourceRow, keys, st.sampled_from(["Synced", "OutOfSync"]), st.none() | healths)


def _tuples(of: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[Any]:
    return st.lists(of, max_size=most).map(tuple)


apps = made(
    AppReport,
    name=names,
    cluster=texts,
    namespace=names,
    level=st.sampled_from(Level),
    changes=_tuples(changes, 4),
    notes=_tuples(notes, 3),
    problem=st.none() | problems,
    refusals=_tuples(texts.filter(str.strip), 2),
    outcome=st.none() | st.sampled_from(Outcome),
    failures=_tuples(problems, 2),
    resources=_tuples(rows, 4),
    images=_tuples(st.tuples(texts, texts, texts), 2),
    health=st.none() | healths,
)
reports = made(
    Report,
    st.sampled_from(Job),
    base=texts,
    head=texts,
    applications=_tuples(apps, 4),
    unaffected=_tuples(texts, 4),
    notes=_tuples(notes, 3),
    problems=_tuples(problems, 2),
    interrupted=st.booleans(),
)
