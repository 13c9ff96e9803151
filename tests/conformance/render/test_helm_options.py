"""Options of Helm sources that need no folder of their own, by helm 4 and helm 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import (
    APP,
    CHART,
    OURS,
    REVISION,
    answered,
    application,
    config_map,
    helm3_first,
    outcome,
    planted,
)
from syncline.config.tools import tools_of
from syncline.errors import Place
from syncline.render import Checkout, RenderOptions, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.room import Room

SHOW = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {a: {{ .Values.a | quote }}}
"""
FILES = {"app/Chart.yaml": CHART, "app/templates/a.yaml": SHOW, "app/values.yaml": "a: own\n"}


@pytest.fixture(params=["helm", "helm3"])
def either(request: pytest.FixtureRequest, room: Room, tools: Mapping[str, Path], tmp_path: Path) -> Room:
    """A room with helm 4, and one with helm 3."""
    return room if request.param == "helm" else helm3_first(room, tools, tmp_path)


@pytest.mark.parametrize(
    ("schemes", "url", "says"),
    [
        ("", "https://x/v.yaml", "has a scheme that is not allowed (allowed: none)"),
        ("https", "http://x/v.yaml", "has a scheme that is not allowed (allowed: https)"),
        ("https, s3", "s3://x/v.yaml", "would need a plugin of helm, and none is run"),
    ],
)
def test_value_files_have_the_schemes_that_argocd_cm_allows(
    schemes: str, url: str, says: str, room: Room, tmp_path: Path
) -> None:
    root = planted(tmp_path / "repo", FILES)

    answer = answered(root, f"helm: {{valueFiles: ['{url}']}}", room, {"helm.valuesFileSchemes": schemes})

    assert answer.startswith(f"4 apps/web.yaml:1: The value file '{url}' ")
    assert says in answer


@pytest.mark.parametrize(
    ("options", "settings", "programs"),
    [
        ("", {}, ("helm",)),
        ("helm: {version: v3}", {}, ("helm3",)),
        ("helm: {version: v4}", {}, ("helm",)),
        ("directory: {}", {}, ()),
        ("kustomize: {}", {}, ("kustomize",)),
        ("kustomize: {}", {"kustomize.buildOptions": "--enable-helm"}, ("helm", "kustomize")),
    ],
    ids=repr,
)
def test_a_rendering_names_the_programs_that_made_it_and_no_other(
    options: str, settings: dict[str, str], programs: tuple[str, ...], room: Room, tmp_path: Path
) -> None:
    kind = {"kustomize": "kustomization.yaml", "directory": ""}.get(options.partition(":")[0], "Chart.yaml")
    files = {"app/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"}
    files |= FILES if kind == "Chart.yaml" else {f"app/{kind}": "resources: [a.yaml]\n"} if kind else {}
    tools = tools_of({name: (text, Place("argocd-cm.yaml", 7)) for name, text in settings.items()})
    given = RenderOptions(room, OURS, tools=tools)

    rendering = render(
        application(APP % options), Checkout(planted(tmp_path / "repo", files), REVISION), given
    )

    assert rendering.programs == programs


@pytest.mark.parametrize(("namespace", "name"), [("argocd", "web"), ("team", "team_web")])
def test_the_name_in_the_build_environment_has_the_namespace_outside_of_argo_cds_own(
    namespace: str, name: str, either: Room, tmp_path: Path
) -> None:
    text = APP % "helm: {parameters: [{name: a, value: $ARGOCD_APP_NAME}]}"
    app = application(text.replace("namespace: argocd", f"namespace: {namespace}"))

    answer = outcome(app, Checkout(planted(tmp_path / "repo", FILES), REVISION), either)

    assert f"a: {name}\n" in answer
    assert "  name: web\n" in answer  # the release is named without it


SEVERAL = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  sources:
  - repoURL: https://github.com/acme/deploy.git
    path: app
    helm: {valueFiles: [%s]}
  - %s
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
"""


def test_a_ref_with_a_path_of_its_own_is_rendered_and_lends_from_its_root(
    either: Room, tmp_path: Path
) -> None:
    lender = "{repoURL: 'https://github.com/acme/deploy.git', path: extra, ref: values}"
    more = {
        "extra/a.yaml": config_map("extra"),
        "env/web.yaml": "a: lent\n",
        "extra/env/web.yaml": "a: wrong\n",
    }
    app = application(SEVERAL % ("$values/env/$ARGOCD_APP_NAME.yaml", lender))

    answer = outcome(app, Checkout(planted(tmp_path / "repo", FILES | more), REVISION), either)

    assert "a: lent\n" in answer
    assert "# extra/a.yaml:1\n" in answer


def test_a_chart_lends_no_files(room: Room, tmp_path: Path) -> None:
    lender = "{repoURL: 'https://charts.example', chart: c, targetRevision: 1.0.0, ref: values}"
    app = application(SEVERAL % ("$values/env.yaml", lender))

    answer = outcome(app, Checkout(planted(tmp_path / "repo", FILES), REVISION), room)

    assert answer.startswith("4 apps/web.yaml:1: The ref 'values' is a chart, which lends no files.")


def test_signs_of_helm_in_a_path_are_no_signs(either: Room, tmp_path: Path) -> None:
    more = {"app/a,b={c}.txt": "odd", 'app/v,"1".yaml': "a: listed\n"}
    root = planted(tmp_path / "repo", FILES | more)

    options = "helm: {fileParameters: [{name: a, path: 'a,b={c}.txt'}]}"
    assert "a: odd\n" in answered(root, options, either)
    assert "a: listed\n" in answered(root, """helm: {valueFiles: ['v,"1".yaml']}""", either)
