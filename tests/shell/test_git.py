from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from shell.repos import Repo
from syncline.errors import ExitCode, GitError, Interrupted
from syncline.git import Repository
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ODD = (
    b"with space.yaml",
    b"quo\"te's.yaml",
    b"new\nline.yaml",
    b"-dash.yaml",
    b"caf\xe9.yaml",
    "日本.yaml".encode(),
    b"tab\there.yaml",
)
DEFINITION = "apiVersion: argoproj.io/v1alpha1\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.make(tmp_path / "repo")


def text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def test_changed_paths_are_renames_deletions_additions_and_names_as_odd_as_they_come(repo: Repo) -> None:
    base = repo.commit({"stays.yaml": "a", "goes.yaml": "b", "old/name.yaml": "c\n" * 50, "edited.yaml": "d"})
    repo.git("mv", "old", "new")
    head = repo.commit({"goes.yaml": None, "edited.yaml": "e", **dict.fromkeys(ODD, "odd")})

    changed = repo.open().changed_paths(base, head)

    assert changed == {"goes.yaml", "old/name.yaml", "new/name.yaml", "edited.yaml", *map(text, ODD)}


def test_the_users_taste_in_diffs_changes_no_answer(repo: Repo) -> None:
    base = repo.commit({"a/one.yaml": "1", "b/two.yaml": "1"})
    head = repo.commit({"a/one.yaml": "2", "b/two.yaml": "2"})
    for setting in ("diff.relative=true", "diff.noprefix=true", "diff.renames=copies", "core.quotePath=true"):
        repo.git("config", *setting.split("="))

    assert Repository(repo.root / "a").changed_paths(base, head) == {"a/one.yaml", "b/two.yaml"}


def test_files_are_found_by_what_they_contain_whatever_they_are_called(repo: Repo) -> None:
    files = {name: DEFINITION + text(name).encode("utf-8", "replace").decode() for name in ODD}
    repo.commit(
        {**files, "deep/er/app.yml": DEFINITION, "other.yaml": "kind: ConfigMap", "app.txt": DEFINITION}
    )
    repo.commit({"syncline.yaml": "guard: {}", "directory.yaml/file": "x"})

    found = repo.open().files_containing(
        "HEAD", ("argoproj.io/",), ("*.yaml", "*.yml"), ("syncline.yaml", ".syncline.yaml", "directory.yaml")
    )

    assert set(found) == {*map(text, ODD), "deep/er/app.yml", "syncline.yaml"}
    assert found["syncline.yaml"] == b"guard: {}"
    assert all(found[text(name)] == content.encode() for name, content in files.items())


def test_files_are_the_same_whether_the_commit_was_listed_before_or_not(repo: Repo) -> None:
    large = "x" * 20_000
    first = repo.commit(
        {**{name: text(name).encode("utf-8", "replace").decode() for name in ODD}, "large": large}
    )
    second = repo.commit({"large": None, "same": large, "empty": "", "folder/file": "in it"})
    asked = [*map(text, ODD), "large", "same", "empty", "folder", "folder/file", "nowhere"]
    plain, listed = repo.open(), repo.open()
    for sha in (first, second, first):
        listed.tree(sha)
        assert listed.contents(sha, asked) == plain.contents(sha, asked)
    assert set(plain.contents(second, asked)) == {*map(text, ODD), "same", "empty", "folder/file"}


def test_from_a_subdirectory_all_of_the_repository_is_seen(repo: Repo) -> None:
    repo.commit({"apps/one.yaml": DEFINITION, "here/two.yaml": DEFINITION})

    opened = Repository(repo.root / "here")

    assert opened.root == repo.root
    assert set(opened.files_containing("HEAD", ("argoproj.io/",), ("*.yaml",))) == {
        "apps/one.yaml",
        "here/two.yaml",
    }


def test_the_merge_base_and_the_first_parent_of_a_merge(repo: Repo) -> None:
    fork = repo.commit({"a": "1"})
    repo.git("checkout", "--quiet", "-b", "feature")
    feature = repo.commit({"feature": "1"})
    repo.git("checkout", "--quiet", "main")
    main = repo.commit({"other": "1"})
    merge = repo.merge("feature")
    opened = repo.open()

    assert opened.merge_base("main~1", "feature") == fork
    assert opened.resolve(f"{merge}^1") == main
    assert opened.parents(merge) == (main, feature)
    # The base of a pull request's merge commit is its first parent, so that main's own work is not in it.
    assert opened.merge_base(f"{merge}^1", merge) == main
    assert opened.changed_paths(main, merge) == {"feature"}
    assert (opened.is_ancestor(fork, merge), opened.is_ancestor(feature, main)) == (True, False)
    assert not opened.is_ancestor("0" * 40, merge)


def test_two_histories_without_a_common_commit_are_told(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.git("checkout", "--quiet", "--orphan", "island")
    repo.commit({"b": "1"})

    with pytest.raises(GitError, match=r"main and island have no common commit\. Look at git log"):
        repo.open().merge_base("main", "island")


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("nowhere", "The revision 'nowhere' is unknown in repo. Look at git log, or fetch it first."),
        ("HEAD~99", "The revision 'HEAD~99' is unknown in repo. Look at git log, or fetch it first."),
        ("^main", "The revision '^main' is unknown in repo. Look at git log, or fetch it first."),
        ("main..main", "The revision 'main..main' is unknown in repo. Look at git log, or fetch it first."),
        ("main:a", "The revision 'main:a' is unknown in repo. Look at git log, or fetch it first."),
        ("", "'' is not a revision."),
        ("--upload-pack=touch pwned", "'--upload-pack=touch pwned' is not a revision."),
        ("-h", "'-h' is not a revision."),
        ("main\nx", "'main\\nx' is not a revision."),
    ],
)
def test_what_is_no_commit_is_one_sentence(repo: Repo, revision: str, said: str) -> None:
    repo.commit({"a": "1"})

    with pytest.raises(GitError) as caught:
        repo.open().resolve(revision)

    assert str(caught.value) == said
    assert caught.value.exit_code is ExitCode.GIT
    assert not (repo.root / "pwned").exists()


def test_an_option_in_the_place_of_a_commit_is_never_fetched(repo: Repo) -> None:
    repo.commit({"a": "1"})
    with pytest.raises(GitError, match="is not a revision"):
        repo.open().fetch_missing((f"--upload-pack=touch {repo.root}/pwned;",))
    assert not (repo.root / "pwned").exists()


def test_what_is_no_repository_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        GitError, match=r"is not a Git repository, and no directory above it is one\. Name one"
    ):
        Repository(tmp_path)
    with pytest.raises(GitError, match="There is no directory"):
        Repository(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(GitError, match="There is no directory"):
        Repository(tmp_path / "file")
    bare = Repo.make(tmp_path / "bare.git", "--bare")
    with pytest.raises(GitError, match=r"is a repository without a work tree\. Clone it"):
        Repository(bare.root)


def test_a_repository_without_commits_says_so(repo: Repo) -> None:
    with pytest.raises(GitError, match=r"The repository repo has no commit yet\. Only what is committed"):
        repo.open().resolve("HEAD")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_repository_of_somebody_else_is_not_read_unless_git_is_told_so(repo: Repo) -> None:
    repo.commit({"a": "1"})
    for path in (repo.root, repo.root / ".git"):
        os.chown(path, 12345, 12345)

    with pytest.raises(GitError, match=r"belongs to another user.*safe\.directory") as caught:
        repo.open()
    assert "\n" not in str(caught.value)
    trusted = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory"}
    assert repo.open(**trusted, GIT_CONFIG_VALUE_0=str(repo.root)).resolve("HEAD")


def test_a_repository_of_sha256_is_read(tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "repo", "--object-format=sha256")
    base, head = repo.commit({"a": "1"}), repo.commit({"a": "2"})

    assert repo.open().changed_paths(base, head) == {"a"}


def test_the_repository_asked_for_is_read_whatever_a_hook_has_set(repo: Repo, tmp_path: Path) -> None:
    wanted = repo.commit({"a": "1"})
    other = Repo.make(tmp_path / "other")
    other.commit({"b": "1"})
    set_by_a_hook = {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": str(other.root / ".git" / "index"),
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_PREFIX": "sub/",
    }

    opened = repo.open(**set_by_a_hook)

    assert (opened.root, opened.resolve("HEAD")) == (repo.root, wanted)
    with opened.worktree("HEAD") as place:
        assert sorted(path.name for path in place.iterdir()) == ["a"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:s3cr3t@example.com/acme/x.git", "https://example.com/acme/x.git"),
        ("https://s3cr3t@example.com/acme/x.git", "https://example.com/acme/x.git"),
        ("https://u:p@s3cr3t@example.com/x", "https://example.com/x"),
        ("ssh://git:s3cr3t@example.com:22/x", "ssh://example.com:22/x"),
        ("git@github.com:acme/x.git", "git@github.com:acme/x.git"),
        ("/srv/a@b/x.git", "/srv/a@b/x.git"),
    ],
)
def test_no_credentials_are_in_the_url_of_the_origin(repo: Repo, url: str, shown: str) -> None:
    repo.git("remote", "add", "origin", url)

    assert repo.open().origin_url() == shown


def test_without_an_origin_there_is_no_url_and_the_default_branch_is_what_there_is(repo: Repo) -> None:
    repo.commit({"a": "1"})
    opened = repo.open()
    assert (opened.origin_url(), opened.default_branch()) == ("", "main")
    repo.git("branch", "-m", "trunk")
    assert repo.open().default_branch() == "HEAD"
    repo.git("update-ref", "refs/remotes/origin/master", "HEAD")
    assert repo.open().default_branch() == "origin/master"
    repo.git("update-ref", "refs/remotes/origin/dev", "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/dev")
    assert repo.open().default_branch() == "origin/HEAD"


def test_git_is_found_where_the_caller_has_it_and_its_absence_is_told(repo: Repo) -> None:
    from syncline.errors import ToolError

    with pytest.raises(ToolError, match=r"git is not on the PATH"):
        Repository(repo.root, room=Room(path="/nowhere"))


def test_a_request_to_stop_reaches_git(repo: Repo) -> None:
    def stop() -> None:
        raise Interrupted("The run was stopped by SIGINT.")

    with pytest.raises(Interrupted):
        Repository(repo.root, room=Room(check=stop))


@pytest.mark.parametrize(
    ("killed", "ask"),
    [
        ("grep", lambda git: git.files_containing("HEAD", ["word"], ["*.yaml"])),
        ("cat-file", lambda git: git.contents("HEAD", ["a.yaml"])),
        ("merge-base", lambda git: git.is_ancestor("HEAD", "HEAD")),
        ("diff-tree", lambda git: git.changed_paths("HEAD", "HEAD")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_git_that_is_killed_has_not_answered(
    repo: Repo, tmp_path: Path, killed: str, ask: Callable[[Repository], object]
) -> None:
    repo.commit({"a.yaml": "word\n", "b.yaml": "word\n"})
    # What it printed before it was killed looks like a whole answer.
    git = _with_git_that(
        tmp_path, f'case " $* " in *\' {killed} \'*) $GIT "$@" | head -c 60; kill -9 $$;; esac', repo
    )

    with pytest.raises(GitError, match=f"^git {killed} was ended by signal 9. See whether the machine"):
        ask(git)


@pytest.mark.parametrize(
    "end", ["kill -9 $$", "echo no >&2; exit 128", "sleep 60"], ids=["killed", "fails", "stopped"]
)
def test_what_is_not_committed_is_a_remark_and_costs_no_run(repo: Repo, tmp_path: Path, end: str) -> None:
    repo.commit({"a.yaml": "word\n"})
    (repo.root / "a.yaml").write_text("new\n")

    def stop() -> None:
        if end.startswith("sleep") and is_late:
            raise Interrupted("The run was stopped by SIGINT.")

    is_late = False
    git = _with_git_that(tmp_path, f'case " $* " in *" status "*) $GIT "$@"; {end};; esac', repo, stop)
    is_late = True

    assert repo.open().pending() == 1
    assert git.pending() == 0


def _with_git_that(
    tmp_path: Path, script: str, repo: Repo, check: Callable[[], None] | None = None
) -> Repository:
    """The repository by way of a program that does this before it does what git does."""
    program = tmp_path / "git"
    program.write_text(f'#!/bin/sh\nGIT={shutil.which("git")}\n{script}\nexec $GIT "$@"\n')
    program.chmod(0o755)
    return Repository(repo.root, room=Room(path=f"{tmp_path}:{os.environ['PATH']}", check=check))
