"""Which applications a change touches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.application import Application, Destination, HelmOptions, HelmParameter, Source
from syncline.core.affected import GENERATE_PATHS, affected
from syncline.errors import Place


def app(source: Source, paths: str = "") -> Application:
    annotations = {GENERATE_PATHS: paths} if paths else {}
    return Application("web", Place("apps/web.yaml", 3), (source,), Destination(), annotations=annotations)


def with_files(*names: str) -> Application:
    return app(Source(path="app", helm=HelmOptions(value_files=names)))


PLAIN = app(Source(path="app"))
TABLE: list[tuple[Application, str, bool]] = [
    (PLAIN, "app/a.yaml", True),
    (PLAIN, "app", True),
    (PLAIN, "application/a.yaml", False),
    (PLAIN, "apps/web.yaml", True),
    (app(Source(path=".")), "anything", True),
    (app(Source(path="./app/")), "app/x", True),
    (with_files("../env/a.yaml"), "env/a.yaml", True),
    (with_files("../env/a.yaml"), "env/b.yaml", False),
    (with_files("/env/*.yaml"), "env/b.yaml", True),
    (with_files("/env/{a,b}/*.yaml"), "env/b/x.yaml", True),
    (with_files("/env/$ARGOCD_APP_NAME.yaml"), "env/web.yaml", True),
    (with_files("../env/x-${ARGOCD_APP_NAME}/v.yaml"), "env/x-web/v.yaml", True),
    (with_files("$values/env/a.yaml"), "env/a.yaml", True),
    (with_files("$values/env/a.yaml"), "values/env/a.yaml", False),
    (with_files("https://example.com/v.yaml"), "example.com/v.yaml", False),
    (
        app(Source(path="app", helm=HelmOptions(file_parameters=(HelmParameter("x", "/f.txt"),)))),
        "f.txt",
        True,
    ),
    (app(Source(path="app"), "."), "app/a", True),
    (app(Source(path="app"), "../shared;/env"), "shared/a", True),
    (app(Source(path="app"), "../shared;/env"), "env/a", True),
    (app(Source(path="app"), "../shared;/env"), "app/a", False),
    (app(Source(path="app"), "/env/*/a"), "env/x/a", True),
    (app(Source(path="app"), "/env/*/a"), "env/x/y/a", False),
    (app(Source(path="app"), "/nowhere"), "apps/web.yaml", True),
]


@pytest.mark.parametrize(("application", "path", "is_touched"), TABLE)
def test_a_path_touches_what_it_belongs_to(application: Application, path: str, *, is_touched: bool) -> None:
    assert bool(affected(application, frozenset({path}))) is is_touched


paths = st.lists(st.sampled_from(["a", "b", "app", "env"]), min_size=1, max_size=3).map("/".join)


@given(st.frozensets(paths), st.frozensets(paths), st.frozensets(paths))
def test_more_changes_and_more_inputs_never_touch_less(
    changed: frozenset[str], more: frozenset[str], inputs: frozenset[str]
) -> None:
    if affected(PLAIN, changed, inputs=inputs):
        assert affected(PLAIN, changed | more, inputs=inputs | more)


@given(paths, st.frozensets(paths))
def test_whatever_is_an_input_touches(path: str, inputs: frozenset[str]) -> None:
    assert affected(PLAIN, frozenset({f"{path}/below"}), inputs=inputs | {path})


def test_the_reason_names_the_first_path_and_how_many_more() -> None:
    assert affected(PLAIN, frozenset({"app/b", "app/a", "x"})) == "app/a and 1 more changed"
