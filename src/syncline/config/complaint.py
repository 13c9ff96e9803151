"""What a configuration file says that is wrong or has no effect.

The law: every complaint is one sentence that names a line and quotes field names, never values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct

from syncline.errors import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.documents import Document, Lines

Severity: TypeAlias = Literal["warning", "error"]
Path: TypeAlias = tuple[str | int, ...]


class Complaint(Struct, frozen=True):
    """One finding in a configuration file. An error makes its application, or the settings, unusable."""

    message: str
    place: Place
    severity: Severity = "error"


class Complaints:
    """Collects the complaints about one object of a document; `base` is the object's own path there."""

    __slots__ = ("_base", "_document", "_lines", "found")

    def __init__(self, document: Document, base: Path = ()) -> None:
        self.found: list[Complaint] = []
        self._document = document
        self._base = base
        self._lines: Lines | None = None

    def place(self, path: Path = ()) -> Place:
        """Where a part of the object is written."""
        if not self._base and not path:
            return self._document.place
        return Place(self._document.place.file, self.lines().of((*self._base, *path)))

    def error(self, path: Path, message: str) -> None:
        """Note that the object cannot be used."""
        self.found.append(Complaint(message, self.place(path)))

    def warn(self, path: Path, message: str) -> None:
        """Note something that has no effect, or another one than it seems."""
        self.found.append(Complaint(message, self.place(path), "warning"))

    @property
    def base(self) -> Path:
        """The object's own path in its document."""
        return self._base

    def lines(self) -> Lines:
        """Where everything of the document stands."""
        if self._lines is None:
            self._lines = self._document.lines()
        return self._lines

    @property
    def errors(self) -> tuple[Complaint, ...]:
        """Those that make the object unusable."""
        return tuple(complaint for complaint in self.found if complaint.severity == "error")


def shown(path: Path) -> str:
    """A path as people write it: `spec.sources[0].path`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step or "/" in step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text


def did_you_mean(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """`; did you mean x?` when a known word is close, a full stop when none is."""
    import difflib

    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=likeness)
    return f"; did you mean {by_lower[close[0]]}?" if close else "."


def type_name(value: Any) -> str:
    """What a person calls the type of a value in YAML."""
    if value is None:
        return "null"
    names: dict[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
    }
    return names.get(type(value), "a mapping")
