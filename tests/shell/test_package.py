from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from syncline import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
LENT = {"PYTHONPATH": str(Path(click.__file__).parents[1]), "PATH": "/usr/bin:/bin"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, developer_environ: Mapping[str, str]) -> Path:
    """A fresh virtual environment with the wheel, and the wheel beside it. What it depends on is lent: `make
    setup` resolves it from the registry.
    """
    place = tmp_path_factory.mktemp("package")
    source = place / "source"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "build", "dist")
    shutil.copytree(ROOT, source, ignore=left_out)
    quiet = ["--quiet", "--disable-pip-version-check"]
    venv.create(place / "venv")
    wheel = place / f"syncline-{__version__}-py3-none-any.whl"
    pip = [sys.executable, "-m", "pip", "--python", str(place / "venv")]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *quiet, "--no-deps", "--wheel-dir", str(place), "."],
        cwd=source,
        env=developer_environ,
        check=True,
    )
    subprocess.run([*pip, "install", *quiet, "--no-deps", "--no-index", str(wheel)], check=True)
    return place


def test_the_wheel_holds_the_typed_package_and_nothing_else(installed: Path) -> None:
    (wheel,) = installed.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    assert "syncline/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"syncline", f"syncline-{__version__}.dist-info"}
    assert any(name.endswith("LICENSE") for name in names)
    sources = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources


def test_the_console_script_runs_from_anywhere(installed: Path, tmp_path: Path) -> None:
    script = installed / "venv" / "bin" / "syncline"
    said = subprocess.run(
        [script, "--version"], cwd=tmp_path, env=LENT, capture_output=True, text=True, check=True
    )
    lost = subprocess.run(
        [script, "diff"], cwd=tmp_path, env=LENT, capture_output=True, text=True, check=False
    )

    assert said.stdout == f"syncline {__version__}\n"
    assert (lost.returncode, "is not a Git repository" in lost.stderr) == (5, True)


def test_every_module_imports_with_what_the_package_asks_for(installed: Path, tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil, syncline\n"
        "for m in pkgutil.walk_packages(syncline.__path__, 'syncline.'):\n"
        "    if not m.name.endswith('jinja_child'): importlib.import_module(m.name)"
    )
    python = installed / "venv" / "bin" / Path(sys.executable).name
    subprocess.run([python, "-W", "error::ImportWarning", "-c", code], cwd=tmp_path, env=LENT, check=True)
