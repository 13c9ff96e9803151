from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shell.repos import Repo
from syncline.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syncline.git import Repository


class Upstream:
    """A remote with a pull request: main went on while a feature grew, and a merge commit joins them."""

    def __init__(self, root: Path) -> None:
        self.repo = Repo.make(root)
        self.repo.commit({"a": "0"})
        self.fork = self.repo.commit({"a": "1"})
        self.repo.git("checkout", "--quiet", "-b", "feature")
        self.feature = [self.repo.commit({f"feature{number}": "1"}) for number in range(3)][-1]
        self.repo.git("checkout", "--quiet", "main")
        self.main = [self.repo.commit({f"main{number}": "1"}) for number in range(3)][-1]
        self.repo.git("checkout", "--quiet", "-b", "merged")
        self.merge = self.repo.merge("feature")
        self.repo.git("checkout", "--quiet", "main")


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Upstream:
    return Upstream(tmp_path_factory.mktemp("upstream") / "repo")


def shallow(upstream: Upstream, to: Path, branch: str, depth: int = 1) -> Repo:
    return upstream.repo.clone(to, f"--depth={depth}", "--single-branch", f"--branch={branch}")


def test_a_checkout_of_depth_one_of_the_merge_commit_is_enough_for_a_pull_request(
    upstream: Upstream, tmp_path: Path
) -> None:
    clone = shallow(upstream, tmp_path / "clone", "merged")
    before = clone.state()
    opened = clone.open()

    assert opened.merge_base(f"{upstream.merge}^1", upstream.merge) == upstream.main
    assert opened.changed_paths(upstream.main, upstream.merge) == {"feature0", "feature1", "feature2"}
    # One step was fetched, and not the history.
    assert not opened.has_commit(upstream.fork)
    assert clone.state() == before


def test_a_missing_commit_is_fetched_by_its_sha_and_no_branch_moves(
    upstream: Upstream, tmp_path: Path
) -> None:
    clone = shallow(upstream, tmp_path / "clone", "main")
    before = clone.state()
    opened = clone.open()
    assert not opened.has_commit(upstream.feature)

    assert opened.resolve(upstream.feature) == upstream.feature
    assert opened.merge_base(upstream.main, upstream.feature) == upstream.fork
    assert clone.state() == before
    assert not (clone.root / ".git" / "FETCH_HEAD").exists()


def test_ancestors_beyond_the_edge_of_a_shallow_clone_are_fetched(upstream: Upstream, tmp_path: Path) -> None:
    clone = shallow(upstream, tmp_path / "clone", "main")

    assert clone.open().resolve("HEAD~3") == upstream.fork


def test_a_merge_base_that_a_shallow_clone_cannot_know_for_sure_is_asked_for(tmp_path: Path) -> None:
    """The clone sees an old common commit through a short cut; the last one lies beyond its edge."""
    far = Repo.make(tmp_path / "far")
    old = far.commit({"a": "0"})
    late = [far.commit({"a": str(number)}) for number in range(1, 4)][-1]
    tips = []
    for name in ("one", "two"):
        far.git("checkout", "--quiet", "-B", f"cut-{name}", old)
        far.commit({f"cut-{name}": "1"})
        far.git("checkout", "--quiet", "-B", name, late)
        for number in range(6):
            far.commit({f"{name}{number}": "1"})
        tips.append(far.merge(f"cut-{name}"))
    clone = far.clone(tmp_path / "clone", "--depth=3", "--no-single-branch")
    seen = clone.git("merge-base", "origin/one", "origin/two")
    assert seen == old != late, "the clone was to be misled"

    assert clone.open().merge_base(*tips) == late


@pytest.mark.parametrize(
    "ask",
    [
        lambda opened, upstream: opened.resolve(upstream.fork),
        lambda opened, upstream: opened.merge_base("HEAD", upstream.feature),
        lambda opened, upstream: opened.resolve(f"{upstream.merge}^1"),
    ],
    ids=["a commit", "a merge base", "a parent"],
)
def test_a_fetch_that_is_refused_is_one_sentence_that_names_fetch_depth(
    upstream: Upstream, tmp_path: Path, ask: Callable[[Repository, Upstream], str]
) -> None:
    clone = shallow(upstream, tmp_path / "clone", "merged")
    clone.git("fetch", "--quiet", "--depth=1", "origin", upstream.feature)
    clone.git("remote", "set-url", "origin", "https://user:s3cr3t@127.0.0.1:1/acme/x.git")

    with pytest.raises(GitError) as caught:
        ask(clone.open(), upstream)

    assert "fetch-depth: 0" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_commit_that_nobody_has_and_a_clone_without_a_remote(tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "repo")
    repo.commit({"a": "1"})

    with pytest.raises(
        GitError, match=r"The commit 111111111111 is not in this clone and could not be fetched"
    ):
        repo.open().resolve("1" * 40)


def test_submodules_are_read_as_they_are_committed_and_left_alone(upstream: Upstream, tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "repo")
    repo.git("submodule", "--quiet", "add", upstream.repo.root.as_uri(), "library")
    base = repo.commit({"a.yaml": "argoproj.io/"})
    (repo.root / "library" / "x.yaml").write_text("argoproj.io/")
    inside = Repo(repo.root / "library")
    inside.save()
    head = repo.save()
    for setting in ("submodule.recurse", "fetch.recurseSubmodules", "diff.submodule"):
        repo.git("config", setting, "true" if setting != "diff.submodule" else "log")
    opened = repo.open()

    assert opened.changed_paths(base, head) == {"library", "library/x.yaml"}
    assert set(opened.files_containing(head, ("argoproj.io/",), ("*.yaml",))) == {"a.yaml"}
    with opened.worktree(head) as place:
        assert (place / "library/x.yaml").read_text() == "argoproj.io/"
        (place / "library/x.yaml").write_text("changed")
    assert inside.git("status", "--porcelain") == ""
    assert (repo.root / "library" / "a").read_text() == "1"
