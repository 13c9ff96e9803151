"""Submodules and LFS files of the repository itself: what the clone has is there, and nothing is fetched."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from shell.repos import Repo, trap

if TYPE_CHECKING:
    from pathlib import Path

SYNCLINE = (sys.executable, "-c", "from syncline.cli import main; main(prog_name='syncline')")
APP = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: %s}\nspec:\n"
    "  source: {repoURL: 'https://example.com/x.git', path: %s}\n"
    "  destination: {server: 'https://kubernetes.default.svc', namespace: shop}\n"
)
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '%s'}\n"


class Nest:
    """A repository with a submodule that has one itself, checked out as a workflow's step would."""

    def __init__(self, root: Path) -> None:
        self.deep, self.middle = Repo.make(root / "deep"), Repo.make(root / "middle")
        self.deep.commit({"app/map.yaml": MAP % "deep 1"})
        self.middle.commit({"app/map.yaml": MAP % "middle 1"})
        self.middle.git("submodule", "--quiet", "add", str(self.deep.root), "inner/deep")
        self.middle.save()
        self.top = Repo.make(root / "top")
        self.top.commit({"app/map.yaml": MAP % "top 1"})
        self.top.git("submodule", "--quiet", "add", str(self.middle.root), "parts/middle")
        self.top.commit({f"defs/{name}.yaml": APP % (name, path) for name, path in self.apps.items()})
        self.top.git("submodule", "--quiet", "update", "--init", "--recursive")

    apps = {  # noqa: RUF012 - nobody writes to it
        "top": "app",
        "middle": "parts/middle/app",
        "deep": "parts/middle/inner/deep/app",
    }

    def pull(self) -> str:
        """Let the top have the newest commits of the others."""
        inner = Repo(self.top.root / "parts/middle")
        Repo(inner.root / "inner/deep").git("pull", "--quiet", str(self.deep.root), "main")
        inner.git("pull", "--quiet", str(self.middle.root), "main")
        return self.top.save()

    def deliver(self, text: str) -> None:
        """A new commit of the innermost, taken over by the one around it."""
        self.deep.commit({"app/map.yaml": MAP % text})
        Repo(self.middle.root / "inner/deep").git("pull", "--quiet", str(self.deep.root), "main")
        self.middle.save()


@pytest.fixture
def nest(tmp_path: Path) -> Nest:
    return Nest(tmp_path)


def files(tree: Path) -> dict[str, str]:
    return {
        path.relative_to(tree).as_posix(): path.read_text()
        for path in sorted(tree.rglob("*"))
        if path.is_file() and path.name == "map.yaml"
    }


def test_each_commit_has_the_files_of_its_own_submodules(nest: Nest) -> None:
    before = nest.top.git("rev-parse", "HEAD")
    nest.deliver("deep 2")
    after = nest.pull()
    state, opened = nest.top.state(), nest.top.open()

    with opened.worktree(before) as old, opened.worktree(after) as new:
        assert files(old) == {
            "app/map.yaml": MAP % "top 1",
            "parts/middle/app/map.yaml": MAP % "middle 1",
            "parts/middle/inner/deep/app/map.yaml": MAP % "deep 1",
        }
        assert files(new) == {**files(old), "parts/middle/inner/deep/app/map.yaml": MAP % "deep 2"}
    assert nest.top.state() == state
    assert opened.changed_paths(before, after) == {
        "parts/middle",
        "parts/middle/inner/deep",
        "parts/middle/inner/deep/app/map.yaml",
    }


def test_a_submodule_that_comes_or_goes_changes_all_its_files(nest: Nest) -> None:
    first, last = nest.top.git("rev-list", "--max-parents=0", "HEAD"), nest.top.git("rev-parse", "HEAD")
    opened = nest.top.open()
    came = opened.changed_paths(first, last)

    assert {"parts/middle", "parts/middle/app/map.yaml", ".gitmodules"} <= came
    assert opened.changed_paths(last, first) == came


def test_what_the_clone_does_not_have_stays_an_empty_directory(nest: Nest, tmp_path: Path) -> None:
    bare = nest.top.clone(tmp_path / "without")
    with bare.open().worktree("HEAD") as tree:
        assert files(tree) == {"app/map.yaml": MAP % "top 1"}
        assert list((tree / "parts/middle").iterdir()) == []

    # The commit itself is missing: the top was told of one that was never fetched.
    sha = nest.middle.commit({"app/map.yaml": MAP % "never fetched"})
    nest.top.git("update-index", "--cacheinfo", f"160000,{sha},parts/middle")
    nest.top.git("commit", "--quiet", "-m", "ahead")
    with nest.top.open().worktree("HEAD") as tree:
        assert files(tree) == {"app/map.yaml": MAP % "top 1"}


@pytest.mark.parametrize("name", ["../../../outside/.git", "%s/outside/.git", "a/../../../../outside/.git"])
def test_a_submodule_leads_nowhere_else(nest: Nest, tmp_path: Path, name: str) -> None:
    outside = nest.deep.clone(tmp_path / "outside")
    name = name.replace("%s", str(tmp_path))
    modules = f'[submodule "{name}"]\n\tpath = parts/middle\n\turl = https://example.com/x.git\n'
    nest.top.git("update-index", "--cacheinfo", f"160000,{outside.git('rev-parse', 'HEAD')},parts/middle")
    (nest.top.root / ".gitmodules").write_text(modules)
    nest.top.git("add", ".gitmodules")
    nest.top.git("commit", "--quiet", "-m", "odd")
    with nest.top.open().worktree("HEAD") as tree:
        assert files(tree) == {"app/map.yaml": MAP % "top 1"}


def test_a_link_in_the_place_of_a_directory_is_not_written_through(nest: Nest, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    nest.top.git("mv", "parts/middle", "moved")
    (nest.top.root / "parts").rmdir()
    (nest.top.root / "parts").symlink_to(target)
    nest.top.save()
    with nest.top.open().worktree("HEAD") as tree:
        assert (tree / "moved/app/map.yaml").read_text() == MAP % "middle 1"
    assert list(target.iterdir()) == []


def test_no_filter_of_a_submodule_is_run(nest: Nest, tmp_path: Path) -> None:
    nest.middle.commit({".gitattributes": "*.yaml filter=evil\n"})
    nest.pull()
    program, told = trap(tmp_path)
    home = nest.top.git("rev-parse", "--absolute-git-dir")
    subprocess.run(
        ["git", f"--git-dir={home}/modules/parts/middle", "config", "filter.evil.smudge", str(program)],
        check=True,
    )
    with nest.top.open().worktree("HEAD") as tree:
        assert (tree / "parts/middle/app/map.yaml").read_text() == MAP % "middle 1"
    assert not told.exists()


def diff(nest: Nest, base: str, *more: str) -> Any:
    return run(nest, "diff", "--base", base, *more)


def run(nest: Nest, *words: str) -> Any:
    kept = {name: os.environ[name] for name in ("PATH", "HOME")}
    done = subprocess.run(
        [*SYNCLINE, *words, "--output", "json"],
        cwd=nest.top.root,
        env={**kept, "KUBECONFIG": "/dev/null"},
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("cache", [(), ("--cache", "kept")])
def test_a_diff_shows_what_a_new_commit_of_a_submodule_brings(nest: Nest, cache: tuple[str, ...]) -> None:
    before = diff(nest, "HEAD", *cache)
    assert before["applications"] == []
    nest.deliver("deep 2")
    nest.pull()
    told = diff(nest, "HEAD~1", *cache)
    assert [app["name"] for app in told["applications"]] == ["deep"]
    (change,) = told["applications"][0]["changes"]
    assert (change["before"]["data"], change["after"]["data"]) == ({"a": "deep 1"}, {"a": "deep 2"})
    assert sorted(told["unaffected"]) == ["middle", "top"]


def test_a_cache_does_not_remember_what_a_clone_without_the_submodule_lacked(nest: Nest) -> None:
    whole = APP.replace("path: %s}", "path: %s, directory: {recurse: true}}") % ("whole", "parts")
    nest.top.commit({"defs/whole.yaml": whole, "parts/own.yaml": MAP.replace("settings", "own") % "1"})
    kept, aside = nest.top.root / ".git/modules", nest.top.root / "aside"

    def rendered() -> set[str]:
        told = run(nest, "render", "whole", "--cache", "kept")
        return {change["after"]["metadata"]["name"] for change in told["applications"][0]["changes"]}

    kept.rename(aside)
    assert rendered() == {"own"}
    aside.rename(kept)
    assert rendered() == {"own", "settings"}


def pointer(content: bytes, *, size: int | None = None) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{digest}\nsize {len(content) if size is None else size}\n"
    )


def test_a_pointer_is_replaced_by_the_file_that_the_clone_has_and_by_no_other(tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "repo")
    good, wrong = (MAP % "large").encode(), b"something else"
    missing = pointer(b"not here")
    repo.commit(
        {
            ".gitattributes": "*.yaml filter=lfs\n",
            "good.yaml": pointer(good),
            "short.yaml": pointer(good, size=3),
            "wrong.yaml": pointer(wrong),
            "missing.yaml": missing,
            "image.png": pointer(good),
        }
    )
    for content, stored in ((good, good), (wrong, b"changed content"[: len(wrong)])):
        digest = hashlib.sha256(content).hexdigest()
        kept = repo.root / ".git/lfs/objects" / digest[:2] / digest[2:4] / digest
        kept.parent.mkdir(parents=True)
        kept.write_bytes(stored)
    with repo.open().worktree("HEAD") as tree:
        assert (tree / "good.yaml").read_bytes() == good
        assert (tree / "short.yaml").read_text() == pointer(good, size=3)
        assert (tree / "wrong.yaml").read_text() == pointer(wrong)
        assert (tree / "missing.yaml").read_text() == missing
        assert (tree / "image.png").read_text() == pointer(good)
