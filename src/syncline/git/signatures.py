"""Signatures of commits, checked by git with gpg and ssh-keygen.

The law: keys come from the trusted settings and live in a keyring of their own; no other keyring, and no
configuration of the clone, has a say.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.core.signatures import SignedCommit
from syncline.errors import GitError
from syncline.git.program import last_line
from syncline.process import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline.git.program import Git
    from syncline.room import Room

_FORMAT: Final = "--format=%H%x00%G?%x00%GK%x00%GF%x00%GP%x00%x00"
_SEAL: Final = "^Argocd-gpg-seal:"
"""Argo CD's trailer of a commit that vouches for all the history before it."""
_SECONDS: Final = 300.0


class Keyring:
    """The public keys of the settings: armoured OpenPGP keys, and lines of an `allowed_signers` file."""

    def __init__(self, keys: Sequence[bytes], allowed_signers: str, room: Room) -> None:
        self._keys = tuple(keys)
        self._allowed_signers = allowed_signers
        self._room = room

    @cached_property
    def _folder(self) -> Path:
        # The path of gpg's sockets is short, so its home has to be.
        folder = Path(tempfile.mkdtemp(prefix="syncline-keys-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        (folder / "allowed_signers").write_text(self._allowed_signers)
        for number, key in enumerate(self._keys):
            argv = ["gpg", "--batch", "--no-autostart", "--status-fd=1", "--homedir", str(folder), "--import"]
            answer = run(argv, cwd=folder, room=self._room, stdin=key)
            if b"IMPORT_OK" not in answer.stdout:
                raise GitError(
                    f"The key number {number + 1} under signing.gpgKeys cannot be read.",
                    remedy="Export it with gpg --armor --export.",
                )
        return folder

    def close(self) -> None:
        """Remove the keyring."""
        if "_folder" in self.__dict__:
            shutil.rmtree(self._folder, ignore_errors=True)

    def commits(self, git: Git, sha: str, *, strict: bool) -> tuple[SignedCommit, ...]:
        """The commit or, where `strict`, it and its ancestors up to those that vouch for what is before them.

        Raises GitError.
        """
        if not strict:
            return self._listed(git, "-1", sha)
        if git.text("rev-parse", "--is-shallow-repository").strip() == "true":
            raise GitError(
                "The history is not whole, and every commit of it has to be signed.",
                remedy="Check out with fetch-depth: 0.",
            )
        seals = self._listed(git, "--extended-regexp", "--regexp-ignore-case", f"--grep={_SEAL}", sha)
        edges = [f"^{each.sha}^@" for each in seals if each.is_valid]
        return self._listed(git, sha, *edges)

    def _listed(self, git: Git, *arguments: str) -> tuple[SignedCommit, ...]:
        answer = git.elsewhere(
            self._variables,
            *self._settings,
            "log",
            "--no-show-signature",
            _FORMAT,
            *arguments,
            seconds=_SECONDS,
        )
        if answer.code:
            raise GitError(f"The signatures could not be checked: {last_line(answer.stderr)}.")
        rows = answer.stdout.decode("utf-8", "replace").split("\0\0\n")
        return tuple(_commit(row) for row in rows if row.strip("\0\n"))

    @property
    def _settings(self) -> tuple[str, ...]:
        given = {
            "gpg.program": "gpg",
            "gpg.ssh.program": "ssh-keygen",
            "gpg.ssh.allowedSignersFile": str(self._folder / "allowed_signers"),
            "gpg.ssh.revocationFile": "",
            "gpg.minTrustLevel": "undefined",
        }
        return tuple(part for name, value in given.items() for part in ("-c", f"{name}={value}"))

    @property
    def _variables(self) -> Mapping[str, str]:
        return {"GNUPGHOME": str(self._folder), "TZ": "UTC"}


def _commit(row: str) -> SignedCommit:
    sha, status, *keys = row.strip("\n").split("\0")
    return SignedCommit(sha, status, tuple(dict.fromkeys(filter(None, keys))))
