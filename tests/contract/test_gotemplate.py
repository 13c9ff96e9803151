"""Go's text/template and sprig, by the real program; and sets with goTemplate as a whole."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from syncline.appsets import render_templates
from syncline.config.appset import ClusterFacts, SetError
from syncline.config.appset.questions import GoTemplate, PullRequest, Refusal
from syncline.errors import ToolError
from syncline.room import Room
from unit.config.world import REPO, TEMPLATE, World, appset, names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def room(tools: Mapping[str, Path]) -> Room:
    assert tools
    return Room(path=os.environ["PATH"])


def rendered(room: Room, template: Any, parameters: Any, *options: str) -> Any:
    question = GoTemplate(json.dumps(template), json.dumps(parameters), options)
    return render_templates([question], room)[question]


PARAMETERS = {
    "path": {"path": "apps/web", "basename": "Web_App", "segments": ["apps", "web"]},
    "branch": "Feature/Grüße & mehr_x",
    "n": 8080,
    "big": 12345678,
    "on": True,
    "labels": {"b": "2", "a": "1"},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ .path.basename | lower | replace \"_\" \"-\" }}", "web-app"),
        ("{{ index .path.segments 1 }}", "web"),
        ("{{ .n }} {{ .big }} {{ int .big }} {{ .on }}", "8080 1.2345678e+07 12345678 true"),
        ("{{ .nothing }}", "<no value>"),
        ("{{ normalize .branch }}", "feature-gr--e---mehr-x"),
        ("{{ slugify .branch }}", "feature-grusse-and-mehr_x"),
        ("{{ slugify 12 true .branch }}|{{ slugify 9 false .branch }}", "feature|feature-g"),
        ("{{ toYaml .labels }}", 'a: "1"\nb: "2"'),
        ("{{ (fromYaml \"a: {b: c}\").a.b }}{{ index (fromYamlArray \"[x, z]\") 1 }}", "cz"),
        ("{{ if eq .path.basename \"x\" }}a{{ else }}b{{ end }}", "b"),
        ("{{ dig \"labels\" \"z\" \"none\" . }}", "none"),
        ("{{ range $k, $v := .labels }}{{ $k }}{{ $v }},{{ end }}", "a1,b2,"),
        ("{{ sha256sum \"a\" | trunc 8 }}", "ca978112"),
        ("no template", "no template"),
    ],
)  # fmt: skip
def test_what_go_and_sprig_make_of_it(room: Room, template: str, text: str) -> None:
    assert rendered(room, template, PARAMETERS) == text


def test_a_tree_is_rendered_with_its_keys_and_other_values_are_kept(room: Room) -> None:
    template = {"{{ .n }}": ["{{ .on }}", 3, None, {"deep": "{{ .path.path }}"}], "plain": True}
    assert rendered(room, template, PARAMETERS) == {
        "8080": ["true", 3, None, {"deep": "apps/web"}], "plain": True,
    }  # fmt: skip


@pytest.mark.parametrize("function", ['env "HOME"', 'expandenv "$HOME"', 'getHostByName "localhost"'])
def test_nothing_of_the_machine_can_be_asked(room: Room, function: str) -> None:
    found = rendered(room, f"{{{{ {function} }}}}", {})
    assert isinstance(found, Refusal)
    assert "not defined" in found.message


@pytest.mark.parametrize(
    ("template", "options", "words", "path"),
    [
        ({"a": {"b": ["{{ .x }}"]}}, ("missingkey=error",), 'map has no entry for key "x"', ("a", "b", 0)),
        ("{{ .x", (), "unclosed action", ()),
        ("{{ nope }}", (), 'function "nope" not defined', ()),
        ('{{ fail "because" }}', (), "because", ()),
        ('{{ repeat 2000000000 "x" }}', (), "longer than 4 MiB", ()),
        ("{{ range until 3000000 }}xx{{ end }}", (), "longer than 4 MiB", ()),
    ],
)
def test_a_template_that_fails_says_where(
    room: Room, template: Any, options: tuple[str, ...], words: str, path: tuple[Any, ...]
) -> None:
    found = rendered(room, template, {}, *options)
    assert isinstance(found, Refusal)
    assert words in found.message
    assert found.path == path


@pytest.mark.parametrize(
    ("hostile", "why"),
    [
        (
            '{{ $x := "x" }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}',
            "it needs more than 1 GiB of memory",
        ),
        (
            "{{ range until 9000000 }}{{ end }}{{ range until 9000000 }}{{ end }}",
            "it takes longer than 0.5 seconds",
        ),
    ],
    ids=["memory", "time"],
)
def test_a_template_that_ends_the_program_takes_no_other_with_it(room: Room, hostile: str, why: str) -> None:
    good = [GoTemplate(json.dumps("{{ .n }}"), json.dumps({"n": str(n)})) for n in range(4)]
    bad = GoTemplate(json.dumps(hostile), "{}")
    found = render_templates(
        [*good[:2], bad, *good[2:]], room, seconds=0.5 if "time" in why or "longer" in why else 20
    )

    assert [found[each] for each in good] == ["0", "1", "2", "3"]
    refusal = found[bad]
    assert isinstance(refusal, Refusal)
    assert refusal.message == f"a Go template cannot be rendered: {why}."


def test_without_the_program_one_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="which renders goTemplate, is not on the PATH") as raised:
        rendered(Room(path=str(tmp_path)), "{{ .x }}", {})
    assert "go build" in raised.value.remedy


GO_TEMPLATE = {**TEMPLATE, "metadata": {"name": "{{ .name }}"}, "spec": {"path": "{{ .where }}"}}


def made(room: Room, world: World, *generators: Any, name: str, **spec: Any) -> list[str]:
    world.go = lambda questions: render_templates(questions, room)
    template = {"metadata": {"name": name}, "spec": {"project": "default"}}
    return names(world.expand(appset(*generators, goTemplate=True, template=template, **spec)))


def test_generators_give_nested_parameters(room: Room) -> None:
    files = {"apps/web/x.yaml": "", "clusters/eu/c.json": '{"name": "eu", "size": 3, "tags": ["a", "b"]}'}
    world = World(files, clusters=(ClusterFacts("Prod_1", "https://p", "t", {"env": "x"}),))
    git = {
        "git": {
            "repoURL": REPO,
            "revision": "HEAD",
            "directories": [{"path": "apps/*"}],
            "pathParamPrefix": "app",
            "values": {"v": "{{ .app.path.basename }}!"},
        }
    }
    assert made(room, world, git, name="{{ .app.path.path }} {{ .values.v }}") == ["apps/web web!"]
    config = {"git": {"repoURL": REPO, "revision": "HEAD", "files": [{"path": "clusters/*/c.json"}]}}
    assert made(
        room,
        world,
        config,
        name="{{ .size }} {{ index .tags 1 }} {{ .path.filename }} {{ last .path.segments }}",
    ) == ["3 b c.json eu"]
    clusters = {"clusters": {"selector": {"matchLabels": {"env": "x"}}}}
    assert made(room, world, clusters, name="{{ .nameNormalized }} {{ .metadata.labels.env }}") == [
        "prod-1 x"
    ]
    flat = {"clusters": {"flatList": True, "selector": {"matchLabels": {"env": "x"}}}}
    assert made(room, world, flat, name="{{ range .clusters }}{{ .name }}{{ end }}") == ["Prod_1"]


def test_in_a_matrix_the_first_generator_wins_and_in_a_merge_the_later_one(room: Room) -> None:
    one = {"list": {"elements": [{"name": "a", "deep": {"x": "1", "y": "1"}}]}}
    other = {"list": {"elements": [{"name": "a", "deep": {"x": "2", "z": "2"}}]}}
    name = "{{ .deep.x }}{{ .deep.y }}{{ .deep.z }}"
    matrix = {"matrix": {"generators": [one, other]}}
    merge = {"merge": {"mergeKeys": ["name"], "generators": [one, other]}}
    assert made(room, World(), matrix, name=name) == ["112"]
    assert made(room, World(), merge, name=name) == ["212"]


def test_a_matrix_is_filled_by_go_as_well(room: Room) -> None:
    second = {"list": {"elementsYaml": "{{ range .envs }}- name: {{ . | upper }}\n{{ end }}"}}
    first = {"list": {"elements": [{"app": "a", "envs": ["x", "w"]}, {"app": "b", "envs": ["z"]}]}}
    matrix = {"matrix": {"generators": [first, second]}}
    assert made(room, World(), matrix, name="{{ .app }}{{ .name }}") == ["aX", "aW", "bZ"]


def test_a_missing_key_is_an_error_at_its_place_in_the_set(room: Room) -> None:
    generator = {"list": {"elements": [{"name": "a"}]}}
    with pytest.raises(SetError, match='map has no entry for key "nmae"') as raised:
        made(room, World(), generator, name="{{ .nmae }}", goTemplateOptions=["missingkey=error"])
    assert raised.value.path == ("spec", "template", "metadata", "name")


@pytest.mark.parametrize("text", ["{{ .number }}", "{{", "}}", '{{ fail "x" }}', "a'b\"c\n- d", "$(id) `id`"])
def test_what_strangers_name_things_is_data(room: Room, text: str) -> None:
    world = World(pulls=(PullRequest(7, text, text, "main", "a" * 40, "ann", (text,)),))
    world.go = lambda questions: render_templates(questions, room)
    pulls = {"pullRequest": {"github": {"owner": "acme", "repo": "web"}}}
    second = {"list": {"elements": [{"x": "<{{ .branch }}>"}]}}
    template = {
        "metadata": {"name": "n"},
        "spec": {"a": "{{ .title }}", "b": "{{ .x }}", "c": "{{ index .labels 0 }}"},
    }
    generator = {"matrix": {"generators": [pulls, second]}}
    (one,) = world.expand(appset(generator, goTemplate=True, template=template))
    assert one.body["spec"] == {"a": text, "b": f"<{text}>", "c": text}


def test_a_thousand_templates_take_less_than_two_seconds(room: Room) -> None:
    elements = [{"name": f"app-{n}", "where": f"apps/{n}"} for n in range(1000)]
    world = World(go=lambda questions: render_templates(questions, room))
    began = time.process_time()
    found = world.expand(appset({"list": {"elements": elements}}, goTemplate=True, template=GO_TEMPLATE))
    assert names(found)[999] == "app-999"
    assert world.rounds == 1
    assert time.process_time() - began < 2
