"""The branches and tags of a clone.

The law: a branch is where the remote has it; one that only the clone has counts where the remote has none of
that name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.git.program import Git

_FORMAT: Final = "%(refname)%00%(objectname)%00%(*objectname)%00%(symref)%00%(HEAD)"
_HEADS: Final = "refs/heads/"
_REMOTE: Final = "refs/remotes/origin/"


class References(Struct, frozen=True):
    """Commits by whole name (`refs/heads/main`), the branch that is checked out, and the one that the remote
    calls its own; empty where nobody knows.
    """

    commits: Mapping[str, str] = field(default_factory=dict)
    current: str = ""
    default: str = ""


def references(git: Git) -> References:
    """What the clone has."""
    text = git.text("for-each-ref", f"--format={_FORMAT}", _HEADS, _REMOTE, "refs/tags/")
    local: dict[str, str] = {}
    remote: dict[str, str] = {}
    current = default = ""
    for line in text.splitlines():
        name, sha, peeled, leads_to, here = line.split("\0")
        if name == f"{_REMOTE}HEAD":
            default = leads_to.removeprefix(_REMOTE)
        elif name.startswith(_REMOTE):
            remote[_HEADS + name.removeprefix(_REMOTE)] = sha
        else:
            local[name] = peeled or sha
            current = name.removeprefix(_HEADS) if here == "*" else current
    commits = {**local, **remote}
    usual = (name for name in ("main", "master") if _HEADS + name in commits)
    return References(commits, current, default or next(usual, ""))
