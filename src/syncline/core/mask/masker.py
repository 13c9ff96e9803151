"""What hides the secrets of one run.

The law: no value that was learned, of four characters or more and not ordinary, is part of a scrubbed text,
in no encoding; what was hidden once stays as it is.

What stands for a value is `‹hidden 1f3a91c2›`: a keyed fingerprint (HMAC-SHA-256, the key is made for one
run).  It tells neither the value's length nor that two different fields hold the same secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from itertools import count
from typing import TYPE_CHECKING, Any, Final, final

from syncline.config.settings import Masking
from syncline.core.mask.encodings import SHORTEST, runs, spellings, views
from syncline.core.mask.fields import hidden_values, names_of, words_of
from syncline.core.mask.searching import Search, grown
from syncline.core.mask.shapes import guesses, tokens
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.core.resource import Body

Span = tuple[int, int]

_MARK: Final = regex("‹hidden [0-9a-f]{8}›")
_ORDINARY: Final = frozenset({"true", "false", "null", "none"})
_ORDINARY_NUMBER: Final = regex(r"[0-9]{1,5}")
_DEEPEST: Final = 3
_MOST_UNPACKED: Final = 16 * 1024 * 1024
_REMEMBERED: Final = 256
_MOST_REMEMBERED: Final = 50_000


@final
class Masker:
    """What hides the secrets of one run.

    It only ever learns more, so let it learn everything that will be shown before anything is shown.  Values
    that hide nothing are not looked for outside their own field: those shorter than `SHORTEST`; true, false,
    null and none; numbers of up to five digits (ports); the names and namespaces of the objects themselves
    and the words these are made of (a database called like the application).
    """

    __slots__ = ("_key", "_known", "_memory", "_numbers", "_public", "_searches", "rules")

    def __init__(self, key: bytes, rules: Masking | None = None) -> None:
        self.rules = rules or Masking()
        self._key = key
        self._known: dict[str, None] = {}
        self._public: dict[str, None] = {}
        self._searches: tuple[Search, ...] = ()
        self._numbers = count()
        self._memory = _Memory(next(self._numbers))

    @property
    def knowledge(self) -> int:
        """Which knowledge it is: what was scrubbed with another may have to be scrubbed again."""
        return self._memory.number

    def obey(self, rules: Masking) -> None:
        """Hide what these settings say, too. They are never taken back."""
        self.rules = self.rules.joined(rules)
        self._forget()

    def apart(self) -> Masker:
        """One that shows the same values alike, and what it learns is its own."""
        return Masker(self._key, self.rules)

    def learn(self, body: Body) -> None:
        """Remember what an object hides, and its names, which are no secrets."""
        public = self._public
        for name in names_of(body):
            if name not in public:
                public.update(dict.fromkeys((name, *words_of(name))))
                self._memory.changed = {}
        for value in hidden_values(body, self.rules):
            self.learn_value(value)

    def learn_all(self, bodies: Iterable[Body]) -> None:
        """Remember what each of them hides."""
        for body in bodies:
            self.learn(body)

    def learn_value(self, value: bytes) -> None:
        """Remember one secret, in every spelling in which it may turn up."""
        for form in spellings(value):
            if len(form) < SHORTEST or form in self._known or _is_ordinary(form):
                continue
            self._known[form] = None
            self._forget()

    def scrub(self, text: str, *, is_public: bool = False) -> str:
        """A text without the values learned, without what has the shape of a secret, and without passwords
        in URLs; what is random and `is_public`, such as a digest, stays.
        """
        if len(text) < SHORTEST:
            return text
        asked = text, not is_public and self.rules.guess
        # Those of this moment: what is learned meanwhile makes others, which this answer is not for.
        memory = self._memory
        clean, changed = memory.clean, memory.changed
        if asked in clean:
            return text
        found = changed.get(asked)
        if found is None:
            found = self._scrubbed(*asked)
            if len(clean) + len(changed) >= _MOST_REMEMBERED:
                memory.clean, memory.changed = set(), {}
            if len(text) <= _REMEMBERED and found == text:
                clean.add(asked)
            elif len(text) <= _REMEMBERED:
                changed[asked] = found
        return found

    def _forget(self) -> None:
        # What is known is there before: who sees the new number finds nothing that was made with less.
        self._memory = _Memory(next(self._numbers))

    def _scrubbed(self, text: str, guessing: bool) -> str:  # noqa: FBT001 - one caller, above
        spans = list(self._spans(text, _Budget(), _DEEPEST))
        if guessing:
            spans.extend(guesses(text))
        return "".join(self._parts(text, spans)) if spans else text

    def fingerprint(self, *parts: str) -> str:
        """What stands for a hidden value; the parts before it say where it stands."""
        digest = hmac.digest(self._key, json.dumps(parts).encode(), hashlib.sha256)
        return f"‹hidden {digest[:4].hex()}›"

    def _parts(self, text: str, spans: Iterable[Span]) -> Iterator[str]:
        marks = [match.span() for match in _MARK.finditer(text)] if "‹hidden " in text else []
        end = 0
        for start, stop in _merged(span for span in spans if not _is_inside(span, marks)):
            yield text[end:start]
            yield self.fingerprint(text[start:stop])
            end = stop
        yield text[end:]

    def _spans(self, text: str, budget: _Budget, depth: int) -> Iterator[Span]:
        """What is to be hidden in a text, as it is and as it may be read."""
        yield from self._known_in(text)
        yield from tokens(text)
        readings: list[tuple[Any, ...]] = [(), *(views(text) if self._known else ())]
        for steps in readings:
            read = steps[-1].text if steps else text
            least = max((view.least for view in steps), default=0)
            found = [span for span in self._known_in(read) if span[1] - span[0] >= least] if steps else []
            if depth:
                for start, stop, stands in runs(read, is_joined=least > SHORTEST):
                    # What is too much to look at is not shown.
                    if not budget.allows(len(stands)) or any(self._spans(stands, budget, depth - 1)):
                        found.append((start, stop))
            for span in found:
                yield _traced(steps, span)

    def _known_in(self, text: str) -> Iterator[Span]:
        """Where anything known stands."""
        searches = self._searches
        if len(self._known) > (searches[-1].stop if searches else 0):
            # Many threads may do this at once, each for itself: what one of them assigns is complete.
            searches = self._searches = grown(searches, list(self._known))
        for search in searches:
            for span in search.found(text):
                if text[span[0] : span[1]] not in self._public:
                    yield span


class _Memory:
    """What was scrubbed with one knowledge: texts that hide nothing, which no name that is learned later
    makes hide something, and what became of the others.
    """

    __slots__ = ("changed", "clean", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.clean: set[tuple[str, bool]] = set()
        self.changed: dict[tuple[str, bool], str] = {}


class _Budget:
    """How much may still be unpacked."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = _MOST_UNPACKED

    def allows(self, size: int) -> bool:
        """Whether so much more may be looked at."""
        self._left -= size
        return self._left >= 0


def _is_ordinary(form: str) -> bool:
    return form.lower() in _ORDINARY or _ORDINARY_NUMBER.fullmatch(form) is not None


def _is_inside(span: Span, marks: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= stop for start, stop in marks)


def _traced(steps: tuple[Any, ...], span: Span) -> Span:
    """The part of the text that a part of its last view was read from."""
    for view in reversed(steps):
        span = view.span(*span)
    return span


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """From left to right; what overlaps is one."""
    begin = end = -1
    for start, stop in sorted(spans):
        if start >= end:
            if end > begin:
                yield begin, end
            begin, end = start, stop
        end = max(end, stop)
    if end > begin:
        yield begin, end
