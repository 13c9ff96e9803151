"""Input that is made to exhaust: each is refused with a sentence, and what is beside it compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from action.site import Site, application, pull_request
from e2e.delivery import config_map
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
CHART = "apiVersion: v2\nname: x\nversion: 0.1.0\n"
BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
HOSTILE = {
    "deep-json": ("all.json", "[" * 100_000, "deeper than 200 levels"),
    "deep-yaml": ("all.yaml", HEADER + "data: {a: " + "{b: " * 5_000 + "}" * 5_001, "deeper than 200 levels"),
    "anchors": ("all.yaml", f"{HEADER}a0: &a0 [x]\n{BOMB}", "more than 1,000,000 values"),
    "large": ("all.yaml", f"{HEADER}data: {{a: {'x' * 10_500_000}}}", "10 MB"),
    "outside": ("kustomization.yaml", "resources: [../../../etc/passwd]\n", "outside of the repository"),
    "deep-output": (
        "templates/a.yaml",
        HEADER + 'data: {a: {{ repeat 5000 "[" }}{{ repeat 5000 "]" }}}\n',
        "deep",
    ),
}


def test_what_is_made_to_exhaust_fails_alone_with_a_sentence(site: Site, tools: Mapping[str, Path]) -> None:
    assert tools
    names = [*HOSTILE, "shop"]
    start = {f"apps/{name}.yaml": application(name) for name in names}
    base = site.repo.commit(
        {**start, "shop/all.yaml": config_map("shop", a="1"), "deep-output/Chart.yaml": CHART}
    )
    site.repo.git("checkout", "--quiet", "-b", "change")
    files = {f"{name}/{file}": text for name, (file, text, _) in HOSTILE.items()}
    head = site.repo.commit({**files, "shop/all.yaml": config_map("shop", a="2")})

    step = site.step(pull_request(base, head, site.merged(base, head)), command="diff")

    report = json.loads((site.repo.root / "syncline-diff.json").read_text())
    told = {app["name"]: app for app in report["applications"]}
    for name, (_, _, said) in HOSTILE.items():
        assert said in told[name]["problem"]["message"], name
        assert len(told[name]["problem"]["message"]) < 400, name
    assert told["shop"]["problem"] is None
    assert len(told["shop"]["changes"]) == 1
    assert step.code == ExitCode.RENDER
