"""A Git repository and a cluster, for tests of the whole way between them."""

from __future__ import annotations

import os
import textwrap
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shell.repos import Tree
from syncline import cli
from syncline.jobs.invocation import Invocation
from syncline.report.model import AppReport, Job, Report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from plane.control_plane import ControlPlane
    from syncline.config.settings import Settings
    from syncline.core.plan import Action
    from syncline.core.verdict import Event


@dataclass
class Repo(Tree):
    """A repository of the test's own, and its URL."""

    url: str

    @classmethod
    def make(cls, root: Path, name: str) -> Repo:
        """`name` sets it apart: tests share a cluster, and each repository knows its own by its URL."""
        root.mkdir()
        repo = cls(root, f"https://github.com/acme/{name}.git")
        repo.git("init", "--quiet", "--initial-branch=main")
        repo.git("remote", "add", "origin", repo.url)
        return repo

    def commit(self, files: Mapping[Any, str | bytes | None]) -> str:
        """Write the files, as far to the left as they go (None removes one), commit, and give the SHA."""
        return super().commit(
            {name: textwrap.dedent(text) if isinstance(text, str) else text for name, text in files.items()}
        )


@dataclass
class Recorder:
    """An observer that keeps what it is told."""

    names: list[str] = field(default_factory=list)
    events: list[tuple[str, Event]] = field(default_factory=list)
    reports: list[AppReport] = field(default_factory=list)
    plans: list[tuple[Job, AppReport]] = field(default_factory=list)

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        del settings
        self.names += applications

    def event(self, application: str, event: Event) -> None:
        self.events.append((application, event))

    def planned(self, job: Job, report: AppReport) -> None:
        self.plans.append((job, report))

    def finished(self, report: AppReport) -> None:
        self.reports.append(report)


@dataclass
class Delivery:
    """Runs jobs of one repository against one plane, in a namespace of its own."""

    repo: Repo
    plane: ControlPlane
    namespace: str
    observer: Recorder = field(default_factory=Recorder)
    identity: Any = "admin"
    environ: dict[str, str] = field(default_factory=dict)
    """Beyond what every run gets; a KUBECONFIG here leads elsewhere."""

    def surroundings(self) -> dict[str, str]:
        """The environment of a run."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "KUBECONFIG": str(self.plane.kubeconfig(self.identity)),
            **self.environ,
        }

    def run(self, job: Job, **asked: Any) -> Report:
        return cli.run(Invocation(job, self.repo.root, environ=self.surroundings(), **asked), self.observer)

    def sync(self, **asked: Any) -> Report:
        return self.run(Job.SYNC, **asked)

    def run_status(self) -> Report:
        return self.run(Job.STATUS)

    def get(self, path: str) -> Any:
        """An object of the namespace, such as `v1/configmaps/settings`, as the test's own hand sees it."""
        version, plural, name = path.rsplit("/", 2)
        group = "api" if version == "v1" else "apis"
        return self.plane.api("GET", f"/{group}/{version}/namespaces/{self.namespace}/{plural}/{name}")

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        version, plural, name = path.rsplit("/", 2)
        group = "api" if version == "v1" else "apis"
        target = f"/{group}/{version}/namespaces/{self.namespace}/{plural}/{name}"
        return self.plane.api("PATCH", target, body)

    def end_lease(self, name: str = "syncline-web") -> None:
        """Delete the Lease of a run that was killed: the next one would wait until it has run out."""
        if self.exists(f"coordination.k8s.io/v1/leases/{name}"):
            place = f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/{name}"
            self.plane.api("DELETE", place)

    def exists(self, path: str) -> bool:
        version, plural, name = path.rsplit("/", 2)
        group = "api" if version == "v1" else "apis"
        return self.plane.api.answers(f"/{group}/{version}/namespaces/{self.namespace}/{plural}/{name}")

    def app(self, name: str = "web", path: str = "web", **spec: str) -> str:
        """An Application file; `policy` is the text of its syncPolicy, `metadata` more lines of its own."""
        policy = spec.get("policy", "{automated: {prune: true}}")
        return (
            "apiVersion: argoproj.io/v1alpha1\n"
            "kind: Application\n"
            "metadata:\n"
            f"  name: {name}\n"
            f"{spec.get('metadata', '')}"
            "spec:\n"
            f"  source: {{repoURL: '{self.repo.url}', path: {path}}}\n"
            f"  destination: {{server: 'https://kubernetes.default.svc', namespace: '{self.namespace}'}}\n"
            f"  syncPolicy: {policy}\n"
        )


def config_map(name: str, **data: str) -> str:
    lines = "".join(f"  {key}: {value!r}\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n{lines or '  empty: ok'}\n"


def deployment(
    name: str,
    image: str = "registry.example.com/web:1.0",
    replicas: int = 1,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> str:
    extra = "".join(f', "{key}": "{value}"' for key, value in labels.items())
    return (
        "apiVersion: apps/v1\nkind: Deployment\n"
        f"metadata:\n  name: {name}\n"
        "spec:\n"
        f"  replicas: {replicas}\n"
        "  progressDeadlineSeconds: 600\n"
        f"  selector: {{matchLabels: {{app: {name}}}}}\n"
        "  template:\n"
        f'    metadata: {{labels: {{"app": "{name}"{extra}}}}}\n'
        f"    spec: {{containers: [{{name: main, image: '{image}'}}]}}\n"
    )


def actions(report: AppReport) -> dict[str, Action]:
    """What happens to each object that changes, by `Kind name`."""
    return {f"{change.key.kind} {change.key.name}": change.action for change in report.changes}


def only(report: Report) -> AppReport:
    (app,) = report.applications
    assert app.problem is None, app.problem
    return app
