"""Parts of commits: who renders finds all that it could read, and what is not known is checked out whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.render.test_affected_law import FILES, OURS, application, at, config_map, outcome
from shell.repos import Repo
from syncline.core.family import identity
from syncline.core.mask import Masker
from syncline.jobs import checkouts
from syncline.jobs.invocation import Invocation
from syncline.jobs.session import Session, Surroundings
from syncline.report.model import Job
from syncline.room import Room
from syncline.runtime import Cancellation, SystemClock, each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.config.application import Application

MANY = 40
SETTINGS = {"docs/readme.md": "1\n", **{f"other/{number}.yaml": config_map("o") for number in range(MANY)}}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.make(tmp_path / "repo")


def session_of(repo: Repo) -> Session:
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    asked = Invocation(Job.DIFF, repo.root, base="HEAD", head="HEAD", repository=OURS, environ=environ)
    room = Room(path=environ["PATH"])
    around = Surroundings(SystemClock(), Cancellation(), Masker(b"k" * 32), Path(environ["HOME"]), room)
    return Session(asked, around)


@pytest.fixture
def session(repo: Repo, place: Path) -> Iterator[Session]:
    del place
    with session_of(repo) as session:
        yield session


def only(session: Session, name: str) -> Application:
    return next(app for app in session.applications(session.head) if app.name == name)


def held(root: Path) -> set[str]:
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_symlink() or path.is_file())
    return {os.fspath(path) for path in found if path.name != ".git"}


def rendered(repo: Repo, monkeypatch: pytest.MonkeyPatch, *, parts: bool) -> dict[str, object]:
    with monkeypatch.context() as patched:
        patched.setattr(checkouts._Part, "could_take", lambda *_: parts)
        with session_of(repo) as session:
            head = session.head
            return {identity(app): outcome(app, head, session) for app in session.applications(head)}


@pytest.mark.usefixtures("tools")
def test_a_part_renders_to_what_the_whole_does(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {
        "apps/none.yaml": application("none", at("gone")),
        "apps/bad.yaml": application("bad", at("bad")),
        "bad/kustomization.yaml": "resources: [../gone]\n",
        "apps/root.yaml": application("root", at("overlay/../overlay/")),
    }
    repo.commit({**FILES, **SETTINGS, **more})
    repo.git("tag", "then")

    found = rendered(repo, monkeypatch, parts=True)

    assert found == rendered(repo, monkeypatch, parts=False)
    assert {name for name, each in found.items() if isinstance(each, str)} == {"argocd/none", "argocd/bad"}
    assert len(found) == 14


def test_only_what_an_application_reads_is_written_and_later_more(
    repo: Repo, session: Session, place: Path
) -> None:
    repo.commit({**FILES, **SETTINGS})
    head, found = session.head, session.checkouts

    first = found.of(only(session, "overlay"), head)
    assert held(first.root) == {
        path for path in FILES if path.startswith(("overlay/", "base/", "component/"))
    }
    session.checkouts.expect([only(session, "ref"), only(session, "plain")], head)
    second = found.of(only(session, "sub"), head)
    assert second == first
    assert held(first.root) >= {path for path in FILES if path.startswith(("plain/", "chart/", "lent/"))}
    assert "env/a.yaml" in held(first.root)
    assert "docs/readme.md" not in held(first.root)
    assert len(list(place.iterdir())) == 1


def test_many_ask_at_once_and_nobody_loses_a_file(repo: Repo, session: Session) -> None:
    repo.commit({**FILES, **SETTINGS})
    apps = [only(session, name) for name in ("plain", "sub", "overlay", "chart", "ref")] * 3

    def look(app: Application) -> bool:
        root = session.checkouts.of(app, session.head).root
        return all((root / each.path).is_dir() for each in app.sources if each.path)

    assert all(each(look, apps, workers=8))


def test_what_could_read_anything_gets_everything(repo: Repo, session: Session) -> None:
    repo.commit(
        {**FILES, **SETTINGS, "apps/far.yaml": application("far", at("plain", "plugin: {name: mine}"))}
    )

    assert "docs/readme.md" in held(session.checkouts.of(only(session, "far"), session.head).root)


def test_where_a_path_may_lead_elsewhere_everything_is_checked_out(repo: Repo, session: Session) -> None:
    repo.commit({**FILES, **SETTINGS})
    (repo.root / "plain" / "link").symlink_to("one.yaml")
    repo.save()

    found = held(session.checkouts.of(only(session, "plain"), session.head).root)

    assert {"docs/readme.md", "plain/link"} <= found


def test_where_the_clone_has_contents_of_lfs_everything_is_checked_out(repo: Repo, session: Session) -> None:
    repo.commit({**FILES, **SETTINGS})
    (repo.root / ".git" / "lfs").mkdir()

    assert "docs/readme.md" in held(session.checkouts.of(only(session, "plain"), session.head).root)


def test_a_part_is_written_by_the_same_attributes(repo: Repo, session: Session) -> None:
    odd = {".gitattributes": "*.txt eol=crlf\n", "plain/.gitattributes": "no.txt -text\n"}
    texts = {"plain/a.txt": "a\n", "plain/no.txt": "a\n", "overlay/text.txt": "v1\n"}
    repo.commit({**FILES, **SETTINGS, **odd, **texts})

    for name in ("overlay", "plain"):
        part = session.checkouts.of(only(session, name), session.head).root
        assert "docs/readme.md" not in held(part)
    whole = session.checkouts.whole(session.head).root
    assert {name: (part / name).read_bytes() for name in texts} == {
        name: (whole / name).read_bytes() for name in texts
    }
    assert (part / "overlay/text.txt").read_bytes() == b"v1\r\n"


def test_another_repository_within_is_a_folder_as_in_any_checkout(
    repo: Repo, session: Session, tmp_path: Path
) -> None:
    inner = Repo.make(tmp_path / "inner")
    inner.commit({"a": "1"})
    repo.commit({**FILES, **SETTINGS})
    repo.git("submodule", "--quiet", "add", inner.root.as_uri(), "plain/inner")
    repo.save()

    root = session.checkouts.of(only(session, "plain"), session.head).root

    assert (root / "plain" / "inner").is_dir()
    assert "docs/readme.md" in held(root)


def test_of_most_of_a_commit_all_is_checked_out(repo: Repo, session: Session) -> None:
    repo.commit(FILES)
    session.checkouts.expect(session.applications(session.head), session.head)

    root = session.checkouts.of(only(session, "plain"), session.head).root

    assert held(root) == set(FILES)


def test_files_are_not_fetched_one_by_one_for_ever(repo: Repo, session: Session) -> None:
    names = [f"a{number}" for number in range(checkouts._MOST_TIMES + 1)]
    files = {f"apps/{name}.yaml": application(name, at(name)) for name in names}
    repo.commit({**files, **{f"{name}/a.yaml": config_map(name) for name in names}, **SETTINGS})

    roots = [session.checkouts.of(only(session, name), session.head).root for name in names]

    assert len(set(roots)) == 2
    assert "docs/readme.md" in held(roots[-1])
    assert session.checkouts.of(only(session, names[0]), session.head).root == roots[-1]
    assert held(roots[0]) == {f"{name}/a.yaml" for name in names[:-1]}


ODD: list[str | bytes] = [
    "[a]*?.yaml",
    "a b.yaml",
    ":(top)x.yaml",
    "-x.yaml",
    'quo"te.yaml',
    "line\nbreak.yaml",
    b"\xff.yaml",
]


def test_names_are_taken_as_they_are(repo: Repo, session: Session) -> None:
    odd = {os.fsencode("plain/") + os.fsencode(name): config_map("x") for name in ODD}
    repo.commit({**FILES, **SETTINGS, **odd})
    (repo.root / "plain" / "run.sh").write_text("#!/bin/sh\r\n")
    (repo.root / "plain" / "run.sh").chmod(0o755)
    repo.save()
    repo.git("config", "core.autocrlf", "true")
    repo.git("sparse-checkout", "set", "docs")

    root = session.checkouts.of(only(session, "plain"), session.head).root

    assert {os.fsdecode(name) for name in odd} <= held(root)
    assert (root / "plain" / "run.sh").read_bytes() == b"#!/bin/sh\r\n"
    assert os.access(root / "plain" / "run.sh", os.X_OK)


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    return {name: ((root / name).read_bytes(), (root / name).stat().st_mode) for name in held(root)}


ALIKE = {"plain/two.txt": "a\n", "docs/text.txt": "b\n", "docs/deep/er/c.txt": "c\n"}
CRLF = {".gitattributes": "*.txt text eol=crlf\n"}
SIDES: dict[str, tuple[dict[str, str], dict[str, str | None], bool]] = {
    "nothing": ({}, {}, True),
    "contents": (CRLF, {"plain/two.txt": "c\n", "other/0.yaml": None, "new/and/deep.txt": "n\n"}, True),
    "a file for a directory": ({}, {"docs/deep/er/c.txt": None, "docs/deep": "a file\n"}, True),
    "a directory for a file": ({}, {"docs/text.txt": None, "docs/text.txt/d.txt": "below\n"}, True),
    "how Git writes others": ({}, {**CRLF, "plain/two.txt": "c\n"}, False),
    "who says how Git writes others": (CRLF, {".gitattributes": None, "docs/.gitattributes": "a"}, False),
}
"""What is there before, what a commit changes, and whether the others lie there once."""


@pytest.mark.parametrize("what", SIDES)
def test_both_sides_of_a_change_are_what_each_is_alone(what: str, repo: Repo) -> None:
    before, change, is_shared = SIDES[what]
    (repo.root / "run.sh").touch(0o755)
    base = repo.commit({**FILES, **SETTINGS, **ALIKE, **before})
    (repo.root / "plain" / "one.yaml").chmod(0o755)
    for path in (path for path, text in change.items() if text is None):
        repo.git("rm", "--quiet", path)  # with the directories above it that it leaves empty
    head = repo.commit({path: text for path, text in change.items() if text is not None})

    with session_of(repo) as session:
        then, now = session.checkouts.whole(base).root, session.checkouts.whole(head).root
        together = contents(then), contents(now)
        assert (then / "run.sh").samefile(now / "run.sh") is is_shared
        assert not (then / "plain/one.yaml").samefile(now / "plain/one.yaml")
    alone = []
    for revision in (base, head):
        with session_of(repo) as session:
            alone.append(contents(session.checkouts.whole(revision).root))
    assert list(together) == alone
    assert alone[0] != alone[1]


def test_both_sides_at_once_are_written_one_after_the_other(repo: Repo) -> None:
    base = repo.commit({**FILES, **SETTINGS})
    head = repo.commit({"plain/one.yaml": "a: 1\n"})

    for _ in range(5):
        with session_of(repo) as session:
            one, other = each(session.checkouts.whole, [base, head], workers=2)
            assert (one.root / "docs/readme.md").samefile(other.root / "docs/readme.md")


def test_nothing_is_left_and_the_user_sees_nothing(repo: Repo, place: Path) -> None:
    repo.commit({**FILES, **SETTINGS})
    before = repo.state()
    with session_of(repo) as session:
        session.checkouts.of(only(session, "plain"), session.head)
        assert len(list(place.iterdir())) == 1

    assert repo.state() == before
    assert list(place.iterdir()) == []
    assert repo.git("worktree", "list").count("\n") == 0


def test_what_a_commit_holds_is_told_without_a_checkout(repo: Repo, session: Session, place: Path) -> None:
    repo.commit({**FILES, **SETTINGS})
    head, found = session.head, session.checkouts

    there = [
        path for path in ("plain", "./plain/", "plain/one.yaml", ".", "", "gone") if found.holds(path, head)
    ]
    assert there == ["plain", "./plain/", "plain/one.yaml", ".", ""]
    assert found.content("docs/readme.md", head) == b"1\n"
    assert found.content("gone", head) is None
    assert list(place.iterdir()) == []


def test_where_there_are_links_they_are_followed_to_tell(repo: Repo, session: Session) -> None:
    repo.commit({**FILES, **SETTINGS})
    (repo.root / "other-name").symlink_to("plain")
    (repo.root / "nowhere").symlink_to("gone")
    repo.save()
    head, found = session.head, session.checkouts

    assert [found.holds(path, head) for path in ("other-name/one.yaml", "nowhere")] == [True, False]
    assert found.content("other-name/one.yaml", head) == FILES["plain/one.yaml"].encode()
    assert found.content("nowhere", head) is None
