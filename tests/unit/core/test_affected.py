from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config import load
from syncline.core.affected import GENERATE_PATHS, affected

if TYPE_CHECKING:
    from syncline.config.application import Application

PARTS = st.sampled_from(["apps", "web", "base", "a.yaml", "b.yaml", "website"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


def application(source: str, patterns: str = "") -> Application:
    annotations = f"  annotations: {{{GENERATE_PATHS}: '{patterns}'}}\n" if patterns else ""
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        f"metadata:\n  name: web\n{annotations}"
        f"spec:\n  {source}\n  destination: {{name: in-cluster, namespace: web}}\n"
    )
    (app,) = load([("apps/definition.yaml", text)]).applications
    return app


def one(fields: str) -> str:
    return f"source: {{repoURL: 'https://example.com/x.git', {fields}}}"


HELM = one("path: charts/web, helm: {valueFiles: [values.yaml, ../common.yaml, /env/prod.yaml]}")
GLOB = one("path: charts/web, helm: {valueFiles: ['/env/*/prod.yaml']}")
BRACES = one("path: charts/web, helm: {valueFiles: ['/env/{a,b}/*.yaml']}")
VARIABLE = one("path: charts/web, helm: {valueFiles: ['/env/$ARGOCD_APP_NAME.yaml']}")
FILES = one(
    "path: charts/web, helm: {fileParameters: [{name: a, path: files/a.txt}, {name: b, path: /b.txt}]}"
)
URL = one("path: charts/web, helm: {valueFiles: ['https://example.com/values.yaml']}")
KUSTOMIZE = one(
    "path: web/prod, kustomize: {components: [../../components/tls], patches: [{path: ../fix.yaml}]}"
)
REF = (
    "sources: [{repoURL: 'https://example.com/x.git', path: charts/web,"
    " helm: {valueFiles: ['$env/prod/v.yaml']}},"
    " {repoURL: 'https://example.com/x.git', ref: env}]"
)
TWO = "sources: [{repoURL: 'https://e.com/x', path: web}, {repoURL: 'https://e.com/x', path: extra}]"
CHART = one("chart: nginx, targetRevision: 1.0.0")
WEB = one("path: web")


@pytest.mark.parametrize(
    ("source", "changed", "is_touched"),
    [
        (WEB, "web/all.yaml", True),
        (WEB, "web/deep/er/all.yaml", True),
        (WEB, "web", True),
        (WEB, "website/all.yaml", False),
        (WEB, "apps/web/all.yaml", False),
        (WEB, "README.md", False),
        (WEB, "apps/definition.yaml", True),
        (WEB, "syncline.yaml", False),
        (one("path: ./web/"), "web/all.yaml", True),
        (one("path: x/../web"), "web/all.yaml", True),
        (one("path: ."), "anything/at/all", True),
        (HELM, "charts/web/templates/a.yaml", True),
        (HELM, "charts/common.yaml", True),
        (HELM, "env/prod.yaml", True),
        (HELM, "env/staging.yaml", False),
        (GLOB, "env/eu/prod.yaml", True),
        (GLOB, "environment/prod.yaml", False),
        (BRACES, "env/b/x.yaml", True),
        (VARIABLE, "env/web.yaml", True),
        (REF, "env/prod/v.yaml", False),
        (FILES, "b.txt", True),
        (FILES, "files/a.txt", False),
        (URL, "values.yaml", False),
        (REF, "prod/v.yaml", True),
        (REF, "prod/other.yaml", False),
        (KUSTOMIZE, "components/tls/kustomization.yaml", True),
        (KUSTOMIZE, "web/fix.yaml", True),
        (KUSTOMIZE, "web/staging/kustomization.yaml", False),
        (TWO, "web/a.yaml", True),
        (TWO, "extra/a.yaml", True),
        (TWO, "third/a.yaml", False),
        (CHART, "nginx/values.yaml", False),
        (CHART, "apps/definition.yaml", True),
    ],
)
def test_a_path_touches_an_application_that_reads_it(source: str, changed: str, *, is_touched: bool) -> None:
    assert bool(affected(application(source), frozenset({changed}))) == is_touched


@pytest.mark.parametrize(
    ("patterns", "changed", "is_touched"),
    [
        (".", "web/a.yaml", True),
        (".", "base/a.yaml", False),
        (".;../base", "base/a.yaml", True),
        (". ; ../base ;", "base/deep/a.yaml", True),
        ("/shared", "shared/a.yaml", True),
        ("/shared", "web/a.yaml", False),
        ("/shared", "apps/definition.yaml", True),
        ("/env/*.yaml", "env/a.yaml", True),
        ("/env/*.yaml", "env/deep/a.yaml", False),
        ("/env/*/v?.yaml", "env/eu/v1.yaml", True),
        ("/", "anything", True),
    ],
)
def test_generate_paths_replace_what_would_be_found(patterns: str, changed: str, *, is_touched: bool) -> None:
    app = application(WEB, patterns)

    assert bool(affected(app, frozenset({changed}), inputs=frozenset({"base", "web"}))) == is_touched


def test_what_a_rendering_reads_beyond_its_path_counts() -> None:
    inputs = frozenset({"web/prod", "base", "lib/one.yaml"})
    app = application(one("path: web/prod"))

    assert affected(app, frozenset({"base/a.yaml"}), inputs=inputs) == "base/a.yaml changed"
    assert affected(app, frozenset({"lib/one.yaml"}), inputs=inputs) == "lib/one.yaml changed"
    assert affected(app, frozenset({"lib/two.yaml"}), inputs=inputs) == ""


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (set(), ""),
        ({"web/b.yaml", "web/a.yaml", "other"}, "web/a.yaml and 1 more changed"),
        ({"web/a.yaml", "apps/definition.yaml"}, "its definition apps/definition.yaml changed"),
    ],
)
def test_the_reason_is_a_sentence(changed: Any, sentence: str) -> None:
    assert affected(application(WEB), frozenset(changed)) == sentence


@given(
    path=PATHS, other=PATHS, changed=st.frozensets(PATHS, max_size=6), more=st.frozensets(PATHS, max_size=4)
)
def test_more_changes_and_more_inputs_never_leave_an_application_out(
    path: str, other: str, changed: frozenset[str], more: frozenset[str]
) -> None:
    app = application(one(f"path: {path}"))

    if affected(app, changed, inputs=frozenset({other})):
        assert affected(app, changed | more, inputs=frozenset({other}))
        assert affected(app, changed, inputs=frozenset({other}) | more)


@given(path=PATHS, below=PATHS)
def test_whatever_lies_below_the_source_touches_it(path: str, below: str) -> None:
    assert affected(application(one(f"path: {path}")), frozenset({f"{path}/{below}"}))
