"""What is wrong with an Application is said once, at its line."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config import load
from syncline.config.complaint import shown
from syncline.documents import dump, read
from syncline.errors import Place
from unit.config.samples import (
    APPLICATION,
    DIRECTORY,
    FILE,
    HELM,
    KUSTOMIZE,
    PLUGIN,
    URL,
    configured,
    decoded,
    minimal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def errors(body: Any) -> list[str]:
    found = configured(body)
    assert found.applications == ()
    (broken,) = found.broken
    assert list(broken.errors) == [one for one in found.complaints if one.severity == "error"]
    return [one.message for one in broken.errors]


def warnings(body: Any) -> list[str]:
    found = configured(body)
    assert len(found.applications) == 1
    assert {one.severity for one in found.complaints} <= {"warning"}
    return [one.message for one in found.complaints]


UNQUOTED = "must be a string, not a number; put it in quotes."
RULES: dict[str, tuple[dict[str, Any], str]] = {
    "neither source": (minimal(source=...), "spec has neither source nor sources."),
    "no destination": (minimal(destination=...), "spec needs a destination."),
    "server and name": (
        minimal(destination={"server": "https://x", "name": "prod"}),
        "spec.destination has both a server and a name; a cluster is named by one of them.",
    ),
    "neither server nor name": (
        minimal(destination={"namespace": "x"}),
        "spec.destination names no cluster; give it a server or a name.",
    ),
    "no repoURL": (minimal(source={"path": "x"}), "spec.source needs a repoURL."),
    "no path": (
        minimal(source={"repoURL": URL}),
        "spec.source needs a path in the repository, or the name of a chart.",
    ),
    "single ref": (
        minimal(source={"repoURL": URL, "ref": "values"}),
        "spec.source needs a path in the repository, or the name of a chart.",
    ),
    "nothing in one of many": (
        minimal(source=..., sources=[{"repoURL": URL, "path": "a"}, {"repoURL": URL}]),
        "spec.sources[1] needs a path in the repository, the name of a chart, or a ref.",
    ),
    "absolute path": (
        minimal(source={"repoURL": URL, "path": "/etc"}),
        "spec.source.path must be relative to the repository, without a leading slash.",
    ),
    "chart without version": (
        minimal(source={"repoURL": URL, "chart": "web"}),
        "spec.source needs a targetRevision: a chart has no default version.",
    ),
    "two kinds": (
        minimal(source={"repoURL": URL, "path": "a", "helm": {"releaseName": "x"}, "plugin": {}}),
        "spec.source has options of several kinds (helm, plugin); keep one of them.",
    ),
    "bad ref": (
        minimal(source=..., sources=[{"repoURL": URL, "ref": "a.b"}]),
        "spec.sources[0].ref may only contain letters, digits, hyphens and underscores.",
    ),
    "ref twice": (
        minimal(
            source=..., sources=[{"repoURL": URL, "ref": "a"}, {"repoURL": URL, "path": "x", "ref": "a"}]
        ),
        "spec.sources[1].ref is used by another source of this Application; choose another name.",
    ),
    "negative replicas": (
        minimal(source={"repoURL": URL, "path": "a", "kustomize": {"replicas": [{"count": -1}]}}),
        "spec.source.kustomize.replicas[0].count must be from 0 to 2147483647.",
    ),
    "replicas in words": (
        minimal(source={"repoURL": URL, "path": "a", "kustomize": {"replicas": [{"count": "three"}]}}),
        "spec.source.kustomize.replicas[0].count must be a whole number, or a string of digits.",
    ),
    "negative history": (minimal(revisionHistoryLimit=-1), "spec.revisionHistoryLimit must be at least 0."),
    "parameter without quotes": (
        minimal(source={"repoURL": URL, "path": "a", "helm": {"parameters": [{"name": "x", "value": 80}]}}),
        f"spec.source.helm.parameters[0].value {UNQUOTED}",
    ),
    "quoted flag": (
        minimal(syncPolicy={"automated": {"prune": "true"}}),
        "spec.syncPolicy.automated.prune must be true or false, not a string; remove the quotes.",
    ),
    "no name": ({**minimal(), "metadata": {"namespace": "argocd"}}, "metadata needs a name."),
    "no metadata": ({**minimal(), "metadata": None}, "metadata needs a name."),
    "no spec": ({**minimal(), "spec": None}, "An Application needs a spec."),
    "other version": (
        {**minimal(), "apiVersion": "argoproj.io/v1"},
        "apiVersion must be argoproj.io/v1alpha1.",
    ),
    "annotation": (
        {**minimal(), "metadata": {"name": "web", "annotations": {"argocd.argoproj.io/sync-wave": 3}}},
        f'metadata.annotations["argocd.argoproj.io/sync-wave"] {UNQUOTED}',
    ),
    "hydrator without branch": (
        minimal(source=..., sourceHydrator={"drySource": {"repoURL": URL}}),
        "spec.sourceHydrator needs drySource.repoURL, syncSource.path and syncSource.targetBranch.",
    ),
}


@pytest.mark.parametrize(("body", "message"), RULES.values(), ids=RULES)
def test_what_argo_cd_refuses_is_one_error(body: dict[str, Any], message: str) -> None:
    assert errors(body) == [message]


IGNORED = "is not a field Argo CD knows and has no effect"
UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "source": (
        minimal(source={"repoURL": URL, "path": "a", "targetRevison": "x"}),
        f"spec.source.targetRevison {IGNORED}; did you mean targetRevision?",
    ),
    "case": (
        minimal(source={"repoURL": URL, "path": "a", "helm": {"valuefiles": []}}),
        f"spec.source.helm.valuefiles {IGNORED}; did you mean valueFiles?",
    ),
    "nothing alike": (
        minimal(zzz=1),
        f"spec.zzz {IGNORED}.",
    ),
}


@pytest.mark.parametrize(("body", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_argo_cd_ignores_is_a_warning_with_the_likely_spelling(
    body: dict[str, Any], message: str
) -> None:
    assert warnings(body)[-1] == message


POLICY, IGNORED_AT = "spec.syncPolicy", "spec.ignoreDifferences[0]"
ALONE = 'metadata.annotations["argocd.argoproj.io/'
CASCADE = "resources-finalizer.argocd.argoproj.io"


def noted(name: str, text: str) -> dict[str, Any]:
    return {**minimal(), "metadata": {"name": "web", "annotations": {f"argocd.argoproj.io/{name}": text}}}


NO_EFFECT: dict[str, tuple[dict[str, Any], str]] = {
    "metadata of a namespace that nobody makes": (
        minimal(syncPolicy={"managedNamespaceMetadata": {"labels": {"a": "b"}}}),
        f"{POLICY}.managedNamespaceMetadata has no effect without the sync option CreateNamespace=true.",
    ),
    "a rule without a group": (
        minimal(ignoreDifferences=[{"kind": "Job", "jsonPointers": ["/spec"]}]),
        f"{IGNORED_AT} has no effect: Job is of the group batch; write group: batch.",
    ),
    "a rule without a field": (
        minimal(ignoreDifferences=[{"kind": "Pod"}]),
        (
            f"{IGNORED_AT} has no effect: it names no field. Write jsonPointers, jqPathExpressions or "
            "managedFieldsManagers."
        ),
    ),
    "operation": (
        {**minimal(), "operation": {"sync": {"revision": "main"}}},
        "operation has no effect: a sync is asked of Syncline itself, and nothing of a file begins one.",
    ),
    "compare option": (
        noted("compare-options", "ServerSideDiff=yes"),
        (
            f'{ALONE}compare-options"] asks for ServerSideDiff=yes, which nobody knows there; did you mean '
            "ServerSideDiff=true?"
        ),
    ),
    "finalizer": (
        {**minimal(), "metadata": {"name": "web", "finalizers": [f"{CASCADE}/backgroud"]}},
        f"metadata.finalizers[0] is no finalizer of Argo CD's; did you mean {CASCADE}/background?",
    ),
}


@pytest.mark.parametrize(("body", "message"), NO_EFFECT.values(), ids=NO_EFFECT)
def test_what_has_no_effect_is_said(body: dict[str, Any], message: str) -> None:
    assert warnings(body) == [message]


OPTION, RETRY, IGNORE = "spec.syncPolicy.syncOptions[0]", "spec.syncPolicy.retry", "spec.ignoreDifferences[0]"
MEANINGLESS: dict[str, tuple[dict[str, Any], str]] = {
    "sync option": (
        minimal(syncPolicy={"syncOptions": ["CreateNameSpace=true"]}),
        f"{OPTION} is not a sync option; did you mean CreateNamespace?",
    ),
    "value of a sync option": (
        minimal(syncPolicy={"syncOptions": ["Validate=False"]}),
        f"{OPTION} means nothing: Validate takes true or false, without spaces or capitals.",
    ),
    "duration": (
        minimal(syncPolicy={"retry": {"backoff": {"duration": "5 s"}}}),
        f"{RETRY}.backoff.duration must be a duration such as 5s, 3m or 1h30m.",
    ),
    "factor": (
        minimal(syncPolicy={"retry": {"backoff": {"factor": 0}}}),
        f"{RETRY}.backoff.factor must be at least 1.",
    ),
    "pointer": (
        minimal(ignoreDifferences=[{"kind": "Deployment", "jsonPointers": ["spec.replicas"]}]),
        f"{IGNORE}.jsonPointers[0] must be a JSON pointer that begins with a slash, such as /spec/replicas.",
    ),
    "contradiction": (
        minimal(syncPolicy={"syncOptions": ["Prune=false", "Replace=true", "Prune=true"]}),
        "spec.syncPolicy.syncOptions holds Prune=false and Prune=true; keep one of them.",
    ),
    "wave": (noted("sync-wave", "first"), f'{ALONE}sync-wave"] is no integer; write one like "-1" or "5".'),
    "its own sync option": (
        noted("sync-options", "Prune=flase"),
        (
            f'{ALONE}sync-options"] asks for Prune=flase: Prune takes true or false or confirm, without '
            "spaces or capitals."
        ),
    ),
    "its own contradiction": (
        noted("sync-options", "Prune=false,Prune=true"),
        f'{ALONE}sync-options"] holds Prune=false and Prune=true; keep one of them.',
    ),
    "no kind": (
        minimal(ignoreDifferences=[{"jsonPointers": ["/spec"]}]),
        f"{IGNORE} needs a kind, or it means no object; * is any.",
    ),
    "glob": (
        minimal(ignoreDifferences=[{"kind": "Deploy[ment", "jsonPointers": ["/spec"]}]),
        f"{IGNORE}.kind is not a glob; close its brackets and braces.",
    ),
}


@pytest.mark.parametrize(("body", "message"), MEANINGLESS.values(), ids=MEANINGLESS)
def test_what_would_have_no_meaning_here_is_an_error_also_where_argo_cd_is_silent(
    body: dict[str, Any], message: str
) -> None:
    assert errors(body) == [message]


def test_a_jq_expression_that_jq_cannot_read_is_an_error_in_its_words() -> None:
    (message,) = errors(minimal(ignoreDifferences=[{"kind": "Job", "jqPathExpressions": [".spec["]}]))

    assert message.startswith(f"{IGNORE}.jqPathExpressions[0] is not a jq path expression: syntax error")


def test_an_unknown_field_is_kept_in_the_body() -> None:
    body = minimal(mine={"a": 1})

    assert configured(body).applications[0].body == body


FREE = {("apiVersion",), ("kind",), ("status",), ("operation",)}
UNCHECKED = {"creationTimestamp", "generation", "resourceVersion", "uid", "options"}


def checked_paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path in FREE or (path and path[-1] in UNCHECKED):
        return
    if path:
        yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from checked_paths(child, (*path, key))


PATHS = list(checked_paths(APPLICATION))


def replaced(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    body = copy.deepcopy(APPLICATION)
    inside: Any = body
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return body


def value_at(path: tuple[str | int, ...]) -> Any:
    inside: Any = APPLICATION
    for step in path:
        inside = inside[step]
    return inside


@pytest.mark.parametrize("path", PATHS, ids=[shown(path) for path in PATHS])
def test_a_wrong_type_anywhere_is_an_error_at_its_line(path: tuple[str | int, ...]) -> None:
    wrong: Any = [["x"]] if not isinstance(value_at(path), list) else "x"
    text = dump(replaced(path, wrong))
    found = load([(FILE, text)])
    line = read(text, FILE)[0].line_of(path)

    assert found.applications == ()
    assert found.broken[0].place == Place(FILE, 1)
    assert any(
        one.message.startswith(f"{shown(path)} must be") and one.place == Place(FILE, line)
        for one in found.broken[0].errors
    )


FREE_KEYS = {"labels", "annotations", "commonLabels", "commonAnnotations", "map"}
MAPPINGS = [path for path in PATHS if isinstance(value_at(path), dict) and path[-1] not in FREE_KEYS]


@pytest.mark.parametrize("path", MAPPINGS, ids=shown)
def test_an_unknown_field_anywhere_is_a_warning_at_its_line(path: tuple[str | int, ...]) -> None:
    text = dump(replaced((*path, "qqq"), 1))
    found = load([(FILE, text)])

    assert [(one.severity, one.place.line) for one in found.complaints] == [
        ("warning", read(text, FILE)[0].line_of((*path, "qqq")))
    ]
    assert len(found.applications) == 1


NEEDED = ("syncOptions", "group", "kind", "jsonPointers")
"""Without these what stands beside them has no effect, which is said."""


def subsets(value: Any) -> st.SearchStrategy[Any]:
    """The value with some of its optional fields and members left out or null."""
    if isinstance(value, dict):
        needed = {key: st.just(child) for key, child in value.items() if key in NEEDED}
        parts = {key: subsets(child) | st.none() for key, child in value.items() if key not in NEEDED}
        return st.fixed_dictionaries(needed, optional=parts)
    if isinstance(value, list):
        return st.lists(st.sampled_from(value).flatmap(subsets), max_size=3)
    return st.just(value)


SPEC = {key: value for key, value in APPLICATION["spec"].items() if key not in {"sources", "destination"}}
OPTIONS = st.fixed_dictionaries({"helm": subsets(HELM)}) | st.fixed_dictionaries(
    {"kustomize": subsets(KUSTOMIZE)}
)
OPTIONS |= st.fixed_dictionaries({"directory": subsets(DIRECTORY)}) | st.fixed_dictionaries(
    {"plugin": subsets(PLUGIN)}
)


@given(subsets(SPEC), OPTIONS)
def test_any_selection_of_documented_fields_is_decoded_without_complaint(spec: Any, options: Any) -> None:
    one = {"repoURL": URL, "path": "web", **options}

    assert decoded(minimal(**spec, source=one)).sources[0].repo_url == URL


TANGLED = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(PATHS), TANGLED)
def test_whatever_stands_in_a_field_there_is_an_application_or_an_error(
    path: tuple[str | int, ...], value: Any
) -> None:
    found = configured(replaced(path, value))

    assert len(found.applications) + len(found.broken) == 1
    assert bool(found.broken) == any(one.severity == "error" for one in found.complaints)
