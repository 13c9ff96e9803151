"""The law of `affected`: rendering all is rendering the affected ones, and taking the base for the rest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shell.repos import Repo
from syncline.core.family import identity
from syncline.core.mask import Masker
from syncline.errors import SynclineError
from syncline.jobs.invocation import Invocation
from syncline.jobs.session import Session, Surroundings
from syncline.jobs.touched import why_between
from syncline.report.model import Job
from syncline.room import Room
from syncline.runtime import Cancellation, SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.application import Application

OURS = "https://github.com/acme/deploy.git"


def application(name: str, source: str) -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        f"metadata: {{name: {name}, namespace: argocd}}\n"
        f"spec:\n  {source}\n  destination: {{server: 'https://kubernetes.default.svc', namespace: shop}}\n"
    )


def at(path: str, more: str = "") -> str:
    return f"source: {{repoURL: '{OURS}', path: {path}{', ' if more else ''}{more}}}"


def config_map(name: str, value: str = "v1") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: {value}}}\n"


TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '{{ .Values.a }}', b: v1}\n"
SET = f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: fleet, namespace: argocd}}
spec:
  generators:
    - git: {{repoURL: '{OURS}', files: [{{path: 'fleet/*/facts.yaml'}}]}}
    - git: {{repoURL: '{OURS}', directories: [{{path: 'found/*'}}]}}
    - list: {{elements: [{{path: plain, path.basename: plain}}]}}
  template:
    metadata: {{name: 'set-{{{{path.basename}}}}'}}
    spec:
      project: default
      source: {{repoURL: '{OURS}', path: '{{{{path}}}}'}}
      destination: {{server: 'https://kubernetes.default.svc', namespace: shop}}
"""
FILES = {
    "apps/plain.yaml": "---\n".join([application("plain", at("plain")), application("sub", at("plain/sub"))]),
    "apps/overlay.yaml": application("overlay", at("overlay", "kustomize: {components: [../component]}")),
    "apps/chart.yaml": application("chart", at("chart", "helm: {valueFiles: ['/env/*.yaml']}")),
    "apps/ref.yaml": application(
        "ref",
        f"sources: [{{repoURL: '{OURS}', path: chart, helm: {{valueFiles: ['$env/env/a.yaml']}}}},"
        f" {{repoURL: '{OURS}', ref: env}}]",
    ),
    "apps/pinned.yaml": application("pinned", at("overlay", "targetRevision: then")),
    "apps/borrower.yaml": application(
        "borrower",
        f"sources: [{{repoURL: '{OURS}', path: chart, targetRevision: then, "
        f"helm: {{valueFiles: ['$env/env/a.yaml', values.yaml]}}}}, {{repoURL: '{OURS}', ref: env}}]",
    ),
    "apps/jinja.yaml": application(
        "jinja",
        at("jinja", "plugin: {name: jinja2, parameters: [{name: values-files, array: [/env/a.yaml]}]}"),
    ),
    "apps/set.yaml": SET,
    "plain/one.yaml": config_map("one"),
    "plain/sub/two.yaml": config_map("two"),
    "overlay/kustomization.yaml": (
        "resources: [../base]\nconfigMapGenerator: [{name: more, files: [text.txt]}]\n"
    ),
    "overlay/text.txt": "v1\n",
    "base/kustomization.yaml": (
        "resources: [one.yaml]\npatches: [{path: patches/p.yaml}]\n"
        "configMapGenerator: [{name: made, files: [made/text.txt], envs: [made/e.env]}]\n"
    ),
    "base/one.yaml": config_map("one"),
    "base/patches/p.yaml": config_map("one", "patched-v1"),
    "base/made/text.txt": "v1\n",
    "base/made/e.env": "A=v1\n",
    "component/kustomization.yaml": "kind: Component\ncommonAnnotations: {a: v1}\n",
    "chart/Chart.yaml": (
        "apiVersion: v2\nname: chart\nversion: 1.0.0\n"
        "dependencies: [{name: lent, version: 1.0.0, repository: 'file://../lent'}]\n"
    ),
    "chart/values.yaml": "a: v1\n",
    "chart/templates/c.yaml": TEMPLATE,
    "lent/Chart.yaml": "apiVersion: v2\nname: lent\nversion: 1.0.0\n",
    "lent/templates/lent.yaml": config_map("lent"),
    "env/a.yaml": "a: a-v1\n",
    "jinja/main.yaml.j2": "{% include 'part.j2' %}data: {a: '{{ a }}', b: v1}\n",
    "jinja/part.j2": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: j-v1}\n",
    "fleet/one/facts.yaml": "name: v1\n",
    "fleet/one/map.yaml": config_map("fact"),
    "found/x/map.yaml": config_map("found"),
    "README.md": "v1\n",
}
NEW = {
    "env/b.yaml": "a: b\n",
    "plain/new.yaml": config_map("new"),
    "overlay/.argocd-source.yaml": "kustomize: {namePrefix: over-}\n",
    "fleet/two/facts.yaml": "name: two\n",
    "found/y/map.yaml": config_map("more"),
    "base/kustomization.yml": "resources: []\n",
    "syncline.yaml": "repositories: ['https://github.com/acme/other.git']\n",
    "docs/new.md": "new\n",
}
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(sorted(FILES)), st.sampled_from(["edit", "edit", "remove"])),
        st.tuples(st.sampled_from(sorted(NEW)), st.just("add")),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda change: change[0],
)


def written(changes: list[tuple[str, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for path, how in changes:
        if how == "edit":
            found[path] = FILES[path].replace("v1", "v2") + ("" if "v1" in FILES[path] else "# edited\n")
        else:
            found[path] = NEW[path] if how == "add" else None
    return found


class Fleet:
    """The repository, its applications at the first commit, and what each of them renders to."""

    def __init__(self, root: Path) -> None:
        self.repo = Repo.make(root)
        self.repo.commit(FILES)
        self.repo.git("tag", "then")
        self.base = self.repo.commit({"NOTES.md": "since then\n"})
        with self.session(self.base) as session:
            self.apps = {identity(app): app for app in session.applications(self.base)}
            self.whole = {name: outcome(app, self.base, session) for name, app in self.apps.items()}

    def session(self, head: str) -> Session:
        environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
        asked = Invocation(
            Job.DIFF, self.repo.root, base=self.base, head=head, repository=OURS, environ=environ
        )
        stop = Cancellation()
        room = Room(path=environ["PATH"])
        around = Surroundings(SystemClock(), stop, Masker(b"k" * 32), Path(environ["HOME"]), room)
        return Session(asked, around)


def outcome(app: Application, revision: str, session: Session) -> object:
    """What is rendered, but for the lines of what is nobody's text; or the sentence that says why not."""
    try:
        return session.rendering(app, revision).manifests
    except SynclineError as error:
        return error.message


@pytest.fixture(scope="module")
def fleet(tools: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    del tools
    return Fleet(tmp_path_factory.mktemp("fleet") / "repo")


def test_the_fleet_renders_as_a_whole(fleet: Fleet) -> None:
    assert {name: found for name, found in fleet.whole.items() if not isinstance(found, tuple)} == {}
    assert len(fleet.whole) == 11


@settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
@given(changes=CHANGES)
def test_who_is_left_out_renders_to_what_the_base_has(fleet: Fleet, changes: list[tuple[str, str]]) -> None:
    fleet.repo.git("checkout", "--quiet", "--detach", fleet.base)
    head = fleet.repo.commit(written(changes))
    with fleet.session(head) as session:
        session.trust(fleet.base)
        before = fleet.apps
        after = {identity(app): app for app in session.applications(head)}
        for name in before.keys() | after.keys():
            reason = why_between(before.get(name), after.get(name), session, fleet.base, head)
            if not reason:
                assert outcome(after[name], head, session) == fleet.whole[name], (name, changes)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ([("base/one.yaml", "edit")], {"overlay"}),
        ([("base/patches/p.yaml", "edit"), ("base/made/e.env", "edit")], {"overlay"}),
        ([("component/kustomization.yaml", "edit")], {"overlay"}),
        ([("lent/templates/lent.yaml", "edit")], {"chart", "ref"}),
        ([("env/b.yaml", "add")], {"chart"}),
        ([("env/a.yaml", "edit")], {"chart", "ref", "jinja", "borrower"}),
        ([("chart/values.yaml", "edit")], {"chart", "ref"}),
        ([("jinja/part.j2", "edit")], {"jinja"}),
        ([("plain/sub/two.yaml", "edit")], {"plain", "sub", "set-plain"}),
        ([("found/x/map.yaml", "edit")], {"set-x"}),
        ([("found/y/map.yaml", "add")], {"set-y"}),
        ([("fleet/one/facts.yaml", "edit")], {"set-one"}),
        ([("fleet/one/map.yaml", "edit")], {"set-one"}),
        ([("README.md", "edit"), ("docs/new.md", "add")], set()),
    ],
    ids=lambda value: " ".join(sorted(map(str, value))),
)
def test_exactly_those_are_affected_that_read_it(
    fleet: Fleet, changes: list[tuple[str, str]], names: set[str]
) -> None:
    fleet.repo.git("checkout", "--quiet", "--detach", fleet.base)
    head = fleet.repo.commit(written(changes))
    with fleet.session(head) as session:
        session.trust(fleet.base)
        before = fleet.apps
        after = {identity(app): app for app in session.applications(head)}
        touched = {
            name.removeprefix("argocd/")
            for name in before.keys() | after.keys()
            if why_between(before.get(name), after.get(name), session, fleet.base, head)
        }

    assert touched == names
