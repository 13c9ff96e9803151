"""What is left of what a program said: no path of this machine, and every path of the repository."""

from __future__ import annotations

import pytest

from syncline.errors import Place
from syncline.render.trouble import tool_trouble

# a path as a program has it, and as people know it
PATHS = {
    "/tmp/syncline-tree-ab/tree/app/a.yaml": "app/a.yaml",
    "/tmp/syncline-tree-ab/tree/tree/a.yaml": "tree/a.yaml",
    "/tmp/syncline-tree-ab/syncline-copy-cd/tree/a.yaml": "tree/a.yaml",
    "/tmp/syncline-tree-ab/syncline-copy-cd/home/a.yaml": "home/a.yaml",
    "/tmp/syncline-tree-ab/syncline-tree-cd/tree/home/a.yaml": "home/a.yaml",
    "/tmp/syncline-tree-ab/tree-cd/tree/a.yaml": "a.yaml",
    "/tmp/syncline-tree-ab/syncline-helm-cd/values.yaml": "values.yaml",
    "/tmp/syncline-charts-ab/chart-cd/home/a.yaml": "home/a.yaml",
    "/tmp/syncline-charts-ab/chart-cd/tree/a.yaml": "tree/a.yaml",
    "/tmp/syncline-charts-ab/home/cache": "cache",
    "/tmp/syncline-home-ab/.config": ".config",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_begins_where_the_repository_does(path: str) -> None:
    error = tool_trouble("helm", f"Error: open {path}: no such file", Place("a"))

    assert error.message == f"helm failed: open {PATHS[path]}: no such file"
