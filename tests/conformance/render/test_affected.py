"""The law: whatever file a rendering reads is covered by `affected`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import APP, CASES, CHART, REVISION, application, outcome, planted
from syncline.config.tools import tools_of
from syncline.core.affected import affected
from syncline.errors import NOWHERE
from syncline.render import Checkout, RenderOptions, input_paths

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.config.application import Application
    from syncline.room import Room

FURTHER = [name for name in CASES if not name.startswith(("detect-", "directory-"))]
"""The cases that read more than their own path; the others read nothing else."""


@pytest.mark.parametrize("case", [*FURTHER, "directory-links"])
def test_a_file_whose_loss_changes_the_rendering_is_found_affected(
    case: str, room: Room, tmp_path: Path
) -> None:
    root = shutil.copytree(CASES[case] / "repository", tmp_path / "repository", symlinks=True)
    app = application((CASES[case] / "application.yaml").read_text())
    files = [path for path in sorted(root.rglob("*")) if path.is_symlink() or path.is_file()]
    whole = outcome(app, Checkout(root, REVISION), room)
    before = input_paths(root, app)

    for file in _outside(files, root, app):
        kept = file.rename(tmp_path / "kept")
        missed = outcome(app, Checkout(root, REVISION), room) != whole
        either = before | input_paths(root, app)
        kept.rename(file)
        name = str(file.relative_to(root))
        assert affected(app, frozenset({name}), inputs=either) or not missed, name


def _outside(files: list[Path], root: Path, app: Application) -> list[Path]:
    # What lies in a source's own path is affected by that alone.
    own = tuple(f"{source.path}/" for source in app.sources if source.path)
    return [file for file in files if not str(file.relative_to(root)).startswith(own)]


NEW = {
    "helm-value-files": ["env/a/0.yaml", "env/b/9.yaml", "env/new/z3.yaml"],
    "kustomize-missing-components-ignored": ["not-there/kustomization.yaml"],
    "kustomize-base-and-overlay": ["base/anything.yaml"],
    "helm-local-dependencies": ["charts/leaf/templates/new.yaml"],
}


@pytest.mark.parametrize("case", NEW)
def test_a_new_file_that_a_rendering_would_read_is_found_affected(case: str, tmp_path: Path) -> None:
    root = shutil.copytree(CASES[case] / "repository", tmp_path / "repository", symlinks=True)
    app = application((CASES[case] / "application.yaml").read_text())
    for name in NEW[case]:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("resources: []\n")

    for name in NEW[case]:
        assert affected(app, frozenset({name}), inputs=input_paths(root, app)), name


@pytest.mark.parametrize(
    "case", ["kustomize-base-and-overlay", "helm-value-files", "jinja2-values-and-includes"]
)
def test_a_file_that_nothing_reads_affects_nobody(case: str, tmp_path: Path) -> None:
    root = shutil.copytree(CASES[case] / "repository", tmp_path / "repository", symlinks=True)
    app = application((CASES[case] / "application.yaml").read_text())

    changed = frozenset({"README.md", "other/values.yaml", "overlays/staging/kustomization.yaml"})
    assert affected(app, changed, inputs=input_paths(root, app)) == ""


JSONNET = "directory: {jsonnet: {libs: [vendor, /lib]}}"


@pytest.mark.parametrize(
    ("changed", "is_touched"),
    [
        ("vendor/k.libsonnet", True),
        ("lib/deep/any.libsonnet", True),
        ("shared/a.libsonnet", True),
        ("shared/b.libsonnet", True),
        ("shared/text.txt", True),
        ("shared/not-yet-there.libsonnet", True),
        ("shared/other.libsonnet", False),
    ],
)
def test_jsonnet_is_followed_from_import_to_import(changed: str, tmp_path: Path, *, is_touched: bool) -> None:
    root = planted(
        tmp_path,
        {
            "app/main.jsonnet": "local a = import '../shared/a.libsonnet'; a + (import 'k.libsonnet')",
            "shared/a.libsonnet": 'import "./b.libsonnet"',
            "shared/b.libsonnet": "{a: importstr @'text.txt', b: import 'not-yet-there.libsonnet'}",
            "shared/text.txt": "import 'other.libsonnet'",
        },
    )
    app = application(APP % JSONNET)

    assert bool(affected(app, frozenset({changed}), inputs=input_paths(root, app))) is is_touched


@pytest.mark.parametrize(
    ("changed", "is_touched"),
    [("charts/web/values.yaml", True), ("env/prod.yaml", True), ("env/other.yaml", False)],
)
def test_charts_that_a_kustomization_inflates_are_followed(
    changed: str, tmp_path: Path, *, is_touched: bool
) -> None:
    text = (
        "helmGlobals: {chartHome: ../charts}\n"
        "helmCharts: [{name: web, valuesFile: ../env/prod.yaml, additionalValuesFiles: [more.yaml]}]\n"
    )
    files = {"charts/web/Chart.yaml": CHART, "env/prod.yaml": "a: 1\n", "app/more.yaml": "b: 1\n"}
    root = planted(tmp_path, {**files, "app/kustomization.yaml": text})
    app = application(APP % "kustomize: {namePrefix: a-}")
    options = RenderOptions(tools=tools_of({"kustomize.buildOptions": ("--enable-helm", NOWHERE)}))

    assert bool(affected(app, frozenset({changed}), inputs=input_paths(root, app, options))) is is_touched
