"""OCI artifacts as sources, pushed into the real registry; and those that nobody should push."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from conformance.render.kitchen import CHART, OURS, application, config_map, planted
from conformance.render.shop import outcome, workshop
from plane import toolchain
from registryhouse import RegistryHouse, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncline.room import Room

APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source: {repoURL: 'oci://%s', path: '%s', targetRevision: '%s'}
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
"""
PLAIN = "application/vnd.oci.image.layer.v1.tar"
PACKED = f"{PLAIN}+gzip"
FILES = {"a.yaml": config_map("a")}
HELM = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


@pytest.fixture(scope="module")
def registry(
    developer_environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryHouse]:
    program = toolchain.provide(toolchain.REMOTES, environ=developer_environ)["registry"]
    with running(program, tmp_path_factory.mktemp("artifacts") / "registry") as found:
        yield found


def packed(files: Mapping[str, str], *members: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
        for member in members:
            archive.addfile(member, io.BytesIO(b"\0" * member.size) if member.size else None)
    return buffer.getvalue()


def push(registry: RegistryHouse, name: str, tag: str, *layers: tuple[str, bytes]) -> str:
    """Put an artifact there as the registry's own interface has it; its digest."""
    blobs = [("application/vnd.oci.empty.v1+json", b"{}"), *layers]
    described = [
        {"mediaType": kind, "digest": _blob(registry, name, data), "size": len(data)} for kind, data in blobs
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described[0],
        "layers": described[1:],
    }
    return _manifest(registry, name, tag, manifest)


def _manifest(registry: RegistryHouse, name: str, tag: str, manifest: Mapping[str, object]) -> str:
    body = json.dumps(manifest).encode()
    _send("PUT", f"http://{registry.address}/v2/{name}/manifests/{tag}", body, str(manifest["mediaType"]))
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _blob(registry: RegistryHouse, name: str, data: bytes) -> str:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    base = f"http://{registry.address}/v2/{name}/blobs/uploads/"
    place = urljoin(base, _send("POST", base, b"", ""))
    _send("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", data, "application/octet-stream")
    return digest


def _send(verb: str, url: str, body: bytes, kind: str) -> str:
    request = urllib.request.Request(
        url, data=body, method=verb, headers={"Content-Type": kind} if kind else {}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.headers.get("Location", ""))


def rendered(
    registry: RegistryHouse, name: str, version: str, room: Room, root: Path, path: str = "."
) -> str:
    app = application(APP % (f"{registry.address}/{name}", path, version))
    return outcome(app, root, room, workshop(f"oci://{registry.address}", plain_http=True))


def test_an_artifact_is_found_by_tag_range_and_digest(
    registry: RegistryHouse, room: Room, tmp_path: Path
) -> None:
    digests = {
        tag: push(registry, "team/plain", tag, (PACKED, packed({"app/a.yaml": config_map("a", tag)})))
        for tag in ("1.0.0", "1.2.0", "2.0.0-rc.1", "latest")
    }
    expected = {
        "1.0.0": "1.0.0",
        "latest": "latest",
        "1.*": "1.2.0",
        "^1": "1.2.0",
        digests["1.0.0"]: "1.0.0",
    }

    for asked, tag in expected.items():
        answer = rendered(registry, "team/plain", asked, room, tmp_path, "app")
        assert f"data:\n  a: {tag}\n" in answer.replace('"', ""), asked
        assert f"# The artifact oci://{registry.address}/team/plain is {digests[tag][:19]}" in answer


def test_whatever_argo_cd_renders_may_lie_in_an_artifact(
    registry: RegistryHouse, room: Room, tmp_path: Path
) -> None:
    kinds = {
        "plain": (PLAIN, packed({"a.yaml": config_map("plain")}, mode="w")),
        "kustomized": (
            PACKED,
            packed({"kustomization.yaml": "resources: [a.yaml]", "a.yaml": config_map("k")}),
        ),
        "chart": (PACKED, packed({"Chart.yaml": CHART, "templates/a.yaml": config_map("chart")})),
        "helm": (HELM, packed({"web/Chart.yaml": CHART, "web/templates/a.yaml": config_map("pushed")})),
        "jsonnet": (PACKED, packed({"a.jsonnet": f"std.parseYaml({config_map('json')!r})"})),
    }
    for name, layer in kinds.items():
        push(registry, f"kinds/{name}", "1.0.0", layer)

    found = {name: rendered(registry, f"kinds/{name}", "1.0.0", room, tmp_path) for name in kinds}

    for name, wanted in {
        "plain": "plain",
        "kustomized": "k",
        "chart": "chart",
        "helm": "pushed",
        "jsonnet": "json",
    }.items():
        assert f"name: {wanted}\n" in found[name], found[name]


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def bomb(size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo("bomb.yaml")
    member.size = size
    return member


Layer = tuple[str, bytes | Callable[[], bytes]]
# the layers (what takes long to pack is packed when it is asked for), and what is said of them
HOSTILE: dict[str, tuple[tuple[Layer, ...], str]] = {
    "a path that leads out": (((PACKED, packed({"../../out.yaml": "x"})),), "a path that leads out of it"),
    "an absolute path": (((PACKED, packed({"/tmp/out.yaml": "x"})),), "a path that leads out of it"),
    "a link": (((PACKED, packed(FILES, link("l.yaml", "/etc/passwd"))),), "which is a link or a device"),
    "a hard link": (
        ((PACKED, packed(FILES, link("l.yaml", "/etc/passwd", tarfile.LNKTYPE))),),
        "which is a link or a device",
    ),
    "a device": (
        ((PACKED, packed(FILES, link("d.yaml", "", tarfile.FIFOTYPE))),),
        "which is a link or a device",
    ),
    "a bomb": (((PACKED, lambda: packed(FILES, bomb(110 * 1024 * 1024))),), "unpacks to more than 100 MiB"),
    "no archive": (((PACKED, b"hello"),), "is no archive that can be unpacked"),
    "two layers": (((PACKED, packed(FILES)), (PACKED, packed({}))), "holds 2 layers"),
    "no layer": ((), "holds 0 layers (none)"),
    "an image": (
        (("application/vnd.oci.image.layer.v1.tar+zstd", b"x"),),
        "holds 1 layers (application/vnd.oci",
    ),
    "no chart": (((HELM, packed(FILES)),), "says that it is a chart"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_archive_of_plain_files_is_refused(
    name: str, registry: RegistryHouse, room: Room, tmp_path: Path
) -> None:
    layers, says = HOSTILE[name]
    path = f"hostile/{name.replace(' ', '-')}"
    push(registry, path, "1.0.0", *((kind, data() if callable(data) else data) for kind, data in layers))

    answer = rendered(registry, path, "1.0.0", room, tmp_path)

    assert answer.startswith("4 apps/web.yaml:1: "), answer
    assert says in answer
    assert not list(tmp_path.rglob("out.yaml"))


def test_what_is_not_there_is_told(registry: RegistryHouse, room: Room, tmp_path: Path) -> None:
    push(registry, "team/few", "1.0.0", (PACKED, packed(FILES)))
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [],
    }
    _manifest(registry, "team/few", "index", index)
    tries = {
        "2.0.0": "has no tag '2.0.0' (there are: ",
        "^3": "has no tag '^3' (there are: ",
        "": "is asked for without a version",
        "index": "is an index of several artifacts",
        "sha256:" + "0" * 64: "has no tag 'sha256:",
    }

    for version, says in tries.items():
        answer = rendered(registry, "team/few", version, room, tmp_path)
        assert says in answer, answer
        assert answer.startswith("4 apps/web.yaml:1: The artifact oci://127.0.0.1:")
    assert "has no repository" in rendered(registry, "team/none", "^1", room, tmp_path)
    assert "The path 'gone' does not exist" in rendered(registry, "team/few", "1.0.0", room, tmp_path, "gone")


def test_a_mistake_in_an_artifact_is_told_with_its_file_and_line(
    registry: RegistryHouse, room: Room, tmp_path: Path
) -> None:
    push(registry, "team/broken", "1.0.0", (PACKED, packed({"app/a.yaml": config_map("a") + "x:\n - [\n"})))

    answer = rendered(registry, "team/broken", "1.0.0", room, tmp_path, "app")

    assert answer.startswith("4 broken@1.0.0:app/a.yaml:6: "), answer


def test_an_artifact_lends_no_value_files(registry: RegistryHouse, room: Room, tmp_path: Path) -> None:
    root = planted(tmp_path / "repo", {"app/Chart.yaml": CHART})
    sources = (
        f"sources:\n  - {{repoURL: 'oci://{registry.address}/team/plain', targetRevision: 1.0.0, ref: v}}\n"
        f"  - {{repoURL: {next(iter(OURS))}, path: app, helm: {{valueFiles: [$v/a.yaml]}}}}\n"
    )
    lines = APP.splitlines()
    text = "\n".join([*lines[:4], f"  {sources.rstrip()}", lines[5]]) + "\n"

    answer = outcome(application(text), root, room, workshop(f"oci://{registry.address}", plain_http=True))

    assert "The ref 'v' is an OCI artifact, which lends no files." in answer
