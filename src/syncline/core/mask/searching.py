"""Thousands of spellings looked for at once.

The law: a search is never changed after it was made, so that any thread may use it; what is learned later
makes a further one, and small ones are joined so that there are never many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Search(Struct, frozen=True):
    """What was learned from the `start`-th to before the `stop`-th, as an Aho-Corasick automaton."""

    start: int
    stop: int
    automaton: Any

    def found(self, text: str) -> Iterator[tuple[int, int]]:
        """Where any of it stands in a text; what overlaps is found, too."""
        for last, length in self.automaton.iter(text):
            yield last - length + 1, last + 1


def grown(searches: Sequence[Search], known: Sequence[str]) -> tuple[Search, ...]:
    """Searches for all that is known, the largest first, each at least as large as what follows it."""
    kept = list(searches)
    stop, start = len(known), kept[-1].stop if kept else 0
    while kept and kept[-1].stop - kept[-1].start <= stop - start:
        start = kept.pop().start
    return (*kept, Search(start, stop, automaton((word, len(word)) for word in known[start:stop])))


def automaton(words: Iterable[tuple[str, object]]) -> Any:
    """What finds all these words at once, each with what goes with it; one of two that are equal is found."""
    import ahocorasick

    made = ahocorasick.Automaton()
    for word, value in words:
        made.add_word(word, value)
    made.make_automaton()
    return made
