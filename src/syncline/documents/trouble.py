"""libyaml's complaints as sentences for the person who wrote the file.

The law: the sentence is made of libyaml's own words and line numbers, never of the document's text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from syncline.documents.limits import too_deep
from syncline.errors import DocumentError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

_REMEDIES: Mapping[str, str] = {
    "mapping values are not allowed": "Quote the value if it contains `: `, or check the indentation.",
    "cannot start any token": "Quote the value: YAML reserves the character it starts with (@, ` or %).",
    "could not find expected ':'": "Write each key as `key: value`, and indent a block's lines alike.",
    "did not find expected ',' or": "Close the bracket, and put a comma between its members.",
    "did not find expected node content": "Close the bracket, and quote text that is none.",
    "did not find expected key": "Indent the lines of a mapping alike, and quote values that contain quotes.",
    "did not find expected '-' indicator": "Indent the members of a list alike.",
    "unexpected end of stream": "Close the quote or bracket that is opened there.",
    "unknown escape": "Use single quotes, in which a backslash is only a backslash.",
    "document start": "Start each document with a line `---`.",
}
_CHECK = "Check the quotes and the indentation."
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"


def explain(trouble: yaml.YAMLError, text: str, file: str) -> DocumentError:
    """The `DocumentError` for a text that libyaml cannot parse."""
    if not isinstance(trouble, yaml.MarkedYAMLError):
        return _unprintable(text, file)
    problem = trouble.problem or "it cannot be parsed"
    mark = trouble.problem_mark or trouble.context_mark
    line = min(mark.line + 1, _last_line(text)) if mark else 0
    if "nesting depth" in problem:  # libyaml reads ahead, and has a limit of its own
        return too_deep(Place(file, line))
    if _tab_in_indentation(text, line) and "quoted" not in (trouble.context or ""):
        message = "A tab stands in the indentation, where YAML allows only spaces."
        return DocumentError(message, place=Place(file, line), remedy="Replace it with spaces.")
    begun = trouble.context_mark.line + 1 if trouble.context_mark else line
    if "end of stream" in problem:
        line = begun
    message = f"This is not valid YAML: {problem}{_context(trouble, begun, line)}."
    remedy = next((advice for part, advice in _REMEDIES.items() if part in problem), _CHECK)
    return DocumentError(message, place=Place(file, line), remedy=remedy)


def _context(trouble: yaml.MarkedYAMLError, begun: int, line: int) -> str:
    if not trouble.context:
        return ""
    return f", {trouble.context}" + (f" that begins in line {begun}" if begun != line else "")


def _last_line(text: str) -> int:
    return text.rstrip().count("\n") + 1


def _tab_in_indentation(text: str, line: int) -> bool:
    lines = text.splitlines()
    return 0 < line <= len(lines) and re.match(r" *\t", lines[line - 1]) is not None


def _unprintable(text: str, file: str) -> DocumentError:
    match = re.search(_UNPRINTABLE, text)
    line = text.count("\n", 0, match.start()) + 1 if match else 0
    return DocumentError(
        "A control character stands in the text, which YAML allows only as an escape in double quotes.",
        place=Place(file, line),
        remedy="Remove it, or save the file as UTF-8 if it is in another encoding.",
    )
