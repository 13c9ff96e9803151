"""Repositories elsewhere, fetched by the real git from a host that speaks as Git hosts do."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from githouse import House, serving, stub_ssh
from pki import make_certificate
from syncline.errors import GitError
from syncline.fetch import Access
from syncline.git.remote import Asked, Remotes
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECRET = "hunter2-of-the-host"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with serving(House(tmp_path / "host")) as open_house:
        yield open_house


_KEPT: list[Remotes] = []
"""A checkout lives as long as what made it, here until the tests end."""


def remotes(*accesses: Access, environ: Mapping[str, str] | None = None, strangers: bool = False) -> Remotes:
    room = Room(path=(environ or {}).get("PATH", os.environ["PATH"]), seconds=30)
    home = {"HOME": os.environ["HOME"]}
    found = Remotes(accesses, room, {**home, **(environ or {})}, listed_only=strangers)
    _KEPT.append(found)
    return found


def open_to(house: House) -> Remotes:
    return remotes(Access("host", house.url))


def test_a_revision_of_every_kind_is_checked_out(house: House) -> None:
    first = house.commit("acme/charts", {"a.yaml": "one"}, "v1.0.0")
    second = house.commit("acme/charts", {"a.yaml": "two"}, "v1.1.0")
    old = house.commit("acme/charts", {"a.yaml": "side"}, branch="side")
    url = f"{house.url}/acme/charts.git"
    found = open_to(house)
    expected = {
        "": ("two", second),
        "main": ("two", second),
        "side": ("side", old),
        "v1.0.0": ("one", first),
        "1.0.*": ("one", first),
        "^1": ("two", second),
        first: ("one", first),
        first[:8]: ("one", first),
    }

    for revision, (text, sha) in expected.items():
        tree = found.tree(Asked(url, revision))
        assert ((tree.root / "a.yaml").read_text(), tree.sha) == (text, sha), revision
        assert [path.name for path in tree.root.iterdir()] == ["a.yaml"]  # and not where the clone lies
    found.close()
    assert not tree.root.exists()


def test_a_host_that_asks_for_a_certificate_is_shown_the_one_of_the_settings(tmp_path: Path) -> None:
    pair, ours = make_certificate(tmp_path / "tls"), make_certificate(tmp_path / "client", name="client")
    certificate, key, ca = (file.read_text() for file in (ours.chain, ours.key, pair.chain))
    with serving(House(tmp_path / "host"), pair, known=ours) as house:
        sha = house.commit("acme/charts", {"a.yaml": "one"})
        asked = Asked(f"{house.url}/acme/charts.git")
        known = Access("host", house.url, ca=ca, certificate=certificate, key=key)
        assert remotes(known).tree(asked).sha == sha
        with pytest.raises(GitError, match="could not be fetched"):
            remotes(Access("host", house.url, ca=ca)).tree(asked)


def test_a_repository_is_asked_once_in_a_run_though_it_moves_on_meanwhile(house: House) -> None:
    before = house.commit("acme/charts", {"a.yaml": "one"})
    url, found = f"{house.url}/acme/charts.git", open_to(house)
    assert found.tree(Asked(url, "main")).sha == before
    asked = len(house.visits)
    house.commit("acme/charts", {"a.yaml": "two"})

    assert found.tree(Asked(url, "main")).sha == before
    assert found.paths(Asked(url, "main")) == ("a.yaml",)
    assert found.read(Asked(url, "main"), "a.yaml") == b"one"
    assert len(house.visits) == asked
    assert open_to(house).tree(Asked(url, "main")).sha != before


def test_no_more_of_the_history_is_fetched_than_is_asked_for(house: House) -> None:
    for number in range(5):
        house.commit("acme/charts", {"a.yaml": str(number)})
    url = f"{house.url}/acme/charts.git"

    def history(depth: int) -> int:
        found = remotes(Access("host", house.url, depth=depth))
        git = found.clone(Asked(url))
        return int(git.text("rev-list", "--count", found.resolve(Asked(url)).sha))

    assert (history(1), history(3)) == (1, 3)
    whole = open_to(house)
    assert (
        whole.clone(Asked(url), whole=True).text("rev-list", "--count", whole.tree(Asked(url)).sha) == "5\n"
    )


def test_a_server_that_gives_no_commit_by_its_sha_is_asked_for_all_there_is(house: House) -> None:
    first = house.commit("acme/charts", {"a.yaml": "one"})
    house.commit("acme/charts", {"a.yaml": "two"})
    bare = house.root / "acme/charts.git"
    subprocess.run(["git", "config", "uploadpack.allowAnySHA1InWant", "false"], cwd=bare, check=True)
    subprocess.run(["git", "config", "protocol.version", "0"], cwd=bare, check=True)

    tree = open_to(house).tree(Asked(f"{house.url}/acme/charts.git", first))

    assert (tree.root / "a.yaml").read_text() == "one"


def test_a_password_is_told_to_its_own_address_alone_and_left_nowhere(house: House) -> None:
    house.commit("acme/charts", {"a.yaml": "one"})
    house.login = f"robot:{SECRET}"
    access = Access("acme", f"{house.url}/acme", username="robot", password=SECRET)
    found = remotes(access)

    tree = found.tree(Asked(f"{house.url}/acme/charts.git"))

    assert (tree.root / "a.yaml").read_text() == "one"
    for path in tree.root.parents[1].rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob("syncline-login-*/ask"))
    # Another path of the same host is not that address.
    house.commit("other/charts", {"a.yaml": "one"})
    asked = len(house.visits)
    with pytest.raises(GitError, match="lies inside this network"):
        found.tree(Asked(f"{house.url}/other/charts.git"))
    wider = remotes(access, Access("rest", house.url))
    with pytest.raises(GitError, match="asks who we are"):
        wider.tree(Asked(f"{house.url}/other/charts.git"))
    assert {said for _, said in house.visits[asked:]} == {""}


def test_a_host_that_sends_us_elsewhere_gets_no_password_for_that(house: House, tmp_path: Path) -> None:
    other = House(tmp_path / "other" / "host", login=f"robot:{SECRET}")
    other.commit("acme/charts", {"a.yaml": "one"})
    with serving(other):
        house.redirects["/acme"] = f"{other.url}/acme"
        access = Access("acme", f"{house.url}/acme", username="robot", password=SECRET)
        with pytest.raises(GitError):
            remotes(access).tree(Asked(f"{house.url}/acme/charts.git"))

    assert other.visits
    assert {said for _, said in other.visits} == {""}


# what the access lacks: what is said
LOGINS = {
    "refuses the credentials of remotes.acme": {"username": "robot", "password": f"not-{SECRET}"},
    "asks who we are, and ACME_TOKEN of remotes.acme is not set": {"missing": ("ACME_TOKEN",)},
    "asks who we are, and this event may use no credentials": {"withheld": True},
    "asks who we are. Give its URL and the variables": {},
}


@pytest.mark.parametrize("says", LOGINS)
def test_a_login_that_fails_is_told_by_its_variables_and_never_shown(house: House, says: str) -> None:
    house.commit("acme/charts", {"a.yaml": "one"})
    house.login = f"robot:{SECRET}"
    access = Access("acme", f"{house.url}/acme", **LOGINS[says])  # type: ignore[arg-type]

    with pytest.raises(GitError) as caught:
        remotes(access).tree(Asked(f"{house.url}/acme/charts.git"))

    assert says in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["none", "none-401", "none-403"])
def test_an_address_with_a_number_in_it_is_no_answer_of_the_server(house: House, name: str) -> None:
    with pytest.raises(GitError, match=rf"The repository .*{name}\.git could not be fetched: .*not found"):
        remotes(Access("acme", f"{house.url}/acme")).tree(Asked(f"{house.url}/acme/{name}.git"))


def test_a_server_that_forbids_asks_who_we_are(house: House) -> None:
    house.forbidden = ("/acme/closed.git",)

    with pytest.raises(GitError, match=r"The repository .*closed\.git asks who we are\."):
        remotes(Access("acme", f"{house.url}/acme")).tree(Asked(f"{house.url}/acme/closed.git"))


KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----"


def test_a_key_reaches_ssh_as_a_file_that_only_we_can_read_and_that_is_gone_afterwards(
    house: House, tmp_path: Path
) -> None:
    house.commit("acme/charts", {"a.yaml": "one"})
    notes = stub_ssh(tmp_path / "bin", house)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    access = Access("host", "ssh://git@git.example.com/acme", ssh_key=KEY, known_hosts="git.example.com k v")

    tree = remotes(access, environ={"PATH": path}).tree(Asked("git@git.example.com:acme/charts.git", "main"))

    assert (tree.root / "a.yaml").read_text() == "one"
    said = notes.read_text()
    assert "KEY 600\n" in said
    assert "CONTENT bm90IGEga2V5\n" in said
    assert "KNOWN git.example.com k v\n" in said
    arguments = next(line for line in said.splitlines() if line.startswith("ARGS"))
    assert "bm90" not in arguments
    assert not Path(arguments.partition("-i ")[2].split()[0]).exists()
    options = arguments.removeprefix("ARGS ").partition(" git@")[0].split()
    # The real ssh understands what it would be told.
    shown = subprocess.run(["ssh", "-G", *options, "git.example.com"], capture_output=True, check=True)
    settings = shown.stdout.decode()
    for wanted in ("batchmode yes", "identitiesonly yes", "stricthostkeychecking true", "identityagent none"):
        assert wanted in settings


def test_a_host_whose_key_nobody_knows_is_told_with_what_to_do(house: House, tmp_path: Path) -> None:
    stub_ssh(tmp_path / "bin", house)
    (tmp_path / "bin/ssh").write_text("#!/bin/sh\necho 'Host key verification failed.' >&2\nexit 255\n")
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    access = Access("host", "ssh://git@git.example.com/acme", ssh_key=KEY)

    with pytest.raises(GitError, match=r"The host key of git@.*:acme/charts\.git is not known"):
        remotes(access, environ={"PATH": path}).tree(Asked("git@git.example.com:acme/charts.git"))


def test_a_name_that_is_fetched_is_a_tag_before_a_branch_and_never_a_range(house: House) -> None:
    first = house.commit("acme/bases", {"a.yaml": "1"}, "v1")
    second = house.commit("acme/bases", {"a.yaml": "2"})
    house.git("acme/bases", "push", "--quiet", str(house.root / "acme/bases.git"), "HEAD:refs/heads/v1")
    url, there = f"{house.url}/acme/bases.git", open_to(house)

    names = ("v1", "heads/v1", "refs/heads/main", "main", "HEAD", "", first)
    found = {name: there.fetchable(url, name) for name in names}

    assert found == {
        "v1": "refs/tags/v1",
        "heads/v1": "refs/heads/v1",
        "refs/heads/main": "refs/heads/main",
        "main": "refs/heads/main",
        "HEAD": "HEAD",
        "": "",
        first: first,
    }
    assert there.resolve(Asked(url, found["v1"])).sha == first
    assert there.resolve(Asked(url, found["heads/v1"])).sha == second
    for name in ("v*", "v9", first[:9]):
        with pytest.raises(GitError, match="is no branch, tag or whole SHA of"):
            there.fetchable(url, name)


def test_submodules_come_with_a_checkout_unless_they_are_not_wanted(house: House) -> None:
    house.commit("acme/part", {"p.yaml": "part"})
    house.commit("acme/whole", {"a.yaml": "whole"})
    house.git("acme/whole", "submodule", "--quiet", "add", f"{house.url}/acme/part.git", "part")
    house.git("acme/whole", "config", "-f", ".gitmodules", "submodule.part.url", "../part.git")
    house.commit("acme/whole", {})
    url = f"{house.url}/acme/whole.git"

    # A checkout lives as long as what made it.
    here, there = open_to(house), remotes(Access("host", house.url, submodules=False))
    with_them, without = here.tree(Asked(url)), there.tree(Asked(url))
    declined = here.tree(Asked(url, submodules=False))

    assert list((declined.root / "part").iterdir()) == []
    assert (with_them.root / "part/p.yaml").read_text() == "part"
    assert list(with_them.root.rglob(".git")) == []
    assert list((without.root / "part").iterdir()) == []


def test_a_submodule_that_lies_on_this_machine_is_not_fetched(house: House, tmp_path: Path) -> None:
    private = House(tmp_path / "private" / "host")
    private.commit("secret", {"s.yaml": SECRET})
    house.commit("acme/whole", {"a.yaml": "whole"})
    allowed = ("-c", "protocol.file.allow=always")
    there = str(private.root / "secret.git")
    house.git("acme/whole", *allowed, "submodule", "--quiet", "add", there, "part")
    house.commit("acme/whole", {})

    with pytest.raises(GitError, match=r"The submodules of .* could not be fetched: .*'file' not allowed"):
        open_to(house).tree(Asked(f"{house.url}/acme/whole.git"))


def test_a_pointer_of_git_lfs_is_never_taken_for_the_file(house: House, tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"
    house.commit("acme/charts", {"big.yaml": pointer, ".gitattributes": "*.yaml filter=lfs\n"})
    house.commit("acme/images", {"a.yaml": "kind: x", "logo.png": pointer})
    url = f"{house.url}/acme/charts.git"

    with pytest.raises(GitError, match=r"keeps big.yaml with Git LFS, which is not asked for. Set lfs: true"):
        open_to(house).tree(Asked(url))
    assert (open_to(house).tree(Asked(f"{house.url}/acme/images.git")).root / "logo.png").is_file()
    only_git = tmp_path / "bin"
    only_git.mkdir()
    for name in ("git", "sh"):
        (only_git / name).symlink_to(f"/usr/bin/{name}")
    lacking = remotes(Access("host", house.url, lfs=True), environ={"PATH": str(only_git)})
    with pytest.raises(GitError, match="is to be read with Git LFS, and git-lfs is not on the PATH"):
        lacking.tree(Asked(url))


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed; Debian has it")
def test_files_of_git_lfs_take_the_place_of_their_pointers_where_that_is_asked_for(house: House) -> None:
    content = b"kind: x\n"
    name = hashlib.sha256(content).hexdigest()
    house.lfs[name] = content
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(content)}\n"
    attributes = "*.yaml filter=lfs diff=lfs merge=lfs -text\n"
    house.commit("acme/charts", {"big.yaml": pointer, ".gitattributes": attributes})
    house.login = f"robot:{SECRET}"
    access = Access("acme", f"{house.url}/acme", username="robot", password=SECRET, lfs=True)
    # The files themselves lie at an address that no access is for: their server says how they are had.
    house.login_free = ("/lfs/",)

    tree = remotes(access).tree(Asked(f"{house.url}/acme/charts.git"))

    assert (tree.root / "big.yaml").read_bytes() == content
    for path in tree.root.parents[1].rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


# what is said of each address
REFUSED = {
    "file:///etc": "only https://, http:// and ssh:// are",
    "/etc": "only https://, http:// and ssh:// are",
    "ext::sh -c 'touch canary'": "only https://, http:// and ssh:// are",
    "--upload-pack=touch canary": "only https://, http:// and ssh:// are",
    "git://127.0.0.1/x": "only https://, http:// and ssh:// are",
    "http://127.0.0.1:1/x": "lies inside this network",
    "http://[::1]:1/x": "lies inside this network",
    "http://169.254.169.254/latest": "lies inside this network",
    "ssh://root@127.0.0.1/x": "lies inside this network",
    "ssh://-oProxyCommand=touch%20canary/x": "could not be fetched",
}


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_reaches_into_this_machine_or_network_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        remotes().tree(Asked(url, "main"))

    assert REFUSED[url] in str(caught.value)
    assert not list(tmp_path.rglob("canary"))
    assert not Path("canary").exists()


def test_strangers_have_only_listed_repositories_fetched(house: House) -> None:
    house.commit("acme/charts", {"a.yaml": "one"})
    url = f"{house.url}/acme/charts.git"

    listed = remotes(Access("host", house.url), strangers=True).tree(Asked(url))
    assert (listed.root / "a.yaml").read_text() == "one"
    with pytest.raises(GitError, match="is not fetched for a change by somebody who may not write here"):
        remotes(strangers=True).tree(Asked("https://github.com/acme/charts.git"))


def test_a_repository_runs_nothing_when_it_is_checked_out(house: House, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    house.commit("acme/charts", {"a.yaml": "one", ".gitattributes": "*.yaml filter=evil\n"})
    environ = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "filter.evil.smudge",
        "GIT_CONFIG_VALUE_0": f"touch {canary}",
    }

    remotes(Access("host", house.url), environ=environ).tree(Asked(f"{house.url}/acme/charts.git"))

    assert not canary.exists()


def test_a_change_under_review_does_not_use_the_users_own_login_for_an_address_that_nobody_listed(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if it were an address of the outside: what is inside is never asked unless it is listed.
    monkeypatch.setattr("syncline.git.remote._is_inside", lambda *_: False)
    house.commit("acme/charts", {"a.yaml": "one"})
    house.login = f"robot:{SECRET}"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text(f"machine 127.0.0.1 login robot password {SECRET}\n")
    room, environ = Room(path=os.environ["PATH"], seconds=30), {"HOME": str(home)}
    asked = Asked(f"{house.url}/acme/charts.git")

    assert (Remotes((), room, environ).tree(asked).root / "a.yaml").read_text() == "one"
    visits = len(house.visits)
    with pytest.raises(GitError, match="asks who we are"):
        Remotes((), room, environ, reviews=True).tree(asked)
    assert {said for _, said in house.visits[visits:]} == {""}
