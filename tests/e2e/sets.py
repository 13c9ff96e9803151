"""A repository with an ApplicationSet, and its diffs, for tests that need no cluster."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from syncline import cli
from syncline.jobs.invocation import Invocation
from syncline.jobs.observer import Silence
from syncline.report.model import AppReport, Job, Report

if TYPE_CHECKING:
    from e2e.delivery import Repo


def the_set(
    repo: Repo, generators: str, *, name: str = "'{{ .path.basename }}-{{ .env }}'", more: str = ""
) -> str:
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: teams}}
spec:
  goTemplate: true
  goTemplateOptions: [missingkey=error]
  generators:
{generators.replace("REPO", repo.url)}
  template:
    metadata: {{name: {name}}}
    spec:
      project: default
      source: {{repoURL: '{repo.url}', path: '{{{{ .path.path }}}}'}}
      destination: {{server: https://kubernetes.default.svc, namespace: '{{{{ .env }}}}'}}
{more}"""


MATRIX = """\
  - matrix:
      generators:
      - git: {repoURL: REPO, revision: HEAD, directories: [{path: 'apps/*'}]}
      - list: {elements: [{env: dev}, {env: prod}]}
"""
FILES = "  - git: {repoURL: REPO, revision: HEAD, files: [{path: 'clusters/*/config.json'}]}\n"


def diff(repo: Repo, base: str, head: str, **asked: Any) -> Report:
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **asked.pop("environ", {})}
    invocation = Invocation(Job.DIFF, repo.root, base=base, head=head, environ=environ)
    return cli.run(replace(invocation, **asked), Silence())


def shown(report: Report) -> dict[str, str]:
    return {app.name: app.affected_by for app in report.applications}


def problems(report: Report) -> dict[str, str]:
    return {
        app.name: f"{app.problem.place}: {app.problem.message}" for app in report.applications if app.problem
    }


def single(repo: Repo, name: str) -> str:
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n"
        f"  source: {{repoURL: '{repo.url}', path: web}}\n  destination: {{name: in-cluster, namespace: a}}\n"
    )


def app_of(report: Report, name: str) -> AppReport:
    return next(app for app in report.applications if app.name == name)
