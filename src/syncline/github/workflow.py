"""What a step tells its runner: annotations, masks, the summary, outputs.

The law: nothing that comes from a manifest or a pull request can be read as a workflow command, and what the
runner would drop without a word is cut here with one.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO

from syncline.errors import GitHubError
from syncline.patterns import regex
from syncline.report.annotations import Annotation
from syncline.report.escaping import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

PER_LEVEL: Final = 10
"""Annotations of one level that a step may show (actions/toolkit, docs/problem-matchers.md)."""

LONGEST_SUMMARY: Final = 1024 * 1024
"""Octets of a step's summary; a larger one is dropped (actions/runner)."""

LONGEST_MESSAGE: Final = 4096
"""Characters of an annotation that the runner keeps."""

_LEVELS: Final = frozenset({"error", "warning", "notice"})
_SHORTEST_LINE: Final = 6
_NAME: Final = regex(r"[A-Za-z_][A-Za-z0-9_-]*")
_CUT: Final = "\n\n*The summary was cut here; the HTML page has all of it.*\n"


def escaped(text: str) -> str:
    """A command's data."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """A command's property."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def annotate(annotations: Iterable[Annotation], stream: TextIO) -> None:
    """Mark lines of the change; what goes beyond the runner's limit is told as a number by the last one."""
    by_level: defaultdict[str, list[Annotation]] = defaultdict(list)
    for annotation in annotations:
        by_level[annotation.level].append(annotation)
    for level, found in by_level.items():
        shown = found if len(found) <= PER_LEVEL else [*found[: PER_LEVEL - 1], _rest(level, found)]
        stream.writelines(f"{_command(annotation)}\n" for annotation in shown)
    stream.flush()


def _rest(level: str, found: list[Annotation]) -> Annotation:
    return Annotation(
        level, "", 0, "Syncline", f"{len(found) - PER_LEVEL + 1:,} more are in the job summary."
    )


def _command(annotation: Annotation) -> str:
    if annotation.level not in _LEVELS:
        raise ValueError(f"{annotation.level!r} is no level of an annotation")
    facts = {"file": annotation.file, "line": str(annotation.line or ""), "title": annotation.title}
    properties = ",".join(f"{name}={escaped_property(value)}" for name, value in facts.items() if value)
    return f"::{annotation.level}{properties and f' {properties}'}::{escaped(_message(annotation.message))}"


def _message(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"


def mask(secret: str, stream: TextIO) -> None:
    """Ask the runner to hide a value, line by line.

    Short lines of a longer text (`}`, `- a`) are structure: hiding them would hide half of every log.
    """
    lines = list(dict.fromkeys(line.strip() for line in secret.splitlines() if line.strip()))
    kept = lines if len(lines) == 1 else [line for line in lines if len(line) >= _SHORTEST_LINE]
    stream.writelines(f"::add-mask::{escaped(line)}\n" for line in kept)
    stream.flush()


@contextmanager
def commands_stopped(stream: TextIO) -> Iterator[None]:
    """Within it no line, whoever wrote it, is taken for a command."""
    token = secrets.token_hex(16)
    stream.write(f"::stop-commands::{token}\n")
    try:
        yield
    finally:
        stream.write(f"\n::{token}::\n")
        stream.flush()


def print_untrusted(text: str, stream: TextIO) -> None:
    """Print a text in which no line is taken for a command."""
    with commands_stopped(stream):
        stream.write(text.rstrip())


def say_line(text: str, stream: TextIO) -> None:
    """Print one line that is no command, of either form: the old one (`##[error]`) may begin anywhere."""
    line = one_line(text).replace("##[", "## [")
    stream.write(f"{'· ' if line.startswith('::') else ''}{line}\n")
    stream.flush()


def add_summary(text: str, file: Path) -> None:
    """Append to the job summary as much as there is room for. Raises GitHubError."""
    with _appending(file, "the job summary") as stream:
        stream.write(_fitting(f"{text}\n", room=LONGEST_SUMMARY - stream.tell()))


def _fitting(text: str, *, room: int) -> bytes:
    octets, notice = text.encode(errors="replace"), _CUT.encode()
    if len(octets) <= room:
        return octets
    kept = octets[: max(room - len(notice), 0)]
    # At the end of a line, or at least of a character.
    whole = kept[: kept.rfind(b"\n") + 1] or kept.decode(errors="ignore").encode()
    return (whole + notice)[: max(room, 0)]


def set_outputs(outputs: Mapping[str, str], file: Path) -> None:
    """Write the step's outputs, each between lines that its value does not contain. Raises GitHubError."""
    with _appending(file, "the outputs") as stream:
        for name, value in outputs.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of an output")
            delimiter = _absent_from(value)
            stream.write(f"{name}<<{delimiter}\n{value}\n{delimiter}\n".encode(errors="replace"))


def _absent_from(value: str) -> str:
    while (delimiter := f"syncline-{secrets.token_hex(16)}") in value:
        pass
    return delimiter


@contextmanager
def _appending(file: Path, what: str) -> Iterator[BinaryIO]:
    try:
        with file.open("ab") as stream:
            yield stream
    except OSError as error:
        raise GitHubError(
            f"The runner's file for {what} cannot be written ({type(error).__name__}).",
            remedy="GitHub requires that the container runs as root.",
        ) from error
