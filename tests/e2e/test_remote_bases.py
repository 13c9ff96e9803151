"""A diff of Kustomizations whose resources lie in other repositories and on the web."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from charthouse import House as Web
from charthouse import serving as serving_files
from e2e.delivery import Repo, config_map
from e2e.sets import app_of, diff, problems
from githouse import House, settings
from pki import make_certificate
from syncline.core.review import Binding, departures, refuses
from syncline.core.trust import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.report.model import AppReport


def app(repo: Repo, name: str = "web") -> str:
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n"
        f"  source: {{repoURL: '{repo.url}', path: {name}}}\n"
        "  destination: {name: in-cluster, namespace: a}\n"
    )


def kustomization(*resources: str, more: str = "") -> str:
    return "resources:\n" + "".join(f"- {each}\n" for each in resources) + more


def objects(report: AppReport) -> dict[str, str]:
    """The objects that are new or another, and the file each came from."""
    return {str(change.key): str(change.origin) for change in report.changes}


def texts(report: AppReport) -> list[str]:
    return [note.text for note in report.notes]


def proposed(repo: Repo, house: House, files: Mapping[str, str], more: str = "") -> tuple[str, str]:
    base = repo.commit({"syncline.yaml": settings(house, more)})
    names = {path.split("/")[0] for path in files}
    return base, repo.commit({**{f"{name}.yaml": app(repo, name) for name in names}, **files})


def test_bases_of_bases_are_built_beside_what_names_them(repo: Repo, house: House) -> None:
    house.commit("acme/deep", {"k/kustomization.yaml": "resources: [c.yaml]\n", "k/c.yaml": config_map("c")})
    url = f"{house.url}/acme/deep.git//k?ref=main"
    sha = house.commit(
        "acme/bases",
        {
            "app/kustomization.yaml": kustomization("../common", "a.yaml", url),
            "app/a.yaml": config_map("a"),
            "common/kustomization.yaml": "namePrefix: x-\nresources: [b.yaml]\n",
            "common/b.yaml": config_map("b"),
            "part/kustomization.yaml": (
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -end\n"
            ),
        },
        "v1",
    )
    there = f"{house.url}/acme/bases.git"
    files = {
        "web/kustomization.yaml": kustomization(
            f"{there}//app?ref=v1", "own.yaml", more=f"components: ['git::{there}//part?ref={sha}']\n"
        ),
        "web/own.yaml": config_map("own"),
    }

    report = diff(repo, *proposed(repo, house, files))

    web = app_of(report, "web")
    assert web.problem is None
    label = f"acme/bases@{sha[:7]}"
    found = objects(web)
    assert set(found) == {f"ConfigMap a/{name}-end" for name in ("a", "x-b", "c", "own")}
    assert found["ConfigMap a/a-end"].startswith(f"{label}:app/a.yaml")
    assert found["ConfigMap a/x-b-end"].startswith(f"{label}:common/b.yaml")
    assert found["ConfigMap a/own-end"].startswith("web/own.yaml")
    assert f"The base {there}//app is at {sha[:12]}, by tags/v1." in texts(web)
    assert any("acme/deep.git//k is at " in text and text.endswith(", by main.") for text in texts(web))


def test_the_change_of_a_ref_shows_what_it_does_and_rests_on_no_older_rendering(
    repo: Repo, house: House, tmp_path: Path
) -> None:
    there = f"{house.url}/acme/bases.git"
    body = {"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": config_map("a", a="one")}
    house.commit("acme/bases", body, "v1")
    house.commit("acme/bases", {"app/a.yaml": config_map("a", a="two")}, "v2")
    repo.commit({"syncline.yaml": settings(house), "web.yaml": app(repo)})
    base = repo.commit({"web/kustomization.yaml": kustomization(f"{there}//app?ref=v1")})
    head = repo.commit({"web/kustomization.yaml": kustomization(f"{there}//app?ref=v2")})

    for _ in range(2):
        report = diff(repo, base, head, cache=str(tmp_path / "cache"))
        (change,) = app_of(report, "web").changes
        assert ("one" in str(change), "two" in str(change)) == (True, True)


def test_a_branch_is_looked_up_in_every_run_and_a_missing_ref_is_warned_of(
    repo: Repo, house: House, tmp_path: Path
) -> None:
    there = f"{house.url}/acme/bases.git"
    body = {"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": config_map("a", a="one")}
    files = {
        "web/kustomization.yaml": kustomization(f"{there}//app?ref=main"),
        "free/kustomization.yaml": kustomization("../web/own", f"{there}//app"),
        "web/own/kustomization.yaml": "resources: [b.yaml]\n",
        "web/own/b.yaml": config_map("b"),
    }
    first = house.commit("acme/bases", body)
    base, head = proposed(repo, house, files)
    cache = str(tmp_path / "cache")

    before = diff(repo, base, head, cache=cache)
    second = house.commit("acme/bases", {"app/a.yaml": config_map("a", a="two")})
    after = diff(repo, base, head, cache=cache)

    seen, now = (app_of(report, "web").review for report in (before, after))
    assert seen is not None
    assert now is not None
    assert any(refuses(Binding.EXACT, each) for each in departures(seen, now))
    assert tuple(departures(seen, seen)) == ()
    for report, sha, value in ((before, first, "one"), (after, second, "two")):
        web, free = app_of(report, "web"), app_of(report, "free")
        assert value in str(web.changes)
        assert f"The base {there}//app is at {sha[:12]}, by main." in texts(web)
        assert f"The base {there}//app is at {sha[:12]}, by HEAD." in texts(free)
        warned = [text for text in texts(free) if "names no ref" in text]
        (said,) = warned
        assert said.startswith(f"free/kustomization.yaml:3: The base {there}//app names no ref, so that")
        assert not any("names no ref" in text for text in texts(web))


def test_a_change_elsewhere_does_not_touch_who_has_a_remote_base(repo: Repo, house: House) -> None:
    there = f"{house.url}/acme/bases.git"
    house.commit(
        "acme/bases", {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": config_map("a")}, "v1"
    )
    files = {"web/kustomization.yaml": kustomization(f"{there}?ref=v1", "../shared")}
    shared = {"shared/kustomization.yaml": "resources: [s.yaml]\n", "shared/s.yaml": config_map("s")}
    repo.commit({"syncline.yaml": settings(house), "web.yaml": app(repo), **files, **shared})
    base = repo.commit({"README": "a"})
    elsewhere = repo.commit({"README": "b"})
    here = repo.commit({"shared/s.yaml": config_map("s", a="2")})

    assert [each.name for each in diff(repo, base, elsewhere).applications] == []
    assert [each.name for each in diff(repo, elsewhere, here).applications] == ["web"]


GOOD = {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": config_map("a")}
K = "HERE/kustomization.yaml:2: "
# the files of acme/bases, what is named, the sentence
REFUSED: dict[str, tuple[dict[str, str], str, str]] = {
    "a path that is not there": (
        GOOD,
        "BASE/gone?ref=v1",
        f"{K}The base BASE/gone does not exist at SHORT.",
    ),
    "a file in the place of a directory": (
        GOOD,
        "BASE/a.yaml?ref=v1",
        f"{K}The base BASE/a.yaml is a file, where kustomize takes a directory, at SHORT.",
    ),
    "no Kustomization": (
        {**GOOD, "x/b.yaml": ""},
        "BASE/x?ref=v1",
        f"{K}The base BASE/x has no kustomization.yaml at SHORT.",
    ),
    "no such revision": (GOOD, "BASE?ref=v9", f"{K}The ref 'v9' is no branch, tag or whole SHA of REPO."),
    "a range of versions": (
        GOOD,
        "BASE?ref=v*",
        f"{K}The ref 'v*' is no branch, tag or whole SHA of REPO.",
    ),
    "no such repository": (
        GOOD,
        "HOST/acme/none.git?ref=v1",
        f"{K}The repository HOST/acme/none.git could not",
    ),
    "out by the URL": (
        GOOD,
        "REPO//../other",
        f"{K}The Kustomization refers to 'REPO//../other', which is",
    ),
    "out by the tree": (
        {"app/kustomization.yaml": "resources:\n- ../../../../etc\n"},
        "BASE/app?ref=v1",
        (
            f"{K}The Kustomization refers to '../../../../etc', which is outside of the repository, in "
            "acme/bases@SHORT:HERE/app/kustomization.yaml:2."
        ),
    ),
    "into Git's own": (
        {"kustomization.yaml": "resources:\n- ../.git/config\n"},
        "BASE?ref=v1",
        f"{K}The Kustomization refers to '../.git/config', which is one of Git's own files, in ",
    ),
    "a file that is missing there": (
        {"kustomization.yaml": "resources: [none.yaml]\n"},
        "BASE?ref=v1",
        (
            f"{K}The Kustomization refers to 'none.yaml', which does not exist, in "
            "acme/bases@SHORT:HERE/kustomization.yaml:1."
        ),
    ),
    "no YAML there": ({"kustomization.yaml": "resources: [\n"}, "BASE?ref=v1", f"{K}"),
    "a circle": (
        {"kustomization.yaml": "resources: [x]\n", "x/kustomization.yaml": "resources: ['BASE?ref=main']\n"},
        "BASE?ref=main",
        (
            f"{K}The base BASE leads back to where it is named: a circle, in "
            "acme/bases@SHORT:HERE/x/kustomization.yaml:1."
        ),
    ),
    "an unknown scheme": (
        GOOD,
        "s3://bucket/a/b",
        f"{K}The Kustomization refers to 's3://bucket/a/b', which is",
    ),
    "a file of this machine": (GOOD, "file:///etc//x", f"{K}The repository 'file:///etc' is not fetched"),
    "a password": (
        GOOD,
        "https://robot:hunter2@git.example.com/a/b.git",
        f"{K}The Kustomization refers to a URL with a password in it.",
    ),
    "what kustomize refuses": (
        {"kustomization.yaml": "resources: [a.yaml]\nodd: 1\n", "a.yaml": config_map("a")},
        "BASE?ref=v1",
        "HERE/kustomization.yaml: kustomize failed: ",
    ),
}


def test_what_is_wrong_with_a_base_is_told_where_it_is_asked_for(repo: Repo, house: House) -> None:
    host, cases = house.url, dict(enumerate(REFUSED))

    def put(text: str, number: int, sha: str = "") -> str:
        there = f"{host}/acme/bases.git"
        texts = {
            "BASE": f"{there}//n{number}",
            "REPO": there,
            "HOST": host,
            "HERE": f"n{number}",
            "SHORT": sha,
        }
        for word, meant in texts.items():
            text = text.replace(word, meant)
        return text

    trees = {
        f"n{number}/{path}": put(text, number)
        for number, name in cases.items()
        for path, text in REFUSED[name][0].items()
    }
    sha = house.commit("acme/bases", trees, "v1")[:7]
    files = {
        f"n{number}/kustomization.yaml": kustomization(put(REFUSED[name][1], number))
        for number, name in cases.items()
    }

    said = problems(diff(repo, *proposed(repo, house, files)))

    for number, name in cases.items():
        told = said[f"n{number}"]
        assert told.startswith(put(REFUSED[name][2], number, sha)), (name, told)
        assert "hunter2" not in told
        assert "syncline-" not in told


def test_links_in_a_tree_are_followed_inside_of_it_and_no_further(repo: Repo, house: House) -> None:
    work = house.root.parent / "work" / "acme" / "bases"
    house.commit(
        "acme/bases", {"real/kustomization.yaml": "resources: [a.yaml]\n", "real/a.yaml": config_map("a")}
    )
    (work / "inside").symlink_to("real")
    (work / "bad").mkdir()
    (work / "bad/b.yaml").symlink_to("../../../../../../../etc/hostname")
    (work / "outside").symlink_to("../../../..")
    sha = house.commit("acme/bases", {"bad/kustomization.yaml": "resources: [b.yaml]\n"}, "v1")
    there = f"{house.url}/acme/bases.git"
    files = {
        f"{name}/kustomization.yaml": kustomization(f"{there}//{name}?ref=v1")
        for name in ("inside", "bad", "outside")
    }

    report = diff(repo, *proposed(repo, house, files))

    said = problems(report)
    assert objects(app_of(report, "inside")) == {"ConfigMap a/a": f"acme/bases@{sha[:7]}:real/a.yaml"}
    assert said["bad"].startswith(
        "bad/kustomization.yaml:2: The symbolic link leads out of the repository, in acme/bases@"
    )
    assert said["outside"].startswith(
        f"outside/kustomization.yaml:2: The base {there}//outside leads out of its"
    )
    assert set(said) == {"bad", "outside"}


def test_charts_of_a_base_are_rendered_and_its_generators_find_their_files(repo: Repo, house: House) -> None:
    more = (
        "helmCharts: [{name: c, releaseName: r}]\n"
        "configMapGenerator: [{name: made, files: [f.txt], options: {disableNameSuffixHash: true}}]\n"
    )
    sha = house.commit(
        "acme/bases",
        {
            "kustomization.yaml": kustomization("a.yaml", more=more),
            "a.yaml": config_map("a"),
            "f.txt": "words",
            "charts/c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
            "charts/c/values.yaml": "{}\n",
            "charts/c/templates/b.yaml": config_map("{{ .Release.Name }}"),
        },
        "v1",
    )
    there = f"{house.url}/acme/bases.git"
    argo = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\n"
    repo.commit({"argocd-cm.yaml": f"{argo}data: {{kustomize.buildOptions: --enable-helm}}\n"})

    report = diff(repo, *proposed(repo, house, {"web/kustomization.yaml": kustomization(f"{there}?ref=v1")}))

    web = app_of(report, "web")
    assert problems(report) == {}
    found = objects(web)
    assert set(found) == {"ConfigMap a/a", "ConfigMap a/r", "ConfigMap a/made"}
    assert all(origin.startswith(f"acme/bases@{sha[:7]}:") for origin in found.values()), found
    assert "words" in str(web.changes)


def test_origins_that_somebody_asks_for_are_those_that_kustomize_would_have_noted(
    repo: Repo, house: House
) -> None:
    house.commit(
        "acme/bases", {"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": config_map("a")}, "v1"
    )
    there = f"{house.url}/acme/bases.git"
    files = {
        "web/kustomization.yaml": kustomization(
            f"{there}//k?ref=v1", "b.yaml", more="buildMetadata: [originAnnotations]\n"
        ),
        "web/b.yaml": config_map("b"),
    }

    shown = str(app_of(diff(repo, *proposed(repo, house, files)), "web").changes)

    assert all(word in shown for word in ("path: k/a.yaml", f"repo: {there}", "ref: v1", "path: b.yaml")), (
        shown
    )
    assert ".syncline-bases" not in shown


def test_a_chain_and_a_crowd_of_bases_have_an_end(repo: Repo, house: House) -> None:
    there = f"{house.url}/acme/bases.git"
    chain = {f"n{i}/kustomization.yaml": f"resources: ['{there}//n{i + 1}?ref=main']\n" for i in range(12)}
    crowd = {f"m{i}/kustomization.yaml": "resources: []\n" for i in range(101)}
    house.commit("acme/bases", {**chain, **crowd, "n12/kustomization.yaml": "resources: []\n"})
    files = {
        "deep/kustomization.yaml": kustomization(f"{there}//n0?ref=main"),
        "fits/kustomization.yaml": kustomization(f"{there}//n4?ref=main", "a.yaml"),
        "fits/a.yaml": config_map("a"),
        "wide/kustomization.yaml": kustomization(*(f"{there}//m{i}?ref=main" for i in range(101))),
    }

    report = diff(repo, *proposed(repo, house, files))

    said = problems(report)
    assert set(said) == {"deep", "wide"}
    assert "is the last of more than 10 that name one another, in acme/bases@" in said["deep"]
    assert said["wide"] == "wide/kustomization.yaml:102: The build refers to more than 100 remote places."


def test_credentials_are_those_of_the_settings_and_a_fork_gets_none(repo: Repo, house: House) -> None:
    house.commit("acme/bases", GOOD)
    house.login = "robot:hunter2"
    files = {
        "web/kustomization.yaml": kustomization(f"{house.url}/acme/bases.git?ref=main"),
        "far/kustomization.yaml": kustomization("github.com/acme/x?ref=main"),
    }
    sides = proposed(repo, house, files, ", username: robot, passwordEnv: HOST_TOKEN")
    environ = {"HOST_TOKEN": "hunter2"}

    trusted = diff(repo, *sides, tier=Tier.READ, applications=("web",), environ=environ)
    strange = problems(diff(repo, *sides, tier=Tier.RENDER, environ=environ))

    assert problems(trusted) == {}
    assert set(objects(app_of(trusted, "web"))) == {"ConfigMap a/a"}
    assert "asks who we are, and this event may use no credentials" in strange["web"]
    assert strange["far"].startswith(
        "far/kustomization.yaml:2: The repository https://github.com/acme/x is not "
    )
    assert "somebody who may not write here" in strange["far"]
    assert "hunter2" not in str(strange)


def test_an_address_inside_this_network_is_asked_only_when_it_is_listed(repo: Repo, house: House) -> None:
    house.commit("acme/bases", GOOD)
    written = (f"{house.url}/acme/bases.git?ref=main", f"{house.url}/acme/a.yaml")
    base = repo.commit({"README": ""})
    files = {f"n{i}/kustomization.yaml": kustomization(each) for i, each in enumerate(written)}
    head = repo.commit({"n0.yaml": app(repo, "n0"), "n1.yaml": app(repo, "n1"), **files})

    said = problems(diff(repo, base, head))

    assert all("inside this network" in said[name] for name in ("n0", "n1"))
    assert house.visits == []


def test_this_repository_by_its_own_url_is_its_commit_and_any_change_of_it_counts(repo: Repo) -> None:
    name = repo.url.removesuffix(".git")
    repo.commit({"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": config_map("a", a="old")})
    repo.git("tag", "v1")
    files = {
        "web/kustomization.yaml": kustomization(f"{name}//base"),
        "pin/kustomization.yaml": kustomization(f"{name}//base?ref=v1"),
    }
    base = repo.commit({**files, "web.yaml": app(repo), "pin.yaml": app(repo, "pin")})
    head = repo.commit({"base/a.yaml": config_map("a", a="new")})

    report = diff(repo, base, head)

    assert problems(report) == {}
    assert "new" in str(app_of(report, "web").changes)
    assert objects(app_of(report, "web")) == {"ConfigMap a/a": "base/a.yaml"}
    assert app_of(report, "pin").changes == ()


def test_a_base_elsewhere_that_names_this_repository_gets_the_commit_at_hand(
    repo: Repo, house: House
) -> None:
    own = repo.url.removesuffix(".git")
    house.commit("acme/bases", {"kustomization.yaml": f"resources: ['{own}//base?ref=main']\n"}, "v1")
    there = f"{house.url}/acme/bases.git"
    files = {
        "web/kustomization.yaml": kustomization(f"{there}?ref=v1"),
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": config_map("a"),
        "other/b.yaml": config_map("b"),
    }
    base = repo.commit({"syncline.yaml": settings(house)})
    head = repo.commit({**files, "web.yaml": app(repo)})

    report = diff(repo, base, head)

    assert problems(report) == {}
    assert objects(app_of(report, "web")) == {"ConfigMap a/a": "base/a.yaml"}


def test_a_change_touches_who_comes_back_to_it_by_way_of_other_repositories(repo: Repo, house: House) -> None:
    there, own = f"{house.url}/acme", repo.url.removesuffix(".git")
    house.commit("acme/back", {"kustomization.yaml": f"resources: ['{own}//base']\n"}, "v1")
    house.commit("acme/deep", {"k/kustomization.yaml": f"resources: ['{there}/back.git?ref=v1']\n"})
    house.commit("acme/apart", {"kustomization.yaml": f"resources: ['{there}/deep.git//none?ref=v9']\n"})
    house.commit("acme/round", {"kustomization.yaml": f"resources: ['{there}/round.git?ref=main']\n"})
    named = {
        "back": "back.git?ref=v1",
        "deep": "deep.git//k?ref=main",
        "apart": "apart.git",
        "round": "round.git",
    }
    named["gone"] = "gone.git?ref=v1"
    repo.commit(
        {
            "syncline.yaml": settings(house),
            "base/kustomization.yaml": "resources: [a.yaml]\n",
            "base/a.yaml": config_map("a", a="old"),
            **{f"{name}.yaml": app(repo, name) for name in named},
            **{
                f"{name}/kustomization.yaml": kustomization(f"{there}/{each}") for name, each in named.items()
            },
        }
    )
    base = repo.commit({"README": "a"})
    head = repo.commit({"base/a.yaml": config_map("a", a="new")})

    report = diff(repo, base, head)

    assert {each.name for each in report.applications} == {"back", "deep"}
    assert all("new" in str(each.changes) for each in report.applications)
    assert app_of(report, "deep").affected_by == (
        f"{there}/deep.git//k, which it is built from, leads back to this repository"
    )


def test_files_of_the_web_come_over_https_where_kustomize_takes_them(repo: Repo, tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "pki")
    web = Web(tmp_path / "files")
    web.files = {
        "/a.yaml": config_map("a").encode(),
        "/b": config_map("b").encode(),
        "/patch.yaml": config_map("a", patched="yes").encode(),
        "/settings.ini": b"size=large\n",
        "/crd.json": b"{}",
        "/large.yaml": b"#" * (10 * 1024 * 1024 + 1),
        "/page.yaml": b"<html><p>Log in</p></html>",
    }
    with serving_files(web, pair):
        ca = base64.b64encode(pair.chain.read_bytes()).decode()
        listed = f"remotes:\n  files: {{url: '{web.url}', caData: {ca}}}\n"
        more = (
            f"patches:\n- path: {web.url}/patch.yaml\n"
            f"configMapGenerator:\n- name: made\n  files: ['{web.url}/settings.ini']\n"
            f"crds: ['{web.url}/crd.json']\n"
        )
        base = repo.commit({"syncline.yaml": listed})
        files = {"web/kustomization.yaml": kustomization(f"{web.url}/a.yaml", f"{web.url}/b", more=more)}
        for name in ("gone", "large", "page"):
            files[f"{name}/kustomization.yaml"] = kustomization(f"{web.url}/{name}.yaml")
        head = repo.commit(
            {**{f"{n.split('/')[0]}.yaml": app(repo, n.split("/")[0]) for n in files}, **files}
        )

        report = diff(repo, base, head)

    web_app, said = app_of(report, "web"), problems(report)
    assert web_app.problem is None
    found, host = objects(web_app), web.url.removeprefix("https://")
    assert found["ConfigMap a/a"] == f"{host}:a.yaml"
    assert found["ConfigMap a/b"] == f"{host}:b"
    assert all(word in str(web_app.changes) for word in ("patched", "settings.ini", "size=large"))
    assert any(text.startswith(f"The file {web.url}/a.yaml is sha256:") for text in texts(web_app))
    assert said["gone"] == f"gone/kustomization.yaml:2: The file {web.url}/gone.yaml answers 404."
    assert (
        said["large"] == f"large/kustomization.yaml:2: The file {web.url}/large.yaml is larger than 10 MiB."
    )
    assert said["page"].startswith("page/kustomization.yaml: kustomize failed: ")


def test_a_component_that_only_the_application_names_is_fetched_and_what_is_wrong_told_there(
    repo: Repo, house: House
) -> None:
    part = "kind: Component\nnameSuffix: -end\n"
    house.commit("acme/parts", {"part/kustomization.yaml": part}, "v1")
    files = {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": config_map("a")}
    parts = {
        name: f"kustomize: {{components: ['{house.url}/acme/parts.git//{path}?ref=v1']}}"
        for name, path in (("web", "part"), ("gone", "gone"))
    }
    base = repo.commit({"syncline.yaml": settings(house)})
    head = repo.commit(
        {
            f"{name}.yaml": app(repo, name).replace(f"path: {name}", f"path: {name}, {options}")
            for name, options in parts.items()
        }
        | {f"{name}/{file}": text for name in parts for file, text in files.items()}
    )

    report = diff(repo, base, head)

    assert set(objects(app_of(report, "web"))) == {"ConfigMap a/a-end"}
    assert any("acme/parts.git//part is at " in text for text in texts(app_of(report, "web")))
    (said,) = problems(report).values()
    assert said.startswith(f"gone.yaml:1: The base {house.url}/acme/parts.git//gone does not exist at ")
