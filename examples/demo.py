"""The whole tour, on a control plane of your own: `make demo`.

Everything it makes lies in a temporary directory but the HTML page, whose place it prints at the end.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from plane import control_plane, toolchain  # noqa: E402 - the path above makes it importable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plane.control_plane import ControlPlane

SYNCLINE = Path(sys.executable).with_name("syncline")
BOLD, DIM, PLAIN = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "")


def main() -> None:
    """Diff, sync, drift, rollback."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="syncline-demo-") as name:
        tools = toolchain.provide(toolchain.RENDERERS)
        environ = {**os.environ, "PATH": toolchain.search_path(tools, os.environ), "KUBECONFIG": "/dev/null"}
        shop = Shop(Path(name, "shop"), environ)
        page = Path(tempfile.gettempdir(), "syncline-demo.html")
        shop.offline(page)
        with ExitStack() as stack:
            shop.live(stack)
    title("Where to look next")
    print(f"  {page}    the pull request's page, for a browser")
    print("  examples/repo              the repository you have just seen delivered")
    print("  examples/workflows         the same and more as GitHub workflows")
    print("  syncline --help            the command line")
    print(f"{DIM}The demo took {time.monotonic() - began:.0f} seconds; its processes have ended.{PLAIN}")


class Shop:
    """The example repository as a Git repository with a base commit and a change."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self.environ = dict(environ)
        shutil.copytree(HERE / "repo", root)
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", "https://github.com/acme/deploy.git")
        self._commit("The shop as it is")
        self._git("checkout", "--quiet", "-b", "change")
        # Fresh times: Git tells a changed file of the same size by them.
        shutil.copytree(HERE / "change", root, dirs_exist_ok=True, copy_function=shutil.copy)
        for path in (root / "deletions.txt").read_text().split():
            (root / path).unlink()
        (root / "deletions.txt").unlink()
        shutil.copyfile(HERE / "repo" / "README.md", root / "README.md")
        self._commit("Orders 2.4, web 1.5, probes every minute")

    def offline(self, page: Path) -> None:
        """What the pull request's reviewers see: no cluster, no credentials."""
        title("(a) The pull request: what the change does, without any cluster")
        self.syncline("diff", "--base", "main", "--head", "change", "-o", "markdown", "--html", str(page))
        print(f"\nThe same as a page: {page}")

    def live(self, stack: ExitStack) -> None:
        """The rest needs clusters: two of them."""
        title("(b) Two control planes of your own: etcd, API server, controllers, scheduler, kwok nodes")
        tools = toolchain.provide(toolchain.PLANE)
        main_plane = stack.enter_context(started("main", tools))
        edge_plane = stack.enter_context(started("edge", tools))
        self.environ["KUBECONFIG"] = str(self._kubeconfig({"main": main_plane, "edge": edge_plane}))

        title("The base commit is synced")
        self.syncline("sync", "--revision", "main")
        title("The change, held against what is live")
        self.syncline(
            "diff", "backend", "edge-cache", "--base", "main", "--head", "change", "--level", "live"
        )
        title("The change is merged and synced; only what it touches, and until all is healthy")
        self._git("checkout", "--quiet", "main")
        self._git("merge", "--quiet", "--ff-only", "change")
        self.syncline("sync", "--affected")
        title("The tree, with sync and health of each resource")
        self.syncline("status")

        title("(c) Somebody scales orders and edits its settings behind Git's back")
        edit(main_plane, "/apis/apps/v1/namespaces/shop/deployments/orders", {"spec": {"replicas": 7}})
        edit(
            main_plane, "/api/v1/namespaces/shop/configmaps/orders-settings", {"data": {"LOG_LEVEL": "trace"}}
        )
        self.syncline("drift", "backend", "--dry-run", expect=10)
        title("The application has selfHeal, so the scheduled job heals it")
        self.syncline("drift", "backend")

        title("(d) Back by one commit")
        self.syncline("rollback", "backend", "edge-cache")
        self.syncline("status", "backend")

    def syncline(self, *arguments: str, expect: int = 0) -> None:
        """Run a command as a person would, and stop when it does not end as the tour says."""
        print(f"{BOLD}$ syncline {' '.join(arguments)}{PLAIN}", flush=True)
        colour = ["--colour", "always"] if sys.stdout.isatty() else []
        ended = subprocess.run([SYNCLINE, *arguments, *colour], cwd=self.root, env=self.environ, check=False)
        if ended.returncode != expect:
            sys.exit(f"syncline {arguments[0]} ended with {ended.returncode}, not {expect}.")

    def _kubeconfig(self, planes: Mapping[str, ControlPlane]) -> Path:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "main",
            "clusters": [
                {"name": name, "cluster": {"server": plane.server, "certificate-authority": str(plane.ca)}}
                for name, plane in planes.items()
            ],
            "users": [
                {"name": name, "user": {"token": plane.token("admin")}} for name, plane in planes.items()
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in planes],
        }
        file = self.root.with_name("kubeconfig")
        file.touch(mode=0o600)
        file.write_text(json.dumps(config))
        return file

    def _commit(self, message: str) -> None:
        self._git("add", "--all")
        self._git(
            "-c", "user.name=Demo", "-c", "user.email=demo@example.com", "commit", "--quiet", "-m", message
        )

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.root, env=self.environ, check=True)


@contextmanager
def started(name: str, tools: Mapping[str, Path]) -> Iterator[ControlPlane]:
    """A control plane, with the time it took."""
    began = time.monotonic()
    with control_plane.running(tools, audited=False) as plane:
        print(f"{name}: {plane.server}, ready after {time.monotonic() - began:.1f} seconds", flush=True)
        yield plane


def edit(plane: ControlPlane, path: str, patch: Mapping[str, object]) -> None:
    """Change an object as somebody with kubectl would."""
    plane.api("PATCH", path, patch)
    print(
        f"{BOLD}$ kubectl patch … {path.rpartition('/')[2]} --patch '{json.dumps(patch)}'{PLAIN}", flush=True
    )


def title(text: str) -> None:
    """A heading between the steps."""
    print(f"\n{BOLD}── {text} {'─' * max(0, 96 - len(text))}{PLAIN}\n", flush=True)


if __name__ == "__main__":
    main()
