"""Input that is made to exhaust: each is refused with a sentence, and what is beside it compared."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from action.site import Site, application, pull_request
from e2e.delivery import config_map
from syncline.errors import ExitCode
from unit.report.rendered import html_of, structure_of

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
    "large": ("all.yaml", f"{HEADER}data: {{a: {'x' * 10_500_000}}}", "10MB"),
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


ESCAPE = "\x1b"
WORDS = (
    "x\n::set-output name=pwned::1\n##[set-env name=PWNED;]1\n::stop-commands::pwned\n"
    "::add-mask::Deployment\n"
    f"</details><script>alert(1)</script> ![a](https://evil.example/a) @octocat `` ``` {ESCAPE}[2J"
    "${{ secrets.TOKEN }} {{ 7777*7777 }} $(touch pwned) ;touch pwned"
)
BRANCH = "$(touch${IFS}pwned);`touch${IFS}pwned`|<script>x</script>{{7777}}@octocat"
"""All that Git allows in a name."""


def test_what_strangers_name_things_is_text_wherever_a_run_tells_of_it(
    site: Site, tools: Mapping[str, Path]
) -> None:
    """A branch, a tag, a commit message, an actor, names of applications, files, objects and values."""
    assert tools
    quoted = json.dumps(WORDS)
    bare = json.dumps(
        WORDS.partition("${{")[0]
    )  # with braces it would be a template and nobody's Application
    odd_file = "a\n::error::pwned\n<script>`x`.yaml"
    start = {f"apps/{name}.yaml": application(name) for name in ("shop", "chart", "bad", "fails")}
    base = site.repo.commit({**start, "shop/all.yaml": config_map("shop", a="1")})
    site.repo.git("checkout", "--quiet", "-b", BRANCH)
    site.repo.git("tag", BRANCH)
    named = HEADER.replace("{name: a}", f"{{name: shop, annotations: {{note: {quoted}}}}}")
    site.repo.commit(
        {
            "shop/all.yaml": f"{named}data: {{a: {quoted}, {quoted}: b}}\n",
            f"shop/{odd_file}": config_map("other"),
            "bad/all.yaml": HEADER.replace("{name: a}", f"{{name: {quoted}, namespace: {quoted}}}"),
            "chart/Chart.yaml": CHART,
            "chart/templates/a.yaml": f"{{{{ fail {json.dumps(WORDS)} }}}}",
            "fails/kustomization.yaml": f"resources: [{quoted}]\n",
            "apps/odd.yaml": application("shop2").replace("name: shop2", f"name: {bare}"),
        }
    )
    site.repo.git("commit", "--quiet", "--amend", "--message", WORDS)
    head = site.repo.git("rev-parse", "HEAD")
    happening = pull_request(base, head, site.merged(base, head), actor="<script>@octocat")
    pull = happening.payload["pull_request"]
    pull["head"]["ref"], pull["title"] = BRANCH, WORDS

    step = site.step(happening, command="diff", html="page.html")

    commands = [*step.out.commands, *step.err.commands]
    assert {each.name for each in commands} <= {
        "add-mask",
        "error",
        "warning",
        "notice",
        "group",
        "endgroup",
        "debug",
    }
    assert not [each for each in commands if each.name == "add-mask" and "Deployment" in each.data]
    assert not [each for each in commands if each.data.startswith("pwned")]
    assert ESCAPE not in step.raw
    assert ESCAPE not in "".join(step.outputs.values())
    told = [step.summary, *site.github.comments(7)]
    assert any("shop" in text for text in told), step.raw
    for text in told:
        found = structure_of(text)
        assert not {"script", "img"} & {*found.tags}, text
        assert 'href="https://evil' not in html_of(text)
        assert not re.search(r"(?<![`\w;])@octocat", outside_of_fences(text)), text
        assert ESCAPE not in text
        assert "60481729" not in text, "7777 * 7777 was worked out"
    page = (site.repo.root / "page.html").read_text()
    assert "<script" not in page
    assert "evil.example/a" in page
    assert 'href="https://evil' not in page
    assert ESCAPE not in page
    for state, text in site.newest(head).values():
        assert state
        assert "\n" not in text
    assert not list(site.repo.root.rglob("pwned"))
    assert "apps/odd.yaml" in step.raw
    assert {"summary"} <= {*step.outputs}
    assert not {"pwned", "PWNED"} & {*step.outputs}


def outside_of_fences(text: str) -> str:
    return re.sub(r"(?ms)^(`{3,}|~{3,})\w*$.*?^\1$", "", text)
