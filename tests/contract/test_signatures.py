"""Signatures made by the real gpg and ssh-keygen, checked by the real git."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Repo, config_map
from e2e.sets import app_of, diff, single
from syncline.core.signatures import objection
from syncline.errors import GitError
from syncline.git import Repository
from syncline.git.signatures import Keyring
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SEAL = "seal\n\nArgocd-gpg-seal: history before we signed"


@dataclass(frozen=True)
class Signer:
    """Somebody with a key: how git signs as them, and what others need to know."""

    options: tuple[str, ...]
    key: str
    public: str
    environ: Mapping[str, str]

    def commit(self, repo: Repo, message: str = "signed") -> str:
        command = ["git", "-c", "user.name=Test", "-c", "user.email=t@example.com", *self.options, "commit"]
        environ = {**os.environ, **self.environ}
        subprocess.run(
            [*command, "--quiet", "--allow-empty", "-S", "-m", message],
            cwd=repo.root,
            env=environ,
            check=True,
        )
        return repo.git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def gpg() -> Iterator[Signer]:
    # The path of gpg's sockets has to be short.
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    base = [
        "gpg",
        "--batch",
        "--quiet",
        "--homedir",
        str(home),
        "--passphrase",
        "",
        "--pinentry-mode=loopback",
    ]
    subprocess.run(
        [*base, "--quick-gen-key", "t@example.com", "ed25519", "sign"], check=True, capture_output=True
    )
    listed = subprocess.run([*base, "--list-keys", "--with-colons"], check=True, capture_output=True).stdout
    key = next(line.split(":")[9] for line in listed.decode().splitlines() if line.startswith("fpr"))
    public = subprocess.run([*base, "--armor", "--export"], check=True, capture_output=True).stdout.decode()
    yield Signer(("-c", f"user.signingkey={key}"), key, public, {"GNUPGHOME": str(home)})
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    file = tmp_path_factory.mktemp("ssh") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    public = file.with_suffix(".pub").read_text().strip()
    shown = subprocess.run(["ssh-keygen", "-lf", str(file)], check=True, capture_output=True).stdout.decode()
    options = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={file}")
    return Signer(options, shown.split()[1], f"t@example.com {public}\n", {})


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.make(tmp_path / "repo", "signed")


def keyring(*keys: str, signers: str = "") -> Keyring:
    room = Room(path=os.environ["PATH"], seconds=30)
    return Keyring([key.encode() for key in keys], signers, room)


def opened(repo: Repo) -> Repository:
    room = Room(path=os.environ["PATH"], seconds=30)
    return Repository(repo.root, room=room, environ={"HOME": os.environ["HOME"]})


def test_a_commit_signed_with_a_key_of_the_settings_is_trusted_by_either_program(
    repo: Repo, gpg: Signer, ssh: Signer
) -> None:
    shas = {"gpg": gpg.commit(repo), "ssh": ssh.commit(repo), "none": repo.commit({"a": "b"})}
    both, nobody = keyring(gpg.public, signers=ssh.public), keyring()
    listed = (gpg.key, ssh.key)

    def said(ring: Keyring) -> dict[str, str]:
        there = opened(repo)
        return {
            name: objection(there.signed(ring, sha, strict=False)[0], listed) for name, sha in shas.items()
        }

    assert said(both) == {"gpg": "", "ssh": "", "none": "is not signed"}
    assert said(nobody) == {
        "gpg": f"is signed with the key {gpg.key[-16:]}, which is not under signing",
        "ssh": f"is signed with the key {ssh.key}, which is not under signing",
        "none": "is not signed",
    }


def test_a_signature_that_was_moved_to_another_commit_does_not_fit(repo: Repo, gpg: Signer) -> None:
    sha = gpg.commit(repo)
    raw = subprocess.run(["git", "cat-file", "commit", sha], cwd=repo.root, check=True, capture_output=True)
    forged = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=repo.root, check=True, capture_output=True, input=raw.stdout.replace(b"signed", b"forged"),
    ).stdout.decode().strip()  # fmt: skip

    (commit,) = opened(repo).signed(keyring(gpg.public), forged, strict=False)

    assert objection(commit, (gpg.key,)) == "has a signature that does not fit it"


def test_the_clone_has_no_say_in_how_signatures_are_checked(repo: Repo, gpg: Signer, tmp_path: Path) -> None:
    unsigned, signed = repo.commit({"a": "b"}), gpg.commit(repo)
    liar = tmp_path / "liar"
    liar.write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\nexit 0\n")
    liar.chmod(0o755)
    for name in ("gpg.program", "gpg.openpgp.program", "gpg.ssh.program"):
        repo.git("config", name, str(liar))

    ring, there = keyring(gpg.public), opened(repo)
    assert objection(there.signed(ring, unsigned, strict=False)[0], (gpg.key,)) == "is not signed"
    assert objection(there.signed(ring, signed, strict=False)[0], (gpg.key,)) == ""
    assert not (tmp_path / "canary").exists()


def test_all_of_the_history_counts_back_to_a_commit_that_vouches_for_it(repo: Repo, gpg: Signer) -> None:
    repo.commit({"a": "unsigned"})
    first = gpg.commit(repo)
    repo.commit({"a": "unsigned again"})
    unsealed = gpg.commit(repo)
    sealed = gpg.commit(repo, SEAL)
    after = gpg.commit(repo)
    later = repo.commit({"a": "and again"})
    ring, there = keyring(gpg.public), opened(repo)

    def untrusted(sha: str) -> int:
        return sum(bool(objection(each, (gpg.key,))) for each in there.signed(ring, sha, strict=True))

    assert [untrusted(sha) for sha in (first, unsealed, sealed, after, later)] == [1, 2, 0, 0, 1]
    assert len(there.signed(ring, after, strict=True)) == 2


def test_a_seal_that_nobody_trusted_signed_vouches_for_nothing(repo: Repo, gpg: Signer) -> None:
    repo.commit({"a": "unsigned"})
    repo.git("commit", "--quiet", "--allow-empty", "-m", SEAL)
    sha = gpg.commit(repo)

    found = opened(repo).signed(keyring(gpg.public), sha, strict=True)

    assert [each.status for each in found].count("N") == 2


def test_keys_that_are_none_are_told(repo: Repo) -> None:
    there, ring = opened(repo), keyring("nonsense")
    sha = repo.commit({"a": "b"})

    with pytest.raises(GitError, match=r"The key number 1 under signing\.gpgKeys cannot be read"):
        there.signed(ring, sha, strict=False)


PROJECT = """\
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {{name: default}}
spec:
  sourceRepos: ['*']
  destinations: [{{server: '*', name: '*', namespace: '*'}}]
  signatureKeys: [{{keyID: {key}}}]
"""


def test_a_review_is_told_that_its_sync_would_be_refused(
    repo: Repo, gpg: Signer, tools: Mapping[str, Path]
) -> None:
    assert tools
    base = repo.commit(
        {
            "project.yaml": PROJECT.format(key=gpg.key),
            "syncline.yaml": "signing: {gpgKeys: [keys/t.asc]}\n",
            "keys/t.asc": gpg.public,
            "app.yaml": single(repo, "web"),
            "web/a.yaml": config_map("a"),
        }
    )
    unsigned = repo.commit({"web/a.yaml": config_map("a", x="1")})
    signed = gpg.commit(repo)

    (note,) = app_of(diff(repo, base, unsigned), "web").notes
    assert note.text == (
        f"As it is, it could not be synced: The commit {unsigned[:12]} of {repo.url} is not signed; "
        "the project default demands signed commits (project.yaml:7)."
    )
    assert app_of(diff(repo, base, signed), "web").notes == ()
