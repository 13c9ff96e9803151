"""Where the test bed's programs come from.

The law: a program that is there already is used as it is, and what is asked for by a wrong name is refused.
"""

from pathlib import Path

import pytest

from plane import toolchain


def test_programs_of_an_envtest_download_are_used(tmp_path: Path) -> None:
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (tmp_path / name).touch()

    found = toolchain.provide(
        ["etcd", "kube-apiserver", "kubectl"], environ={"KUBEBUILDER_ASSETS": str(tmp_path)}
    )

    assert found == {name: tmp_path / name for name in ("etcd", "kube-apiserver", "kubectl")}


@pytest.mark.parametrize(
    ("environ", "root"),
    [
        ({"SYNCLINE_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/syncline"),
        ({"HOME": "/c"}, "/c/.cache/syncline"),
    ],
)
def test_the_cache_is_the_named_one_or_else_the_users(environ: dict[str, str], root: str) -> None:
    assert toolchain.cache_root(environ) == Path(root)


def test_a_search_path_has_each_tools_folder_once_and_first() -> None:
    tools = {"helm": Path("/x/helm"), "helm3": Path("/y/helm3"), "kustomize": Path("/x/kustomize")}

    assert toolchain.search_path(tools, {"PATH": "/usr/bin:/bin"}) == "/x:/y:/usr/bin:/bin"


def test_an_unknown_tool_is_refused_with_the_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        toolchain.main(["--only", "helm,helmet,kubectx"])

    assert refused.value.code == 2
    complaint = capsys.readouterr().err
    assert "helmet, kubectx" in complaint
    assert "kustomize" in complaint


@pytest.mark.parametrize("name", sorted(toolchain.TOOLS))
def test_every_tools_version_is_pinned_in_its_module(name: str) -> None:
    tool = toolchain.TOOLS[name]
    module = toolchain.MODULES / tool.module

    required = f"{tool.pinned} v"
    assert required in (module / "go.mod").read_text()
    assert required in (module / "go.sum").read_text()
