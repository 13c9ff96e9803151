"""Which commit a `targetRevision` means, of the references that a repository has.

The law: the order is Argo CD's: a whole SHA is itself, a range of versions its highest tag, a name a branch
before a tag, and seven digits or more of a SHA are looked for in the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.semver import highest, version
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHA: Final = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHORT_SHA: Final = regex(r"[0-9a-f]{7,39}")
_RANGE: Final = regex(r"[*<>=~^|,]| - |^v?[0-9]+(\.[0-9]+)*\.[xX]\b")
_HEADS: Final = "refs/heads/"
_TAGS: Final = "refs/tags/"


class Target(Struct, frozen=True):
    """A commit. `name` is the reference that leads to it, empty where a SHA was asked for; `is_short` says
    that `sha` is the beginning of one.
    """

    sha: str
    name: str = ""
    is_short: bool = False


class RevisionError(Exception):
    """Nothing there is called so. The message completes "The revision ..."."""


def is_sha(text: str) -> bool:
    """Whether it is the whole name of a commit."""
    return _SHA.fullmatch(text) is not None


def target_of(asked: str, refs: Mapping[str, str], tag_prefix: str = "") -> Target:
    """The commit that is asked for. `refs` are a repository's, tags peeled. Raises RevisionError."""
    if is_sha(asked):
        return Target(asked)
    if _RANGE.search(asked):
        return _in_range(asked, refs, tag_prefix)
    if tag_prefix:
        raise RevisionError(
            f"{asked or 'HEAD'!r} is no range of versions, which the tagPrefix {tag_prefix!r} needs"
        )
    wanted = asked or "HEAD"
    for name in (wanted, f"{_HEADS}{wanted}", f"{_TAGS}{wanted}", f"refs/{wanted}"):
        if name in refs:
            return Target(refs[name], name)
    if _SHORT_SHA.fullmatch(asked):
        return Target(asked, is_short=True)
    raise RevisionError(f"{wanted!r} is no branch, tag or commit there")


def _in_range(asked: str, refs: Mapping[str, str], tag_prefix: str) -> Target:
    prefix = f"{_TAGS}{tag_prefix}"
    tags = [name.removeprefix(prefix) for name in refs if name.startswith(prefix)]
    chosen = highest(asked, [tag for tag in tags if version(tag)])
    if not chosen:
        raise RevisionError(f"{asked!r} fits none of the {len(tags)} tags there")
    return Target(refs[prefix + chosen], prefix + chosen)


def refs_of(text: str) -> dict[str, str]:
    """The references that `git ls-remote` prints; what an annotated tag points to in its place."""
    found: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for line in text.splitlines():
        sha, _, name = line.partition("\t")
        if not is_sha(sha) or not name:
            continue
        if name.endswith("^{}"):
            peeled[name.removesuffix("^{}")] = sha
        else:
            found[name] = sha
    return {**found, **peeled}
