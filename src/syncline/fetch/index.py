"""The index of a chart repository.

The law: of an index of any size only the part about one chart is read, and it says the same as the whole.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.documents import read
from syncline.errors import DocumentError
from syncline.fetch.question import FetchError
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRIES: Final = regex(rb"^entries:[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_NEXT_SECTION: Final = regex(rb"^[^\s#-]", re.MULTILINE)
_FIRST_KEY: Final = regex(rb"\n(?P<indent> +)[^\s#-]")


class Entry(Struct, frozen=True):
    """One version of a chart: where it lies, and its SHA-256 where the index tells it."""

    version: str
    urls: tuple[str, ...]
    digest: str = ""


class Listing(Struct, frozen=True):
    """What an index says of one chart; `others` are the names it has where it has not this one."""

    entries: tuple[Entry, ...] = ()
    others: tuple[str, ...] = ()


def listing(text: bytes, chart: str, what: str) -> Listing:
    """The versions of a chart. Raises FetchError for an index that is broken; `what` names it in messages."""
    found = _part(text, chart)
    entries = found if found is not None else _whole(text, what)
    if not isinstance(entries, dict):
        raise _broken(what, "its entries are no mapping")
    listed = entries.get(chart)
    if listed is None:
        return Listing(others=tuple(str(name) for name in entries))
    return Listing(tuple(_entries(listed)))


def _entries(listed: Any) -> Iterator[Entry]:
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict) or not each.get("version"):
            continue
        urls = each.get("urls")
        named = tuple(url for url in urls if isinstance(url, str)) if isinstance(urls, list) else ()
        yield Entry(str(each["version"]), named, str(each.get("digest") or ""))


def _part(text: bytes, chart: str) -> dict[str, Any] | None:
    """The entries as far as they are about the chart, by the lines; None when the lines are not as usual."""
    start = _ENTRIES.search(text)
    if start is None:
        return None
    after = _NEXT_SECTION.search(text, start.end() + 1)
    end = after.start() if after else len(text)
    first = _FIRST_KEY.match(text, start.end())
    if first is None:
        return None
    indent = len(first["indent"])
    key = re.compile(rb"^ {%d}([\"']?)%s\1:[ \t]*\r?\n" % (indent, re.escape(chart.encode())), re.MULTILINE)
    mine = list(key.finditer(text, start.end(), end))
    if not mine:
        return _names(text[start.end() : end], indent)
    if len(mine) > 1:
        return None
    following = re.compile(rb"^ {0,%d}[^\s#-]" % indent, re.MULTILINE).search(text, mine[0].end(), end)
    part = text[mine[0].start() : following.start() if following else end]
    try:
        (document,) = read(part, "index.yaml")
    except (DocumentError, ValueError):
        return None
    value = document.value
    return value if isinstance(value, dict) and list(value) == [chart] else None


def _names(text: bytes, indent: int) -> dict[str, Any] | None:
    """The names alone, where every line that could hold one does."""
    lines = re.findall(rb"^ {%d}([^\s#-].*)$" % indent, text, re.MULTILINE)
    keys = [_NAME.fullmatch(line.rstrip()) for line in lines]
    return {key["name"].decode("utf-8", "replace"): None for key in keys if key} if all(keys) else None


_NAME: Final = regex(rb"([\"']?)(?P<name>[^\s\"':#]+)\1:")


def _whole(text: bytes, what: str) -> Any:
    try:
        documents = [json.loads(text)] if text.lstrip()[:1] == b"{" else _documents(text)
    except (DocumentError, ValueError, RecursionError) as error:
        why = error.message if isinstance(error, DocumentError) else "it is neither YAML nor JSON"
        raise _broken(what, why.rstrip(".")) from None
    value = documents[0] if documents else None
    if not isinstance(value, dict) or "entries" not in value:
        raise _broken(what, "it has no entries")
    return value["entries"] or {}


def _documents(text: bytes) -> list[Any]:
    return [document.value for document in read(text, "index.yaml")]


def _broken(what: str, why: str) -> FetchError:
    return FetchError(
        f"{what} has a broken index.yaml: {why}.",
        remedy="Look whether the URL is that of a chart repository, and ask who runs it.",
    )
