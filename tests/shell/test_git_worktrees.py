from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from shell.repos import Repo, trap
from syncline.errors import GitError, Interrupted
from syncline.git import Repository
from syncline.room import Room
from syncline.runtime import each


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where worktrees are made, so that a test sees all of them."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    monkeypatch.setenv("TMPDIR", str(directory))
    return directory


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.make(tmp_path / "repo")


def test_many_worktrees_at_once_hold_their_commits_and_leave_nothing(repo: Repo, place: Path) -> None:
    shas = [repo.commit({"number": str(number)}) for number in range(6)]
    (repo.root / "number").write_text("edited and not committed")
    (repo.root / "untracked").touch()
    before, opened = repo.state(), repo.open()
    everybody = threading.Barrier(len(shas))

    def look(sha: str) -> str:
        with opened.worktree(sha) as tree:
            everybody.wait(30)
            return (tree / "number").read_text()

    assert each(look, shas, workers=len(shas)) == ["0", "1", "2", "3", "4", "5"]
    assert repo.state() == before
    assert list(place.iterdir()) == []


def test_a_worktree_is_gone_after_a_failure_and_whatever_was_written_into_it(repo: Repo, place: Path) -> None:
    repo.commit({"a": "1"})
    before = repo.state()

    def fail() -> None:
        with repo.open().worktree("HEAD") as tree:
            (tree / "a").write_text("changed")
            (tree / "new").mkdir()
            (tree / "new" / "file").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert repo.state() == before
    assert list(place.iterdir()) == []


def test_a_worktree_is_gone_also_when_the_run_was_asked_to_stop(repo: Repo, place: Path) -> None:
    repo.commit({"a": "1"})
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Interrupted("The run was stopped by SIGTERM.")

    opened = Repository(repo.root, room=Room(check=check))
    with opened.worktree("HEAD"):
        stopped.set()

    assert list(place.iterdir()) == []


def test_a_worktree_that_cannot_be_made_is_one_sentence_and_leaves_nothing(repo: Repo, place: Path) -> None:
    sha = repo.commit({"a": "1"})
    blob = repo.git("rev-parse", "HEAD:a")
    (repo.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    with (
        pytest.raises(GitError, match=r"git read-tree failed: unable to read .* of a \("),
        repo.open().worktree(sha),
    ):
        pytest.fail("there is no such tree")

    assert list(place.iterdir()) == []


def test_the_clone_learns_nothing_of_what_is_made_of_its_commits(repo: Repo) -> None:
    sha = repo.commit({"a": "1", "b/c": "2"})
    repo.git("config", "core.splitIndex", "true")
    before, opened = written(repo), repo.open()

    with opened.worktree(sha), opened.part(sha) as part:
        opened.fill(part, sha, ["b/c"])
        assert [path.name for path in part.rglob("*")] == ["b", "c"]
        assert written(repo) == before
    assert written(repo) == before


def written(repo: Repo) -> dict[str, tuple[int, int]]:
    """Every file and directory of the clone, with its size and when it was written last."""
    facts = {str(path): path.lstat() for path in repo.root.rglob("*")}
    return {path: (each.st_size, each.st_mtime_ns) for path, each in facts.items()}


def test_a_commit_without_a_file_is_an_empty_directory(repo: Repo) -> None:
    repo.git("commit", "--allow-empty", "-m", "nothing")

    with repo.open().worktree("HEAD") as tree:
        assert list(tree.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next_and_nothing_else_is(
    repo: Repo, place: Path, tmp_path: Path
) -> None:
    repo.commit({"a": "1"})
    for name in ("syncline-tree-begun", "syncline-tree-of-whom/tree", "other/tree"):
        (place / name).mkdir(parents=True)
    (place / "other" / "in-use").touch()
    unplugged = tmp_path / "unplugged"
    repo.git("worktree", "add", "--quiet", "--detach", str(unplugged))
    unplugged.rename(tmp_path / "elsewhere")
    code = (
        "import sys, time; from pathlib import Path; from syncline.git import Repository\n"
        "with Repository(Path(sys.argv[1])).worktree('HEAD') as tree: print(tree, flush=True); time.sleep(60)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(repo.root)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    killed, alive = children
    assert killed.stdout is not None
    assert alive.stdout is not None
    try:
        left, used = (Path(child.stdout.readline().strip()) for child in children if child.stdout)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert left.is_dir()

        with repo.open().worktree("HEAD") as mine:
            assert mine.is_dir()
            assert not left.parent.exists()
            assert (used / "a").read_text() == "1"
        assert str(unplugged) in repo.git("worktree", "list", "--porcelain")
        names = {"syncline-tree-begun", "syncline-tree-of-whom", "other", used.parent.name}
        assert {path.name for path in place.iterdir()} == names
    finally:
        for child in children:
            child.kill()
            child.communicate()


def test_a_sparse_work_tree_line_ends_and_a_worktree_of_ones_own_do_not_matter(
    repo: Repo, place: Path, tmp_path: Path
) -> None:
    repo.commit({"in/a": "1\n", "out/b": "2\n"})
    repo.git("sparse-checkout", "set", "in")
    repo.git("config", "core.autocrlf", "true")
    assert not (repo.root / "out").exists()
    repo.git("worktree", "add", "--quiet", str(tmp_path / "second"), "-b", "second")

    for root in (repo.root, tmp_path / "second"):
        with Repository(root).worktree("HEAD") as tree:
            assert (tree / "out" / "b").read_bytes() == b"2\n"
    assert list(place.iterdir()) == []


def test_symbolic_links_stay_links(repo: Repo) -> None:
    (repo.root / "real").write_text("1")
    (repo.root / "link").symlink_to("real")
    (repo.root / "out").symlink_to("/etc/passwd")
    repo.save()

    with repo.open().worktree("HEAD") as tree:
        assert (tree / "link").readlink() == Path("real")
        assert (tree / "out").readlink() == Path("/etc/passwd")


def test_nothing_that_the_repository_names_is_run(repo: Repo, tmp_path: Path) -> None:
    program, mark = trap(tmp_path)
    attributes = "* filter=evil diff=evil merge=evil\nodd filter=a=b\n*.bin filter=lfs\n"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345\n"
    base = repo.commit({"a.yaml": "argoproj.io/ 1", "odd": "1", "big.bin": pointer})
    head = repo.commit({".gitattributes": attributes, "a.yaml": "argoproj.io/ 2"})
    for setting in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.askPass",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.smudge",
        "filter.evil.clean",
        "filter.a=b.smudge",
        "filter.lfs.smudge",
        "filter.lfs.process",
        "gpg.program",
        "hook.evil.command",
    ):
        repo.git("config", setting, str(program))
    for setting in (
        "filter.evil.required",
        "filter.a=b.required",
        "filter.lfs.required",
        "log.showSignature",
    ):
        repo.git("config", setting, "true")
    repo.git("config", "hook.evil.event", "post-checkout")
    repo.git("config", "core.hooksPath", str(tmp_path / "hooks"))
    for directory in (tmp_path / "hooks", repo.root / ".git" / "hooks"):
        directory.mkdir(exist_ok=True)
        for name in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
            (directory / name).write_bytes(program.read_bytes())
            (directory / name).chmod(0o755)
    opened = repo.open(GIT_EXTERNAL_DIFF=str(program))

    with opened.worktree(head) as tree:
        assert (tree / "a.yaml").read_text() == "argoproj.io/ 2"
        assert (tree / "odd").read_text() == "1"
        assert (tree / "big.bin").read_text() == pointer
    assert opened.changed_paths(base, head) == {".gitattributes", "a.yaml"}
    assert opened.merge_base(base, head) == base
    assert set(opened.files_containing(head, ("argoproj.io/",), ("*.yaml",))) == {"a.yaml"}
    assert opened.parents(head) == (base,)
    assert opened.read(head, "odd") == b"1"
    assert not mark.exists()
    # The trap does work: Git's own way of making this worktree steps into it.
    own = ["git", "worktree", "add", "--quiet", "--detach", str(tmp_path / "own"), head]
    subprocess.run(own, cwd=repo.root, check=False, capture_output=True)
    assert mark.exists()
