"""Which images change, said once however many applications use them.

The law: what two images have in common is said once, and a change that a tag does not show is pointed out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.report.model import Report


class ImageRow(Struct, frozen=True):
    """`image` is what both sides have in common, `before` and `after` are the rest.

    `where` names the applications and containers.
    """

    image: str
    before: str
    after: str
    remark: str
    where: str


def image_rows(report: Report) -> Iterator[ImageRow]:
    """Each distinct change of an image, in the order of first mention."""
    users: dict[tuple[str, str], dict[str, None]] = {}
    for app in report.applications:
        for container, before, after in app.images:
            users.setdefault((before, after), {})[f"{app.name}: {container}"] = None
    for (before, after), where in users.items():
        yield _row(before, after, ", ".join(where))


def _row(before: str, after: str, where: str) -> ImageRow:
    old, new = _split(before), _split(after)
    if old[0] != new[0] or not (before and after):
        moved = "other repository" if before and after else "new image" if after else "no longer used"
        return ImageRow("", before, after, moved, where)
    same_tag = old[1] == new[1] and old[1] and old[2] != new[2]
    remark = "same tag, other digest" if same_tag else ""
    return ImageRow(old[0], _version(*old[1:]), _version(*new[1:]), remark, where)


def _split(image: str) -> tuple[str, str, str]:
    """Repository, tag and digest; the colon of a registry's port is no tag."""
    rest, _, digest = image.partition("@")
    folder, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{folder}{slash}{name}", tag, digest


def _version(tag: str, digest: str) -> str:
    short = digest.partition(":")[2][:12]
    return "@".join(part for part in (tag, short or digest) if part) or "(no tag)"
