"""What a Kustomization names elsewhere, in every place where kustomize takes a URL.

The law: what is built without a network from what we fetched is what the real kustomize builds when it may
fetch by itself.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from charthouse import House as Files
from charthouse import serving as serving_files
from conformance.render.kitchen import APP, OURS, REVISION, application, planted, tree
from conformance.render.shop import workshop
from githouse import House
from githouse import serving as serving_trees
from syncline.config.tools import tools_of
from syncline.documents import read
from syncline.errors import Place, SynclineError
from syncline.render import Checkout, RenderOptions, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncline.core.rendering import Rendering
    from syncline.render.remote_targets import Base
    from syncline.room import Room


def config_map(name: str, **data: str) -> str:
    text = "".join(f"  {key}: '{value}'\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  k: v\n{text}"


def made(name: str, files: str) -> str:
    return f"apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {{name: {name}}}\nfiles: ['{files}']\n"


def prefix(text: str) -> str:
    return (
        f"apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {{name: {text}}}\nprefix: {text}-\n"
        "fieldSpecs: [{path: metadata/name}]\n"
    )


def patch(where: str) -> str:
    return (
        "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\n"
        f"target: {{kind: ConfigMap, name: a}}\npath: {where}\n"
    )


PATCH = '[{"op": "add", "path": "/data/patched", "value": "yes"}]'
REPLACEMENT = (
    "source: {kind: ConfigMap, name: a, fieldPath: data.k}\n"
    "targets: [{select: {kind: ConfigMap, name: b}, fieldPaths: [data.k]}]\n"
)
WEB = {
    "a.yaml": config_map("a"),
    "b": config_map("b", k2="b"),
    "p.yaml": PATCH,
    "merge.yaml": config_map("a", merged="yes"),
    "r.yaml": REPLACEMENT,
    "s.ini": "size=large\n",
    "e.env": "A=1\n",
    "labels.yaml": "commonLabels: [{path: metadata/labels, create: true}]\n",
    "crd.json": "{}",
    "schema.json": '{"definitions": {}}',
    "targets.yaml": "targets: [{selector: {kind: ConfigMap}, fieldPath: data/added}]\n",
    "gen.yaml": made("far", "own.txt"),
    "gens.yaml": f"{made('one', 'own.txt')}---\n{made('two', 'WEB/s.ini')}",
    "prefix.yaml": prefix("x"),
}
TREES = {
    "base/kustomization.yaml": "resources: [a.yaml]\n",
    "base/a.yaml": config_map("based"),
    "gens/kustomization.yaml": "resources: [g.yaml, 'WEB/prefix.yaml']\nnamePrefix: their-\n",
    "gens/g.yaml": prefix("g"),
    "makers/kustomization.yaml": "resources: [m.yaml]\n",
    "makers/m.yaml": made("maker", "own.txt"),
    "makers/own.txt": "not this one\n",
    "chain/kustomization.yaml": "resources: ['TREE//makers?ref=v1']\n",
    "part/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -part\n"
        "generators: [m.yaml]\n"
    ),
    "part/m.yaml": made("parted", "own.txt"),
    "part/own.txt": "the part's own\n",
    "out/kustomization.yaml": "resources: [../../../../../etc]\n",
    "round/kustomization.yaml": "resources: ['TREE//round?ref=v1']\n",
    "again/kustomization.yaml": "kind: Component\nnamePrefix: again-\n",
}
OWN = {
    "app/own.txt": "mine\n",
    "app/a.yaml": config_map("a"),
    "app/b.yaml": config_map("b"),
    "app/sub/own.txt": "not this one\n",
    "app/sub/g.yaml": made("sub", "own.txt"),
    "app/sub/far.yaml": made("deep", "name.ini=WEB/s.ini"),
    "app/sub/kustomization.yaml": "resources: [g.yaml, far.yaml]\n",
    "app/patch.yaml": patch("WEB/p.yaml"),
}
LOCAL = "resources: [a.yaml, b.yaml]\n"
# a Kustomization; the sides of what it names are filled in
PARTS = {
    "resources": "resources: ['WEB/a.yaml', 'WEB/b', 'TREE//base?ref=v1']\n",
    "components": f"{LOCAL}components: ['TREE//part?ref=v1', 'git::TREE//again?ref=main']\n",
    "patches": (
        f"{LOCAL}patches: [{{path: 'WEB/p.yaml', target: {{kind: ConfigMap}}}}, {{path: 'WEB/merge.yaml'}}]\n"
    ),
    "older patches": (
        f"{LOCAL}patchesStrategicMerge: ['WEB/merge.yaml']\n"
        "patchesJson6902: [{path: 'WEB/p.yaml', target: {version: v1, kind: ConfigMap, name: b}}]\n"
    ),
    "made of files": (
        "configMapGenerator: [{name: m, files: ['WEB/s.ini', 'k=WEB/s.ini'], envs: ['WEB/e.env']}, "
        "{name: o, env: 'WEB/e.env'}]\nsecretGenerator: [{name: s, files: ['WEB/s.ini']}]\n"
    ),
    "replacements": f"{LOCAL}replacements: [{{path: 'WEB/r.yaml'}}]\n",
    "how fields are read": (
        f"{LOCAL}configurations: ['WEB/labels.yaml']\ncrds: ['WEB/crd.json']\n"
        "openapi: {path: 'WEB/schema.json'}\ncommonLabels: {a: b}\n"
    ),
    "a generator of the web": "generators: ['WEB/gen.yaml']\n",
    "generators of the web that name files there": "generators: ['WEB/gens.yaml']\n",
    "a repository of generators": "generators: ['TREE//makers?ref=v1']\n",
    "generators by way of another repository": "generators: ['TREE//chain?ref=v1']\n",
    "generators in a directory": "generators: [sub]\n",
    "a generator in a directory": "generators: [sub/g.yaml]\n",
    "a repository of transformers": f"{LOCAL}transformers: ['TREE//gens?ref=v1', 'WEB/prefix.yaml']\n",
    "a transformer that names a file of the web": f"{LOCAL}transformers: [patch.yaml]\n",
    "validators": f"{LOCAL}validators: ['WEB/valid.yaml']\n",
    "inline": f"{LOCAL}generators:\n- |\n  {made('in', 'WEB/s.ini').replace(chr(10), chr(10) + '  ')}\n"
    f"transformers:\n- |\n  {patch('WEB/p.yaml').replace(chr(10), chr(10) + '  ')}\n",
    "values for fields": (
        f"{LOCAL}transformers:\n- |\n  apiVersion: builtin\n  kind: ValueAddTransformer\n"
        "  metadata: {name: v}\n  value: new\n  targetFilePath: WEB/targets.yaml\n"
    ),
}
VALID = "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: none}\nlabels: {}\n"


class Elsewhere:
    """A host of files and one of repositories, on loopback."""

    def __init__(self, web: Files, trees: House) -> None:
        self.web, self.trees = web, trees

    def filled(self, text: str) -> str:
        return text.replace("WEB", self.web.url).replace("TREE", f"{self.trees.url}/acme/parts.git")

    def checkout(self, base: Base, home: Checkout) -> Checkout:
        """What is fetched, without a look at revisions."""
        del home
        assert base.url == f"{self.trees.url}/acme/parts.git"
        return Checkout(self.trees.root.parent / "work/acme/parts", "1" * 40, label="acme/parts@1111111")

    def options(self, room: Room) -> RenderOptions:
        flags = {"kustomize.buildOptions": ("--enable-helm", Place("argocd-cm.yaml"))}
        return RenderOptions(
            room, OURS, workshop=workshop(self.web.url), bases=self.checkout, tools=tools_of(flags)
        )


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    place = tmp_path_factory.mktemp("elsewhere")
    with serving_files(Files(place)) as web, serving_trees(House(place / "host")) as trees:
        found = Elsewhere(web, trees)
        web.files = {f"/{name}": found.filled(text).encode() for name, text in WEB.items()}
        web.files["/valid.yaml"] = VALID.encode()
        trees.commit("acme/parts", {name: found.filled(text) for name, text in TREES.items()}, "v1")
        yield found


def fetching(root: Path, tools: Mapping[str, Path]) -> list[Any]:
    """What the real kustomize builds, with a network."""
    argv: list[str | Path] = [tools["kustomize"], "build", "app"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(root)}
    done = subprocess.run(argv, cwd=root, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [document.value for document in read(done.stdout, "theirs")]


def bodies(rendering: Rendering) -> list[Any]:
    """The objects as they are built, without the namespace that each is given at last."""
    found = []
    for each in rendering.manifests:
        metadata = {key: value for key, value in each.body["metadata"].items() if key != "namespace"}
        found.append({**each.body, "metadata": metadata})
    return found


@pytest.mark.parametrize("part", PARTS)
def test_what_lies_elsewhere_is_built_as_kustomize_with_a_network_builds_it(
    part: str, elsewhere: Elsewhere, tools: Mapping[str, Path], room: Room, tmp_path: Path
) -> None:
    files = {name: elsewhere.filled(text) for name, text in OWN.items()}
    root = planted(tree(tmp_path), {**files, "app/kustomization.yaml": elsewhere.filled(PARTS[part])})
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    found = render(application(APP % ""), Checkout(root, REVISION), elsewhere.options(room))

    assert bodies(found) == fetching(root, tools)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


ADDED = {
    "{components: ['TREE//part?ref=v1', ../parts/*], patches: [{path: 'WEB/p.yaml', target: {name: a}}]}": (
        "components: ['TREE//part?ref=v1', ../parts/one, ../parts/two]\n"
        "patches: [{path: 'WEB/p.yaml', target: {name: a}}]\n"
    ),
    "{components: ['TREE//part?ref=v1', ../parts/*, ../parts/two], ignoreMissingComponents: true}": (
        "components: [../parts/two]\n"
    ),
}


@pytest.mark.parametrize("options", ADDED)
def test_what_the_application_adds_is_as_if_the_kustomization_said_it(
    options: str, elsewhere: Elsewhere, tools: Mapping[str, Path], room: Room, tmp_path: Path
) -> None:
    files = {name: elsewhere.filled(text) for name, text in OWN.items()}
    parts = {
        f"parts/{name}/kustomization.yaml": f"kind: Component\nnamePrefix: {name}-\n"
        for name in ("one", "two")
    }
    mine = planted(tree(tmp_path), {**files, **parts, "app/kustomization.yaml": LOCAL})
    theirs = planted(
        tmp_path / "theirs",
        {**files, **parts, "app/kustomization.yaml": LOCAL + elsewhere.filled(ADDED[options])},
    )

    app = application(APP % f"kustomize: {elsewhere.filled(options)}")
    found = render(app, Checkout(mine, REVISION), elsewhere.options(room))

    assert bodies(found) == fetching(theirs, tools)
    is_left_out = [
        f"The component {elsewhere.filled('TREE')}//part is left out: with" in each for each in found.warnings
    ]
    assert is_left_out == [True] * ("ignore" in options)


K = "app/kustomization.yaml:1: "
REFERS = f"{K}The Kustomization refers to"
HOME = (
    f"{K}The Kustomization gives helm a home of its own, from which helm would load plugins, in HOST:x.yaml:"
)
INFLATE = "apiVersion: builtin, kind: HelmChartInflationGenerator"
# the Kustomization, what else there is here and on the web, the beginning of the sentence
REFUSED = {
    "a home for helm": (
        "generators: ['WEB/x.yaml']\n",
        {},
        f"{{{INFLATE},\n configHome: home}}\n",
        f"{HOME}2.",
    ),
    "a home for helm in a list": (
        "generators: ['WEB/x.yaml']\n",
        {},
        f"apiVersion: v1\nkind: List\nitems:\n- {{{INFLATE}, helmHome: x}}\n",
        f"{HOME}4.",
    ),
    "a chart that is nowhere": (
        "generators: ['WEB/x.yaml']\n",
        {},
        f"{{{INFLATE}, name: c}}\n",
        f"{K}The chart that the Kustomization has helm render is not in 'charts/c', and no repository",
    ),
    "a file that is missing": (
        "generators: ['WEB/x.yaml']\n",
        {},
        made("x", "gone.txt"),
        f"{REFERS} 'gone.txt', which does not exist, in HOST:x.yaml:4.",
    ),
    "a file outside": (
        "transformers: ['WEB/x.yaml']\n",
        {},
        patch("../../../etc/passwd"),
        f"{REFERS} '../../../etc/passwd', which is outside of the repository, in HOST:x.yaml:5.",
    ),
    "a file of the web that names one that is gone": (
        "transformers: ['WEB/x.yaml']\n",
        {},
        patch("WEB/gone"),
        f"{K}The file WEB/gone answers 404, in HOST:x.yaml:5.",
    ),
    "a file here that names one that is gone": (
        "transformers: [x.yaml]\n",
        {"app/x.yaml": patch("WEB/gone")},
        "",
        "app/x.yaml:5: The file WEB/gone answers 404.",
    ),
    "no YAML": ("generators: ['WEB/x.yaml']\n", {}, "a: [\n", f"{K}This is not valid YAML: "),
    "a password here": (
        "transformers: [x.yaml]\n",
        {"app/x.yaml": patch("https://robot:hunter2@example.com/p.yaml")},
        "",
        "app/x.yaml:5: The Kustomization refers to a URL with a password in it.",
    ),
    "a repository in the place of a file": (
        "patches: [{path: 'git@example.com:acme/x//p.yaml'}]\n",
        {},
        "",
        f"{REFERS} 'git@example.com:acme/x//p.yaml', which is remote, and neither",
    ),
    "a file in the place of a component": (
        "components: ['WEB/x']\n",
        {},
        "",
        f"{REFERS} 'WEB/x', which is remote, and neither",
    ),
    "a repository that leads out": (
        "generators: ['TREE//out?ref=v1']\n",
        {},
        "",
        f"{REFERS} '../../../../../etc', which is outside of the repository, in acme/parts@1111111:out/k",
    ),
    "a circle": (
        "generators: ['TREE//round?ref=v1']\n",
        {},
        "",
        f"{K}The base TREE//round leads back to where it is named: a circle, in acme/parts@1111111:round/k",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_brought_is_told_where_it_is_asked_for(
    name: str, elsewhere: Elsewhere, room: Room, tmp_path: Path
) -> None:
    text, files, far, begins = REFUSED[name]
    elsewhere.web.files["/x.yaml"] = elsewhere.filled(far).encode()
    mine = {"app/kustomization.yaml": text, **files}
    root = planted(tree(tmp_path), {path: elsewhere.filled(each) for path, each in mine.items()})

    with pytest.raises(SynclineError) as caught:
        render(application(APP % ""), Checkout(root, REVISION), elsewhere.options(room))

    host = elsewhere.web.url.removeprefix("http://")
    assert str(caught.value).startswith(elsewhere.filled(begins).replace("HOST", host))
    assert caught.value.remedy
    assert "hunter2" not in str(caught.value)
