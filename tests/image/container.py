"""A step in a container, started as actions/runner starts it (`ContainerActionHandler.cs`)."""

from __future__ import annotations

import subprocess
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from container.engine import IMAGE

if TYPE_CHECKING:
    from action.runner import Step as Ended
    from action.site import Happening, Site
    from container.engine import Engine

INSIDE = {
    "GITHUB_WORKSPACE": "/github/workspace",
    "RUNNER_TEMP": "/github/runner_temp",
    "HOME": "/github/home",
}


@dataclass
class Step:
    """The engine and the site that a step needs."""

    engine: Engine
    site: Site
    name: str = field(default_factory=lambda: f"syncline-{uuid.uuid4().hex[:12]}")

    def start(self, happening: Happening, *, network: str = "host", **inputs: str) -> subprocess.Popen[str]:
        """The step under way, in a container called `name`."""
        environ = self.site.environ(happening, **inputs)
        environ.pop("PATH")
        folder = str(self.site.runner.folder)
        environ = {name: value.replace(folder, "/github/runner_temp") for name, value in environ.items()}
        variables = [part for pair in (environ | INSIDE).items() for part in ("--env", "=".join(pair))]
        mounts = [
            *("--volume", f"{folder}:/github/runner_temp"),
            *("--volume", f"{self.site.repo.root}:/github/workspace"),
        ]
        options = ["--rm", "--workdir", "/github/workspace", "--network", network]
        return subprocess.Popen(
            ["podman", "run", "--name", self.name, *options, *variables, *mounts, IMAGE],
            env=self.engine.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, happening: Happening, *, network: str = "host", **inputs: str) -> Ended:
        """The step to its end."""
        child = self.start(happening, network=network, **inputs)
        out, err = child.communicate(timeout=60)
        return self.site.runner.ended(child.returncode, out, err)
