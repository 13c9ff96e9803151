"""A line of a log as it is shown.

The law: it begins with our prefix, so that nothing in it is taken for a workflow command, and holds no
control character of another's; a pod has one colour wherever it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

from syncline.patterns import regex
from syncline.report.escaping import visible

if TYPE_CHECKING:
    from syncline.core.loglines import LogLine

_COLOURS: Final = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
_SEQUENCES: Final = regex(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")


def log_text(line: LogLine, *, colour: bool) -> str:
    """`POD/CONTAINER | what it said`, without the application's own colours."""
    source = line.source
    prefix = f"{source.pod}/{source.container} |"
    if colour:
        prefix = f"\x1b[{colour_of(source.pod)}m{prefix}\x1b[0m"
    said = visible(_SEQUENCES.sub("", line.text)).replace("\n", " ").replace("##[", "## [")
    return f"{prefix} {said}\n"


def colour_of(pod: str) -> int:
    """The pod's colour: by name, so that it is the same in every run."""
    return _COLOURS[crc32(pod.encode()) % len(_COLOURS)]
