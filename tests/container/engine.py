"""The real image, built and run without a Docker engine: Debian's podman, and a base of the machine's Debian.

The law: what is built is cached by what it is made of, in podman's store and in the cache; nothing is pulled.
`python -m container.engine` installs what is missing (as root, on Debian), builds, and prints the name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from plane.gotool import locked
from plane.progress import Progress
from plane.toolchain import cache_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
IMAGE = "localhost/syncline:test"
PACKAGES = {"podman": "podman", "runc": "runc", "mmdebstrap": "mmdebstrap"}
"""Programs and the Debian packages that hold them."""

INSIDE = "python3,python3-pip,python3-venv,ca-certificates"
CONFIGURATION = """\
# A machine without the rights to raise limits, and with the control groups of two ages.
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
"""
CONTAINERFILE = """\
FROM scratch
ADD rootfs.tar /
RUN rm -f /usr/lib/python3*/EXTERNALLY-MANAGED \\
 && ln -s /usr/bin/python3 /usr/local/bin/python3 && ln -s /usr/bin/python3 /usr/local/bin/python
CMD ["python3"]
"""


class EngineError(Exception):
    """The image cannot be built here; the message says what is missing."""


class Engine:
    """podman with a configuration of our own."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._cache = cache_root(environ) / "container"
        self._cache.mkdir(parents=True, exist_ok=True)
        settings = self._cache / "containers.conf"
        settings.write_text(CONFIGURATION, encoding="utf-8")
        self.environ = {**environ, "CONTAINERS_CONF": str(settings)}
        self._progress = Progress()

    def run(self, *arguments: str, **options: str) -> str:
        """A podman command's output. Raises EngineError with what it said."""
        return self._done(["podman", *arguments], **options)

    def image(self) -> str:
        """The image of this commit's Dockerfile; podman keeps the layers that did not change."""
        with locked(self._cache / "build.lock"):
            self._install()
            base = self._base()
            self._progress.say("building the image (the first time takes minutes: helm is compiled)")
            trust = [part for path in _trusted() for part in ("--volume", f"{path}:{path}:ro")]
            arguments = ["--build-arg", f"PYTHON_IMAGE={base}", "--tag", IMAGE, str(ROOT)]
            self._done(["nice", "podman", "build", "--layers", "--network=host", *trust, *arguments])
        return IMAGE

    def _install(self) -> None:
        missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
        if not missing:
            return
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise EngineError(f"{', '.join(missing)} are missing; as root on Debian they are installed here.")
        self._progress.say(f"installing {', '.join(missing)}")
        self._done(["apt-get", "update", "--quiet"])
        self._done(["apt-get", "install", "--yes", "--no-install-recommends", *missing])

    def _base(self) -> str:
        """The machine's own Debian with its Python, as an image."""
        sources = self._sources()
        digest = hashlib.sha256(repr((sources, INSIDE, CONTAINERFILE)).encode()).hexdigest()[:12]
        name = f"localhost/syncline-base:{digest}"
        if subprocess.run(["podman", "image", "exists", name], env=self.environ, check=False).returncode:
            self._progress.say("making the base image from the machine's Debian mirror (about a minute)")
            with tempfile.TemporaryDirectory(dir=self._cache) as scratch:
                suite = sources[0].split()[-2]
                target = str(Path(scratch, "rootfs.tar"))
                options = ["--quiet", "--variant=apt", f"--include={INSIDE}"]
                self._done(["nice", "mmdebstrap", *options, suite, target, *sources])
                Path(scratch, "Containerfile").write_text(CONTAINERFILE, encoding="utf-8")
                self.run("build", "--isolation=chroot", "--tag", name, scratch)
        return name

    def _sources(self) -> list[str]:
        """One `deb` line for each of the distribution's own archives of this machine."""
        form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
        told = self._done(["apt-get", "indextargets", "--format", form, "Created-By: Packages"])
        found = []
        for line in told.splitlines():
            uri, release, component = line.split()
            if component == "main" and "debian" in uri:
                found.append(f"deb {uri} {release} main")
        if not found:
            raise EngineError("The machine has no Debian archive to make a base image from.")
        return found

    def _done(self, command: Sequence[str], **options: str) -> str:
        done = subprocess.run(
            command,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=options.get("cwd"),
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip())[-3000:]
            raise EngineError(f"{' '.join(command[:3])} failed: {said}")
        return done.stdout


def _trusted() -> list[Path]:
    """What a build needs to reach the registries: the machine's certificates and pip's settings."""
    known = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pip.conf"))
    return [path for path in known if path.is_file()]


def main() -> int:
    try:
        print(Engine(os.environ).image())  # noqa: T201 - the one thing asked for
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
