"""What the server's answer holds that nobody asked for.

The law: a field that neither Git nor the apply touches, and that the server would change by itself (an
admission webhook's stamp, a port drawn anew), is no difference; whatever is ours in the answer always is.

Source: Argo CD, "Server-Side Diff" and its option `IncludeMutationWebhook`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.core.fields import ABSENT, Path, compare, value_at, with_value, without
from syncline.core.managed import MANAGER, owned_paths
from syncline.core.normalize import normalize_live
from syncline.core.schema import Shape, shape_of_body

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.core.resource import Body


def quieted(
    live: Body, guess: Body, answer: Body, shape: Shape | None = None, lost: Iterable[Path] = ()
) -> Body:
    """The answer with the live value in every field that only the server would change.

    `guess` is our own prediction: what it changes was asked for, and so was what lies inside it.  `lost` are
    fields of ours that Git no longer has, whatever becomes of them.
    """
    shape = shape or shape_of_body(answer)
    have, want = normalize_live(live, shape), normalize_live(answer, shape)
    expected = compare(have, normalize_live(guess, shape), shape)
    asked = _Places([*lost, *(change.path for change in expected)])
    changes = [change for change in compare(have, want, shape) if not asked.touch(change.path)]
    if not changes:
        return answer
    ours = _Places(owned_paths(answer, frozenset({MANAGER}), shape))
    for change in changes:
        if not ours.touch(change.path):
            value = value_at(live, change.path, shape)
            answer = (
                without(answer, change.path, shape)
                if value is ABSENT
                else with_value(answer, change.path, value, shape)
            )
    return answer


class _Places:
    """Many paths, asked about as often: a ConfigMap may have thousands of keys."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = frozenset(paths)
        self._around = frozenset(path[:end] for path in self._paths for end in range(len(path)))

    def touch(self, path: Path) -> bool:
        """Whether a path is one of these, or lies inside one or around one."""
        return path in self._around or any(path[:end] in self._paths for end in range(len(path) + 1))
