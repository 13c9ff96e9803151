"""A step over a repository in which secrets stand wherever people put them: nothing of them comes out."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import pytest

from action.runner import NUMBER, Step
from action.site import Site, application, pull_request
from leaks import WAYS, canaries, core, leaks
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SETTINGS = """\
masking:
  annotations: [example.com/hidden]
  fields:
  - kind: Deployment.apps
    jqPathExpressions: ['.spec.template.spec.containers[].env[] | select(.name == "MARKED") | .value']
"""
CHART = "apiVersion: v2\nname: x\nversion: 0.1.0\n"
ARGOCD = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd, "
    "labels: {app.kubernetes.io/part-of: argocd}}\n"
    "data: {resource.sensitive.mask.annotations: 'vault/token'}\n"
)


def objects(number: int) -> str:
    """Manifests with canaries in them, as JSON, which is YAML."""
    secrets = [f"{core(number + index)}!w/q?" for index in range(8)]
    data = {f"k{index}": base64.b64encode(secret.encode()).decode() for index, secret in enumerate(secrets)}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "data": data}
    secret["metadata"] = {
        "name": "login",
        "annotations": {"vault/token": core(number + 10), "banzaicloud.com/last-applied": json.dumps(data)},
    }
    copies = {f"c{index}": way(secrets[index % 8]) for index, way in enumerate(WAYS.values())}
    copies["url"] = f"https://bot:{core(number + 11)}@example.com/r.git"
    copies["packed"] = base64.b64encode(gzip.compress(json.dumps(secrets).encode())).decode()
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": copies}
    env = [{"name": "MARKED", "value": core(number + 12)}, {"name": "LEVEL", "value": "info"}]
    pod = {
        "containers": [{"name": "main", "image": "r/web:1", "env": env, "args": [f"-p={core(number + 12)}"]}]
    }
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "annotations": {"example.com/hidden": core(number + 13)}},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod},
        },
    }
    listed = {"apiVersion": "v1", "kind": "List", "items": [workload]}
    return "\n---\n".join(map(json.dumps, (secret, settings, listed)))


HEAD = {
    "shop/all.yaml": objects(100),
    # each of these fails, and quotes what it was given
    "helm-fails/Chart.yaml": CHART,
    "helm-fails/values.yaml": f"db:\n  password: {core(200)}\n  token: '{core(201)}'\n",
    "helm-fails/templates/a.yaml": (
        '{{ fail (printf "cannot log in with %s or %s" .Values.db.password (b64enc .Values.db.token)) }}\n'
    ),
    "helm-schema/Chart.yaml": CHART,
    "helm-schema/values.yaml": f"password: {core(202)}\n",
    "helm-schema/values.schema.json": '{"properties": {"password": {"pattern": "^[A-Z]+$"}}}',
    "helm-schema/templates/a.yaml": "a: {{ .Values.password }}\n",
    "helm-yaml/Chart.yaml": CHART,
    "helm-yaml/values.yaml": f"secret: {core(203)}\n",
    "helm-yaml/templates/a.yaml": "kind: ConfigMap\nmetadata: {name: [{{ .Values.secret }}\n",
    "jinja/values.yaml": f"apiToken: {core(204)}\n",
    "jinja/a.yaml.j2": "a: {{ {}[apiToken].x }}\nb: {{ apiToken | map('int') | list }}\n",
    "kustomize/kustomization.yaml": f"secretGenerator:\n- name: a\n  literals: ['user {core(205)}']\n",
    "names/all.yaml": (
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{a: '{core(206)}'\n"
    ),
}
APPS = ("shop", "helm-fails", "helm-schema", "helm-yaml", "jinja", "kustomize", "names")


@pytest.fixture
def step(site: Site, tools: Mapping[str, Path]) -> Step:
    """A diff of all of it."""
    assert tools
    plugin = "plugin: {name: jinja2, parameters: [{name: values-files, array: [values.yaml]}]}"
    apps = {f"apps/{name}.yaml": application(name) for name in APPS}
    apps["apps/jinja.yaml"] = apps["apps/jinja.yaml"].replace("path: jinja}", f"path: jinja, {plugin}}}")
    start = {**apps, "syncline.yaml": SETTINGS, "argocd/cm.yaml": ARGOCD, "shop/all.yaml": objects(300)}
    start |= {f"{name}/readme.txt": "" for name in APPS if name != "shop"}
    base = site.repo.commit(start)
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit(HEAD)
    happening = pull_request(base, head, site.merged(base, head))
    return site.step(happening, command="diff", html="page.html")


def test_nothing_that_a_step_writes_holds_a_secret(site: Site, step: Step) -> None:
    written = {
        "log": step.raw,
        "summary": step.summary,
        "outputs": json.dumps(step.outputs),
        "comment": "\n".join(site.github.comments(NUMBER)),
        "json": (site.repo.root / "syncline-diff.json").read_text(),
        "page": (site.repo.root / "page.html").read_text(),
        "statuses": json.dumps(site.newest(site.repo.git("rev-parse", "change"))),
    }

    report = json.loads(written["json"])
    failed = {app["name"]: app["problem"]["message"] for app in report["applications"] if app["problem"]}
    assert set(failed) == set(APPS) - {"shop"}, failed
    assert "cannot log in with ‹hidden " in failed["helm-fails"]
    assert "does not match pattern '^[A-Z]+$'" in failed["helm-schema"]
    assert "‹hidden " in written["comment"]
    assert step.code == ExitCode.RENDER
    for name, text in written.items():
        assert leaks(text) == set(), name


def test_a_step_that_crashes_says_where_and_no_secret(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    token, password, secret = canaries(3)

    def crash(*_: object) -> None:
        raise ValueError(f"{token} {WAYS['base64'](password)} {WAYS['JSON'](secret)}")

    monkeypatch.setattr("syncline.action._run", crash)
    site.runner.environ.update(INPUT_TOKEN=token, DB_PASSWORD=password, CLIENT_SECRET=secret)
    base = site.repo.commit({"apps/shop.yaml": application("shop")})
    step = site.step(pull_request(base, base, base), command="diff", token=token)

    assert step.code == ExitCode.BUG
    assert "Traceback" in step.err.shown
    assert leaks(step.err.shown + step.out.shown) == set()
    assert [command.data for command in step.out.named("add-mask")] == [token]
