"""Where the definitions of plugins come from: the trusted commit, whatever a change brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Repo
from e2e.sets import app_of, diff, problems, single
from syncline.core.trust import Tier
from syncline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path, tools: Mapping[str, Path]) -> Repo:
    assert tools
    return Repo.make(tmp_path / "repo", "plugins")


def definition(name: str, value: str) -> str:
    made = f"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {{name: made}}\\ndata: {{by: {value}}}\\n"
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\n"
        f"metadata: {{name: {name}}}\nspec:\n  generate:\n    command: [sh, -c]\n    args:\n"
        f"    - |\n      printf '{made}'\n"
    )


def named(repo: Repo, plugin: str) -> str:
    return single(repo, "web").replace("path: web", f"path: web, plugin: {{name: {plugin}}}")


SETTINGS = "sourcePlugins:\n- {file: plugins/maker.yaml, forks: FORKS}\n"


def test_a_change_of_a_plugin_counts_when_it_is_merged_and_a_new_one_is_unknown_until_then(
    repo: Repo,
) -> None:
    base = repo.commit(
        {
            "syncline.yaml": SETTINGS.replace("FORKS", "false"),
            "plugins/maker.yaml": definition("maker", "base"),
            "app.yaml": named(repo, "maker"),
            "web/in.txt": "1",
        }
    )
    changed = repo.commit({"plugins/maker.yaml": definition("maker", "change"), "web/in.txt": "2"})
    brought = repo.commit(
        {
            "syncline.yaml": "sourcePlugins: [{file: plugins/other.yaml, forks: true}]\n",
            "plugins/other.yaml": definition("other", "change"),
            "app.yaml": named(repo, "other"),
        }
    )

    # Both sides are made by the definition of the base, so that nothing differs.
    reviewed = app_of(diff(repo, base, changed, tier=Tier.READ), "web")
    assert (reviewed.problem, reviewed.changes, reviewed.unchanged) == (None, (), 1)
    for tier in (Tier.READ, Tier.RENDER):
        said = problems(diff(repo, base, brought, tier=tier))["web"]
        assert "app.yaml:1: The plugin 'other' is not known (known: jinja2, maker)" in said


@pytest.mark.parametrize("forks", [False, True])
def test_a_fork_has_a_plugin_run_only_where_the_base_allows_it(repo: Repo, *, forks: bool) -> None:
    base = repo.commit(
        {
            "syncline.yaml": SETTINGS.replace("FORKS", str(forks).lower()),
            "plugins/maker.yaml": definition("maker", "base"),
            "app.yaml": named(repo, "maker"),
            "web/in.txt": "1",
        }
    )
    head = repo.commit({"web/in.txt": "2", "syncline.yaml": SETTINGS.replace("FORKS", "true")})

    said = problems(diff(repo, base, head, tier=Tier.RENDER))

    assert ("is not run for a change by somebody" in said.get("web", "")) is not forks


def test_a_plugin_whose_file_is_gone_is_told_with_the_line_of_the_settings(repo: Repo) -> None:
    files = {"syncline.yaml": SETTINGS.replace("FORKS", "true"), "app.yaml": named(repo, "maker")}
    base = repo.commit({**files, "web/in.txt": "1"})
    head = repo.commit({"web/in.txt": "2"})

    with pytest.raises(ConfigError, match=r"syncline.yaml:2: The plugin's file 'plugins/maker.yaml' is not"):
        diff(repo, base, head)
