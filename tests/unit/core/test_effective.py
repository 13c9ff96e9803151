from __future__ import annotations

import pytest

from syncline.config import Configuration, load
from syncline.core.effective import altered

CLUSTERS = """\
clusters:
  eu: {context: eu, serverAlias: 'https://eu.example.com'}
  us: {context: us}
defaultCluster: us
"""


def configuration(settings: str = "", customizations: str = "") -> Configuration:
    files = [("syncline.yaml", settings)] if settings else []
    if customizations:
        text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n"
        files.append(("cm.yaml", f"{text}  {customizations}\n"))
    for name, destination in (
        ("eu", "server: 'https://eu.example.com'"),
        ("us", "name: in-cluster"),
        ("lost", "name: nobody-knows"),
    ):
        app = (
            f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n"
            f"  project: {name}\n  source: {{repoURL: 'https://example.com/x.git', path: a}}\n"
            f"  destination: {{{destination}, namespace: a}}\n"
        )
        files.append((f"{name}.yaml", app))
    found = load(files)
    assert not found.settings_errors
    return found


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("", "render: {timeout: 5s}", set()),
        ("", "sync: {timeout: 5s, onlyAutomated: true}\nlease: {required: true}", set()),
        ("", "statuses: {limit: 3}\nteams: {a: o/t}\ndrift: {rounds: 3}", set()),
        ("", "guard: {maxPrune: 3}", {"eu", "us", "lost"}),
        ("", "repositories: ['https://example.com/y.git']", {"eu", "us", "lost"}),
        ("", "unrestrictedProjects: [eu]", {"eu"}),
        (CLUSTERS, CLUSTERS.replace("context: eu", "context: eu2"), {"eu"}),
        (CLUSTERS, CLUSTERS.replace("context: us", "context: us2"), {"us"}),
        (CLUSTERS, CLUSTERS.replace("defaultCluster: us", "defaultCluster: eu"), {"us"}),
        (CLUSTERS, CLUSTERS + "guard: {maxPrune: 10}", set()),
        ("", CLUSTERS, {"eu", "us"}),
    ],
)
def test_settings_touch_those_for_whom_they_mean_something_else(
    before: str, after: str, names: set[str]
) -> None:
    old, new = configuration(before), configuration(after)

    touched = {app.name for app in new.applications if altered(app, old, new, frozenset)}

    assert touched == names


@pytest.mark.parametrize(
    ("key", "kinds", "is_touched"),
    [
        ("health.apps_Deployment", {"apps/Deployment"}, False),
        ("actions.apps_Deployment", {"apps/Deployment"}, False),
        ("ignoreDifferences.apps_Deployment", {"apps/Deployment"}, True),
        ("ignoreDifferences.apps_Deployment", {"apps/StatefulSet", "/Deployment"}, False),
        ("ignoreDifferences.*.example.com_*", {"a.example.com/Thing"}, True),
        ("ignoreDifferences.ConfigMap", {"/ConfigMap"}, True),
        ("ignoreDifferences.all", set(), True),
        ("somethingNew", set(), True),
    ],
)
def test_argocd_cm_touches_those_that_render_the_kind(key: str, kinds: set[str], *, is_touched: bool) -> None:
    old, new = configuration(), configuration(customizations=f"resource.customizations.{key}: 'a: b'")
    app = new.applications[0]

    assert bool(altered(app, old, new, lambda: frozenset(kinds))) is is_touched
    assert altered(app, new, new, lambda: frozenset(kinds)) == ""
