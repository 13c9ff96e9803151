"""The ground that every test stands on.

The law: no test sees the developer's cluster, credentials or GitHub run; what it needs it asks for by name.
"""

import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from ghloop.contract import Contract
from ghloop.openapi import description
from plane import control_plane, toolchain
from plane.control_plane import ControlPlane

LEAKS = (
    "ACTIONS_",
    "AWS_",
    "AZURE_",
    "GH_",
    "GIT_",
    "GITHUB_",
    "GOOGLE_",
    "HELM_",
    "INPUT_",
    "KUBE",
    "RUNNER_",
    "SYNCLINE_",
    "XDG_",
)
"""Beginnings of variables through which a real cluster, account or run could show."""


@pytest.fixture(scope="session")
def developer_environ() -> Mapping[str, str]:
    """The environment as it was: for finding and building tools, and for nothing else."""
    return MappingProxyType(dict(os.environ))


@pytest.fixture(scope="session", autouse=True)
def _no_real_surroundings(
    developer_environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in developer_environ:
            if name.startswith(LEAKS):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session")
def tools(developer_environ: Mapping[str, str], _no_real_surroundings: None) -> Iterator[Mapping[str, Path]]:
    """helm, helm3 and kustomize, first on PATH for the rest of the session."""
    found = toolchain.provide(toolchain.RENDERERS, environ=developer_environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", toolchain.search_path(found, developer_environ))
        yield MappingProxyType(found)


@pytest.fixture(scope="session")
def contract(developer_environ: Mapping[str, str]) -> Contract:
    """GitHub's description of its API, read once."""
    return Contract(description(developer_environ))


@pytest.fixture(scope="session")
def plane_tools(developer_environ: Mapping[str, str]) -> Mapping[str, Path]:
    """The programs of a control plane, and a kubectl of its version."""
    return MappingProxyType(toolchain.provide(toolchain.PLANE, environ=developer_environ))


@pytest.fixture(scope="session")
def plane(plane_tools: Mapping[str, Path]) -> Iterator[ControlPlane]:
    """The cluster that all tests share, each in a namespace of its own."""
    with control_plane.running(plane_tools) as shared:
        yield shared


@pytest.fixture(scope="session")
def second_plane(plane_tools: Mapping[str, Path]) -> Iterator[ControlPlane]:
    """Another cluster, which knows nothing of the first."""
    with control_plane.running(plane_tools) as other:
        yield other


@pytest.fixture
def namespace(plane: ControlPlane) -> str:
    """A fresh namespace on the shared plane.

    It stays, for the plane goes with the session: to delete one costs half a second of the processor, which
    is more than most tests take.
    """
    name = f"test-{uuid.uuid4().hex[:10]}"
    plane.create_namespace(name)
    return name
