"""A chart repository on loopback: what `helm package` and `helm repo index` made, behind a small server.

The law: it notes who asked for what and with which credentials, and answers as the test wants.
"""

from __future__ import annotations

import base64
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from listening import answering

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pki import Pair


@dataclass
class House:
    """What the server has and how it behaves; `files` come before `root`, and an int is a status.

    A text beginning with `-> ` sends elsewhere.
    """

    root: Path
    login: tuple[str, str] | None = None
    files: dict[str, bytes | int | str] = field(default_factory=dict)
    visits: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.visits]

    def logins(self) -> set[str]:
        """The names and passwords that were sent."""
        return {base64.b64decode(sent.split()[1]).decode() for _, sent in self.visits if sent}


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, house: House, *rest: object) -> None:
        self._house = house
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        house, path = self._house, self.path.partition("?")[0]
        sent = self.headers.get("Authorization", "")
        house.visits.append((path, sent))
        found = house.files.get(path)
        if found is None and (house.root / path.strip("/")).is_file():
            found = (house.root / path.strip("/")).read_bytes()
        if house.login and sent != f"Basic {base64.b64encode(':'.join(house.login).encode()).decode()}":
            self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="charts"'})
        elif isinstance(found, bytes):
            self._answer(200, found, {})
        elif isinstance(found, str):
            self._answer(302, b"", {"Location": found.removeprefix("-> ")})
        else:
            self._answer(found or 404, b"no such thing", {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving(house: House, pair: Pair | None = None, *, known: Pair | None = None) -> Iterator[House]:
    """The house, open; with `known` only to who shows that certificate."""
    with answering(partial(_Handler, house), pair, known=known) as house.url:
        yield house


def packed(charts: Mapping[str, Mapping[str, str]], target: Path, helm: Path, scratch: Path) -> None:
    """Each chart, `NAME-VERSION: {file: text}`, packed by helm into the target directory and indexed."""
    target.mkdir(exist_ok=True)
    for label, files in charts.items():
        folder = scratch / label
        name, _, version = label.partition("-")
        texts = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n", **files}
        for file, text in texts.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    folders = [str(scratch / label) for label in charts]
    _helm(helm, "package", *folders, "--destination", str(target))
    _helm(helm, "repo", "index", str(target))


def _helm(helm: Path, *words: str) -> None:
    done = subprocess.run([helm, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
