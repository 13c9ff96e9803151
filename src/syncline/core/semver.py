"""Versions, and ranges of them as Helm and Argo CD write them.

The law: a range holds a version exactly when Masterminds/semver, which both of them use, says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from syncline.patterns import regex

_TAIL: Final = r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_VERSION: Final = regex(rf"v?(?P<major>[0-9]+)(?:\.(?P<minor>[0-9]+))?(?:\.(?P<patch>[0-9]+))?{_TAIL}")
_PART: Final = r"(?:[0-9]+|[xX*])"
_BOUND_TEXT: Final = rf"v?(?P<major>{_PART})(?:\.(?P<minor>{_PART}))?(?:\.(?P<patch>{_PART}))?{_TAIL}"
_OPERATORS: Final = ("!=", ">=", "=>", "<=", "=<", "~>", "~", "^", "=", ">", "<", "")
_BOUND: Final = regex(rf"\s*(?P<operator>{'|'.join(map(re.escape, _OPERATORS))})\s*{_BOUND_TEXT}")
_BETWEEN: Final = regex(r"\s*(\S+)\s+-\s+(\S+)\s*")
_SEPARATOR: Final = regex(r"\s*,\s*|\s+")


class Version(Struct, frozen=True):
    """A semantic version; `1.2` is 1.2.0. Build metadata has no part in the order."""

    major: int
    minor: int = 0
    patch: int = 0
    pre: str = ""

    def __lt__(self, other: Version) -> bool:
        return self._key < other._key

    def __le__(self, other: Version) -> bool:
        return self._key <= other._key

    def __gt__(self, other: Version) -> bool:
        return self._key > other._key

    def __ge__(self, other: Version) -> bool:
        return self._key >= other._key

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Without the pre-release."""
        return (self.major, self.minor, self.patch)

    @property
    def _key(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[bool, int, str], ...]]:
        parts = self.pre.split(".") if self.pre else []
        # Numbers come before words, and both are compared as what they are.
        ranked = tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)
        return (self.numbers, not self.pre, ranked)


def version(text: str) -> Version | None:
    """The version that a text is; None where it is none."""
    match = _VERSION.fullmatch(text.strip())
    if match is None or any(_has_leading_zero(part) for part in (match["pre"] or "").split(".")):
        return None
    return Version(
        int(match["major"]), int(match["minor"] or 0), int(match["patch"] or 0), match["pre"] or ""
    )


def _has_leading_zero(part: str) -> bool:
    return part.isdigit() and len(part) > 1 and part.startswith("0")


class _Bound(Struct, frozen=True):
    """One comparison. `known` is how many of the three numbers it names; the others may be any."""

    operator: str
    at: Version
    known: int


_Test: TypeAlias = Callable[[_Bound, Version], bool]


class Range(Struct, frozen=True):
    """What `>=1.2 <2 || ~3` stands for: alternatives, each of bounds that must all hold."""

    alternatives: tuple[tuple[_Bound, ...], ...]

    def holds(self, wanted: Version) -> bool:
        """Whether the version is in the range. A pre-release is only where a bound names one, too."""
        return any(
            all(_TESTS[bound.operator](bound, wanted) for bound in bounds)
            for bounds in self.alternatives
            if not wanted.pre or any(bound.at.pre for bound in bounds)
        )


def version_range(text: str) -> Range | None:
    """The range that a text stands for, an exact version included; None where it has no meaning."""
    alternatives = [_bounds(part) for part in text.split("||")]
    known = tuple(bounds for bounds in alternatives if bounds)
    return Range(known) if len(known) == len(alternatives) else None


def highest(asked: str, names: Iterable[str]) -> str:
    """The name that is asked for: itself where it is there, else the highest version in the range.

    Empty when there is none, or when what is asked for has no meaning.
    """
    known = list(names)
    if asked in known:
        return asked
    wanted = version_range(asked or "*")
    if wanted is None:
        return ""
    fitting = [(found, name) for name in known if (found := version(name)) and wanted.holds(found)]
    return max(fitting)[1] if fitting else ""


def _bounds(text: str) -> tuple[_Bound, ...] | None:
    text = _BETWEEN.sub(r" >=\1 <=\2 ", text).strip()
    found: list[_Bound] = []
    at = 0
    while at < len(text):
        match = _BOUND.match(text, at)
        bound = _bound(match) if match else None
        if match is None or bound is None:
            return None
        found.append(bound)
        at = match.end()
        if at < len(text):
            gap = _SEPARATOR.match(text, at)
            if gap is None or gap.end() == len(text):
                return None
            at = gap.end()
    return tuple(found) or None


def _bound(match: re.Match[str]) -> _Bound | None:
    parts = [match["major"], match["minor"], match["patch"]]
    known = next((at for at, part in enumerate(parts) if part is None or part in "xX*"), 3)
    numbers = [int(part) for part in parts[:known] if part]
    numbers += [0] * (3 - known)
    pre = match["pre"] or ""
    if any(_has_leading_zero(part) for part in pre.split(".")):
        return None
    return _Bound(match["operator"], Version(numbers[0], numbers[1], numbers[2], pre), known)


_MINOR: Final = 2
_ALL: Final = 3
_NOTHING: Final = (0, 0, 0)


def _same(bound: _Bound, wanted: Version) -> bool:
    return wanted == bound.at if bound.known == _ALL else _near(bound, wanted)


def _other(bound: _Bound, wanted: Version) -> bool:
    if bound.known == _ALL:
        return wanted != bound.at
    known = bound.known or _ALL
    if wanted.numbers[:known] != bound.at.numbers[:known]:
        return True
    return bound.known == _MINOR and wanted.pre != bound.at.pre


def _above(bound: _Bound, wanted: Version) -> bool:
    if bound.known == _ALL:
        return wanted > bound.at
    known = bound.known or _ALL
    return wanted.numbers[:known] > bound.at.numbers[:known]


def _at_most(bound: _Bound, wanted: Version) -> bool:
    if bound.known == _ALL:
        return wanted <= bound.at
    known = bound.known or _MINOR
    return wanted.numbers[:known] <= bound.at.numbers[:known]


def _near(bound: _Bound, wanted: Version) -> bool:
    """`~1.2.3`: the same minor version from there on; `~1` the same major one; `~0.0.0` and `*` any."""
    if wanted < bound.at:
        return False
    is_any = bound.at.numbers == _NOTHING and bound.known in {0, _ALL}
    fixed = min(bound.known, _MINOR)
    return is_any or wanted.numbers[:fixed] == bound.at.numbers[:fixed]


def _compatible(bound: _Bound, wanted: Version) -> bool:
    """`^1.2.3`: from there on with the same first number that is not zero."""
    leading = next((at for at, number in enumerate(bound.at.numbers) if number), _ALL - 1)
    fixed = min(leading + 1, bound.known or _ALL)
    return wanted >= bound.at and wanted.numbers[:fixed] == bound.at.numbers[:fixed]


_TESTS: Final[Mapping[str, _Test]] = {
    "": _same,
    "=": _same,
    "!=": _other,
    ">": _above,
    "<": lambda bound, wanted: wanted < bound.at,
    ">=": lambda bound, wanted: wanted >= bound.at,
    "=>": lambda bound, wanted: wanted >= bound.at,
    "<=": _at_most,
    "=<": _at_most,
    "~": _near,
    "~>": _near,
    "^": _compatible,
}
