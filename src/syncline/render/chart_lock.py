"""`Chart.lock`: which versions a chart's dependencies have.

The law: a lock counts as long as it is of these very dependencies, which its digest tells as Helm reckons it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.errors import Place, RenderError
from syncline.render.charts import Dependency, dependencies, documents_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_NAMES: Final = ("Chart.lock", "requirements.lock")
_FIELDS: Final = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")
"""In the order in which Helm writes them down to reckon the digest; all but two are left out when empty."""

_ALWAYS: Final = frozenset({"name", "repository"})


class Lock(Struct, frozen=True):
    """The versions by name, in the order in which the dependencies have them; `is_current` as of now."""

    versions: Mapping[str, tuple[str, ...]]
    place: Place
    is_current: bool

    def version_of(self, dependency: Dependency, others: Sequence[Dependency]) -> str:
        """The locked version of one among all the chart's dependencies; empty when there is none."""
        twins = [each for each in others if each.name == dependency.name]
        known = self.versions.get(dependency.name, ())
        at = next((number for number, each in enumerate(twins) if each.place == dependency.place), 0)
        return known[at] if at < len(known) else ""

    def must_be_current(self) -> None:
        """Raise RenderError when the dependencies were changed since."""
        if not self.is_current:
            raise RenderError(self.complaint, place=self.place, remedy=REMEDY)

    @property
    def complaint(self) -> str:
        """What is wrong with one that is out of date."""
        name = self.place.file.rpartition("/")[2]
        return f"{name} is out of date: the chart's dependencies were changed since."


REMEDY: Final = "Run helm dependency update and commit the lock."


def lock_of(chart: Path, root: Path) -> Lock | None:
    """The chart's lock; None where it has none. Raises RenderError for a broken one."""
    for name in _NAMES:
        documents = documents_of(chart / name, root)
        if not documents:
            continue
        value, place = documents[0].value, documents[0].place
        listed = value.get("dependencies") if isinstance(value, dict) else None
        locked = [each for each in listed or () if isinstance(each, dict)] if isinstance(listed, list) else []
        found: dict[str, tuple[str, ...]] = {}
        for each in locked:
            key = str(each.get("name", ""))
            found[key] = (*found.get(key, ()), str(each.get("version") or ""))
        digest = str(value.get("digest", "")) if isinstance(value, dict) else ""
        wanted = [dependency.raw for dependency in dependencies(chart, root)]
        return Lock(found, place, digest in {lock_digest(wanted, locked), _old_digest(wanted)})
    return None


def lock_digest(wanted: Iterable[Mapping[str, Any]], locked: Iterable[Mapping[str, Any]]) -> str:
    """The digest of a lock."""
    return _digest([list(map(_plain, wanted)), list(map(_plain, locked))])


def _old_digest(wanted: Iterable[Mapping[str, Any]]) -> str:
    """Helm 2's, which charts of apiVersion v1 may still have."""
    return _digest({"dependencies": list(map(_plain, wanted))})


def _plain(dependency: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: dependency.get(name) for name in _FIELDS}
    return {name: _sorted(value or "") for name, value in kept.items() if value or name in _ALWAYS}


def _sorted(value: Any) -> Any:
    """Maps of values are written by their keys' order."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _digest(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=False)
    # Go's encoder writes these as they may stand in HTML.
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
