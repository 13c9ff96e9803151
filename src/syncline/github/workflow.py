"""What a step tells its runner: annotations, masks, the summary, outputs.

The law: nothing that comes from a manifest or a pull request can be read as a workflow command.
"""

from __future__ import annotations

import secrets
from collections import Counter
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from syncline.report.annotations import Annotation

_PER_LEVEL: Final = 10
"""Annotations of one level that a step may show (GitHub Actions, "Workflow commands")."""

_SUMMARY: Final = 1024 * 1024
_MESSAGE: Final = 4096


def escaped(text: str) -> str:
    """A command's data."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """A command's property."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def annotate(annotations: Iterable[Annotation], stream: TextIO) -> None:
    """Mark lines of the change; what goes beyond the runner's limit is counted."""
    seen: Counter[str] = Counter()
    for annotation in annotations:
        seen[annotation.level] += 1
        if seen[annotation.level] <= _PER_LEVEL:
            stream.write(f"{_command(annotation)}\n")
    stream.flush()


def _command(annotation: Annotation) -> str:
    facts = {"file": annotation.file, "line": str(annotation.line or ""), "title": annotation.title}
    properties = ",".join(f"{name}={escaped_property(value)}" for name, value in facts.items() if value)
    return f"::{annotation.level} {properties}::{escaped(annotation.message[:_MESSAGE])}"


def mask(secret: str, stream: TextIO) -> None:
    """Ask the runner to hide a value, line by line."""
    for line in filter(None, (line.strip() for line in secret.splitlines())):
        stream.write(f"::add-mask::{escaped(line)}\n")
    stream.flush()


def print_untrusted(text: str, stream: TextIO) -> None:
    """Print a text in which no line is taken for a command."""
    token = secrets.token_hex(16)
    stream.write(f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::\n")
    stream.flush()


def add_summary(text: str, file: Path) -> None:
    """Append to the job summary, which the runner drops when it is larger than one MiB."""
    notice = "\n\n*The summary was cut here; the HTML page has all of it.*\n"
    octets = text.encode()
    if len(octets) > _SUMMARY:
        octets = octets[: _SUMMARY - len(notice.encode())].decode(errors="ignore").encode() + notice.encode()
    with file.open("ab") as stream:
        stream.write(octets + b"\n")


def set_outputs(outputs: Mapping[str, str], file: Path) -> None:
    """Write the step's outputs, each between delimiters that its value does not contain."""
    with file.open("a", encoding="utf-8") as stream:
        for name, value in outputs.items():
            delimiter = f"syncline-{secrets.token_hex(16)}"
            while delimiter in value:
                delimiter = f"syncline-{secrets.token_hex(16)}"
            stream.write(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
