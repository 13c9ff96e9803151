"""How git logs in elsewhere.

The law: a secret reaches git in its environment or in a file that only we can read and that is gone
afterwards; it stands in no argument and no configuration, and is told to the address it was made for alone.
"""

from __future__ import annotations

import shlex
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.fetch import Access

_ASK: Final = """#!/bin/sh
# Git asks as in: Password for 'https://robot@example.com/acme/charts.git': (Git LFS with the other quotes)
asked=${1#*[\\'\\"]}; asked=${asked%[\\'\\"]*}
rest=${asked#*://}
asked=${asked%%://*}://${rest#*@}
case "$asked" in
  "$SYNCLINE_GIT_ADDRESS"|"$SYNCLINE_GIT_ADDRESS"/*) ;;
  *) exit 1 ;;
esac
case "$1" in
  Username*) printf '%s\\n' "$SYNCLINE_GIT_USERNAME" ;;
  *) printf '%s\\n' "$SYNCLINE_GIT_PASSWORD" ;;
esac
"""
_USUAL: Final = "git"
"""What a token's user is called where nobody says; servers that take tokens look at the password alone."""


@contextmanager
def logged_in(access: Access) -> Iterator[Mapping[str, str]]:
    """The variables with which git may ask the address of this access; void when the block ends."""
    with tempfile.TemporaryDirectory(prefix="syncline-login-", ignore_cleanup_errors=True) as name:
        folder = Path(name)  # mode 700
        yield {
            "GIT_ALLOW_PROTOCOL": "https:http:ssh",
            **_web(access, folder),
            **_ssh(access, folder),
            **_certificates(access, folder),
        }


def _web(access: Access, folder: Path) -> dict[str, str]:
    if not access.password:
        return {}
    script = folder / "ask"
    script.write_text(_ASK)
    script.chmod(0o700)
    parts = urlsplit(access.url)
    return {
        "GIT_ASKPASS": str(script),
        "SYNCLINE_GIT_ADDRESS": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}",
        "SYNCLINE_GIT_USERNAME": access.username or _USUAL,
        "SYNCLINE_GIT_PASSWORD": access.password,
    }


def _ssh(access: Access, folder: Path) -> dict[str, str]:
    command = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    if access.known_hosts:
        command += ["-o", f"UserKnownHostsFile={_file(folder / 'known_hosts', access.known_hosts)}"]
    if access.ssh_key:
        # Neither the user's configuration nor their agent has a say in a login that is not theirs.
        key = _file(folder / "key", access.ssh_key)
        command += ["-F", "/dev/null", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-i", str(key)]
    return {"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh"}


def _certificates(access: Access, folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    if access.certificate:
        # Git and its transport read a client's certificate from files alone.
        text = f"{access.certificate}\n{access.key}"
        found = dict.fromkeys(("GIT_SSL_CERT", "GIT_SSL_KEY"), str(_file(folder / "client.pem", text)))
    if access.insecure:
        return {**found, "GIT_SSL_NO_VERIFY": "true"}
    return {**found, "GIT_SSL_CAINFO": str(_file(folder / "ca.pem", access.ca))} if access.ca else found


def _file(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text if text.endswith("\n") else f"{text}\n")
    return path
