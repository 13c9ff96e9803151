"""One repository with every kind of nonsense, synced as a user does: the command line and what it prints."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, config_map
from e2e.test_hooks import job, waved
from syncline.core.live import Level
from syncline.errors import ExitCode
from syncline.report.model import Job

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: loops}\nrules: []\n"
BINDING = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: nonsense}\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: loops}\nsubjects: []\n"
)
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: raises}\n"
POLICY = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: word}\nspec: {podSelector: {}}\n"
)
QUOTA = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: broken}\nspec: {limits: []}\n"
SCRIPTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm}
data:
  resource.customizations.health.rbac.authorization.k8s.io_Role: |
    while true do end
  resource.customizations.health.rbac.authorization.k8s.io_RoleBinding: |
    return {"no", "health", 1}
  resource.customizations.health.ServiceAccount: |
    local n = 1
    error("the script gives up")
  resource.customizations.health.networking.k8s.io_NetworkPolicy: |
    return {status = "Splendid", message = "all is well"}
  resource.customizations.health.LimitRange: |
    return {status = "Healthy"
"""
EXPECTED: Mapping[str, tuple[str, ...]] = {
    "phase": ("hook phase 'PreSink'", "phase/all.yaml:1", "did you mean PreSync?"),
    "policy": ("delete policy 'HookSucceded'", "policy/all.yaml:1", "did you mean HookSucceeded?"),
    "wave": ("'soon'", "wave/all.yaml:1", "ConfigMap"),
    "option": ("Prune=maybe", "option/all.yaml:1", "Prune takes"),
    "ring": ("stands in a circle of Applications", "ring", "gnir"),
    "gnir": ("stands in a circle of Applications", "ring", "gnir"),
    "right": ("ConfigMap", "shared", "left/all.yaml:1", "right/all.yaml:1"),
    "loops": ("Role", "loops", "ran for more than", "argocd/cm.yaml:5"),
    "nonsense": ("RoleBinding", "nonsense", "argocd/cm.yaml:7"),
    "raises": ("ServiceAccount", "raises", "the script gives up", "argocd/cm.yaml:9"),
    "word": ("NetworkPolicy", "word", "Splendid", "argocd/cm.yaml:12"),
    "broken": ("LimitRange", "broken", "argocd/cm.yaml:14"),
}


def named(text: str, name: str, annotation: str) -> str:
    return text.replace(f"name: {name}", f"name: {name}\n  annotations: {{argocd.argoproj.io/{annotation}}}")


@pytest.fixture
def nonsense(delivery: Delivery) -> Delivery:
    """A repository in which one application alone is fine."""
    contents = {
        "fine": config_map("fine"),
        "phase": job("a", "PreSink"),
        "policy": job("b", policy="HookSucceded"),
        "wave": waved(config_map("late"), 1).replace("'1'", "'soon'"),
        "option": named(config_map("opt"), "opt", "sync-options: 'Prune=maybe'"),
        "left": config_map("shared", of="left"),
        "right": config_map("shared", of="right"),
        "loops": ROLE,
        "nonsense": BINDING,
        "raises": ACCOUNT,
        "word": POLICY,
        "broken": QUOTA,
    }
    files = {f"{name}/all.yaml": text for name, text in contents.items()}
    apps = {f"apps/{name}.yaml": delivery.app(name, name) for name in contents}
    ring = {"ring/a.yaml": delivery.app("gnir", "gnir"), "gnir/b.yaml": delivery.app("ring", "ring")}
    delivery.repo.commit({"argocd/cm.yaml": SCRIPTS, **files, **apps, **ring})
    return delivery


def test_each_nonsense_is_a_sentence_with_its_place_and_the_rest_goes_on(
    nonsense: Delivery, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", "from syncline.cli import main; main()", "sync", "--output", "json"]
    page = tmp_path / "page.html"
    done = subprocess.run(
        [*command, "--timeout", "4s", "--html", str(page), "-C", str(nonsense.repo.root)],
        env=nonsense.surroundings(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == ExitCode.UNHEALTHY, done.stderr
    assert "Traceback" not in done.stderr
    apps: dict[str, Any] = {app["name"]: app for app in json.loads(done.stdout)["applications"]}
    assert apps.keys() == {"fine", "left", *EXPECTED}
    assert apps["fine"]["outcome"] == "synced"
    assert apps["left"]["outcome"] == "synced", "the first that asks for an object nobody has gets it"
    for name, parts in EXPECTED.items():
        said = "\n".join(sentences(apps[name]))
        assert all(part in said for part in parts), (name, said)
        assert apps[name]["outcome"] not in {"synced", "unchanged"}, name
        assert (apps[name]["health"] or {}).get("status") != "Healthy", name
    shown = page.read_text()
    assert "did you mean PreSync?" in shown
    assert "ran for more than" in shown
    assert nonsense.exists("v1/configmaps/fine")
    assert nonsense.get("v1/configmaps/shared")["data"] == {"of": "left"}
    for path in (
        "v1/configmaps/late",
        "v1/configmaps/opt",
        "batch/v1/jobs/a",
        "batch/v1/jobs/b",
    ):
        assert not nonsense.exists(path), path


def sentences(app: Mapping[str, Any]) -> list[str]:
    problems = [*app["failures"], *([app["problem"]] if app["problem"] else [])]
    return [*app["refusals"], *(textwrap.dedent(f"{each['message']} {each['place']}") for each in problems)]


def test_a_manifest_of_the_wrong_shape_is_the_manifests_fault(delivery: Delivery) -> None:
    """Also a definition, whose kind others ask for before any server has seen it."""
    head = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    shapes = {
        "text": f"{head}metadata: {{name: a.example.com}}\nspec: text\n",
        "names": f"{head}metadata: {{name: b.example.com}}\nspec: {{group: example.com, names: [x]}}\n",
        "limits": "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{max: [1]}]}\n",
        "subjects": BINDING.replace("subjects: []", "subjects: text"),
    }
    apps = {f"apps/{name}.yaml": delivery.app(name, name) for name in shapes}
    delivery.repo.commit({})
    delivery.repo.commit({**apps, **{f"{name}/all.yaml": text for name, text in shapes.items()}})

    planned = delivery.run(Job.DIFF, base="HEAD~1", level=Level.LIVE)
    report = delivery.sync()

    assert [app.problem for app in (*planned.applications, *report.applications)] == [None] * 8
    for app in report.applications:
        (failure,) = app.failures
        assert str(failure.place) == f"{app.name}/all.yaml:1"
        assert "Correct the manifest." in failure.message
        assert "in trouble" not in failure.message
