"""What sets make, generator by generator, without goTemplate; and the laws of all of them."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.appset import ClusterFacts, Made, SetError
from syncline.config.appset.questions import Branch, HostedRepository, PullRequest, Refusal
from syncline.config.appset.texts import filled, flattened, go_text
from syncline.config.controller import Controller
from syncline.config.generated import with_generated
from syncline.config.load import Configuration, load
from unit.config.world import REPO, TEMPLATE, World, appset, names

FILES = {
    "apps/web/kustomization.yaml": "",
    "apps/shop/base/all.yaml": "",
    "apps/.hidden/all.yaml": "",
    "clusters/eu/config.json": json.dumps(
        {"name": "eu", "path": "apps/web", "size": 1234567, "tags": ["a", "b"]}
    ),
    "clusters/us/config.json": json.dumps([{"name": "us-1"}, {"name": "us-2"}]),
    "README.md": "",
}


def git(**more: Any) -> Any:
    return {"git": {"repoURL": REPO, "revision": "HEAD", **more}}


def values(generator: Any, world: World, *wanted: str, **spec: Any) -> list[str]:
    """What each Application's parameters are, as one text in its name's place."""
    text = "|".join(f"{{{{{name}}}}}" for name in wanted)
    template = {**TEMPLATE, "metadata": {"name": text}}
    return names(world.expand(appset(generator, template=template, **spec)))


def failure(generator: Any, world: World | None = None, **spec: Any) -> str:
    with pytest.raises(SetError) as raised:
        (world or World()).expand(appset(generator, **spec))
    return raised.value.message


def test_list_elements_become_parameters_and_values_are_prefixed() -> None:
    elements = [{"name": "a", "values": {"tier": "one"}}, {"name": "b"}]
    found = values({"list": {"elements": elements}}, World(), "name", "values.tier")
    assert found == ["a|one", "b|{{values.tier}}"], "an unknown parameter stays as it is"


def test_elements_yaml_comes_after_the_elements() -> None:
    generator = {"list": {"elements": [{"name": "a"}], "elementsYaml": "- name: b\n- {name: c}\n"}}
    assert values(generator, World(), "name") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("generator", "sentence"),
    [
        (
            {"elements": [{"name": 3}]},
            "The parameter name must be a string without goTemplate; put it in quotes.",
        ),
        ({"elements": ["a"]}, "An element must be a mapping of parameters."),
        ({"elementsYaml": "a: b"}, "elementsYaml must be a list."),
        ({"elementsYaml": "[a"}, "elementsYaml cannot be read"),
    ],
)
def test_a_list_that_argo_cd_refuses_is_refused(generator: Any, sentence: str) -> None:
    assert failure({"list": generator}).startswith(sentence)


def test_directories_are_matched_segment_by_segment_and_exclude_always_wins() -> None:
    world = World(FILES)
    found = values(
        git(directories=[{"path": "apps/*"}]), world, "path", "path.basename", "path[0]", "path[1]"
    )
    assert found == ["apps/shop|shop|apps|shop", "apps/web|web|apps|web"]
    assert values(git(directories=[{"path": "apps/*", "exclude": True}, {"path": "*/*"}]), world, "path") == [
        "clusters/eu", "clusters/us",
    ]  # fmt: skip
    assert values(git(directories=[{"path": "apps/*/*"}]), world, "path") == ["apps/shop/base"]


def test_files_give_their_content_flat_and_their_place() -> None:
    world = World(FILES)
    generator = git(files=[{"path": "clusters/*/config.json"}])
    found = values(generator, world, "name", "size", "tags.1", "path", "path.basename", "path.filename")
    assert found == [
        "eu|1.234567e+06|b|clusters/eu|eu|config.json",
        "us-1|{{size}}|{{tags.1}}|clusters/us|us|config.json",
        "us-2|{{size}}|{{tags.1}}|clusters/us|us|config.json",
    ]


def test_the_controller_may_match_files_by_segments_and_count_hidden_directories() -> None:
    flat, deep = git(files=[{"path": "clusters/*"}]), git(files=[{"path": "clusters/**/config.json"}])
    new = World(FILES, controller=Controller(new_globbing=True))
    assert values(flat, World(FILES), "name") == ["eu", "us-1", "us-2"]
    assert values(flat, new, "name") == []
    assert values(deep, new, "name") == ["eu", "us-1", "us-2"]
    hidden = {"apps/.secret/a.yaml": "", "apps/open/a.yaml": ""}
    for counts, found in ((False, ["apps/open"]), (True, ["apps/.secret", "apps/open"])):
        world = World(hidden, controller=Controller(hidden_directories=counts))
        assert values(git(directories=[{"path": "apps/*"}]), world, "path") == found


@pytest.mark.parametrize(
    ("policy", "own", "keeping"),
    [
        ("", "sync", ""),
        ("", "create-delete", ""),
        ("", "create-only", "create-only"),
        ("", "create-update", "create-update"),
        ("sync", "create-only", ""),
        ("create-delete", "create-update", ""),
        ("create-only", "sync", "create-only"),
        ("create-update", "create-only", "create-update"),
    ],
)
def test_the_controllers_policy_wins_over_the_sets(policy: str, own: str, keeping: str) -> None:
    assert Controller(policy=policy).keeping(own) == keeping


def test_the_parameters_of_the_controller_are_read_and_checked() -> None:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cmd-params-cm}\ndata:\n"
    name = "  applicationsetcontroller"
    found = load(
        [("a.yaml", f"{head}{name}.enable.new.git.file.globbing: 'true'\n{name}.policy: create-only\n")]
    )
    assert found.customizations.controller == Controller(new_globbing=True, policy="create-only")
    text = f"{head}{name}.policy: create-only\n{name}.enable.policy.override: 'true'\n"
    assert load([("a.yaml", text)]).customizations.controller == Controller()
    (complaint,) = load([("a.yaml", f"{head}{name}.policy: never\n")]).complaints
    assert str(complaint.place) == "a.yaml:5"
    assert "applicationsetcontroller.policy must be one of create-only" in complaint.message


def test_an_application_knows_the_file_it_was_made_from() -> None:
    made = World(FILES).expand(appset(git(files=[{"path": "clusters/**"}])))
    assert [sorted(one.reads) for one in made] == [
        ["clusters/eu/config.json"], ["clusters/us/config.json"], ["clusters/us/config.json"],
    ]  # fmt: skip


def test_a_prefix_keeps_two_git_generators_apart_and_values_are_filled() -> None:
    generator = git(
        directories=[{"path": "apps/*"}], pathParamPrefix="app", values={"full": "x-{{app.path.basename}}"}
    )
    assert values(generator, World(FILES), "app.path", "values.full", "path") == [
        "apps/shop|x-shop|{{path}}", "apps/web|x-web|{{path}}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("generator", "files", "sentence"),
    [
        (git(), {}, "The git generator needs directories or files."),
        (git(directories=[{"path": "a["}]), {}, "'a[' is no pattern: a bracket is open."),
        (
            git(files=[{"path": "x.json"}]),
            {"x.json": "[1]"},
            "x.json must hold an object, or a list of objects.",
        ),
        (git(files=[{"path": "x.json"}]), {"x.json": "{"}, "x.json cannot be read (line 1)"),
    ],
)
def test_a_git_generator_that_fails_says_so(generator: Any, files: dict[str, str], sentence: str) -> None:
    assert failure(generator, World(files)).startswith(sentence)


CLUSTERS = (
    ClusterFacts("prod_EU", "https://eu", "team", {"env": "prod"}, {"owner": "a"}),
    ClusterFacts("dev", "https://dev", "", {"env": "dev"}),
)


def test_clusters_come_from_the_configuration_with_their_labels() -> None:
    world = World(clusters=CLUSTERS)
    wanted = (
        "name",
        "nameNormalized",
        "server",
        "metadata.labels.env",
        "metadata.annotations.owner",
        "values.x",
    )
    generator = {"clusters": {"selector": {"matchLabels": {"env": "prod"}}, "values": {"x": "{{name}}!"}}}
    assert values(generator, world, *wanted) == ["prod_EU|prod-eu|https://eu|prod|a|prod_EU!"]


def test_the_default_cluster_is_there_where_nothing_selects_and_nothing_replaces_it() -> None:
    world = World(clusters=CLUSTERS)
    assert values({"clusters": {}}, world, "name") == ["in-cluster", "prod_EU", "dev"]
    exists = {"matchExpressions": [{"key": "env", "operator": "Exists"}]}
    assert values({"clusters": {"selector": exists}}, world, "name") == ["prod_EU", "dev"]
    own = World(clusters=(ClusterFacts("here", "https://kubernetes.default.svc"),))
    assert values({"clusters": {}}, own, "name") == ["here"]
    aliased = World(clusters=(ClusterFacts("main", "https://10.0.0.1", is_default=True), *CLUSTERS))
    assert values({"clusters": {}}, aliased, "name") == ["main", "prod_EU", "dev"]
    assert failure({"clusters": {"flatList": True}}) == "flatList needs goTemplate: true."


def test_a_matrix_fills_the_second_with_the_first() -> None:
    second = {"list": {"elements": [{"name": "{{path.basename}}-{{x}}"}, {"name": "plain"}]}}
    generator = {"matrix": {"generators": [git(directories=[{"path": "apps/*"}]), second]}}
    assert values(generator, World(FILES), "path.basename", "name") == [
        "shop|shop-{{x}}", "shop|plain", "web|web-{{x}}", "web|plain",
    ]  # fmt: skip


def test_a_matrix_in_a_matrix_sees_all_the_parameters_around_it() -> None:
    def elements(*several: dict[str, str]) -> Any:
        return {"list": {"elements": list(several)}}

    inner = {"matrix": {"generators": [elements({"b": "{{a}}1"}), elements({"c": "{{a}}{{b}}"})]}}
    generator = {"matrix": {"generators": [elements({"a": "x"}, {"a": "y"}), inner]}}
    assert values(generator, World(), "a", "b", "c") == ["x|x1|xx1", "y|y1|yy1"]


def test_a_clash_in_a_matrix_is_an_error_unless_both_say_the_same() -> None:
    def pair(one: str, other: str) -> Any:
        return {"matrix": {"generators": [
            {"list": {"elements": [{"name": one}]}}, {"list": {"elements": [{"name": other}]}},
        ]}}  # fmt: skip

    assert values(pair("a", "a"), World(), "name") == ["a"]
    assert failure(pair("a", "b")).startswith("Both generators of the matrix make the parameter name")


def test_a_merge_keeps_the_base_and_its_order_and_drops_what_matches_nothing() -> None:
    base = {"list": {"elements": [{"name": "b", "x": "1"}, {"name": "a", "x": "1"}]}}
    over = {"list": {"elements": [{"name": "a", "x": "2"}, {"name": "c", "x": "2"}]}}
    generator = {"merge": {"mergeKeys": ["name"], "generators": [base, over]}}
    assert values(generator, World(), "name", "x") == ["b|1", "a|2"]
    twice = {"merge": {"mergeKeys": ["x"], "generators": [base, over]}}
    assert failure(twice) == "One generator of the merge makes x=1 twice."


def test_a_selector_beside_a_generator_filters_what_it_made() -> None:
    generator = {
        "list": {"elements": [{"name": "a", "env": "x"}, {"name": "b", "env": "y"}, {"name": "c"}]},
        "selector": {"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["y"]}]},
    }
    assert values(generator, World(), "name") == ["a", "c"]
    inside = {"matrix": {"generators": [{"list": {"elements": [{"k": "1"}]}}, generator]}}
    assert values(inside, World(), "name") == ["a", "c"]


PULLS = (
    PullRequest(7, "A fix", "Feature/X", "main", "a" * 40, "ann", ("preview", "big")),
    PullRequest(8, "Other", "other", "release", "b" * 40, "bob"),
)


def pull(**more: Any) -> Any:
    return {"pullRequest": {"github": {"owner": "acme", "repo": "web", **more.pop("github", {})}, **more}}


def test_pull_requests_become_parameters() -> None:
    wanted = (
        "number",
        "branch",
        "branch_slug",
        "target_branch",
        "head_short_sha",
        "head_short_sha_7",
        "author",
    )
    assert values(pull(), World(pulls=PULLS), *wanted) == [
        "7|Feature/X|feature-x|main|aaaaaaaa|aaaaaaa|ann", "8|other|other|release|bbbbbbbb|bbbbbbb|bob",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "numbers"),
    [
        ({"github": {"labels": ["preview"]}}, ["7"]),
        ({"github": {"labels": ["preview", "x"]}}, []),
        ({"filters": [{"branchMatch": "^Feature"}]}, ["7"]),
        ({"filters": [{"branchMatch": "^Feature", "titleMatch": "Other"}]}, []),
        ({"filters": [{"branchMatch": "^Feature"}, {"targetBranchMatch": "release"}]}, ["7", "8"]),
    ],
)
def test_pull_requests_are_filtered_by_all_labels_and_by_any_filter(more: Any, numbers: list[str]) -> None:
    assert values(pull(**more), World(pulls=PULLS), "number") == numbers


def test_a_repository_that_is_not_there_is_passed_over_where_that_is_asked_for() -> None:
    gone = World(pulls=Refusal("GitHub refuses it with 404.", absent=True))
    refused = World(pulls=Refusal("GitHub refuses it with 403."))
    tolerant = pull(continueOnRepoNotFoundError=True)

    assert values(tolerant, gone, "number") == []
    assert failure(tolerant, refused) == "GitHub refuses it with 403."
    assert failure(pull(), gone) == "GitHub refuses it with 404."


def test_a_set_that_makes_nothing_or_misses_a_parameter_says_so() -> None:
    nothing, pulls = appset({"list": {"elements": []}}), appset(pull())
    found = with_generated(Configuration(), [(one, World().expand(one)) for one in (nothing, pulls)])
    assert [one.message for one in found.complaints] == [
        "ApplicationSet apps makes no Applications: its generators find nothing."
    ]

    body = {**TEMPLATE, "apiVersion": "argoproj.io/v1alpha1", "metadata": {"name": "web"}}
    body = {**body, "spec": {**TEMPLATE["spec"], "project": "<no value>"}}
    go = appset({"list": {"elements": [{}]}}, goTemplate=True)
    (said,) = with_generated(Configuration(), [(go, (Made(body),))]).complaints
    assert said.message.startswith("ApplicationSet apps makes 'web', which holds <no value>: a parameter of")


def test_repositories_are_filtered_and_each_gives_its_default_branch_or_all() -> None:
    def repo(name: str, *topics: str, archived: bool = False) -> HostedRepository:
        return HostedRepository(
            "acme", name, 5, f"https://h/{name}.git", f"git@h:{name}", "main", topics, archived
        )

    world = World(
        files={"web@1:deploy": "", "api@3:deploy": "", "api@3:old": ""},
        repositories=(repo("web", "k8s"), repo("api", "k8s"), repo("docs"), repo("dead", archived=True)),
        branches={
            "web": (Branch("main", "1"), Branch("dev/x", "2")),
            "api": (Branch("main", "3"),),
            "docs": (Branch("main", "4"),),
            "dead": (Branch("main", "5"),),
        },
    )

    def scm(**more: Any) -> Any:
        return {"scmProvider": {"github": {"organization": "acme", **more.pop("github", {})}, **more}}

    assert values(scm(), world, "repository", "branch", "url") == [
        "web|main|git@h:web", "api|main|git@h:api", "docs|main|git@h:docs", "dead|main|git@h:dead",
    ]  # fmt: skip
    assert values(scm(github={"excludeArchivedRepos": True}, cloneProtocol="https"), world, "url") == [
        "https://h/web.git", "https://h/api.git", "https://h/docs.git",
    ]  # fmt: skip
    every = scm(github={"allBranches": True}, filters=[{"labelMatch": "k8s", "branchMatch": "dev"}])
    assert values(every, world, "repository", "branchNormalized", "sha", "labels") == ["web|dev-x|2|k8s"]
    paths = scm(filters=[{"pathsExist": ["deploy"], "pathsDoNotExist": ["old"]}])
    assert values(paths, world, "repository") == ["web"]
    either = scm(filters=[{"repositoryMatch": "^docs$"}, {"pathsExist": ["old"]}])
    assert values(either, world, "repository") == ["api", "docs"]


def test_a_plugin_is_asked_with_its_input_and_answers_parameters() -> None:
    world = World(plugin=[{"name": "a", "deep": {"n": 1}}, {"name": "b"}])
    generator = {
        "plugin": {
            "configMapRef": {"name": "p"},
            "input": {"parameters": {"k": "v"}},
            "values": {"x": "{{name}}"},
        }
    }
    found = values(generator, world, "name", "deep.n", "generator.input.parameters.k", "values.x")
    assert found == ["a|1|v|a", "b|{{deep.n}}|v|b"]
    (question,) = world.asked
    request = json.loads(question.request)  # type: ignore[union-attr]
    assert request == {"applicationSetName": "apps", "input": {"parameters": {"k": "v"}}}
    assert failure({"plugin": {}}) == "The plugin generator needs configMapRef.name."


def test_a_generators_own_template_goes_over_the_sets() -> None:
    generator = {
        "list": {
            "elements": [{"name": "a", "path": "p"}],
            "template": {"metadata": {"labels": {"x": "{{name}}"}}, "spec": {"project": "team"}},
        }
    }
    (made,) = World().expand(appset(generator))
    assert made.body["metadata"]["labels"] == {"x": "a"}
    assert made.body["spec"]["project"] == "team"
    assert made.body["spec"]["source"] == {"repoURL": REPO, "path": "p"}


@pytest.mark.parametrize(
    ("spec", "own", "finalizers"),
    [
        ({}, None, ["resources-finalizer.argocd.argoproj.io"]),
        ({}, ["mine"], ["mine"]),
        ({"syncPolicy": {"preserveResourcesOnDeletion": True}}, None, None),
        (
            {"syncPolicy": {"applicationsSync": "create-update"}},
            ["resources-finalizer.argocd.argoproj.io", "mine"],
            ["resources-finalizer.argocd.argoproj.io", "mine"],
        ),
        (
            {"syncPolicy": {"applicationsSync": "create-update"}},
            None,
            ["resources-finalizer.argocd.argoproj.io"],
        ),
    ],
)
def test_whether_resources_go_with_their_application(spec: Any, own: Any, finalizers: Any) -> None:
    metadata = {"name": "{{name}}", **({"finalizers": own} if own else {})}
    generator = {"list": {"elements": [{"name": "a", "path": "p"}]}}
    (made,) = World().expand(appset(generator, template={**TEMPLATE, "metadata": metadata}, **spec))
    assert made.body["metadata"].get("finalizers") == finalizers


def patched(patch: str, **template: Any) -> Any:
    generator = {"list": {"elements": [{"name": "a", "path": "p", "prune": "true"}]}}
    (made,) = World().expand(appset(generator, template={**TEMPLATE, **template}, templatePatch=patch))
    return made.body


def test_a_template_patch_can_say_what_no_string_can() -> None:
    body = patched(
        "metadata: {labels: {x: '{{name}}'}, finalizers: [more]}\n"
        "spec:\n  source: {path: null, chart: c}\n  syncPolicy: {automated: {prune: {{prune}}}}\n"
        "  destination: {$patch: replace, name: other}\n",
        metadata={"name": "{{name}}", "finalizers": ["one"]},
    )
    assert body["metadata"] == {"name": "a", "labels": {"x": "a"}, "finalizers": ["one", "more"]}
    assert body["spec"]["source"] == {"repoURL": REPO, "chart": "c"}
    assert body["spec"]["syncPolicy"] == {"automated": {"prune": True}}
    assert body["spec"]["destination"] == {"name": "other"}


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        ("spec: {project: mine}", "templatePatch must not change spec.project; set it in the template."),
        ("[a]", "templatePatch must be a mapping, like the template."),
        ("a: [", "templatePatch cannot be read"),
    ],
)
def test_a_bad_template_patch_is_an_error(patch: str, sentence: str) -> None:
    with pytest.raises(SetError, match="^" + re.escape(sentence)):
        patched(patch)


def test_keys_are_rendered_too_and_what_is_no_string_stays() -> None:
    assert filled({"{{a}}": ["{{a}}", 3, None, True]}, {"a": "x"}) == {"x": ["x", 3, None, True]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1"), (-2, "-2"), (999999, "999999"), (1000000, "1e+06"), (1234567, "1.234567e+06"),
        (0.5, "0.5"), (0.0001, "0.0001"), (0.00001, "1e-05"), (123456.75, "123456.75"), (1.25e21, "1.25e+21"),
        (True, "true"), (False, "false"), (None, "<nil>"), ("a", "a"), ([1, "b"], "[1 b]"),
        ({"b": 1, "a": None}, "map[a:<nil> b:1]"),
    ],
)  # fmt: skip
def test_values_become_the_text_that_go_makes_of_them(value: Any, text: str) -> None:
    assert go_text(value) == text


def test_flattening_keeps_every_leaf() -> None:
    assert dict(flattened({"a": {"b": [1, {"c": 2}]}, "d": {}, "e": []})) == {
        "a.b.0": 1, "a.b.1.c": 2, "d": {}, "e": [],
    }  # fmt: skip


hostile = st.text(min_size=1, max_size=30).filter(lambda text: "\0" not in text) | st.sampled_from(
    [
        "{{name}}",
        "{{ .path }}",
        "{{path.basename}}",
        "${HOME}",
        "$(id)",
        "'",
        '"',
        "\n- x",
        "{{{{name}}}}",
        "a}}b{{c",
    ]
)


@given(text=hostile)
def test_what_strangers_name_things_is_data_and_never_a_template(text: str) -> None:
    pulls = (PullRequest(7, text, text, "main", "a" * 40, text),)
    second = {"list": {"elements": [{"x": "<{{branch}}>"}]}}
    inner = {"matrix": {"generators": [second, {"list": {"elements": [{"y": "({{x}})"}]}}]}}
    template = {
        "metadata": {"name": "n"},
        "spec": {"a": "{{branch}}", "b": "{{y}}", "c": "{{title}}{{number}}"},
    }
    generator = {"matrix": {"generators": [pull(), inner]}}

    (made,) = World(pulls=pulls).expand(appset(generator, template=template))

    assert made.body["spec"] == {"a": text, "b": f"(<{text}>)", "c": f"{text}7"}


@given(
    st.lists(st.fixed_dictionaries({"name": st.text("abc", min_size=1, max_size=3)}), max_size=6),
    st.lists(st.fixed_dictionaries({"x": st.text("abc", min_size=1, max_size=3)}), max_size=6),
)
def test_a_matrix_makes_every_pair_once_in_order(one: Any, other: Any) -> None:
    generator = {"matrix": {"generators": [{"list": {"elements": one}}, {"list": {"elements": other}}]}}
    found = values(generator, World(), "name", "x")
    assert found == [f"{a['name']}|{b['x']}" for a in one for b in other]


def test_one_generator_that_fails_leaves_nothing_of_the_set() -> None:
    good = {"list": {"elements": [{"name": "a", "path": "p"}]}}
    with pytest.raises(SetError):
        World().expand(appset(good, git()))


def test_questions_of_several_generators_are_put_down_together() -> None:
    world = World(FILES, pulls=PULLS)
    world.expand(appset(git(directories=[{"path": "apps/*"}]), git(files=[{"path": "clusters/**"}]), pull()))
    assert world.rounds == 2


def test_a_thousand_applications_take_less_than_two_seconds() -> None:
    elements = [{"name": f"app-{n}", "path": f"apps/{n}"} for n in range(1000)]
    began = time.process_time()
    made = World().expand(appset({"list": {"elements": elements}}))
    assert len(made) == 1000
    assert time.process_time() - began < 2


def test_a_cluster_without_a_server_is_told_with_what_gives_it_one() -> None:
    template = {
        "metadata": {"name": "{{name}}"},
        "spec": {
            "project": "default",
            "source": {"repoURL": REPO, "path": "a"},
            "destination": {"server": "{{server}}", "namespace": "x"},
        },
    }
    one = appset({"clusters": {"selector": {"matchLabels": {"env": "dev"}}}}, template=template)
    made = World(clusters=(ClusterFacts("dev", labels={"env": "dev"}),)).expand(one)
    (broken,) = with_generated(Configuration(), [(one, made)]).broken
    (error,) = broken.errors
    assert "names no cluster; give it a server or a name. A cluster that is reached by a con" in error.message
    assert "serverAlias" in error.message
