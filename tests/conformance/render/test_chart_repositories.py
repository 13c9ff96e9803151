"""Charts of HTTP repositories, packed and indexed by the real helm, rendered by the real helm 3 and 4."""

from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from charthouse import House, serving
from conformance.render.kitchen import CHART, OURS, application, helm3_first, planted
from conformance.render.shop import SHOW, outcome, workshop
from pki import make_certificate
from syncline.fetch import Access, Store, web
from syncline.fetch.web import Web
from syncline.render import Workshop
from syncline.render.chart_lock import lock_digest, lock_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncline.config.application import Application
    from syncline.room import Room

SECRET = "correct-horse-battery"


@pytest.fixture
def house(shelf: Path) -> Iterator[House]:
    with serving(House(shelf)) as house:
        yield house


APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source:
    repoURL: %s
    chart: %s
    targetRevision: %r
    helm: {%s}
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
"""


def asked(house: House, version: str, options: str = "", name: str = "web") -> Application:
    return application(APP % (house.url, name, version, options))


RANGES = {
    "1.2.0": "1.2.0",
    "1.2": "1.2.0",
    "^1.0.0": "1.10.0+build.7",
    ">=1.0.0 <1.10.0": "1.2.0",
    "1.*": "1.10.0+build.7",
    "*": "2.0.0",
    ">=2.0.0-0": "3.0.0-rc.1",
    "3.0.0-rc.1": "3.0.0-rc.1",
}


@pytest.mark.parametrize("version", RANGES)
def test_a_range_is_the_highest_version_and_the_report_says_which(
    version: str, house: House, room: Room, tmp_path: Path
) -> None:
    answer = outcome(asked(house, version), tmp_path, room, workshop(house.url))

    found = RANGES[version]
    assert f"version: v{found}\n" in answer
    wanted = "" if version == found else f", for {version}"
    assert f"# The chart web is {found}{wanted} ({house.url}, sha256:" in answer


def test_an_object_of_a_fetched_chart_names_the_line_that_asks_for_it(
    house: House, room: Room, tmp_path: Path
) -> None:
    answer = outcome(asked(house, "1.0.0"), tmp_path, room, workshop(house.url))

    assert "\n# apps/web.yaml:1\napiVersion: v1\n" in answer


def test_values_come_from_the_chart_from_another_source_and_from_the_web_in_that_order(
    house: House, room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    house.files["/values/remote.yaml"] = b"size: remote\n"
    root = planted(tmp_path / "repo", {"env/prod.yaml": "size: ours\n"})
    helm3 = helm3_first(room, tools, tmp_path)
    base = asked(house, "1.2.0")
    ref = replace(base.sources[0], repo_url=next(iter(OURS)), chart="", ref="values", helm=None)
    tries = {
        "small": [],
        "large": ["values-large.yaml"],
        "ours": ["values-large.yaml", "$values/env/prod.yaml"],
        "remote": ["$values/env/*.yaml", f"{house.url}/values/remote.yaml"],
    }
    for size, files in tries.items():
        (source,) = asked(house, "1.2.0", f"valueFiles: {files}").sources
        app = replace(base, sources=(source, ref))
        for program in (room, helm3):
            assert f"size: {size}\n" in outcome(app, root, program, workshop(house.url)), files


def test_nothing_is_downloaded_twice_and_what_is_stored_is_not_downloaded_again(
    house: House, room: Room, tmp_path: Path
) -> None:
    shop = workshop(house.url, store=tmp_path / "store")
    for version in ("1.0.0", "1.0.0", "~1.0"):
        assert "version: v1.0.0\n" in outcome(asked(house, version), tmp_path, room, shop)
    assert house.paths == ["/index.yaml", "/web-1.0.0.tgz"]

    again = workshop(house.url, store=tmp_path / "store")
    assert "version: v1.0.0\n" in outcome(asked(house, "1.0.0"), tmp_path, room, again)
    assert house.paths == ["/index.yaml", "/web-1.0.0.tgz", "/index.yaml"]

    (stored,) = (tmp_path / "store").iterdir()
    stored.write_bytes(b"somebody else's")
    third = workshop(house.url, store=tmp_path / "store")
    assert "version: v1.0.0\n" in outcome(asked(house, "1.0.0"), tmp_path, room, third)
    assert house.paths[-1] == "/web-1.0.0.tgz"


LOGIN = ("robot", SECRET)


def test_credentials_go_to_the_repository_and_to_other_hosts_only_where_that_is_asked_for(
    shelf: Path, room: Room, tmp_path: Path
) -> None:
    index = (shelf / "index.yaml").read_text()
    with serving(House(shelf, LOGIN)) as home, serving(House(shelf)) as mirror:
        home.files["/index.yaml"] = index.replace("- web-1.0.0.tgz", f"- {mirror.url}/web-1.0.0.tgz").encode()
        mirrored = Access("mirror", mirror.url)
        login = Access("home", home.url, *LOGIN)
        for options, sent in (("", set()), ("passCredentials: true", {f"robot:{SECRET}"})):
            mirror.visits.clear()
            shop = Workshop(lambda: Web((login, mirrored), seconds=10), Store())
            assert "version: v1.0.0\n" in outcome(asked(home, "1.0.0", options), tmp_path, room, shop)
            assert mirror.logins() == sent
        assert home.logins() == {f"robot:{SECRET}"}


def test_a_redirect_to_another_server_carries_no_credentials(shelf: Path, room: Room, tmp_path: Path) -> None:
    with serving(House(shelf)) as other, serving(House(shelf, LOGIN)) as home:
        home.files["/web-1.0.0.tgz"] = f"-> {other.url}/web-1.0.0.tgz"
        known = (Access("home", home.url, *LOGIN), Access("other", other.url))
        for options in ("", "passCredentials: true"):
            shop = Workshop(lambda: Web(known, seconds=10), Store())
            assert "version: v1.0.0\n" in outcome(asked(home, "1.0.0", options), tmp_path, room, shop)
        assert other.logins() == set()


def test_a_longer_host_name_that_begins_alike_is_another_host(
    house: House, room: Room, tmp_path: Path
) -> None:
    shop = workshop(house.url[:-1], username="robot", password=SECRET)

    answer = outcome(asked(house, "1.0.0"), tmp_path, room, shop)

    assert "lies inside this network, where only what syncline.yaml lists is asked" in answer
    assert house.visits == []


def test_tls_is_checked_against_the_ca_of_the_settings(shelf: Path, room: Room, tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "tls")
    with serving(House(shelf), pair) as house:
        app = asked(house, "1.0.0")
        refused = outcome(app, tmp_path, room, workshop(house.url))
        assert refused.startswith("4 apps/web.yaml:1: The chart repository https://127.0.0.1")
        assert "has a certificate that nobody here knows" in refused
        assert "caFile under remotes:" in refused
        broken = outcome(app, tmp_path, room, workshop(house.url, ca="no PEM"))
        assert "The CA of remotes.r0 is no certificate." in broken
        accesses: tuple[dict[str, Any], ...] = ({"ca": pair.chain.read_text()}, {"insecure": True})
        for access in accesses:
            assert "version: v1.0.0\n" in outcome(app, tmp_path, room, workshop(house.url, **access))


def test_a_server_that_asks_for_a_certificate_is_shown_the_one_of_the_settings(
    shelf: Path, room: Room, tmp_path: Path
) -> None:
    pair, ours = make_certificate(tmp_path / "tls"), make_certificate(tmp_path / "client", name="client")
    certificate, key, ca = (file.read_text() for file in (ours.chain, ours.key, pair.chain))
    with serving(House(shelf), pair, known=ours) as house:
        app = asked(house, "1.0.0")
        together: tuple[dict[str, Any], ...] = (
            {"certificate": certificate, "key": key},
            {"certificate": certificate + key},
        )
        for access in together:
            assert "version: v1.0.0\n" in outcome(app, tmp_path, room, workshop(house.url, ca=ca, **access))
        assert house.logins() == set()
        without = outcome(app, tmp_path, room, workshop(house.url, ca=ca))
        assert without.startswith("4 apps/web.yaml:1: The chart repository https://127.0.0.1")
        for odd in ("", pair.key.read_text(), "no PEM"):
            shop = workshop(house.url, ca=ca, certificate=certificate, key=odd)
            broken = outcome(app, tmp_path, room, shop)
            assert "The client certificate of remotes.r0 cannot be used" in broken
            assert "PRIVATE" not in broken


INDEX = "apiVersion: v1\nentries:\n  web:\n  - {version: 1.0.0, urls: [web-1.0.0.tgz], digest: '%s'}\n"
TROUBLE: Mapping[str, tuple[dict[str, bytes | int | str], str, str]] = {
    "no such version": (
        {},
        "^9.0.0",
        "has no version '^9.0.0' (the newest: 3.0.0-rc.1, 2.0.0, 1.10.0+build.7, ",
    ),
    "no version at all": ({}, "latest", "has no version 'latest'"),
    "no index": (
        {"/index.yaml": 404},
        "1.0.0",
        "answers 404 when it is asked for index.yaml. Correct repoURL",
    ),
    "refused": ({"/index.yaml": 403}, "1.0.0", "asks who we are (403). Give its URL and the variables"),
    "broken index": (
        {"/index.yaml": b"entries: [\n"},
        "1.0.0",
        "has a broken index.yaml: This is not valid YAML",
    ),
    "a page": ({"/index.yaml": b"<html>"}, "1.0.0", "has a broken index.yaml: it has no entries"),
    "a list": ({"/index.yaml": b"[1]"}, "1.0.0", "has a broken index.yaml: it has no entries"),
    "odd entries": ({"/index.yaml": b"entries: [a]"}, "1.0.0", "its entries are no mapping"),
    "another digest": (
        {"/index.yaml": (INDEX % ("0" * 64)).encode()},
        "1.0.0",
        "is not the one that the index promises: its digest differs",
    ),
    "archive gone": ({"/web-1.0.0.tgz": 404}, "1.0.0", "is in the index, but http://127.0.0.1"),
    "archive refused": ({"/web-1.0.0.tgz": 401}, "1.0.0", "asks who we are (401)"),
    "no URL": ({"/index.yaml": b"entries: {web: [{version: 1.0.0}]}"}, "1.0.0", "has no URL in the index"),
    "redirects in a circle": ({"/index.yaml": "-> /index.yaml"}, "1.0.0", "redirects without an end"),
    "no archive": (
        {"/index.yaml": (INDEX % "").encode(), "/web-1.0.0.tgz": b"<html>"},
        "1.0.0",
        "is no archive that can be unpacked",
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_what_a_repository_does_not_give_is_one_sentence_at_the_line_that_asks(
    name: str, house: House, room: Room, tmp_path: Path
) -> None:
    files, version, says = TROUBLE[name]
    house.files |= files

    answer = outcome(asked(house, version), tmp_path, room, workshop(house.url))

    assert answer.startswith("4 apps/web.yaml:1: The "), answer
    assert says in answer
    assert "Traceback" not in answer


def test_an_unknown_chart_is_told_with_the_name_that_may_be_meant(
    house: House, room: Room, tmp_path: Path
) -> None:
    answer = outcome(asked(house, "1.0.0", name="cash"), tmp_path, room, workshop(house.url))

    assert answer == (
        f"4 apps/web.yaml:1: The chart repository {house.url} has no chart 'cash'. Did you mean cache?"
    )


def test_a_server_that_is_down_is_tried_three_times_and_one_that_stumbles_is_asked_again(
    house: House, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_PAUSES", (0.05, 0.1))
    house.files["/index.yaml"] = 503
    answer = outcome(asked(house, "1.0.0"), tmp_path, room, workshop(house.url))
    assert "answers 503" in answer
    assert house.paths == ["/index.yaml"] * 3

    gone = House(house.root, url="http://127.0.0.1:9")
    answer = outcome(asked(gone, "1.0.0"), tmp_path, room, workshop(gone.url))
    assert "The chart repository http://127.0.0.1:9 cannot be reached (it refuses the connection)." in answer


def test_credentials_that_are_missing_refused_or_withheld_are_told_by_their_variables_and_never_shown(
    shelf: Path, room: Room, tmp_path: Path
) -> None:
    with serving(House(shelf, LOGIN)) as house:
        tries: dict[str, dict[str, Any]] = {
            "and CHARTS_PASSWORD of remotes.r0 is not set": {"missing": ("CHARTS_PASSWORD",)},
            "refuses the credentials of remotes.r0 (401)": {"username": "robot", "password": f"not-{SECRET}"},
            "and this event may use no credentials": {"withheld": True},
        }
        for says, access in tries.items():
            answer = outcome(asked(house, "1.0.0"), tmp_path, room, workshop(house.url, **access))
            assert says in answer
            assert SECRET not in answer


DEPENDING = CHART + "dependencies:\n"


def test_dependencies_come_from_their_repositories_in_the_versions_of_the_lock(
    house: House, room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    wanted = [
        {"name": "cache", "version": "^7.0.0", "repository": house.url},
        {"name": "cache", "version": ">=8", "repository": "@r0", "alias": "second"},
        {"name": "web", "version": "~1.2", "repository": "alias:r0", "condition": "web.enabled"},
        {"name": "near", "version": "0.1.0", "repository": "file://../near"},
    ]
    versions = ("7.0.0", "8.0.0", "1.2.0", "0.1.0")
    locked = [{**each, "version": version} for each, version in zip(wanted, versions, strict=True)]
    locked = [{key: each[key] for key in ("name", "repository", "version")} for each in locked]
    near = {"near/Chart.yaml": CHART.replace("web", "near"), "near/templates/n.yaml": SHOW}
    root = planted(
        tmp_path / "repo",
        {
            "app/Chart.yaml": DEPENDING + "".join(f"- {each}\n" for each in wanted),
            "app/Chart.lock": f"dependencies: {locked}\ndigest: {lock_digest(wanted, locked)}\n",
            "app/values.yaml": "web: {enabled: false}\n",
            **near,
        },
    )
    app = application(
        (APP % (next(iter(OURS)), "x", "HEAD", "skipCrds: true")).replace("chart: x", "path: app")
    )
    for program in (room, helm3_first(room, tools, tmp_path)):
        house.visits.clear()
        shop = workshop(house.url)
        for _ in range(2):
            answer = outcome(app, root, program, shop)
            assert "version: v7.0.0\n" in answer, answer
            assert "version: v8.0.0\n" in answer
            assert "# near/templates/n.yaml\n" in answer
            assert "version: v1.2.0\n" not in answer  # its condition is not met
            assert "# app/Chart.yaml:5\n" in answer
            assert f"# The chart dependency cache is 7.0.0, for ^7.0.0 ({house.url}, sha256:" in answer
            assert "warning" not in answer
        expected = ["/index.yaml", "/cache-7.0.0.tgz", "/cache-8.0.0.tgz", "/web-1.2.0.tgz"]
        assert sorted(house.paths) == sorted(expected)
    assert not (root / "app/charts").exists()


LOCKS: Mapping[str, tuple[str, str, str]] = {
    "missing": (
        "",
        "^7.0.0",
        "app/Chart.yaml:5: No Chart.lock says which version of cache is meant; ^7.0.0 is 7.1.0 now",
    ),
    "not needed": ("", "7.1.0", ""),
    "out of date": (
        "dependencies: [{name: cache, version: 7.0.0}]\ndigest: sha256:00\n",
        "^7.0.0",
        "4 app/Chart.lock:1: Chart.lock is out of date: the chart's dependencies were changed since. Run",
    ),
    "broken": ("dependencies: [\n", "^7.0.0", "4 app/Chart.lock:1: This is not valid YAML"),
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_that_is_missing_or_out_of_date_is_told(
    name: str, house: House, room: Room, tmp_path: Path
) -> None:
    lock, version, says = LOCKS[name]
    files = {
        "app/Chart.yaml": DEPENDING + f"- {{name: cache, version: '{version}', repository: '{house.url}'}}\n"
    }
    root = planted(tmp_path / "repo", files | ({"app/Chart.lock": lock} if lock else {}))
    app = application((APP % (next(iter(OURS)), "x", "HEAD", "")).replace("chart: x", "path: app"))

    answer = outcome(app, root, room, workshop(house.url))

    assert says in answer
    assert ("warning" in answer) == (name == "missing")
    assert ("version: v7.1.0\n" in answer) == (name in {"missing", "not needed"})


def test_a_chart_vendored_already_is_not_fetched(
    house: House, shelf: Path, room: Room, tmp_path: Path
) -> None:
    files: dict[str, str | bytes] = {
        "app/Chart.yaml": DEPENDING + f"- {{name: cache, version: '*', repository: '{house.url}'}}\n",
        "app/charts/cache-7.0.0.tgz": (shelf / "cache-7.0.0.tgz").read_bytes(),
    }
    app = application((APP % (next(iter(OURS)), "x", "HEAD", "")).replace("chart: x", "path: app"))

    assert "version: v7.0.0\n" in outcome(app, planted(tmp_path / "repo", files), room, workshop(house.url))
    assert house.visits == []


def test_the_digest_of_a_lock_is_the_one_that_helm_writes(tools: Mapping[str, Path], tmp_path: Path) -> None:
    odd = "import-values: [data, {parent: y, child: x}], tags: [a, 'b<c&d'], condition: 'n.on,m.on'"
    dependencies = (
        f"- {{name: near, version: '>=0.1 <1', repository: 'file://../near', alias: nn, {odd}}}\n"
        "- {name: more, version: '', repository: 'file://../more', enabled: true}\n"
    )
    root = planted(
        tmp_path,
        {
            "app/Chart.yaml": DEPENDING + dependencies.replace("version: '', ", "version: ^1, "),
            "near/Chart.yaml": CHART.replace("web", "near"),
            "more/Chart.yaml": "apiVersion: v2\nname: more\nversion: 1.2.3\n",
        },
    )
    for name in ("helm", "helm3"):
        (root / "app/Chart.lock").unlink(missing_ok=True)
        words = [str(tools[name]), "dependency", "update", "--skip-refresh", str(root / "app")]
        subprocess.run(words, check=True, capture_output=True, env={"HOME": str(tmp_path)})
        lock = lock_of(root / "app", root)
        assert lock is not None
        assert lock.is_current
        assert lock.versions == {"near": ("0.1.0",), "more": ("1.2.3",)}
    (root / "app/Chart.yaml").write_text((root / "app/Chart.yaml").read_text().replace("^1", "^1.0"))
    lock = lock_of(root / "app", root)
    assert lock is not None
    assert not lock.is_current


EVIL = {
    "a file outside": (
        {"templates/a.yaml": SHOW.replace("size:", 'x: {{ .Files.Get "../../secret.txt" | quote }}, size:')},
        "",
        'x: ""',
    ),
    "a value file outside": ({}, "valueFiles: [../../secret.txt]", "leads out of the repository"),
    "a value file of the machine": ({}, "valueFiles: [/../../../etc/passwd]", "leads out of the repository"),
    "a dependency outside": (
        {
            "Chart.yaml": "apiVersion: v2\nname: evil\nversion: 1.0.0\n"
            "dependencies: [{name: x, version: '*', repository: 'file://../../repo/app'}]\n"
        },
        "",
        "leads out of the repository",
    ),
    "a schema of the web": (
        {"values.schema.json": '{"$ref": "https://schemas.example/x.json"}'},
        "",
        "4 apps/web.yaml:1: The values schema refers to 'https://schemas.example/x.json'",
    ),
    "the environment": ({"templates/a.yaml": '{{ env "HOME" }}'}, "", 'function "env" not defined'),
    "the cluster": (
        {
            "templates/a.yaml": SHOW.replace(
                "size:", 'x: {{ lookup "v1" "Secret" "" "" | toJson | quote }}, size:'
            )
        },
        "",
        'x: "{}"',
    ),
    "a host": (
        {"templates/a.yaml": SHOW.replace("size:", 'x: {{ getHostByName "localhost" | quote }}, size:')},
        "",
        'x: ""',
    ),
    "a failure": ({"templates/a.yaml": '{{ fail "no size" }}'}, "", "4 apps/web.yaml:1: helm failed: "),
}


@pytest.mark.parametrize("name", EVIL)
def test_a_fetched_chart_reaches_nothing_but_itself(
    name: str, room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    files, options, says = EVIL[name]
    root = planted(tmp_path / "repo", {"app/Chart.yaml": CHART, "secret.txt": "hunter2"})
    content = {f"evil/{path}": text for path, text in files.items()}
    content.setdefault("evil/Chart.yaml", "apiVersion: v2\nname: evil\nversion: 1.0.0\n")
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for path, text in content.items():
            info = tarfile.TarInfo(path)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    index = b"entries: {evil: [{version: 1.0.0, urls: [evil.tgz]}]}"
    with serving(House(tmp_path)) as house:
        house.files |= {"/index.yaml": index, "/evil.tgz": file.getvalue()}
        for program in (room, helm3_first(room, tools, tmp_path)):
            answer = outcome(asked(house, "1.0.0", options, "evil"), root, program, workshop(house.url))
            assert says in answer
            assert "hunter2" not in answer
