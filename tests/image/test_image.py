"""The image as GitHub's runner meets it: its entry point, its users, its programs, its size, its signals."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from action.runner import NUMBER
from action.site import Site, application, pull_request
from action.test_signals import CODES, ENDLESS, GIVEN, changing, until
from container.engine import IMAGE, ROOT, Engine, EngineError
from e2e.delivery import config_map
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from action.site import Happening
    from image.container import Step

pytestmark = pytest.mark.image

MOST_MEGABYTES = 380
"""Of what the Dockerfile puts on top of its base: Git, LFS, GnuPG and SSH 72; programs and packages 302, of
which helm, helm3 and kustomize are 139.
"""


def sh(engine: Engine, script: str) -> str:
    return engine.run("run", "--rm", "--network", "none", "--entrypoint", "sh", IMAGE, "-c", script)


def rendered(site: Site) -> Happening:
    """A pull request that changes a kustomization and a chart."""
    chart = {
        "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "chart/values.yaml": "colour: red\n",
        "chart/templates/all.yaml": config_map("chart").replace("empty: ok", "colour: {{ .Values.colour }}"),
    }
    layer = {
        "layer/kustomization.yaml": "resources: [all.yaml]\n",
        "layer/all.yaml": config_map("layer", a="1"),
    }
    apps = {f"apps/{name}.yaml": application(name) for name in ("chart", "layer")}
    base = site.repo.commit({**apps, **chart, **layer})
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit(
        {"chart/values.yaml": "colour: blue\n", "layer/all.yaml": config_map("layer", a="2")}
    )
    return pull_request(base, head, site.merged(base, head))


def inspected(engine: Engine) -> Any:
    (found,) = json.loads(engine.run("image", "inspect", IMAGE))
    return found


def test_it_runs_as_root_and_starts_the_action_without_importing_the_workspace(engine: Engine) -> None:
    config = inspected(engine)["Config"]

    assert not config.get("User")
    assert config["Entrypoint"] == ["/opt/syncline/bin/python", "-P", "-m", "syncline.action"]
    assert not config.get("Cmd")


@pytest.mark.parametrize(
    ("program", "module", "asked"),
    [
        ("helm", "helm.sh/helm/v4", "helm version --short"),
        ("helm3", "helm.sh/helm/v3", "helm3 version --short"),
        ("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "kustomize version"),
    ],
)
def test_helm_and_kustomize_are_the_pinned_ones(
    engine: Engine, program: str, module: str, asked: str
) -> None:
    pins = (ROOT / "tests/plane/go" / program / "go.mod").read_text()
    (pinned,) = re.findall(rf"^(?:require )?\s*{re.escape(module)} (v\S+)", pins, re.MULTILINE)

    assert sh(engine, asked).strip() == pinned


def test_nothing_that_built_it_is_left(engine: Engine) -> None:
    names = "go gcc cc c++ make ld"

    assert sh(engine, f"for name in {names}; do command -v $name || true; done") == ""
    assert sh(engine, "ls -d /build /opt/go /tmp/* 2>/dev/null || true") == ""


def test_it_is_as_small_as_it_is_said_to_be(engine: Engine) -> None:
    layers = json.loads(engine.run("history", "--format", "json", IMAGE))
    ours = sum(layer["size"] for layer in layers if "#(nop) ADD" not in layer["CreatedBy"])

    assert 100 < ours / 1e6 < MOST_MEGABYTES


def test_a_difference_is_shown_with_the_real_helm_and_kustomize(site: Site, contained: Step) -> None:
    happening = rendered(site)
    os.chown(site.repo.root, 1001, 127)

    step = contained.run(happening, command="diff", html="page.html")

    assert step.code == ExitCode.OK, step.raw
    (comment,) = site.github.comments(NUMBER)
    assert "colour: blue" in comment
    assert site.newest(happening.payload["pull_request"]["head"]["sha"])["syncline/diff"][0] == "success"
    assert json.loads((site.repo.root / step.outputs["report"]).read_text())["exitCode"] == 0
    assert (site.repo.root / "page.html").stat().st_uid == 1001


def test_without_any_network_the_difference_is_shown_all_the_same(site: Site, contained: Step) -> None:
    step = contained.run(rendered(site), command="diff", token="", network="none")

    assert step.code == ExitCode.OK, step.raw
    assert "blue" in step.summary


def test_what_is_rendered_runs_as_nobody(site: Site, contained: Step) -> None:
    _, happening = changing(site, ENDLESS)
    child = contained.start(happening, command="diff", token="")
    found: list[str] = []

    def rendering() -> bool:
        found[:] = _renderers_users(contained)
        return bool(found)

    try:
        until(rendering, child)
    finally:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=GIVEN)

    assert set(found) == {"65532"}


def _renderers_users(contained: Step) -> list[str]:
    """The users of the processes that render templates, once there are any."""
    script = (
        'for each in /proc/[0-9]*; do if tr "\\0" " " < $each/cmdline | grep -q jinja_child[.]py; then '
        "stat -c %u $each; fi; done 2>/dev/null; true"
    )
    try:
        return contained.engine.run("exec", contained.name, "sh", "-c", script).splitlines()
    except EngineError:
        return []


@pytest.mark.parametrize("number", CODES)
def test_a_cancelled_container_tells_the_truth_in_time(
    site: Site, contained: Step, number: signal.Signals
) -> None:
    head, happening = changing(site, ENDLESS)
    child = contained.start(happening, command="diff")
    until(lambda: "syncline/diff/shop" in site.newest(head), child)

    began = time.monotonic()
    child.send_signal(number)
    out, err = child.communicate(timeout=GIVEN + 5)
    took = time.monotonic() - began

    step = site.runner.ended(child.returncode, out, err)
    assert took < GIVEN
    assert step.code == CODES[number]
    assert {state for state, _ in site.newest(head).values()} == {"error"}
    assert site.github.comments(NUMBER) == []
    assert "Not finished: shop." in step.summary
