"""A host of Git repositories on loopback, by Git's own `http-backend`.

The law: it answers as Git does, asks for a name and a password where it has any, and notes who came.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from listening import answering
from shell.repos import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pki import Pair


@dataclass
class House:
    """Bare repositories below `root`; `login` is `name:password` for all but `login_free`, `redirects` what
    lies elsewhere, `lfs` files by their SHA-256; what is `forbidden` nobody gets.
    """

    root: Path
    login: str = ""
    redirects: dict[str, str] = field(default_factory=dict)
    visits: list[tuple[str, str]] = field(default_factory=list)
    lfs: dict[str, bytes] = field(default_factory=dict)
    login_free: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    url: str = ""

    def commit(self, name: str, files: Mapping[str, str], *tags: str, branch: str = "main") -> str:
        """Add a commit with these files to a repository, which is made when there is none."""
        bare, work = Tree(self.root / f"{name}.git"), self._work(name)
        if not bare.root.exists():
            for place, kind in ((work, ()), (bare, ("--bare",))):
                place.root.mkdir(parents=True)
                place.git("init", "--quiet", *kind, f"--initial-branch={branch}")
            bare.git("config", "http.receivepack", "true")
        work.git("checkout", "--quiet", "-B", branch)
        sha = work.commit(files)
        for tag in tags:
            work.git("tag", "-a", "-m", tag, tag)
        work.git("push", "--quiet", "--tags", str(bare.root), f"+{branch}")
        return sha

    def git(self, name: str, *arguments: str) -> str:
        """Run git where a repository's commits are made."""
        return self._work(name).git(*arguments)

    def _work(self, name: str) -> Tree:
        return Tree(self.root.parent / "work" / name)


def settings(house: House, more: str = "") -> str:
    """What `syncline.yaml` says of the house."""
    return f"remotes:\n  host: {{url: '{house.url}'{more}}}\n"


@contextmanager
def serving(house: House, pair: Pair | None = None, *, known: Pair | None = None) -> Iterator[House]:
    """The house with its door open; over TLS with a pair, and with `known` to who shows that certificate."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path, _, query = self.path.partition("?")
            said = self.headers.get("authorization", "")
            house.visits.append((self.path, said))
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            self._send(*_answer(house, self, path, query, body))

        def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    house.root.mkdir(parents=True, exist_ok=True)
    with answering(Door, pair, known=known) as house.url:
        yield house


Answer = tuple[int, list[tuple[str, str]], bytes]


def _answer(house: House, request: BaseHTTPRequestHandler, path: str, query: str, body: bytes) -> Answer:
    for name, there in house.redirects.items():
        if path.startswith(name):
            return 302, [("Location", there + path.removeprefix(name))], b""
    wanted = f"Basic {base64.b64encode(house.login.encode()).decode()}"
    is_free = any(path.startswith(name) for name in house.login_free)
    if house.login and not is_free and request.headers.get("authorization", "") != wanted:
        return 401, [("WWW-Authenticate", 'Basic realm="git"')], b""
    if any(path.startswith(name) for name in house.forbidden):
        return 403, [], b""
    if path.endswith("/info/lfs/objects/batch"):
        return 200, [("Content-Type", _LFS)], _batch(house, body)
    if path.startswith("/lfs/"):
        return 200, [], house.lfs[path.removeprefix("/lfs/")]
    return _backend(house, request, path, query, body)


_LFS = "application/vnd.git-lfs+json"


def _batch(house: House, body: bytes) -> bytes:
    """Where the files lie (the Batch API of Git LFS)."""
    objects = [
        {**each, "actions": {"download": {"href": f"{house.url}/lfs/{each['oid']}"}}}
        for each in json.loads(body)["objects"]
    ]
    return json.dumps({"transfer": "basic", "objects": objects}).encode()


def _backend(house: House, request: BaseHTTPRequestHandler, path: str, query: str, body: bytes) -> Answer:
    environ = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(house.root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.command,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "CONTENT_LENGTH": str(len(body)),
    }
    done = subprocess.run(["git", "http-backend"], env=environ, input=body, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n") if line]
    status = next((int(value.split()[0]) for name, _, value in lines if name == "Status"), 200)
    return status, [(name, value) for name, _, value in lines if name != "Status"], content


STUB_SSH = """#!/bin/sh
# A transport in the place of ssh: it notes how it was called, and runs the command here.
{
  echo "ARGS $*"
  while [ $# -gt 1 ]; do
    case "$1" in
      -i) stat -c 'KEY %a' "$2"; sed 's/^/CONTENT /' "$2" ;;
      UserKnownHostsFile=*) sed 's/^/KNOWN /' "${1#*=}" ;;
    esac
    shift
  done
} >> "NOTES"
for last; do :; done
cd "ROOT" && exec sh -c "$(echo "$last" | sed "s#'/#'#")"
"""


def stub_ssh(folder: Path, house: House) -> Path:
    """A program `ssh` in this folder that serves the house; its notes lie beside it."""
    folder.mkdir()
    notes = folder / "notes"
    program = folder / "ssh"
    program.write_text(STUB_SSH.replace("NOTES", str(notes)).replace("ROOT", str(house.root)))
    program.chmod(0o755)
    return notes
