"""Applications for the tables: one with every field Argo CD documents, and one with as few as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline.config import Configuration, load
from syncline.documents import dump

if TYPE_CHECKING:
    from syncline.config.application import Application

HELM: dict[str, Any] = {
    "releaseName": "web",
    "namespace": "apps",
    "valueFiles": ["values.yaml", "$values/prod.yaml"],
    "values": "replicas: 1\n",
    "parameters": [{"name": "image.tag", "value": "1.2", "forceString": True}, {"name": "x", "value": "y"}],
    "fileParameters": [{"name": "config", "path": "files/config.json"}],
    "ignoreMissingValueFiles": True,
    "skipCrds": True,
    "skipTests": True,
    "skipSchemaValidation": True,
    "kubeVersion": "1.33",
    "apiVersions": ["v1", "apps/v1/Deployment"],
    "version": "v3",
    "passCredentials": True,
}
KUSTOMIZE: dict[str, Any] = {
    "namePrefix": "pre-",
    "nameSuffix": "-suf",
    "namespace": "apps",
    "images": ["nginx=registry.example.com/nginx:1.27", "redis@sha256:abc"],
    "replicas": [{"name": "web", "count": 3}, {"name": "worker", "count": "2"}],
    "commonLabels": {"team": "a"},
    "commonAnnotations": {"rev": "$ARGOCD_APP_REVISION"},
    "commonAnnotationsEnvsubst": True,
    "forceCommonLabels": True,
    "forceCommonAnnotations": True,
    "labelWithoutSelector": True,
    "labelIncludeTemplates": True,
    "patches": [
        {
            "patch": "- op: remove\n  path: /spec\n",
            "path": "patch.yaml",
            "target": {
                "group": "apps",
                "version": "v1",
                "kind": "Deployment",
                "name": "web",
                "namespace": "apps",
                "labelSelector": "a=b",
                "annotationSelector": "c=d",
            },
            "options": {"allowNameChange": True},
        }
    ],
    "components": ["../component"],
    "ignoreMissingComponents": True,
    "version": "v5.0.0",
    "kubeVersion": "1.33",
    "apiVersions": ["v1"],
}
DIRECTORY: dict[str, Any] = {
    "recurse": True,
    "include": "*.yaml",
    "exclude": "{a,b}.yaml",
    "disableExtensionFilter": True,
    "jsonnet": {
        "extVars": [{"name": "a", "value": "b", "code": True}],
        "tlas": [{"name": "c", "value": "d"}],
        "libs": ["vendor"],
    },
}
PLUGIN: dict[str, Any] = {
    "name": "jinja2",
    "env": [{"name": "STAGE", "value": "prod"}],
    "parameters": [
        {"name": "one", "string": "s"},
        {"name": "many", "array": ["a", "b"]},
        {"name": "keyed", "map": {"k": "v"}},
    ],
}
URL = "https://github.com/example/deploy.git"
SOURCES: list[dict[str, Any]] = [
    {"repoURL": "oci://registry.example.com", "chart": "web", "targetRevision": "1.2.3", "helm": HELM},
    {"repoURL": URL, "path": "web", "targetRevision": "v1.*", "tagPrefix": "web/", "kustomize": KUSTOMIZE},
    {"repoURL": URL, "path": "plain", "name": "plain", "directory": DIRECTORY},
    {"repoURL": URL, "path": "jinja", "plugin": PLUGIN},
    {"repoURL": URL, "ref": "values"},
]
APPLICATION: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {
        "name": "web",
        "namespace": "argocd",
        "labels": {"team": "a"},
        "annotations": {"argocd.argoproj.io/manifest-generate-paths": "."},
        "finalizers": ["resources-finalizer.argocd.argoproj.io/background"],
        "creationTimestamp": "2024-01-01T00:00:00Z",
        "generation": 3,
        "resourceVersion": "12",
        "uid": "0b1c",
    },
    "spec": {
        "project": "team-a",
        "sources": SOURCES,
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "web"},
        "syncPolicy": {
            "automated": {"enabled": True, "prune": True, "selfHeal": True, "allowEmpty": True},
            "syncOptions": ["CreateNamespace=true", "PrunePropagationPolicy=foreground", "Prune=confirm"],
            "retry": {
                "limit": -1,
                "refresh": True,
                "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"},
            },
            "managedNamespaceMetadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
        },
        "ignoreDifferences": [
            {
                "group": "apps",
                "kind": "Deployment",
                "name": "web",
                "namespace": "web",
                "jsonPointers": ["/spec/replicas"],
                "jqPathExpressions": [".spec.x"],
                "managedFieldsManagers": ["hpa"],
            }
        ],
        "info": [{"name": "url", "value": "https://example.com"}],
        "revisionHistoryLimit": 3,
    },
    "status": {"health": {"status": "Healthy"}},
    "operation": {},
}


FILE = "apps/web.yaml"


def minimal(**spec: Any) -> dict[str, Any]:
    base = {"source": {"repoURL": URL, "path": "web"}, "destination": {"name": "prod"}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web"},
        "spec": {key: value for key, value in {**base, **spec}.items() if value is not ...},
    }


def configured(body: Any) -> Configuration:
    return load([(FILE, dump(body))])


def decoded(body: Any) -> Application:
    found = configured(body)
    assert found.complaints == ()
    (application,) = found.applications
    return application
