"""Charts as archives, as helm packs them.

The law: what is packed here helm reads as it reads the directory, and would pack to the same chart; whatever
is not plainly so is left to helm.

Nothing of a chart is interpreted: its files are put together, but for those that its `.helmignore` leaves
out.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.semver import version, version_range
from syncline.documents import read_once
from syncline.errors import SynclineError
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.render.charts import Dependency

_LARGEST: Final = 4 * 1024 * 1024
"""Together; of more, helm itself says what is too much."""

_NAME: Final = regex(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION: Final = regex(r"[0-9A-Za-z][0-9A-Za-z.+-]*")
_FILE: Final = regex(r"[ -\[\]-~]+")
"""Printable, and no backslash: helm takes that for a separator."""

_ODD_FILE: Final = regex(r"[A-Za-z]:/|\.\.")
"""Helm takes these, in an archive, for a path of Windows and for one that leads out."""

_PLAIN_RULE: Final = regex(r"/?[\w.~@+ -]*[\w.~@+ *?-][\w.~@+ /*?-]*", re.ASCII)
"""A line of `.helmignore` whose signs are stars and question marks alone."""

_ALWAYS: Final = "templates/.?*"
_IGNORE: Final = ".helmignore"
_SCHEMA: Final = "values.schema.json"
_CHARTS: Final = "charts"
_FACTS: Final = "Chart.yaml"
_TOP: Final = "chart"
"""The directory that all files of an archive lie in: whichever it is, helm takes the name from Chart.yaml."""

_CONTROL: Final = regex(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]")
_LONGEST_LINE: Final = 16_000
"""Signs in `.helmignore`, in which helm reads lines up to 64 KiB."""

_BEGINS: Final = frozenset({"v1", "v2"})

Ignored = Callable[[str, bool], bool]


class _Odd(Exception):  # noqa: N818 - no error, and seen by nobody else
    """Something that helm shall look at itself."""


class Packed(Struct, frozen=True):
    """An archive, and what its Chart.yaml says."""

    name: str
    version: str
    content: bytes

    @property
    def file_name(self) -> str:
        """What it is called in `charts/`."""
        return f"{self.name}-{self.version}.tgz"

    def answers(self, dependency: Dependency) -> bool:
        """Whether it is what a chart asks for."""
        if self.name != dependency.name or not dependency.version:
            return False
        wanted, found = version_range(dependency.version), version(self.version)
        return wanted is not None and found is not None and wanted.holds(found)


def packed(directory: Path, charts: Mapping[str, bytes]) -> Packed | None:
    """The chart of a directory as an archive, as if these archives lay in its `charts/`, too; None where helm
    shall read the directory itself, or say why it cannot.
    """
    try:
        name, its_version = _facts(directory / _FACTS)
        files = list(_files(directory, charts))
    except (_Odd, OSError, UnicodeDecodeError, SynclineError):
        return None
    return Packed(name, its_version, _archive(files))


def _facts(file: Path) -> tuple[str, str]:
    documents = read_once(file.read_bytes(), file.name)
    value = documents[0].value if len(documents) == 1 else None
    if not isinstance(value, dict) or value.get("apiVersion") not in _BEGINS:
        raise _Odd
    name, its_version = value.get("name"), value.get("version")
    if not (isinstance(name, str) and isinstance(its_version, str)):
        raise _Odd  # a number, which helm does not take for a text
    if not (_NAME.fullmatch(name) and _VERSION.fullmatch(its_version)):
        raise _Odd
    return name, its_version


def _files(directory: Path, charts: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """What helm reads of a directory, in its order, and after it these archives."""
    ignored = _ignored(directory / _IGNORE)
    added = {f"{_CHARTS}/{name}": content for name, content in charts.items()}
    left = _LARGEST - sum(map(len, added.values()))
    needed = {_FACTS: False, **({_CHARTS: True} if added else {}), **dict.fromkeys(added, False)}
    if any(ignored(name, is_folder) for name, is_folder in needed.items()):
        raise _Odd
    taken = needed.keys() - {_FACTS}
    for name in _walked(directory, "", ignored):
        content = (directory / name).read_bytes()
        left -= len(content)
        if left < 0 or name in taken or _ODD_FILE.match(name) or not _FILE.fullmatch(name):
            raise _Odd
        if name.endswith(_SCHEMA):
            _must_be_json(content)
        yield name, content
    yield from added.items()


def _walked(directory: Path, inside: str, ignored: Ignored) -> Iterator[str]:
    with os.scandir(directory) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        is_folder = entry.is_dir(follow_symlinks=False)
        # A link is followed by helm itself, and what Git left behind is for nobody.
        if not (is_folder or entry.is_file(follow_symlinks=False)) or entry.name == ".git":
            raise _Odd
        name = f"{inside}{entry.name}"
        if ignored(name, is_folder):
            continue
        if is_folder:
            yield from _walked(Path(entry.path), f"{name}/", ignored)
        else:
            yield name


def _must_be_json(content: bytes) -> None:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        raise _Odd from None


def _ignored(file: Path) -> Ignored:
    """Whether a name is left out, as `.helmignore` says (Helm, "The .helmignore file")."""
    text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n") if os.path.lexists(file) else ""
    lines = text.split("\n")
    if _CONTROL.search(text) or max(map(len, lines)) > _LONGEST_LINE:
        raise _Odd
    rules = [rule for line in (*lines, _ALWAYS) if (rule := line.strip()) and not rule.startswith("#")]
    made = [_rule(rule) for rule in rules]
    return lambda name, is_folder: any(rule(name, is_folder) for rule in made)


def _rule(rule: str) -> Ignored:
    if "**" in rule or not _PLAIN_RULE.fullmatch(rule):
        raise _Odd
    only_folders, rule = rule.endswith("/"), rule.removesuffix("/")
    is_of_the_path, rule = "/" in rule, rule.removeprefix("/")
    signs = {"*": "[^/]*", "?": "[^/]"}
    pattern = re.compile("".join(signs.get(sign) or re.escape(sign) for sign in rule))

    def leaves_out(name: str, is_folder: bool) -> bool:  # noqa: FBT001 - as helm asks
        if only_folders and not is_folder:
            return False
        return pattern.fullmatch(name if is_of_the_path else name.rpartition("/")[2]) is not None

    return leaves_out


def _archive(files: list[tuple[str, bytes]]) -> bytes:
    import tarfile

    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for path, content in files:
            member = tarfile.TarInfo(f"{_TOP}/{path}")
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(held.getvalue(), 1, mtime=0)
