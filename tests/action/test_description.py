"""`action.yml`, the code and the README say the same of inputs and outputs; the examples use nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncline.action import INPUTS, OUTPUTS
from syncline.action.inputs import COMMANDS
from syncline.config.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "workflows").glob("*.yml"))
FILLED_IN = {"token": "${{ github.token }}"}
"""Defaults that only the runner can know."""

SPOKEN = {"token": "the workflow's token", "applications": "all", "revision": "the event's commit"}
"""Where the README's table says a default in words: what the code makes of an empty input."""


def text_of(path: Path) -> Any:
    """A YAML file in which every scalar is text, `on` too."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


ACTION = text_of(ROOT / "action.yml")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading of the README, without its head."""
    section = README.partition(f"### {heading}\n")[2].partition("\n#")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def plain(sentence: str) -> str:
    """Without the mark of a sentence's end and the size of its first letter."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def test_the_inputs_are_the_same_three_times() -> None:
    assert list(ACTION["inputs"]) == list(INPUTS) == [row[0].strip("`") for row in table("Inputs")]


def test_the_outputs_are_the_same_three_times() -> None:
    assert list(ACTION["outputs"]) == list(OUTPUTS) == [row[0].strip("`") for row in table("Outputs")]


@pytest.mark.parametrize("name", INPUTS)
def test_the_default_of_an_input_is_what_the_code_makes_of_an_empty_one(name: str) -> None:
    described = ACTION["inputs"][name]

    assert described.get("default", "") == FILLED_IN.get(name, INPUTS[name])
    assert (described.get("required") == "true") == (name == "command")


@pytest.mark.parametrize("row", table("Inputs"), ids=lambda row: row[0].strip("`"))
def test_the_readme_says_the_default_and_the_meaning_of_an_input(row: list[str]) -> None:
    name, default, meaning = row[0].strip("`"), row[1], row[2]

    assert default == SPOKEN.get(name, f"`{INPUTS[name]}`" if INPUTS[name] else "")
    assert plain(ACTION["inputs"][name]["description"]).startswith(plain(meaning).partition(";")[0])


@pytest.mark.parametrize("row", table("Outputs"), ids=lambda row: row[0].strip("`"))
def test_the_readme_says_the_meaning_of_an_output(row: list[str]) -> None:
    assert plain(ACTION["outputs"][row[0].strip("`")]["description"]) == plain(row[1])


def test_the_commands_are_those_of_the_code() -> None:
    told = re.findall(r"`(\w+)`", ACTION["inputs"]["command"]["description"])

    assert sorted(told) == sorted(job.value for job in COMMANDS)


def test_the_time_to_wait_that_the_readme_names_is_the_settings() -> None:
    (row,) = [row for row in table("Inputs") if row[0] == "`timeout`"]

    assert "`sync.timeout`" in row[2]
    assert Settings().sync_timeout == 300
    assert re.search(r"sync:\n  timeout: 5m\n", README)


def test_the_action_is_built_from_the_dockerfile_of_its_own_commit() -> None:
    assert ACTION["runs"] == {"using": "docker", "image": "Dockerfile"}
    assert (ROOT / "Dockerfile").is_file()


def test_there_is_an_example_of_every_job_that_is_started_by_an_event() -> None:
    assert [path.stem for path in EXAMPLES] == ["actions", "diff", "drift", "drill", "rollback", "sync"]
    assert README.count("examples/workflows") >= 1


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
class TestAnExample:
    """Each workflow under `examples/workflows`."""

    def steps(self, path: Path) -> list[dict[str, Any]]:
        (job,) = text_of(path)["jobs"].values()
        steps: list[dict[str, Any]] = job["steps"]
        return steps

    def ours(self, path: Path) -> dict[str, str]:
        (step,) = [step for step in self.steps(path) if step["uses"].startswith("syncline/syncline@")]
        given: dict[str, str] = step["with"]
        return given

    def test_uses_known_inputs_and_the_command_of_its_name(self, path: Path) -> None:
        assert set(self.ours(path)) <= set(INPUTS)
        assert self.ours(path)["command"] == path.stem

    def test_checks_out_the_whole_history_and_leaves_no_token_behind(self, path: Path) -> None:
        (checkout,) = [step for step in self.steps(path) if step["uses"].startswith("actions/checkout@")]

        assert checkout["with"] == {"fetch-depth": "0", "persist-credentials": "false"}

    def test_takes_its_kubeconfig_from_a_secret(self, path: Path) -> None:
        assert re.fullmatch(r"\$\{\{ secrets\.\w*KUBECONFIG \}\}", self.ours(path)["kubeconfig"])

    def test_asks_for_no_more_than_it_needs(self, path: Path) -> None:
        workflow = text_of(path)
        (job,) = workflow["jobs"].values()
        needed = {"contents": "read", "statuses": "write"}
        if path.stem == "diff":
            needed["pull-requests"] = "write"
        if path.stem == "sync":
            needed["pull-requests"] = "read"  # the comment that a sync is held to

        assert workflow["permissions"] == {}
        assert job["permissions"] == needed

    def test_never_changes_clusters_twice_at_once_or_stops_in_the_middle(self, path: Path) -> None:
        concurrency = text_of(path)["concurrency"]

        if path.stem == "diff":
            assert concurrency["cancel-in-progress"] == "true"
            assert "${{ github.ref }}" in concurrency["group"]
        else:
            assert concurrency == {"group": "syncline-write", "cancel-in-progress": "false"}

    def test_ends_some_time(self, path: Path) -> None:
        (job,) = text_of(path)["jobs"].values()

        assert 0 < int(job["timeout-minutes"]) <= 60


def test_the_workflow_in_the_readme_is_the_example_in_short() -> None:
    block = re.findall(r"```yaml\n(on: pull_request.*?)```", README, re.DOTALL)[0]
    shown = yaml.load(block, Loader=yaml.BaseLoader)
    (job,) = text_of(ROOT / "examples" / "workflows" / "diff.yml")["jobs"].values()

    assert shown["permissions"] == job["permissions"]
    assert [step["uses"] for step in shown["jobs"]["diff"]["steps"]] == [
        step["uses"] for step in job["steps"]
    ]
    assert shown["jobs"]["diff"]["steps"][0] == job["steps"][0]


def test_the_image_is_given_every_library_and_every_module_that_it_is_made_of() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "docker/requirements.lock").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (tests/plane/go/\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    let_in = (ROOT / ".dockerignore").read_text().splitlines()

    assert {re.split(r"[<>=!~]", each)[0].lower() for each in declared} <= {name.lower() for name in pinned}
    assert {f"!{folder}" for folder in copied} <= set(let_in)
