"""What the tests of rendering share.

The law: they call what the jobs call, with the real programs, in the room that the command line gives them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline import wall
from syncline.config import load
from syncline.config.tools import ToolSettings, tools_of
from syncline.documents import dump
from syncline.errors import Place, SynclineError
from syncline.render import Checkout, RenderOptions, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from syncline.config.application import Application
    from syncline.core.rendering import Rendering
    from syncline.room import Room

REVISION = "0123456789abcdef0123456789abcdef01234567"
OURS = frozenset({"https://github.com/acme/deploy.git"})
CASES = {path.parent.name: path.parent for path in sorted(Path(__file__).parent.glob("*/application.yaml"))}


def application(text: str, file: str = "apps/web.yaml") -> Application:
    """The one Application of a text that has nothing to complain about."""
    found = load([(file, text)])
    assert found.complaints == ()
    (app,) = found.applications
    return app


def serve(file: Path, repository: Path, room: Room) -> Rendering:
    app = application(file.read_text(), file.name)
    return render(app, Checkout(repository, REVISION), RenderOptions(room, OURS))


def served(rendering: Rendering) -> str:
    """Every object below its place, and the warnings on top."""
    warnings = "".join(f"# warning: {warning}\n" for warning in rendering.warnings)
    return warnings + "---\n".join(f"# {each.origin}\n{dump(each.body)}" for each in rendering.manifests)


def notebook(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that programs may write into, as they may to /dev/null: the only way out for what a test's own
    program has to tell.
    """
    file.touch()
    file.chmod(0o666)
    monkeypatch.setattr(wall, "DEVICES", (*vars(wall)["DEVICES"], str(file)))
    wall._everywhere.cache_clear()
    return file


def helm3_first(room: Room, tools: Mapping[str, Path], scratch: Path) -> Room:
    """The same room, where `helm` is Helm 3."""
    folder = scratch / "helm3"
    folder.mkdir()
    (folder / "helm").symlink_to(tools["helm3"])
    return replace(room, path=f"{folder}{os.pathsep}{room.path}")


def outcome(app: Application, checkout: Checkout, room: Room, tools: ToolSettings | None = None) -> str:
    """What is rendered, or the sentence that says why not."""
    try:
        return served(render(app, checkout, RenderOptions(room, OURS, tools=tools or ToolSettings())))
    except SynclineError as error:
        return f"{int(error.exit_code)} {error}"


APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source:
    repoURL: https://github.com/acme/deploy.git
    path: app
    %s
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
"""
CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"


def config_map(name: str, value: str = "b") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: {value}}}\n"


def tree(scratch: Path) -> Path:
    """Where a run has its worktree, by its name."""
    return scratch / "syncline-tree-test" / "tree"


def planted(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A repository of these files; `-> there` makes a link."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        elif text.startswith("-> "):
            path.symlink_to(text.removeprefix("-> "))
        else:
            path.write_text(text)
    return root


def answered(root: Path, options: str, room: Room, settings: Mapping[str, str] | None = None) -> str:
    """What becomes of the application `app` with this line in its `spec.source`, and these keys of
    `argocd-cm`.
    """
    tools = tools_of({key: (text, Place("argocd-cm.yaml", 7)) for key, text in (settings or {}).items()})
    return outcome(application(APP % options), Checkout(root, REVISION), room, tools)
