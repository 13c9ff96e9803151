"""The laws of looking at names alone: what is told at a glance is what following finds, and who renders from
a part of a commit misses nothing.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import APP, CASES, CHART, OURS, REVISION, application, planted, serve, served
from conformance.render.test_affected_law import FILES, NEW
from syncline.config import load
from syncline.config.source_plugin import PluginFile, SourcePlugin, decode
from syncline.config.tools import tools_of
from syncline.core.affected import roots_of
from syncline.errors import Place
from syncline.render import Inputs, Readings, RenderOptions
from syncline.render.glance import Glance
from syncline.render.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from syncline.config.application import Application
    from syncline.room import Room


def listing(root: Path) -> Listing:
    """As Git has a directory that is committed."""
    files = [path for path in root.rglob("*") if path.is_symlink() or path.is_file()]
    modes = {True: "120000 blob 0", False: "100644 blob 0"}
    return Listing((path.relative_to(root).as_posix(), modes[path.is_symlink()]) for path in files)


def glance(root: Path, options: RenderOptions) -> Glance:
    def contents(paths: Sequence[str]) -> dict[str, bytes]:
        return {path: (root / path).read_bytes() for path in paths}

    return Glance(listing(root), contents, options)


def both(root: Path, app: Application, options: RenderOptions | None = None) -> tuple[Inputs | None, Inputs]:
    options = options or RenderOptions(repositories=OURS)
    return glance(root, options).of(app), Readings(root, options).of(app)


def of_case(case: str) -> Application:
    return application((CASES[case] / "application.yaml").read_text())


def agree(told: Inputs | None, found: Inputs) -> bool:
    return told is None or (told.paths, told.whole) == (found.paths, found.whole)


@pytest.mark.parametrize("case", CASES)
def test_what_is_told_of_a_case_is_what_following_it_finds(case: str) -> None:
    assert agree(*both(CASES[case] / "repository", of_case(case)))


def test_most_applications_are_told_at_a_glance() -> None:
    told = {case for case in CASES if both(CASES[case] / "repository", of_case(case))[0]}

    assert {"directory-flat", "kustomize-base-and-overlay", "helm-local-dependencies"} <= told
    assert {"helm-value-precedence", "kustomize-every-option", "detect-kustomize-wins-over-helm"} <= told
    assert len(told) > len(CASES) / 2


ELSE = ("apps/", "fleet/", "found/", "plain/sub", "jinja/p")
TOLD_BY = [path for path in sorted(FILES) if not path.startswith(ELSE)]


@pytest.mark.parametrize("path", [*TOLD_BY, "overlay/.argocd-source.yaml", "base/kustomization.yml"])
def test_it_stays_so_whatever_file_is_missing_broken_or_new(path: str, tmp_path: Path) -> None:
    apps = [app for app in load(sorted(FILES.items())).applications if not app.made_by]
    assert len(apps) == 8
    variants = [NEW.get(path), "resources: [../gone]\n", "a: [\n", "- 1\n", "dependencies: [{name: x}]\n"]
    for number, text in enumerate(variants):
        files = {name: each for name, each in FILES.items() if name != path}
        files |= {path: text} if text is not None else {}
        root = planted(tmp_path / str(number), files)
        for app in apps:
            assert agree(*both(root, app)), (app.name, path, text)


ODD = {
    "a link": {"link": "-> app"},
    "a link on the way": {"there/kustomization.yaml": "resources: []\n", "app/more": "-> ../there"},
    "other repositories": {".gitmodules": ""},
    "Jsonnet": {"app/sub/a.jsonnet": "import '../../lib.libsonnet'"},
    "an override": {"app/.argocd-source-web.yaml": "kustomize: {}\n"},
    "a plugin of kustomize": {
        "app/kustomization.yaml": "transformers: [t.yaml]\n",
        "app/t.yaml": "kind: X\n",
    },
    "something remote": {"app/kustomization.yaml": "resources: ['https://e.com/x']\n"},
    "something outside": {"app/kustomization.yaml": "resources: [../../x]\n"},
    "an absolute path": {"app/kustomization.yaml": "resources: [/etc]\n"},
    "a chart from elsewhere": {
        "app/Chart.yaml": CHART + "dependencies: [{name: a, version: 1.0.0, repository: 'https://e.com'}]\n"
    },
    "a chart outside": {
        "app/Chart.yaml": CHART + "dependencies: [{name: a, version: 1.0.0, repository: 'file://../../a'}]\n"
    },
    "a chart that is not vendored": {
        "app/Chart.yaml": CHART + "dependencies: [{name: a, version: 1.0.0, repository: 'https://e.com'}]\n",
        "app/charts/a.tgz": "",
        "app/charts/a-1.0.0/values.yaml": "",
    },
    "a dependency that is no chart": {
        "app/Chart.yaml": CHART + "dependencies: [{name: a, version: 1.0.0, repository: 'file://../a'}]\n",
        "a/values.yaml": "a: 1\n",
    },
}


@pytest.mark.parametrize("odd", ODD)
def test_what_names_cannot_tell_is_left_to_a_look(odd: str, tmp_path: Path) -> None:
    root = planted(tmp_path, {"app/a.yaml": "a: 1\n", **ODD[odd]})
    sibling = planted(tmp_path / "plain", {"app/a.yaml": "a: 1\n"})

    assert both(sibling, application(APP % ""))[0] == Inputs(frozenset({"app"}))
    assert both(root, application(APP % ""))[0] is None


# what is named: whether it is told at a glance
FAR = {
    "github.com/acme/x//y?ref=v1": True,
    "https://e.com/x.yaml": True,
    "git@e.com:a/b": True,
    "https://github.com/acme/deploy//app": False,
    "https://robot:hunter2@e.com/a/b.git": False,
}


@pytest.mark.parametrize("url", FAR)
def test_what_is_fetched_is_no_file_of_the_repository_and_no_reason_to_look(url: str, tmp_path: Path) -> None:
    files = {"app/kustomization.yaml": f"resources: [../base, '{url}']\n", "base/kustomization.yaml": ""}
    fetch = RenderOptions(repositories=OURS, bases=lambda _, home: home)

    told, found = both(planted(tmp_path, files), application(APP % ""), fetch)

    assert agree(told, found)
    assert not found.whole
    assert (told is not None, found.followed) == (FAR[url], FAR[url])
    assert {"app", "base"} <= found.paths or "hunter2" in url


@pytest.mark.parametrize("url", FAR)
@pytest.mark.parametrize("options", ["components: ['%s']", "patches: [{path: '%s'}]"])
def test_nor_is_what_the_application_itself_names_elsewhere(options: str, url: str, tmp_path: Path) -> None:
    fetch = RenderOptions(repositories=OURS, bases=lambda _, home: home)
    app = application(APP % f"kustomize: {{{options % url}}}")

    told, found = both(planted(tmp_path, {"app/kustomization.yaml": "resources: []\n"}), app, fetch)

    assert agree(told, found)
    assert not found.whole
    assert (told is not None) is FAR[url]


@pytest.mark.parametrize(
    ("options", "is_told"),
    [
        ("directory: {exclude: 'a*'}", True),
        ("directory: {exclude: '{a'}", False),
        ("directory: {jsonnet: {libs: [lib]}}", False),
        ("helm: {valueFiles: [a.yaml, ../b.yaml, /c.yaml]}", True),
        ("helm: {valueFiles: ['*.yaml']}", False),
        ("helm: {valueFiles: ['$ARGOCD_APP_NAME.yaml']}", False),
        ("helm: {valueFiles: ['https://e.com/v.yaml']}", False),
        ("helm: {valueFiles: ['../../v.yaml']}", False),
        ("helm: {fileParameters: [{name: a, path: ../f}]}", True),
        ("kustomize: {components: [../more]}", True),
        ("kustomize: {components: [../gone]}", False),
        ("kustomize: {patches: [{path: ../b.yaml}, {patch: '{}'}]}", True),
        ("plugin: {name: jinja2}", False),
    ],
)
def test_options_are_told_as_they_are_followed(options: str, is_told: bool, tmp_path: Path) -> None:
    files = {"app/a.yaml": "a: 1\n", "b.yaml": "b: 1\n", "c.yaml": "", "f": "", "lib/x": ""}
    root = planted(tmp_path, {**files, "more/kustomization.yaml": "kind: Component\n"})

    told, found = both(root, application(APP % options))

    assert agree(told, found)
    assert (told is not None) is is_told


def test_a_path_that_is_in_another_repository_is_nothing_of_ours_and_not_the_whole(tmp_path: Path) -> None:
    root = planted(tmp_path, {"a.yaml": ""})
    text = (APP % "").replace("acme/deploy", "acme/other")

    told, found = both(root, application(text))

    assert (found.paths, found.whole) == (frozenset(), False)
    assert told == Inputs(frozenset(), whole=False, followed=True)


def test_where_a_plugin_may_look_for_its_files_or_a_build_renders_charts_nothing_is_told(
    tmp_path: Path,
) -> None:
    root = planted(tmp_path, {"app/a.yaml": "a: 1\n"})
    flags = {"kustomize.buildOptions": ("--enable-helm", Place("argocd-cm.yaml"))}

    charts = RenderOptions(repositories=OURS, tools=tools_of(flags))
    assert both(root, application(APP % ""), charts)[0] is None
    plugins = RenderOptions(repositories=OURS, plugins=(finder(),))
    assert both(root, application(APP % ""), plugins)[0] is None


def finder() -> SourcePlugin:
    """A plugin that looks for its files."""
    text = (
        b"apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata: {name: finder}\n"
        b"spec: {discover: {fileName: a.yaml}, generate: {command: [cat, a.yaml]}}\n"
    )
    return decode(PluginFile("plugin.yaml"), text)


@pytest.mark.parametrize("case", CASES)
def test_a_rendering_from_the_files_it_is_known_to_read_is_the_rendering(
    case: str, room: Room, tmp_path: Path
) -> None:
    repository = CASES[case] / "repository"
    app = of_case(case)
    told, found = both(repository, app)
    inputs = told or found
    if not inputs.followed or listing(repository).has_links:
        pytest.skip("it is rendered from everything")
    root = tmp_path / "syncline-tree-x" / "tree"
    root.mkdir(parents=True)
    for name, _ in listing(repository).below(roots_of(app, inputs.paths)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / name, root / name)

    rendering = serve(CASES[case] / "application.yaml", root, room)

    assert served(rendering) == (CASES[case] / "expected.yaml").read_text()
    assert rendering.revision == REVISION
