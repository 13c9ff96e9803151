"""What a diff says of manifests that a version of Kubernetes will not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shell.repos import Repo
from shell.test_diff import Shop, application, config_map, only, workload
from syncline.errors import ExitCode, Place, UsageError
from syncline.report.annotations import annotations as annotated
from syncline.report.model import AppReport, Note, Severity
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from pathlib import Path

BUDGET = (
    "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {minAvailable: 1}\n"
)
SPOILED = (
    workload("Deployment", "web")
    + "  replicas: '2'\n---\n"
    + BUDGET
    + "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  size: big\n"
)
DEFINITION = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: widgets.example.com}\n"
    "spec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n"
    "  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n"
    "        openAPIV3Schema:\n          type: object\n"
    "          properties: {spec: {type: object, properties: {size: {type: integer}}}}\n"
)
FINE = {
    "apps/web.yaml": application("web", "web"),
    "web/all.yaml": workload("Deployment", "web"),
    # Beside the application, where another one or somebody else installs it from.
    "definitions/widgets.yaml": DEFINITION,
    "chart/templates/crd.yaml": "{{ if }}\nkind: CustomResourceDefinition\n# example.com\n",
}
OLD = {"apps/old.yaml": application("old", "old"), "old/all.yaml": BUDGET}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(Repo.make(tmp_path / "shop"), monkeypatch)


def loud(app: AppReport) -> list[tuple[Severity, str, Place | None]]:
    return [(note.severity, note.text, note.place) for note in app.notes]


def test_fields_and_apis_are_judged_at_their_lines(shop: Shop) -> None:
    report = shop.change({"web/all.yaml": SPOILED}, FINE)
    newest = "Kubernetes 1.37, the newest known here"

    assert loud(only(report)) == [
        (
            Severity.DANGER,
            f"spec.replicas is a string, and must be an integer; take it out of its quotes ({newest})",
            Place("web/all.yaml", 7),
        ),
        (
            Severity.DANGER,
            "spec.size is a string, and must be an integer; take it out of its quotes (by its definition)",
            Place("web/all.yaml", 18),
        ),
        (
            Severity.WARNING,
            (
                "policy/v1beta1 PodDisruptionBudget is gone since Kubernetes 1.25; "
                f"write it as policy/v1 PodDisruptionBudget ({newest})"
            ),
            Place("web/all.yaml", 9),
        ),
    ]
    assert {(each.level, each.file) for each in annotated(report)} == {("warning", "web/all.yaml")}


def test_the_settings_name_the_version_and_refuse_what_it_would_not_take(shop: Shop) -> None:
    settings = "kubeVersion: '1.24'\nvalidation: refuse\n"
    report = shop.change({"web/all.yaml": SPOILED}, {**FINE, "syncline.yaml": settings})
    app = only(report)

    assert [note.text for note in app.notes] == [
        (
            "policy/v1beta1 PodDisruptionBudget is deprecated since Kubernetes 1.21 and gone from 1.25 on; "
            "write it as policy/v1 PodDisruptionBudget"
        )
    ]
    assert [refusal.partition(": ")[2] for refusal in app.refusals] == [
        (
            "spec.replicas is a string, and must be an integer; take it out of its quotes "
            "(Kubernetes 1.25, the oldest known here, in the place of 1.24)"
        ),
        "spec.size is a string, and must be an integer; take it out of its quotes (by its definition)",
    ]
    assert exit_code(report) is ExitCode.REFUSED


def test_what_is_not_touched_is_judged_only_when_a_version_is_asked_about(shop: Shop) -> None:
    shop.repo.commit({**FINE, **OLD})
    shop.repo.commit({"web/all.yaml": config_map("one", a="1")})

    by_default = shop.diff()
    asked = shop.diff(kube_version="1.37")
    (old,) = [app for app in asked.applications if app.name == "old"]

    assert [app.name for app in by_default.applications] == ["web"]
    assert only(by_default).notes == ()
    assert old.affected_by == "what it would be at Kubernetes 1.37 is asked"
    assert [(note.severity, note.text) for note in old.notes] == [
        (
            Severity.DANGER,
            (
                "policy/v1beta1 PodDisruptionBudget is gone since Kubernetes 1.25; "
                "write it as policy/v1 PodDisruptionBudget"
            ),
        )
    ]


def test_validation_may_be_off_and_many_findings_are_counted(shop: Shop) -> None:
    many = "---\n".join(config_map(f"c{number}", a="1") + "surplus: 1\n" for number in range(30))
    told = only(shop.change({"web/all.yaml": many}, FINE))
    silent = only(
        shop.change({"web/all.yaml": many + "# \n"}, {"syncline.yaml": "validation: 'off'\n", **FINE})
    )

    assert len(told.notes) == 21
    assert told.notes[-1] == Note(
        Severity.DANGER, "10 more of its fields or APIs are not as the schemas want them."
    )
    assert silent.notes == ()


@pytest.mark.usefixtures("tools")
def test_charts_are_told_the_version_that_is_asked_about(shop: Shop) -> None:
    chart = {
        "apps/web.yaml": application("web", "web"),
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/templates/c.yaml": config_map("c", at="X").replace(
            "'X'", "{{ .Capabilities.KubeVersion.Minor | quote }}"
        ),
    }
    shop.repo.commit(chart)
    shop.repo.commit({"README": "nothing that is rendered"})
    app = only(shop.diff(kube_version="1.31"))

    assert [change.after.value["data"] for change in app.changes if change.after] == [{"at": "31"}]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("kubeVersion: 1.37\n", 'kubeVersion must be a version of Kubernetes in quotes, such as "1.37".'),
        ("validation: strict\n", "validation must be one of warn, refuse, off."),
    ],
)
def test_a_setting_without_a_meaning_is_an_error(shop: Shop, settings: str, sentence: str) -> None:
    shop.repo.commit({**FINE, "syncline.yaml": settings})

    with pytest.raises(Exception, match="syncline") as caught:
        shop.diff("HEAD", "HEAD")
    assert sentence in str(caught.value)


def test_a_version_that_is_none_is_a_usage_error() -> None:
    from syncline import cli

    with pytest.raises(UsageError, match=r"'latest' is not a version of Kubernetes"):
        cli.kube_version("latest")


KEYED = DEFINITION.replace(
    "{size: {type: integer}}",
    "{size: {type: integer}, parts: {type: array, x-kubernetes-list-type: map,"
    " x-kubernetes-list-map-keys: [id], items: {type: object, properties: {id: {type: string}}}}}",
)


@pytest.mark.parametrize("keyed", [True, False])
def test_the_lists_of_a_custom_kind_are_matched_as_its_definition_in_git_says(
    shop: Shop, keyed: bool
) -> None:
    def widget(*parts: str) -> str:
        listed = "".join(f"    - {{id: {part}}}\n" for part in parts)
        return f"apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: w}}\nspec:\n  parts:\n{listed}"

    there = {**FINE, "definitions/widgets.yaml": KEYED if keyed else DEFINITION}
    report = shop.change(
        {"web/all.yaml": widget("b", "a", "c")}, {**there, "web/all.yaml": widget("a", "b", "c")}
    )

    assert [change.paths for change in only(report).changes] == (
        [] if keyed else [("spec.parts[0].id", "spec.parts[1].id")]
    )


def test_an_api_that_left_with_its_group_is_known_all_the_same(shop: Shop) -> None:
    old = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: i}\nspec: {}\n"
    gone = DEFINITION.replace("served: true", "served: false")
    widget = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n"
    app = only(shop.change({"web/all.yaml": old + widget}, {**FINE, "definitions/widgets.yaml": gone}))

    assert [(note.severity, note.text) for note in app.notes] == [
        (Severity.DANGER, "its definition no longer serves example.com/v1 Widget"),
        (
            Severity.WARNING,
            (
                "extensions/v1beta1 Ingress is gone since Kubernetes 1.22; write it as networking.k8s.io/v1 "
                "Ingress (Kubernetes 1.37, the newest known here)"
            ),
        ),
    ]


def test_a_custom_kind_that_nobody_defines_is_named(shop: Shop) -> None:
    unknown = "apiVersion: other.example/v1\nkind: Thing\nmetadata: {name: t}\nspec: {any: [1, a]}\n"
    app = only(shop.change({"web/all.yaml": unknown}, FINE))

    assert app.notes == (
        Note(
            Severity.INFO,
            "Not held against a schema, because no definition of it was found: Thing.other.example.",
        ),
    )
