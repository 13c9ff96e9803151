"""The container images of a change.

The law: an image is listed exactly when a container's reference differs; nothing is looked up in a registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.core.plan import Action, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.core.fields import Path
    from syncline.core.resource import Body

_CHANGING: Final = frozenset({Action.UPDATE, Action.ADOPT, Action.RECREATE})


def images(changes: Iterable[Change]) -> tuple[tuple[str, str, str], ...]:
    """The images that change, as (`object (container)`, before, after).

    A container that is added or removed has an empty side; objects made or deleted as a whole are left out.
    """
    return tuple(
        (f"{change.key} ({container})", before, after)
        for change in changes
        for container, before, after in image_changes(change)
    )


class Image(Struct, frozen=True):
    """An image reference, taken apart as Docker does; the registry is `docker.io` where none is named."""

    registry: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, reference: str) -> Image:
        """Take a reference apart; nothing is checked."""
        name, _, digest = reference.partition("@")
        first, slash, rest = name.partition("/")
        is_host = slash and ("." in first or ":" in first or first == "localhost")
        _, _, tag = (rest if is_host else name).partition(":")
        return cls(first if is_host else "docker.io", tag, digest)

    @property
    def is_moving(self) -> bool:
        """Whether the same reference may be another image tomorrow."""
        return not self.digest and self.tag in {"", "latest"}


def image_changes(change: Change) -> Iterator[tuple[str, str, str]]:
    """The images of one object that change, as (container, before, after)."""
    if change.action not in _CHANGING:
        return
    before, after = dict(_images(change.before)), dict(_images(change.after))
    for container in dict.fromkeys([*after, *before]):
        pair = (before.get(container, ""), after.get(container, ""))
        if pair[0] != pair[1]:
            yield container, *pair


def _images(body: Body | None) -> Iterator[tuple[str, str]]:
    pod = pod_spec(body)
    for field in ("initContainers", "containers"):
        for container in maps(pod.get(field)):
            yield str(container.get("name")), str(container.get("image") or "")


_POD_PATHS: Final[tuple[Path, ...]] = (
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("spec",),
)


def pod_spec(body: Body | None) -> Body:
    """The pod an object runs, from its template or its own; empty where it runs none."""
    found = (at(body, *map(str, path)) for path in _POD_PATHS)
    return next((spec for spec in found if isinstance(spec, dict) and "containers" in spec), {})


def at(body: Any, *names: str) -> Any:
    """The value below these keys, or None; whatever stands on the way."""
    for name in names:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def maps(value: Any) -> list[Body]:
    """The maps in a list; none where it is no list."""
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []
