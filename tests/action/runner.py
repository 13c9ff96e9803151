"""The runner's side of a step: what it sets before, and what it makes of what comes out.

The law: lines are read for commands as actions/runner reads them, in both of its forms (`ActionCommand.cs`).
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from syncline.action import act

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

REPOSITORY, NUMBER = "acme/deploy", 7
_KNOWN = {
    *("add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice"),
    *("remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning"),
}


class Command(NamedTuple):
    """One workflow command that the runner obeys."""

    name: str
    properties: Mapping[str, str]
    data: str


@dataclass(frozen=True, slots=True)
class Log:
    """A stream as the runner reads it: the commands it obeys, and what is shown."""

    commands: Sequence[Command]
    shown: str

    def named(self, name: str) -> list[Command]:
        return [command for command in self.commands if command.name == name]


def read_log(text: str) -> Log:
    """Obey a stream, line by line."""
    commands: list[Command] = []
    shown: list[str] = []
    stopped = ""
    for line in text.splitlines():
        command = _new_form(line, stopped) or _old_form(line, stopped)
        if stopped:
            if command and command.name == stopped:
                stopped = ""
            else:
                shown.append(line)
        elif command is None:
            shown.append(line)
        elif command.name == "stop-commands":
            stopped = command.data
        else:
            commands.append(command)
    assert not stopped, "commands were stopped and never resumed"
    return Log(commands, "\n".join(shown))


def _new_form(line: str, token: str) -> Command | None:
    match = re.match(r"\s*::(?P<name>[^\s:]+)(?: (?P<properties>.*?))?::(?P<data>.*)", line)
    if match is None or match["name"].lower() not in {*_KNOWN, token.lower()}:
        return None
    return Command(match["name"], _properties(match["properties"] or "", ","), _plain(match["data"]))


def _old_form(line: str, token: str) -> Command | None:
    match = re.search(r"##\[(?P<name>[^\s\]]+)(?: (?P<properties>[^\]]*))?\](?P<data>.*)", line)
    if match is None or match["name"].lower() not in {*_KNOWN, token.lower()}:
        return None
    return Command(match["name"], _properties(match["properties"] or "", ";"), match["data"])


def _properties(text: str, separator: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(separator) if part)
    return {name.strip(): _plain(value.replace("%3A", ":").replace("%2C", ",")) for name, _, value in pairs}


def _plain(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


@dataclass(frozen=True, slots=True)
class Step:
    """How a step ended."""

    code: int
    out: Log
    err: Log
    outputs: Mapping[str, str]
    summary: str
    raw: str = ""
    """Everything that was printed."""

    @property
    def errors(self) -> list[Command]:
        return self.out.named("error")


@dataclass
class Runner:
    """Starts steps in one workspace against one GitHub."""

    folder: Path
    workspace: Path
    api_url: str
    token: str
    environ: dict[str, str] = field(default_factory=dict)

    def set_up(
        self, event: str, payload: Mapping[str, Any], variables: Mapping[str, str], inputs: Mapping[str, str]
    ) -> dict[str, str]:
        """The environment of a step; its files are fresh."""
        self.folder.mkdir(exist_ok=True)
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        (self.folder / "event.json").write_text(json.dumps(payload))
        given = {"token": self.token, **inputs}
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_API_URL": self.api_url,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "99",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.folder),
            **{f"INPUT_{name.upper()}": value for name, value in given.items()},
            **self.environ,
            **variables,
        }

    def run(self, environ: Mapping[str, str]) -> Step:
        """The step, in this process."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = act(environ)
        return self.ended(code, out.getvalue(), err.getvalue())

    def start(self, environ: Mapping[str, str]) -> subprocess.Popen[str]:
        """The step as the image's entry point starts it."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "syncline.action"],
            cwd=self.workspace,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self, code: int, out: str, err: str) -> Step:
        outputs = read_outputs((self.folder / "output").read_text())
        summary = (self.folder / "summary").read_text()
        return Step(int(code), read_log(out), read_log(err), outputs, summary, raw=out + err)


def read_outputs(text: str) -> dict[str, str]:
    """The file of the outputs, as the runner reads it."""
    outputs: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, heredoc, delimiter = line.partition("<<")
        assert heredoc, line
        value = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        outputs[name] = "\n".join(value)
    return outputs
