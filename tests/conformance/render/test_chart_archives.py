"""Archives that charts come in: unpacked as far as they are harmless, and refused with a sentence beyond."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import CHART
from syncline.fetch import FetchError, unpack
from syncline.fetch import archive as unpacking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEGABYTE = 1024 * 1024


def archive(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=form) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


def entry(
    name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, to: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    return info, content


def followed_by_nothing(info: tarfile.TarInfo, megabytes: int) -> bytes:
    """A member and its zeros, packed a thousandfold; the same packed block again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    head = packer.compress(info.tobuf()) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * megabytes


def bomb() -> bytes:
    """A file that says how large it is."""
    info = tarfile.TarInfo("web/big")
    info.size = 5 * MEGABYTE
    return followed_by_nothing(info, 5)


def long_names() -> bytes:
    """A header that is enormous."""
    info = tarfile.TarInfo("web/x")
    info.type, info.size = tarfile.XHDTYPE, 12 * MEGABYTE
    return followed_by_nothing(info, 12)


def many() -> bytes:
    info = tarfile.TarInfo("web")
    info.type = tarfile.DIRTYPE
    return gzip.compress(info.tobuf() * 201, 1)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a path upwards": (
        lambda: archive(entry("web/../../out")),
        "'web/../../out', a path that leads out of it",
    ),
    "an absolute path": (lambda: archive(entry("/etc/cron.d/x")), "'/etc/cron.d/x', a path that leads out"),
    "a path for Windows": (lambda: archive(entry("web\\..\\x")), "a path that leads out"),
    "a link": (lambda: archive(entry("web/l", kind=tarfile.SYMTYPE, to="/etc/passwd")), "a link or a device"),
    "a link inside": (
        lambda: archive(entry("web/l", kind=tarfile.SYMTYPE, to="Chart.yaml")),
        "a link or a device",
    ),
    "a hard link": (
        lambda: archive(entry("web/l", kind=tarfile.LNKTYPE, to="/etc/passwd")),
        "a link or a device",
    ),
    "a device": (lambda: archive(entry("web/d", kind=tarfile.CHRTYPE)), "a link or a device"),
    "a pipe": (lambda: archive(entry("web/p", kind=tarfile.FIFOTYPE)), "a link or a device"),
    "a bomb": (bomb, "unpacks to more than 4 MiB"),
    "a bomb of a header": (long_names, "unpacks to more than 4 MiB"),
    "many files": (many, "more than 200 files"),
    "a long name": (lambda: archive(entry("web/" + "a/" * 600)), "a path of more than 1024 characters"),
    "one file twice": (lambda: archive(entry("web/a"), entry("web/a")), "no archive that can be unpacked"),
    "a file as a directory": (
        lambda: archive(entry("web/a"), entry("web/a/b")),
        "no archive that can be unpacked",
    ),
    "no archive": (lambda: b"<html>", "no archive that can be unpacked"),
    "nothing": (lambda: b"", "no archive that can be unpacked"),
    "half of one": (lambda: archive(entry("web/a", b"x" * 5000))[:60], "no archive that can be unpacked"),
    "no gzip after all": (lambda: b"\x1f\x8b" + b"x" * 100, "no archive that can be unpacked"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_archive_that_is_not_as_it_should_be_writes_nothing_outside_and_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 4 * MEGABYTE)
    monkeypatch.setattr(unpacking, "MOST_FILES", 200)
    make, says = HOSTILE[name]
    target = tmp_path / "deep" / "target"
    target.mkdir(parents=True)

    with pytest.raises(FetchError) as caught:
        unpack(make(), target, "The chart 'web'")

    assert str(caught.value).startswith("The chart 'web' ")
    assert says in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in target.parent.iterdir()] == ["target"]
    assert not any(path.is_symlink() for path in target.rglob("*"))


def test_an_archive_as_helm_makes_it_is_unpacked_whatever_its_format(tmp_path: Path) -> None:
    members = (entry("web/Chart.yaml", CHART.encode()), entry("web/templates/deep/a.yaml", b"a"))
    packed = archive(*members)
    for number, content in enumerate(
        (packed, gzip.decompress(packed), archive(*members, form=tarfile.GNU_FORMAT))
    ):
        target = tmp_path / str(number)
        target.mkdir()

        unpack(content, target, "it")

        assert (target / "web/Chart.yaml").read_text() == CHART
        assert (target / "web/templates/deep/a.yaml").read_text() == "a"


def test_a_chart_may_be_as_large_as_helm_allows() -> None:
    assert unpacking.MOST_UNPACKED == 100 * MEGABYTE
