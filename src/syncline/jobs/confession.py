"""What a rendering that failed may have quoted.

The law: a renderer that fails is asked for its sentence only after every value of its inputs that is called a
secret is known, for it had no time to make a Secret of it.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from syncline.core.mask import is_sensitive
from syncline.documents import read
from syncline.errors import SynclineError
from syncline.jobs.border import scrub_error
from syncline.patterns import regex
from syncline.render import input_paths
from syncline.render.links import reached, real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncline.config.application import Application
    from syncline.core.mask import Masker

_LARGEST: Final = 1_000_000
_MOST: Final = 2_000
_SCHEMA: Final = ".schema.json"
_SETTING: Final = regex(
    r"""(?m)^[-\s"']*([A-Za-z_][\w.-]{0,80})["']?\s*[:=]\s*["']?([^"'\s{][^\n"']{2,4000})"""
)
_GENERATORS: Final = ("secretGenerator",)


@contextmanager
def confessed(app: Application, root: Path, masker: Masker) -> Iterator[None]:
    """Within it an error is let through only when the masker knows what the sources call secret."""
    try:
        yield
    except SynclineError as error:
        # What only looks like a secret is not hidden from all that comes after.
        apart = masker.apart()
        for value in _called_secret(app.body):
            apart.learn_value(value)
        for path in _files(app, root):
            _learn_file(path, apart)
        scrub_error(error, apart)
        raise


def _files(app: Application, root: Path) -> Iterator[Path]:
    top = real(root)
    starts = {top / source.path.strip("/") for source in app.sources if source.path}
    with suppress(SynclineError, OSError, ValueError):
        starts |= {top / name for name in input_paths(root, app)}
    left = _MOST
    for start in sorted(starts):
        with suppress(SynclineError, OSError, ValueError):
            for path in reached(real(start), top):
                if path.name.endswith(_SCHEMA):
                    continue
                if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
                    left -= 1
                    yield path
                if left < 0:
                    return


def _learn_file(path: Path, masker: Masker) -> None:
    with suppress(OSError, UnicodeDecodeError):
        text = path.read_text(encoding="utf-8")
        for name, value in _SETTING.findall(text):
            if is_sensitive(name):
                masker.learn_value(value.strip().encode())
        with suppress(SynclineError):
            for document in read(text, path.name):
                for value in _called_secret(document.value):
                    masker.learn_value(value)
                if isinstance(document.value, dict):
                    masker.learn(document.value)


def _called_secret(value: Any, *, is_named: bool = False) -> Iterator[bytes]:
    """The texts under a name that says secret, and those that a generator makes a Secret of."""
    if isinstance(value, dict):
        called, said = value.get("name"), value.get("value")
        if isinstance(called, str) and isinstance(said, str) and is_sensitive(called.rpartition(".")[2]):
            yield said.encode(errors="replace")
        for name, inner in value.items():
            if name in _GENERATORS:
                yield from _literals(inner)
            yield from _called_secret(inner, is_named=is_named or is_sensitive(str(name)))
    elif isinstance(value, list):
        for member in value:
            yield from _called_secret(member, is_named=is_named)
    elif is_named and isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value).encode(errors="replace")


def _literals(generators: Any) -> Iterator[bytes]:
    for each in generators if isinstance(generators, list) else ():
        listed = each.get("literals") if isinstance(each, dict) else None
        for literal in listed if isinstance(listed, list) else ():
            yield str(literal).encode(errors="replace")
            yield str(literal).partition("=")[2].encode(errors="replace")
