"""The programs of the test bed, found or built.

The law: a tool's path names its pinned version, so a path that exists is the right program, whole and ready.
`python -m plane.toolchain [--only helm,kustomize]` provides them and prints their paths.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from plane.gotool import BuildError, build_environ, find_go, locked
from plane.progress import Progress

MODULES = Path(__file__).parent / "go"


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, the pinned module under `go/` that holds it, and how the linker tells it its version.

    A module that `lacks` files which its own release process makes is built in a copy that has them, empty.
    """

    name: str
    module: str
    package: str
    pinned: str
    stamps: tuple[str, ...] = ()
    seconds: int = 60
    lacks: tuple[str, ...] = ()


def _kubernetes(name: str, seconds: int) -> Tool:
    # Without these a server reports a version that clients cannot parse.
    prefix = "k8s.io/component-base/version"
    stamps = (
        f"{prefix}.gitVersion={{version}}",
        f"{prefix}.gitMajor={{major}}",
        f"{prefix}.gitMinor={{minor}}",
    )
    return Tool(name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", "k8s.io/kubernetes", stamps, seconds)


_HELM3_CAPABILITIES = "helm.sh/helm/v3/pkg/chartutil.k8sVersion"

TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        tool.name: tool
        for tool in (
            Tool(
                "kustomize",
                "kustomize",
                "sigs.k8s.io/kustomize/kustomize/v5",
                "sigs.k8s.io/kustomize/kustomize/v5",
                seconds=30,
            ),
            Tool(
                "helm",
                "helm",
                "helm.sh/helm/v4/cmd/helm",
                "helm.sh/helm/v4",
                ("helm.sh/helm/v4/internal/version.version={version}",),
                seconds=110,
            ),
            Tool(
                "helm3",
                "helm3",
                "helm.sh/helm/v3/cmd/helm",
                "helm.sh/helm/v3",
                (
                    "helm.sh/helm/v3/internal/version.version={version}",
                    # Helm 3 learns the Kubernetes version that charts see from its own Makefile.
                    f"{_HELM3_CAPABILITIES}Major=1",
                    f"{_HELM3_CAPABILITIES}Minor={{client_minor}}",
                ),
            ),
            Tool(
                "syncline-gotemplate",
                "syncline-gotemplate",
                ".",
                "github.com/Masterminds/sprig/v3",
                seconds=15,
            ),
            Tool("etcd", "etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3", seconds=25),
            Tool(
                "kwok",
                "kwok",
                "sigs.k8s.io/kwok/cmd/kwok",
                "sigs.k8s.io/kwok",
                ("sigs.k8s.io/kwok/pkg/consts.Version={version}",),
                seconds=70,
            ),
            Tool(
                "kapp",
                "kapp",
                "carvel.dev/kapp/cmd/kapp",
                "carvel.dev/kapp",
                ("carvel.dev/kapp/pkg/kapp/version.Version={version}",),
                seconds=90,
            ),
            Tool(
                "flux",
                "flux",
                "./cmd/flux",
                "github.com/fluxcd/flux2/v2",
                ("main.VERSION={version}",),
                seconds=240,
                lacks=("cmd/flux/manifests/none.yaml",),
            ),
            Tool(
                "registry",
                "registry",
                "github.com/distribution/distribution/v3/cmd/registry",
                "github.com/distribution/distribution/v3",
                seconds=90,
            ),
            _kubernetes("kube-apiserver", 300),
            _kubernetes("kube-controller-manager", 60),
            _kubernetes("kube-scheduler", 30),
            _kubernetes("kubectl", 30),
        )
    }
)

RENDERERS = ("kustomize", "helm", "helm3", "syncline-gotemplate")
"""All that the offline half needs: ready long before the control plane is."""
PLANE = ("etcd", "kwok", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
REMOTES = ("registry",)
"""Where sources elsewhere are fetched from."""
PEERS = ("kapp",)
"""What `make bench` compares with beside kubectl; nothing else needs it."""
RENDERING_PEERS = ("flux",)
"""What a peer of the renderers needs, in `make bench` alone."""
PREBUILT = frozenset({"etcd", "kube-apiserver", "kubectl"})
"""What KUBEBUILDER_ASSETS holds by envtest's convention."""


def provide(
    names: Iterable[str],
    *,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """The path of each named tool, built first where it is missing.

    Raises BuildError with the compiler's own words when a tool cannot be built.
    """
    environ = os.environ if environ is None else environ
    progress = progress or Progress()
    return {name: _prebuilt(name, environ) or _built(TOOLS[name], environ, progress) for name in names}


def search_path(tools: Mapping[str, Path], environ: Mapping[str, str]) -> str:
    """A PATH on which these tools come first."""
    folders = dict.fromkeys(str(path.parent) for path in tools.values())
    return os.pathsep.join([*folders, environ.get("PATH", os.defpath)])


def cache_root(environ: Mapping[str, str]) -> Path:
    """SYNCLINE_CACHE, or the user's cache folder."""
    if named := environ.get("SYNCLINE_CACHE"):
        return Path(named).expanduser().absolute()
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".cache"
    return Path(base) / "syncline"


def _prebuilt(name: str, environ: Mapping[str, str]) -> Path | None:
    assets = environ.get("KUBEBUILDER_ASSETS")
    path = Path(assets, name).absolute() if assets and name in PREBUILT else None
    return path if path and path.exists() else None


def _built(tool: Tool, environ: Mapping[str, str], progress: Progress) -> Path:
    cache = cache_root(environ)
    path = cache / _folder(tool) / tool.name
    if path.exists():
        return path
    with locked(cache / "locks" / f"{tool.module}.lock"):
        if not path.exists():
            _build(tool, path, environ, progress)
    return path


def _folder(tool: Tool) -> str:
    module = MODULES / tool.module
    pins = b"".join((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    pins += b"".join(source.read_bytes() for source in sorted(module.glob("*.go")))
    digest = hashlib.sha256(pins + repr(tool.stamps).encode()).hexdigest()
    machine = f"{platform.system()}-{platform.machine()}".lower()
    return f"{tool.module}-{_version(tool)}-{machine}-{digest[:8]}"


def _version(tool: Tool, path: str | None = None) -> str:
    pins, wanted = MODULES / tool.module / "go.mod", path or tool.pinned
    required = re.search(rf"^\s*(?:require )?{re.escape(wanted)} (v\S+)", pins.read_text(), re.MULTILINE)
    if not required:
        raise BuildError(f"{pins} requires no {wanted}; run `go mod tidy` beside it.")
    return required[1]


def _linker_flags(tool: Tool) -> str:
    version = _version(tool)
    major, minor, *_ = version.removeprefix("v").split(".")
    client = _version(tool, "k8s.io/client-go").split(".")[1] if tool.name == "helm3" else ""
    values = {"version": version, "major": major, "minor": minor, "client_minor": client}
    return " ".join(["-s", "-w", *(f"-X {stamp.format_map(values)}" for stamp in tool.stamps)])


def _build(tool: Tool, path: Path, environ: Mapping[str, str], progress: Progress) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    go = find_go(cache_root(environ), environ, progress)
    title = f"building {tool.name} {_version(tool)}"
    progress.say(f"{title} (once; about {tool.seconds} s on two cores)")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{tool.name}-") as scratch:
        made, place = Path(scratch, tool.name), MODULES / tool.module
        if tool.lacks:
            place = _completed(tool, str(go), build_environ(go, environ), Path(scratch, "module"))
        options = ["-trimpath", "-v", "-ldflags", _linker_flags(tool), "-o", str(made)]
        command = [str(go), "build", *options, tool.package]
        _compile(command, place, (tool.name, build_environ(go, environ)), progress)
        made.rename(path)
    progress.say(f"built {tool.name} in {time.monotonic() - began:.0f} s")


def _completed(tool: Tool, go: str, environ: dict[str, str], copy: Path) -> Path:
    """The pinned module by itself, checked against its sum, with what it lacks."""
    asked = [go, "mod", "download", "-json", f"{tool.pinned}@{_version(tool)}"]
    done = subprocess.run(asked, cwd=MODULES / tool.module, env=environ, capture_output=True, check=False)
    if done.returncode:
        raise BuildError(f"{tool.pinned} could not be fetched:\n{done.stdout.decode()}{done.stderr.decode()}")
    shutil.copytree(json.loads(done.stdout)["Dir"], copy, copy_function=shutil.copyfile)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for name in tool.lacks:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).touch()
    return copy


def _compile(
    command: Sequence[str], place: Path, names: tuple[str, dict[str, str]], progress: Progress
) -> None:
    (name, environ), began, packages, words = names, time.monotonic(), 0, list[str]()
    with subprocess.Popen(
        command,
        cwd=place,
        env=environ,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as compiler:
        for line in compiler.stderr or ():
            if _names_a_package(line):
                packages += 1
            else:
                words.append(line)
            progress.tick(f"  {name}: {packages} packages, {time.monotonic() - began:.0f} s")
    if compiler.returncode != 0:
        raise BuildError(
            f"{name} could not be built ({' '.join(command[:2])} in {place}):\n"
            f"{''.join(words[-20:])}Check that Go modules can be fetched (GOPROXY), then run this again."
        )


def _names_a_package(line: str) -> bool:
    return re.fullmatch(r"[\w.~-]+(?:/[\w.~-]+)*", line.strip()) is not None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="plane.toolchain", description="Provide the test bed's programs.")
    parser.add_argument(
        "--only", metavar="NAMES", help=f"some of {','.join(TOOLS)}, or renderers, remotes, plane or peers"
    )
    asked = parser.parse_args(arguments).only
    groups = {"renderers": RENDERERS, "remotes": REMOTES, "plane": PLANE, "peers": (*PEERS, *RENDERING_PEERS)}
    words = asked.split(",") if asked else ["renderers", "remotes", "plane"]
    names = [name for word in words for name in groups.get(word, (word,))]
    if unknown := sorted(set(names) - set(TOOLS)):
        parser.error(f"no tool is called {', '.join(unknown)}; there are {', '.join(TOOLS)}")
    try:
        tools = provide(names)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{name}\t{path}\n" for name, path in tools.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
