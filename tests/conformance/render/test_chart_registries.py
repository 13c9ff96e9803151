"""Charts of OCI registries: pushed by the real helm into the real registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.render.kitchen import CHART, OURS, application, planted
from conformance.render.shop import outcome, workshop
from pki import make_certificate
from plane import toolchain
from registryhouse import PASSWORD, RegistryHouse, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncline.config.application import Application
    from syncline.render import Workshop
    from syncline.room import Room

APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source: {repoURL: %s, %s: %s, targetRevision: %r}
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
"""


def asked(registry: RegistryHouse, version: str, name: str = "web", url: str = "%s/team") -> Application:
    return application(APP % (url % registry.address, "chart", name, version))


@pytest.fixture(scope="module")
def program(developer_environ: Mapping[str, str]) -> Path:
    return toolchain.provide(toolchain.REMOTES, environ=developer_environ)["registry"]


@pytest.fixture(scope="module")
def registry(
    program: Path, shelf: Path, tools: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryHouse]:
    """An open one with all the charts; half of them pushed by Helm 3."""
    with running(program, tmp_path_factory.mktemp("open") / "registry") as registry:
        for number, archive in enumerate(sorted(shelf.glob("*.tgz"))):
            registry.push(archive, tools["helm3" if number % 2 else "helm"])
        yield registry


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("1.2.0", "1.2.0"),
        ("1.2", "1.2.0"),
        ("^1.0.0", "1.10.0+build.7"),
        ("1.10.0+build.7", "1.10.0+build.7"),
        ("*", "2.0.0"),
        (">=2.0.0-0", "3.0.0-rc.1"),
    ],
)
def test_a_range_is_the_highest_of_the_tags(
    version: str, found: str, registry: RegistryHouse, room: Room, tmp_path: Path
) -> None:
    shop = workshop(f"oci://{registry.address}", plain_http=True)

    answer = outcome(asked(registry, version), tmp_path, room, shop)

    assert f"version: v{found}\n" in answer
    assert f"# The chart web is {found}" in answer
    assert f"({registry.address}/team, sha256:" in answer


def test_the_scheme_may_be_written_and_what_is_stored_is_not_fetched_again(
    registry: RegistryHouse, room: Room, tmp_path: Path
) -> None:
    def shop() -> Workshop:
        return workshop(f"oci://{registry.address}", store=tmp_path / "store", plain_http=True)

    app = asked(registry, "1.0.0", url="oci://%s/team/")
    assert "version: v1.0.0\n" in outcome(app, tmp_path, room, shop())
    blobs = registry.folder / "data/docker/registry/v2/blobs/sha256"
    (stored,) = (tmp_path / "store").iterdir()
    digest = stored.name.removeprefix("sha256-")
    kept = blobs / digest[:2] / digest / "data"
    away = kept.rename(tmp_path / "away")
    try:
        assert "version: v1.0.0\n" in outcome(app, tmp_path, room, shop())
    finally:
        away.rename(kept)


def test_a_dependency_comes_from_a_registry(registry: RegistryHouse, room: Room, tmp_path: Path) -> None:
    wanted = f"- {{name: cache, version: ~7.0, repository: 'oci://{registry.address}/team'}}\n"
    root = planted(tmp_path / "repo", {"app/Chart.yaml": f"{CHART}dependencies:\n{wanted}"})
    app = application(APP % (next(iter(OURS)), "path", "app", "HEAD"))

    answer = outcome(app, root, room, workshop(f"oci://{registry.address}", plain_http=True))

    assert "version: v7.0.0\n" in answer
    assert "# The chart dependency cache is 7.0.0, for ~7.0 (oci://127.0.0.1:" in answer


@pytest.mark.parametrize("lock", ["password", "tokens"])
def test_a_registry_that_asks_who_we_are_gets_its_own_credentials(
    lock: str, program: Path, shelf: Path, tools: Mapping[str, Path], room: Room, tmp_path: Path
) -> None:
    pair = make_certificate(tmp_path / "signer") if lock == "tokens" else None
    with running(program, tmp_path / "registry", locked=pair is None, tokens=pair) as registry:
        registry.push(shelf / "web-1.2.0.tgz", tools["helm"])
        url = f"oci://{registry.address}/team"
        for version in ("1.2.0", "^1"):
            shop = workshop(url, plain_http=True, username="robot", password=PASSWORD)
            assert "version: v1.2.0\n" in outcome(asked(registry, version), tmp_path, room, shop)
        tries: dict[str, dict[str, Any]] = {
            "asks who we are (401). Give its URL": {},
            "refuses the credentials of remotes.r0 (401)": {"username": "robot", "password": "hunter22"},
            "REGISTRY_TOKEN of remotes.r0 is not set": {"missing": ("REGISTRY_TOKEN",)},
        }
        for says, access in tries.items():
            shop = workshop(url, plain_http=True, **access)
            answer = outcome(asked(registry, "1.2.0"), tmp_path, room, shop)
            assert answer.startswith(f"4 apps/web.yaml:1: The registry of {registry.address}/team/web"), (
                answer
            )
            assert says in answer
            assert "hunter22" not in answer


def test_a_registry_is_asked_over_tls_with_the_ca_of_the_settings(
    program: Path, shelf: Path, tools: Mapping[str, Path], room: Room, tmp_path: Path
) -> None:
    pair = make_certificate(tmp_path / "tls")
    with running(program, tmp_path / "registry", tls=pair) as registry:
        registry.push(shelf / "web-1.2.0.tgz", tools["helm"], tls=True)
        url = f"oci://{registry.address}"
        app = asked(registry, "1.2.0")
        assert "that nobody here knows" in outcome(app, tmp_path, room, workshop(url))
        shop = workshop(url, ca=pair.chain.read_text())
        assert "version: v1.2.0\n" in outcome(app, tmp_path, room, shop)


@pytest.mark.parametrize(
    ("version", "name", "says"),
    [
        (
            "9.9.9",
            "web",
            "has no version '9.9.9' (the newest: 3.0.0-rc.1, 2.0.0, 1.10.0+build.7, 1.2.0, 1.0.0)",
        ),
        ("~9", "web", "has no version '~9' (the newest: "),
        ("1.0.0", "nobody", "The registry has no repository 127.0.0.1:"),
    ],
)
def test_what_a_registry_has_not_is_one_sentence(
    version: str, name: str, says: str, registry: RegistryHouse, room: Room, tmp_path: Path
) -> None:
    shop = workshop(f"oci://{registry.address}", plain_http=True)

    answer = outcome(asked(registry, version, name), tmp_path, room, shop)

    assert answer.startswith("4 apps/web.yaml:1: The ")
    assert says in answer


def test_a_registry_inside_the_network_is_asked_only_when_it_is_listed(
    registry: RegistryHouse, room: Room, tmp_path: Path
) -> None:
    answer = outcome(asked(registry, "1.0.0"), tmp_path, room, workshop())

    assert "lies inside this network, where only what syncline.yaml lists is asked" in answer
