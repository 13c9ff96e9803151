"""Workflows, run by `act` over podman's socket, with the action in the image that was just built.

The law: a workflow file runs as it is; only a copy of `action.yml` names the image, not the Dockerfile.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from container.engine import IMAGE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from action.site import Happening, Site
    from container.engine import Engine

ACT = Path(sys.executable).with_name("act")


@dataclass(frozen=True, slots=True)
class Job:
    """How a workflow ended."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """A runner of workflows, with a socket to start containers through and a folder of its own."""

    engine: Engine
    socket: Path
    folder: Path

    def action(self) -> Path:
        """A copy of the action whose image is the one that was built."""
        tree = self.folder / "action"
        tree.mkdir(exist_ok=True)
        text = (ROOT / "action.yml").read_text(encoding="utf-8")
        named = text.replace("\n  image: Dockerfile\n", f"\n  image: docker://{IMAGE}\n")
        assert named != text
        (tree / "action.yml").write_text(named, encoding="utf-8")
        return tree

    def nothing(self) -> Path:
        """An action that does nothing, for one that speaks to a service that only GitHub has."""
        tree = self.folder / "nothing"
        tree.mkdir(exist_ok=True)
        text = (
            "name: Nothing\ninputs: {path: {}, key: {}, restore-keys: {}}\n"
            "runs: {using: composite, steps: [{run: 'true', shell: bash}]}\n"
        )
        (tree / "action.yml").write_text(text, encoding="utf-8")
        return tree

    def run(self, site: Site, workflow: str, happening: Happening, secrets: Mapping[str, str]) -> Job:
        """One workflow of the site's repository."""
        event = self.folder / "event.json"
        event.write_text(json.dumps(happening.payload), encoding="utf-8")
        cache = self.folder / "cache"
        given = {"GITHUB_TOKEN": site.github.token, **secrets}
        options = [
            *("--eventpath", str(event), "--workflows", f".github/workflows/{workflow}"),
            *("--platform", "ubuntu-latest=-self-hosted", "--pull=false"),
            *("--container-daemon-socket", "-", "--no-cache-server"),
            *("--container-options", f"--network host --volume {cache}:{cache}"),
            *("--local-repository", f"https://github.com/syncline/syncline@v0={self.action()}"),
            *("--local-repository", f"https://github.com/actions/cache@v5={self.nothing()}"),
            *("--env", f"GITHUB_API_URL={site.github.url}"),
            *(part for name in given for part in ("--secret", name)),
        ]
        done = subprocess.run(
            [ACT, happening.name, *options],
            cwd=site.repo.root,
            # Secrets by name only: act takes their values from here.
            env={**self._environ(cache), **given},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        return Job(done.returncode, done.stdout + done.stderr)

    def _environ(self, cache: Path) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": self.engine.environ["PATH"],
            "HOME": str(home),
            "XDG_CACHE_HOME": str(cache),
            "DOCKER_HOST": f"unix://{self.socket}",
        }


@contextmanager
def serving(engine: Engine, folder: Path) -> Iterator[Act]:
    """podman's own service for the time of the block."""
    socket = folder / "podman.sock"
    service = subprocess.Popen(
        ["podman", "system", "service", "--time=0", f"unix://{socket}"],
        env=engine.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while not socket.exists():
            assert service.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield Act(engine, socket, folder)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(30)
