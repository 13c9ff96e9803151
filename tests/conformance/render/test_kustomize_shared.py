"""The law of the shared copy: what a build finds in it is what it finds in one of its own, whoever else
builds there, and in which order.
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import APP, OURS, REVISION, application, config_map, planted, served
from syncline.errors import SynclineError
from syncline.render import Checkout, RenderOptions, kustomize, kustomize_file, render
from syncline.runtime import each

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from syncline.render.kustomize_bases import Bases
    from syncline.render.options import Order
    from syncline.room import Room

FILES = {
    "plain/kustomization.yaml": "resources: [a.yaml]\nconfigMapGenerator: [{name: g, files: [t.txt]}]\n",
    "plain/a.yaml": config_map("a"),
    "plain/t.txt": "text\n",
    "base/kustomization.yaml": "resources: [b.yaml]\nnamePrefix: base-\n",
    "base/b.yaml": config_map("b"),
    "overlay/kustomization.yml": "resources: [../base]\nnamePrefix: over-\n",
    "above/kustomization.yaml": "resources: [../overlay, c.yaml]\n",
    "above/c.yaml": config_map("c"),
    "telling/Kustomization": "resources: [../base, ../plain]\nbuildMetadata: [originAnnotations]\n",
    "through/kustomization.yaml": "resources: [../link]\nnamePrefix: through-\n",
    "link": "-> base",
    "linked/kustomization.yaml": "-> ../plain/kustomization.yaml",
    "linked/a.yaml": config_map("linked"),
    "linked/t.txt": "linked\n",
    "changed/kustomization.yaml": "resources: [../base]\n",
    "inside/kustomization.yaml": "resources: [deeper]\nnameSuffix: -in\n",
    "inside/deeper/kustomization.yaml": "resources: [d.yaml]\n",
    "inside/deeper/d.yaml": config_map("d"),
    "missing/kustomization.yaml": "resources: [../base, none.yaml]\n",
    "broken/kustomization.yaml": "resources: [\n",
    "two/kustomization.yaml": "resources: []\n---\nresources: []\n",
    "odd/kustomization.yaml": "resources: [odd.yaml]\n",
    "odd/odd.yaml": "a: [\n",
}
PATHS = sorted({path.rpartition("/")[0] for path in FILES if "ustomization" in path})
OPTIONS = {"changed": "kustomize: {namePrefix: mine-}"}
NEVER_SHARED = {"changed", "two"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return planted(tmp_path / "syncline-tree-test" / "tree", FILES)


def rendered(path: str, root: Path, options: RenderOptions) -> str:
    """What becomes of the directory."""
    text = APP.replace("path: app", f"path: {path}") % OPTIONS.get(path, "")
    try:
        return served(render(application(text), Checkout(root, REVISION), options))
    except SynclineError as error:
        return str(error)


def copies(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of those that get a copy of their own, from now on."""
    found: list[str] = []
    copied = vars(kustomize)["_copied"]

    def spied(order: Order, bases: Bases) -> AbstractContextManager[Path]:
        found.append(order.source.path)
        context: AbstractContextManager[Path] = copied(order, bases)
        return context

    monkeypatch.setattr(kustomize, "_copied", spied)
    return found


def test_builds_side_by_side_build_what_each_does_alone(
    root: Path, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(kustomize, "_shared", lambda *_: None)
        alone = {path: rendered(path, root, RenderOptions(room, OURS)) for path in PATHS}
    assert len(set(alone.values())) == len(PATHS)
    own = copies(monkeypatch)

    for seed in range(6):
        paths = list(PATHS) * 2
        random.Random(seed).shuffle(paths)
        build = partial(rendered, root=root, options=RenderOptions(room, OURS))
        found = each(build, paths, workers=1 + 3 * (seed % 2))
        assert found == [alone[path] for path in paths], seed

    assert set(own) > NEVER_SHARED


def test_who_is_named_by_another_gets_a_copy_of_its_own_and_who_names_nobody_does_not(
    root: Path, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, own = RenderOptions(room, OURS), copies(monkeypatch)

    for path in ("overlay", "plain", "base", "above", "linked", "plain", "overlay"):
        rendered(path, root, options)

    assert own == ["base", "above", "linked"]
    (place,) = options.workshop.folder.glob("chart-*")
    assert {each.name for each in place.iterdir()} == {"overlay", "plain", "base"}
    options.workshop.close()
    assert not place.exists()


@pytest.mark.parametrize("what", ["rewrite", "Mirror.add_all"])
def test_who_comes_after_a_failure_gets_a_copy_of_its_own(
    what: str, root: Path, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = rendered("overlay", root, RenderOptions(room, OURS))
    options, own = RenderOptions(room, OURS), copies(monkeypatch)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(f"syncline.render.kustomize_shared.{what}", full)
        with pytest.raises(OSError, match="No space left"):
            rendered("base", root, options)

    assert rendered("overlay", root, options) == alone
    assert own == ["overlay"]


def test_a_kustomization_is_replaced_at_once_and_never_written_through(tmp_path: Path) -> None:
    file, twin = tmp_path / "kustomization.yaml", tmp_path / "twin.yaml"
    file.write_text("resources: [a.yaml]\n")
    twin.hardlink_to(file)

    with pytest.raises(TypeError):
        kustomize_file.rewrite(file, {"resources": object()})
    assert file.read_text() == twin.read_text() == "resources: [a.yaml]\n"
    kustomize_file.rewrite(file, {"resources": ["b.yaml"]})

    assert "b.yaml" in file.read_text()
    assert twin.read_text() == "resources: [a.yaml]\n"
    assert file.stat().st_mode & 0o777 == 0o644
