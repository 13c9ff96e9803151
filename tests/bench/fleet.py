"""A repository of many applications, mixed as teams mix them, for measuring what rendering costs.

A third are Kustomize overlays over shared bases, a third Helm charts that share a library chart, the rest
plain directories.  Every application has a value of its own, so that a change can touch exactly one.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEAMS = 10
"""Bases and library charts there are; applications share them in turn."""

_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.0
          ports: [{containerPort: 8080}]
"""
_SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
"""
_TEMPLATE = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:{{ .Values.tag }}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{port: 80, targetPort: 8080}]
"""
_HELPERS = """{{- define "common.labels" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/managed-by: fleet
{{- end -}}
"""


def kind_of(number: int) -> str:
    """What renders the application of that number."""
    return ("kustomize", "helm", "directory")[number % 3]


def files(count: int) -> dict[str, str]:
    """Every file of a fleet of so many applications."""
    found = dict(_shared())
    for number in range(count):
        found |= _application(number)
    return found


def _shared() -> dict[str, str]:
    found = {}
    for team in range(TEAMS):
        base, chart = f"bases/team-{team}", f"libraries/common-{team}"
        found[f"{base}/kustomization.yaml"] = "resources: [deployment.yaml, service.yaml]\n"
        found[f"{base}/deployment.yaml"] = _DEPLOYMENT
        found[f"{base}/service.yaml"] = _SERVICE
        found[f"{chart}/Chart.yaml"] = "apiVersion: v2\nname: common\nversion: 1.0.0\ntype: library\n"
        found[f"{chart}/templates/_helpers.tpl"] = _HELPERS
    return found


def _application(number: int) -> dict[str, str]:
    kind, team = kind_of(number), number % TEAMS
    name = f"app-{number:04}"
    place = f"apps/{name}"
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": {
            "source": {"repoURL": "https://example.com/fleet.git", "path": place},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
        },
    }
    return {f"definitions/{name}.yaml": json.dumps(application), **_manifests(kind, place, team, number)}


def _manifests(kind: str, place: str, team: int, number: int) -> Mapping[str, str]:
    if kind == "kustomize":
        text = (
            f"resources: [../../bases/team-{team}]\nnamePrefix: n{number}-\n"
            "configMapGenerator:\n  - name: settings\n    files: [settings.txt]\n"
        )
        return {f"{place}/kustomization.yaml": text, f"{place}/settings.txt": f"value {number}\n"}
    if kind == "helm":
        chart = (
            f"apiVersion: v2\nname: web\nversion: 1.0.{number}\n"
            f"dependencies:\n  - name: common\n    version: 1.0.0\n    repository: file://../../libraries/common-{team}\n"
        )
        return {
            f"{place}/Chart.yaml": chart,
            f"{place}/values.yaml": f"replicas: 2\ntag: '1.{number}'\n",
            f"{place}/templates/web.yaml": _TEMPLATE,
        }
    return {
        f"{place}/deployment.yaml": _DEPLOYMENT,
        f"{place}/service.yaml": _SERVICE,
        f"{place}/settings.yaml": _config_map(number),
    }


def _config_map(number: int) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{number: '{number}'}}\n"


def one_change(number: int) -> dict[str, str]:
    """A change that touches exactly this application."""
    place = f"apps/app-{number:04}"
    if kind_of(number) == "kustomize":
        return {f"{place}/settings.txt": "another value\n"}
    if kind_of(number) == "helm":
        return {f"{place}/values.yaml": "replicas: 3\ntag: '2.0'\n"}
    return {f"{place}/settings.yaml": _config_map(-number)}


def every_change(count: int) -> dict[str, str]:
    """A change that touches every application, each by itself."""
    changed: dict[str, str] = {}
    for number in range(count):
        changed |= one_change(number)
    return changed


def commit(root: Path, written: Mapping[str, str], message: str) -> None:
    """Write the files and commit them, packed as a clone has them; the first time into a new repository."""
    is_new = not (root / ".git").exists()
    for path, text in written.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    if is_new:
        subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    for words in (["add", "-A"], ["commit", "-q", "-m", message], ["repack", "-a", "-d", "-q"]):
        subprocess.run(["git", *identity, *words], cwd=root, check=True)
