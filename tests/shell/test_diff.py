from __future__ import annotations

import base64
import json
import os
import re
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from shell.repos import Repo
from syncline import cli
from syncline.core.plan import Action
from syncline.errors import ExitCode, UsageError
from syncline.jobs import renderings
from syncline.jobs.invocation import Invocation, Permissions
from syncline.jobs.observer import Silence
from syncline.render import render
from syncline.report.model import AppReport, Job, Report
from syncline.report.outcome import exit_code
from syncline.terminal import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CANARY = "hunter2-canary-0815"
NEWER = "hunter2-canary-4711"
CASCADING = "finalizers: [resources-finalizer.argocd.argoproj.io]"
UNRESTRICTED = "unrestrictedProjects of syncline.yaml"
FORMS = ("text", "markdown", "html", "json")


def application(name: str, path: str, more: str = "", policy: str = "{}", source: str = "") -> str:
    extra = f"  {more}\n" if more else ""
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        f"metadata:\n  name: {name}\n  namespace: argocd\n{extra}"
        f"spec:\n  {source or f'source: {{repoURL: https://github.com/acme/x.git, path: {path}}}'}\n"
        "  destination: {server: 'https://kubernetes.default.svc', namespace: shop}\n"
        f"  syncPolicy: {policy}\n"
    )


def config_map(name: str, **data: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {data}\n"


def secret(value: str) -> str:
    encoded = base64.b64encode(value.encode()).decode()
    return (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\n"
        f"data: {{password: {encoded}}}\nstringData: {{url: 'https://user:{value}@db'}}\n"
    )


def argocd_cm(key: str, text: str) -> str:
    return (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\n"
        f'data: {{resource.customizations.{key}: "{text}"}}\n'
    )


def service(name: str, **ports: int) -> str:
    listed = [{"name": key, "port": value} for key, value in ports.items()]
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
        f"spec: {{selector: {{app: {name}}}, ports: {listed}}}\n"
    )


def workload(kind: str, app: str) -> str:
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n"
        f"  selector: {{matchLabels: {{app: {app}}}}}\n"
        f"  template: {{metadata: {{labels: {{app: {app}}}}}, "
        "spec: {containers: [{name: main, image: r/web:1}]}}\n"
    )


class Shop:
    """A repository whose diffs are looked at; it counts the renderings."""

    def __init__(self, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo = repo
        self.rendered: list[tuple[str, str]] = []
        real = render

        def counting(app: Any, checkout: Any, options: Any) -> Any:
            self.rendered.append((app.name, checkout.revision))
            return real(app, checkout, options)

        monkeypatch.setattr(renderings, "render", counting)

    def diff(self, base: str = "HEAD~1", head: str = "HEAD", **asked: Any) -> Report:
        return self.look(job=Job.DIFF, base=base, head=head, **asked)

    def look(self, more: Mapping[str, str] | None = None, **asked: Any) -> Report:
        self.rendered.clear()
        environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **(more or {})}
        return cli.run(Invocation(root=self.repo.root, environ=environ, **asked), Silence())

    def change(self, files: Mapping[str, str | None], before: Mapping[str, str | None]) -> Report:
        self.repo.commit(before)
        self.repo.commit(files)
        return self.diff()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(Repo.make(tmp_path / "shop"), monkeypatch)


def actions(app: AppReport) -> dict[str, Action]:
    return {f"{change.key.kind} {change.key.name}": change.action for change in app.changes}


def names(report: Report) -> set[str]:
    return {app.name for app in report.applications}


def only(report: Report) -> AppReport:
    (app,) = report.applications
    assert app.problem is None, app.problem
    return app


WEB = {"apps/web.yaml": application("web", "web"), "web/all.yaml": config_map("one", a="1")}


def test_what_both_sides_make_of_the_same_is_rendered_once(shop: Shop, tools: Mapping[str, Path]) -> None:
    del tools
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    files = {
        "plain/a.yaml": config_map("one", a="1"),
        "dated/a.yaml": config_map("one", a="1"),
        "dated/kustomization.yaml": "resources: [a.yaml]\n",
        "random/Chart.yaml": chart,
        "random/templates/a.yaml": config_map("r", a='"{{ randAlphaNum 8 }}"'),
        "steady/Chart.yaml": chart,
        "steady/templates/a.yaml": config_map("s", a="1"),
    }
    revision = "kustomize: {commonAnnotationsEnvsubst: true, commonAnnotations: {at: $ARGOCD_APP_REVISION}}"
    for name in ("plain", "dated", "random", "steady"):
        more = f", {revision}" if name == "dated" else ""
        source = f"source: {{repoURL: 'https://e.com/x', path: {name}{more}}}"
        files[f"apps/{name}.yaml"] = application(name, name, source=source)
    edited = {
        path: text.replace("syncPolicy: {}", "syncPolicy: {automated: {}}") for path, text in files.items()
    }
    report = shop.change(edited, files)

    assert names(report) == {"plain", "dated", "random", "steady"}
    counted = Counter(name for name, _ in shop.rendered)
    assert (counted["plain"], counted["steady"], counted["dated"]) == (1, 1, 2)
    assert counted["random"] == 3, "both sides, and once more to know what is noise"
    assert {app.name for app in report.applications if app.changes} == {"dated"}


@pytest.mark.usefixtures("tools")
def test_a_value_that_python_holds_for_equal_is_another_one(shop: Shop) -> None:
    def files(flag: str) -> dict[str, str]:
        values = f"helm: {{valuesObject: {{flag: {flag}}}}}"
        source = f"source: {{repoURL: 'https://e.com/x', path: web, {values}}}"
        return {
            "apps/web.yaml": application("web", "web", source=source),
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "web/templates/a.yaml": config_map("one", a='"{{ .Values.flag }}"'),
        }

    assert actions(only(shop.change(files("true"), files("1")))) == {"ConfigMap one": Action.UPDATE}


def test_merging_is_shown_and_never_anothers_merged_work_as_reverted(shop: Shop) -> None:
    repo = shop.repo
    repo.commit(
        {**WEB, "apps/other.yaml": application("other", "other"), "other/all.yaml": config_map("o", a="1")}
    )
    repo.git("checkout", "--quiet", "-b", "feature")
    repo.commit({"web/all.yaml": config_map("one", a="2")})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"other/all.yaml": config_map("o", a="2")})
    repo.git("checkout", "--quiet", "-b", "merged")
    merge = repo.merge("feature")

    by_the_event = shop.diff(f"{merge}^1", merge)
    on_the_command_line = shop.diff("main", "feature")
    repo.git("checkout", "--quiet", "feature")
    by_default = shop.diff("", "")

    for report in (by_the_event, on_the_command_line, by_default):
        assert actions(only(report)) == {"ConfigMap one": Action.UPDATE}
        assert report.unaffected == ("other",)


@pytest.mark.usefixtures("tools")
def test_only_what_a_change_touches_is_rendered_and_each_side_once_at_most(shop: Shop) -> None:
    ref = (
        "sources: [{repoURL: 'https://e.com/x', path: chart, helm: {valueFiles: [$env/env/prod.yaml]}},"
        " {repoURL: 'https://e.com/x', ref: env}]"
    )
    helm = "source: {repoURL: 'https://e.com/x', path: chart, helm: {valueFiles: [../env/dev.yaml]}}"
    narrow = "annotations: {argocd.argoproj.io/manifest-generate-paths: /lib/watched}"
    chart = "apiVersion: v2\nname: chart\nversion: 1.0.0\n"
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ .Values.a | quote }}}\n"
    base = shop.repo.commit(
        {
            "apps/all.yaml": "---\n".join([application("plain", "plain"), application("links", "links")]),
            "apps/kust.yaml": application("kust", "overlay"),
            "apps/values.yaml": application("values", "chart", source=helm),
            "apps/ref.yaml": application("ref", "chart", source=ref),
            "apps/narrow.yaml": application("narrow", "lib", more=narrow),
            "plain/a.yaml": config_map("a", a="1"),
            "shared/link.yaml": config_map("link", a="1"),
            "overlay/kustomization.yaml": "resources: [../base]\n",
            "base/kustomization.yaml": "resources: [a.yaml]\n",
            "base/a.yaml": config_map("a", a="1"),
            "chart/Chart.yaml": chart,
            "chart/templates/c.yaml": template,
            "env/dev.yaml": "a: 1\n",
            "env/prod.yaml": "a: 1\n",
            "lib/a.yaml": config_map("lib", a="1"),
            "lib/watched": "1",
        }
    )
    (shop.repo.root / "links").mkdir()
    (shop.repo.root / "links" / "link.yaml").symlink_to("../shared/link.yaml")
    base = shop.repo.save()
    everybody = {"plain", "links", "kust", "values", "ref", "narrow"}
    for path, text, touched in (
        ("plain/a.yaml", config_map("a", a="2"), {"plain"}),
        ("shared/link.yaml", config_map("link", a="2"), {"links"}),
        ("base/a.yaml", config_map("a", a="2"), {"kust"}),
        ("env/dev.yaml", "a: 2\n", {"values"}),
        ("env/prod.yaml", "a: 2\n", {"ref"}),
        ("chart/templates/c.yaml", template.replace("{a:", "{b:"), {"values", "ref"}),
        ("lib/a.yaml", config_map("lib", a="2"), set()),
        ("lib/watched", "2", {"narrow"}),
        ("apps/kust.yaml", application("kust", "overlay", policy="{automated: {}}"), {"kust"}),
        (
            "apps/all.yaml",
            "---\n".join(
                [application("plain", "plain", more="labels: {a: b}"), application("links", "links")]
            ),
            {"plain"},
        ),
        ("syncline.yaml", "render: {timeout: 30s}\n", set()),
        ("syncline.yaml", "guard: {maxPrune: 3}\n", everybody),
        ("argocd-cm.yaml", argocd_cm("health.ConfigMap", "return {status = 'Healthy'}"), set()),
        ("README.md", "# Hello\n", set()),
        ("plain/caf\udce9 \n.yaml", config_map("odd"), {"plain"}),
    ):
        shop.repo.git("checkout", "--quiet", "-B", "change", base)
        head = shop.repo.commit({os.fsencode(path): text})

        report = shop.diff(base, head)

        assert names(report) == touched, path
        assert set(report.unaffected) == everybody - touched
        # What a definition or the settings change, they change around the same manifests.
        sides = (head,) if path.startswith(("apps/", "syncline.yaml")) else (base, head)
        assert sorted(shop.rendered) == sorted((name, side) for name in touched for side in sides), path
        assert exit_code(report) is ExitCode.OK, report
        for form in FORMS:
            text_of(report, form).encode()


def test_added_changed_and_removed_objects_and_lists_by_name(shop: Shop) -> None:
    before = {
        **WEB,
        "web/gone.yaml": config_map("gone"),
        "web/service.yaml": service("web", http=80, admin=90),
    }
    after = {
        "web/gone.yaml": None,
        "web/new.yaml": config_map("new", b="1"),
        "web/service.yaml": service("web", admin=91, metrics=9100, http=80),
    }

    app = only(shop.change(after, before))

    assert actions(app) == {
        "ConfigMap gone": Action.KEEP,
        "ConfigMap new": Action.CREATE,
        "Service web": Action.UPDATE,
    }
    (port,) = (change for change in app.changes if change.key.kind == "Service")
    # Kubernetes itself tells ports apart by number and protocol; their order says nothing.
    assert set(port.paths) == {f"spec.ports[port={n},protocol=TCP]" for n in (90, 91, 9100)}
    assert app.unchanged == 1
    text = text_of(shop.diff(), "text")
    assert "http" not in re.sub(r"^ .*$", "", text, flags=re.MULTILINE), text


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (workload("Deployment", "a"), workload("Deployment", "b"), "spec.selector"),
        (workload("Deployment", "a"), workload("StatefulSet", "a"), "StatefulSet"),
        (config_map("old-name", a="1", b="2"), config_map("new-name", a="1", b="2"), "renamed from old-name"),
    ],
)
def test_an_immutable_field_a_replaced_kind_and_a_new_name_are_said(
    shop: Shop, before: str, after: str, expected: str
) -> None:
    report = shop.change({"web/all.yaml": after}, {**WEB, "web/all.yaml": before})

    app = only(report)
    assert len(app.changes) == (1 if expected == "spec.selector" else 2)
    for form in FORMS:
        assert expected in text_of(report, form), form
    if expected == "spec.selector":
        assert any("cannot be changed" in note.text for note in app.notes), app.notes


def test_no_difference_says_so_in_every_form(shop: Shop) -> None:
    report = shop.change({"web/all.yaml": "# a comment\n" + config_map("one", a="1")}, WEB)

    assert only(report).changes == ()
    assert exit_code(report, differences_are_failure=True) is ExitCode.OK
    for form in FORMS:
        assert re.search(r"no manifest (changes|differs)", text_of(report, form), re.IGNORECASE), form


def test_a_changed_secret_is_seen_as_changed_and_no_value_is_shown(shop: Shop) -> None:
    report = shop.change({"web/s.yaml": secret(NEWER)}, {**WEB, "web/s.yaml": secret(CANARY)})

    app = only(report)
    assert actions(app) == {"Secret login": Action.UPDATE}
    assert set(app.changes[0].paths) == {"data.password", "data.url"}
    for form in FORMS:
        text = text_of(report, form)
        assert "login" in text
        assert "hidden" in text
        for value in (CANARY, NEWER, f"https://user:{CANARY}@db", f"https://user:{NEWER}@db"):
            once = base64.b64encode(value.encode())
            for shape in (value.encode(), once, base64.b64encode(once), value.encode().hex().encode()):
                assert shape.decode() not in text, form


def test_a_name_that_means_nobody_is_told(shop: Shop) -> None:
    settings = "drift: {applications: {wbe: alert, web: alert}}\nunrestrictedProjects: [team]\n"
    project = (
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: team}\n"
        "spec: {sourceRepos: ['*'], destinations: [{server: '*', namespace: '*'}]}\n"
    )
    before = {**WEB, "syncline.yaml": settings, "project.yaml": project}
    shop.repo.commit(before)
    shop.repo.commit({"web/all.yaml": config_map("one", a="2")})

    report = shop.diff(permissions=Permissions(approved=frozenset({"ConfigMap one", "ConfigMap shop/one"})))

    assert [note.text for note in report.notes] == [
        "drift.applications of syncline.yaml names wbe, and there is no such Application; did you mean web?",
        f"{UNRESTRICTED} names team, which is defined here (project.yaml:1) and restricts all the same.",
        "The approval of 'ConfigMap one' names no object of the plan; did you mean ConfigMap shop/one?",
    ]


def test_what_a_rendered_application_says_without_effect_is_told(shop: Shop) -> None:
    child = application("web", "web", "annotations: {argocd.argoproj.io/skip-reconcile: 'true'}")
    template = child.replace("syncPolicy: {}", "syncPolicy: {automatd: {}}").replace("web", "{{ name }}")
    plugin = "plugin: {name: jinja2, parameters: [{name: values, map: {name: web}}]}"
    source = f"source: {{repoURL: https://github.com/acme/x.git, path: children, {plugin}}}"
    files = {
        "apps/root.yaml": application("root", "children", source=source),
        "children/web.yaml.j2": template,
        "web/all.yaml": config_map("one"),
    }

    report = shop.change(files, {"x.txt": "1"})

    said = [(note.text, str(note.place)) for note in report.notes]
    hint = "spec.syncPolicy.automatd is not a field Argo CD knows and has no effect; did you mean automated?"
    assert said == [(hint, "children/web.yaml.j2")]
    (web,) = (app for app in report.applications if app.name == "web")
    assert [note.text for note in web.notes] == [
        'web is left alone, because it has the annotation argocd.argoproj.io/skip-reconcile: "true".'
    ]


@pytest.mark.parametrize(
    ("finalizer", "action", "fate"),
    [
        (CASCADING, Action.PRUNE, "deleted with it"),
        ("", Action.KEEP, "left in the cluster, because it has no resources finalizer"),
        (
            f"{CASCADING}\n  annotations: {{argocd.argoproj.io/sync-options: Delete=false}}",
            Action.KEEP,
            "left in the cluster, because it says that it is not to be deleted",
        ),
    ],
)
def test_an_application_that_is_removed_says_what_becomes_of_its_objects(
    shop: Shop, finalizer: str, action: Action, fate: str
) -> None:
    before = {
        "apps/web.yaml": application("web", "web", more=finalizer),
        "web/all.yaml": config_map("one", a="1"),
    }

    app = only(shop.change({"apps/web.yaml": None}, before))

    assert actions(app) == {"ConfigMap one": action}
    assert [note.text for note in app.notes if "removed" in note.text] == [
        f"The Application is removed; its one object is {fate}."
    ]


def test_a_new_application_and_one_that_moves_into_argo_cds_own_namespace(shop: Shop) -> None:
    unnamed = application("web", "web").replace("  namespace: argocd\n", "")
    before = {
        "apps/web.yaml": unnamed,
        "web/all.yaml": config_map("one", a="1"),
        "new/all.yaml": config_map("fresh"),
    }
    after = {"apps/web.yaml": application("web", "web"), "apps/new.yaml": application("new", "new")}

    report = shop.change(after, before)

    assert {app.name: actions(app) for app in report.applications} == {
        "web": {},
        "new": {"ConfigMap fresh": Action.CREATE},
    }


@pytest.mark.parametrize(
    "broken",
    [application("web", "web") + "  sync: [", application("web", "web").replace("path: web", "path: 7")],
)
def test_a_broken_definition_is_told_beside_the_whole_ones_and_is_not_removed(
    shop: Shop, broken: str
) -> None:
    other = {"apps/other.yaml": application("other", "other"), "other/all.yaml": config_map("o", a="1")}
    report = shop.change(
        {"apps/web.yaml": broken, "other/all.yaml": config_map("o", a="2")}, {**WEB, **other}
    )

    whole, lost = report.applications
    assert actions(whole) == {"ConfigMap o": Action.UPDATE}
    assert lost.problem is not None
    assert lost.problem.exit_code is ExitCode.CONFIG
    assert lost.problem.place is not None
    assert lost.problem.place.file == "apps/web.yaml"
    assert exit_code(report) is ExitCode.CONFIG
    assert "removed" not in text_of(report, "text")
    # And the way back: what is mended looks new, which is said.
    shop.repo.commit({"apps/web.yaml": application("web", "web")})
    mended = only(shop.diff())
    assert [note.text for note in mended.notes if "broken at" in note.text]


def test_a_broken_definition_is_told_once_whether_its_parent_renders_it_or_a_template_does(
    shop: Shop,
) -> None:
    twice = application("child", "", source="source: {repoURL: https://e.com/x, path: 7, chart: 8}")
    once = application("'{{ app.name }}-child'", "", source="source: {repoURL: https://e.com/x, path: 9}")
    before = {
        "apps/parent.yaml": application("parent", "children"),
        "children/child.yaml": twice,
        "apps/maker.yaml": application("maker", "made"),
        "made/a.yaml.j2": once,
    }

    report = shop.change({path: f"{text}# changed\n" for path, text in before.items()}, before)

    problems = {app.name: app.problem for app in report.applications if app.problem}
    assert sorted(app.name for app in report.applications) == ["child", "maker", "maker-child", "parent"]
    assert {name: str(problem.place) for name, problem in problems.items()} == {
        "child": "children/child.yaml:7",
        "maker-child": "made/a.yaml.j2",
    }
    # What else is wrong in it is a note.
    notes = {note.text for note in report.notes}
    assert "spec.source.chart must be a string, not a number; put it in quotes." in notes
    assert notes.isdisjoint(problem.message for problem in problems.values())


def test_a_broken_application_may_be_asked_for_by_name(shop: Shop) -> None:
    broken = application("web", "web").replace("path: web", "path: 7")
    shop.change({"apps/web.yaml": broken}, WEB)

    (app,) = shop.diff(applications=("web",)).applications
    assert app.problem is not None
    with pytest.raises(UsageError, match=r"There is no Application 'wbe'\. Did you mean 'web'"):
        shop.diff(applications=("wbe",))


def test_one_application_that_does_not_render_leaves_the_others_alone(shop: Shop) -> None:
    other = {"apps/other.yaml": application("other", "other"), "other/all.yaml": config_map("o", a="1")}
    report = shop.change(
        {
            "web/all.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n",
            "other/all.yaml": config_map("o", a="2"),
        },
        {**WEB, **other},
    )

    by_name = {app.name: app for app in report.applications}
    assert actions(by_name["other"]) == {"ConfigMap o": Action.UPDATE}
    problem = by_name["web"].problem
    assert problem is not None
    assert problem.place is not None
    assert (problem.place.file, problem.exit_code) == ("web/all.yaml", ExitCode.RENDER)


def test_a_directory_without_any_configuration(shop: Shop) -> None:
    repo = shop.repo
    repo.commit({"deploy/all.yaml": config_map("one", a="1"), "other.txt": "1"})
    repo.commit({"deploy/all.yaml": config_map("one", a="2")})
    repo.commit({"new/all.yaml": config_map("two")})
    repo.commit({"new/all.yaml": None})

    assert actions(only(shop.diff("HEAD~3", "HEAD~2", path="deploy/"))) == {"ConfigMap one": Action.UPDATE}
    absolute = str(repo.root / "deploy")
    assert actions(only(shop.diff("HEAD~3", "HEAD~2", path=absolute))) == {"ConfigMap one": Action.UPDATE}
    assert shop.diff("HEAD~2", "HEAD~1", path="deploy").unaffected == ("deploy",)
    assert actions(only(shop.diff("HEAD~2", "HEAD~1", path="new"))) == {"ConfigMap two": Action.CREATE}
    gone = only(shop.diff("HEAD~1", "HEAD", path="new"))
    assert [note.text for note in gone.notes] == ["The directory new is removed, with its one object."]
    whole = shop.diff("HEAD~3", "HEAD~2", path=".")
    assert whole.applications[0].name == "root"
    with pytest.raises(UsageError, match="There is no 'nowhere', neither at the base nor at the head"):
        shop.diff(path="nowhere")
    with pytest.raises(UsageError, match="is not in the repository shop"):
        shop.diff(path="../elsewhere")


def test_from_a_subdirectory_a_path_is_meant_from_there(shop: Shop) -> None:
    shop.repo.commit({"a/deploy/all.yaml": config_map("one", a="1")})
    shop.repo.commit({"a/deploy/all.yaml": config_map("one", a="2")})
    environ = {"PATH": os.environ["PATH"]}

    asked = Invocation(Job.DIFF, shop.repo.root / "a", "HEAD~1", "HEAD", path="deploy", environ=environ)

    assert actions(only(cli.run(asked, Silence()))) == {"ConfigMap one": Action.UPDATE}


def test_many_applications_in_one_file_and_in_a_list(shop: Shop) -> None:
    def items(texts: list[str]) -> str:
        listed = "".join("- " + textwrap.indent(text, "  ").lstrip() for text in texts)
        return f"apiVersion: v1\nkind: List\nitems:\n{listed}"

    listed = [application(f"list-{number}", f"l{number}") for number in range(3)]
    apart = [application(f"doc-{number}", f"d{number}") for number in range(3)]
    before = {f"{kind}{number}/all.yaml": config_map("c", a="1") for kind in "ld" for number in range(3)}
    report = shop.change(
        {"l1/all.yaml": config_map("c", a="2"), "d2/all.yaml": config_map("c", a="2")},
        {**before, "apps/list.yaml": items(listed), "apps/docs.yaml": "---\n".join(apart)},
    )

    assert names(report) == {"list-1", "doc-2"}
    assert len(report.unaffected) == 4


def generated(colour: str, password: str) -> str:
    return (
        "resources: [web.yaml]\n"
        "configMapGenerator:\n"
        f"- name: settings\n  literals: [colour={colour}, size=big]\n"
        "secretGenerator:\n"
        f"- name: login\n  literals: [password={password}, user=bob]\n"
    )


REFERENCES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: r/web:1, envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: login}}]}
"""


@pytest.mark.parametrize(("prunes", "fate"), [(True, "deleted"), (False, "stays: would prune")])
def test_a_rename_by_kustomizes_hash_is_shown_as_one_with_what_it_changes(
    shop: Shop, *, prunes: bool, fate: str
) -> None:
    policy = "{automated: {prune: true}}" if prunes else "{}"
    before = {
        "apps/web.yaml": application("web", "web", policy=policy),
        "web/web.yaml": REFERENCES,
        "web/kustomization.yaml": generated("red", CANARY),
        "syncline.yaml": "guard: {maxPrunePercent: 100}\n",
    }

    report = shop.change({"web/kustomization.yaml": generated("blue", NEWER)}, before)

    app = only(report)
    gone = Action.PRUNE if prunes else Action.KEEP
    assert Counter(change.action for change in app.changes) == {Action.CREATE: 2, gone: 2, Action.UPDATE: 1}
    renamed = {change.key.kind: change for change in app.changes if change.former}
    paths = {kind: change.former and change.former.paths for kind, change in renamed.items()}
    assert paths == {"ConfigMap": ("data.colour",), "Secret": ("data.password",)}
    text, markdown, page, data = (text_of(report, form, colour=False) for form in FORMS)
    for shown in (text, markdown, page, data):
        assert CANARY not in shown
        assert NEWER not in shown
    for change in renamed.values():
        assert change.former is not None
        old, new = change.former.key.name, change.key.name
        assert f"it takes the place of shop/{old}, which {'is ' if prunes else ''}{fate}" in text
        assert f"→ {change.key}" in text
        assert f"**→ rename** · {change.key.kind} `shop/{new}`" in markdown
        assert f"→ rename</span> <b>{change.key.kind}</b>" in page
        # Its own change has no heading beside the rename.
        assert f"{change.key.kind} shop/{old}" not in text
        assert f"{change.key.kind} `shop/{old}`" not in markdown
    lines = [line.strip() for line in text.splitlines()]
    assert "-  colour: red" in lines
    assert "+  colour: blue" in lines
    assert not [line for line in lines if line.startswith(("+", "-")) and "size" in line]
    hidden = [line for line in lines if 'password: "‹hidden' in line]
    assert [line[0] for line in hidden] == ["-", "+"]
    assert hidden[0].split("‹")[1] != hidden[1].split("‹")[1]
    assert not [line for line in lines if line.startswith(("+", "-")) and "user:" in line], "it is the same"
    assert f"+2 ~1 {'−2' if prunes else '=2'}" in text
    (read,) = json.loads(data)["applications"]
    assert read["counts"] == {"create": 2, gone.value: 2, "update": 1}
    made = {each["object"]["kind"]: each for each in read["changes"] if each["action"] == "create"}
    left = {each["object"]["kind"]: each for each in read["changes"] if each["action"] == gone.value}
    for kind, each in made.items():
        assert each["former"]["object"] == left[kind]["object"]
        assert each["former"]["action"] == gone.value
        assert left[kind]["successor"] == each["object"]
    assert made["ConfigMap"]["former"]["body"]["data"] == {"colour": "red", "size": "big"}
    marks = [made["Secret"]["former"]["body"]["data"]["user"], made["Secret"]["after"]["data"]["user"]]
    assert marks[0] == marks[1], "the same value under one mark"
