"""The value files and file parameters of a chart.

The law: the files come in the order of their precedence as Argo CD has it, each from the tree that its name
says and from nowhere else.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.config.application import HelmOptions
from syncline.errors import RenderError
from syncline.fetch import FetchError
from syncline.fetch.question import without_login
from syncline.patterns import regex
from syncline.render.links import is_of_git, plain, reached, real
from syncline.render.repositories import lender
from syncline.render.substitution import substitute

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncline.render.options import Order
    from syncline.render.scratch import Scratch

_BRACES: Final = regex(r"\{([^{}]*)\}")
_URL: Final = regex(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://")
_MOST_ALTERNATIVES: Final = 1000


class Named(Struct, frozen=True):
    """A name in `valueFiles` or `fileParameters`: the tree it is of, where it begins, and the pattern."""

    name: str
    root: Path
    base: Path
    pattern: str

    @property
    def is_glob(self) -> bool:
        """Whether it may stand for several files."""
        return any(sign in self.pattern for sign in "*?[")


def inputs(order: Order) -> Iterator[Path]:
    """The value files and the file parameters, as they are written."""
    options = order.source.helm or HelmOptions()
    names = [*options.value_files, *(parameter.value for parameter in options.file_parameters)]
    for name in names:
        if not _URL.match(name):
            named = _named(order, name)
            yield from chain.from_iterable(reached(path, named.root) for path in _matching(named, order))


def value_files(order: Order, scratch: Scratch) -> list[Path]:
    """The value files in the order of their precedence, globs expanded (Argo CD, "Helm value files").

    Those of the web are written to the scratch directory.
    """
    options = order.source.helm or HelmOptions()
    asked = [_named(order, name, scratch) for name in options.value_files]
    fixed = {path for each in asked if not each.is_glob for path in _files(order, each)}
    found: list[Path] = []
    for each in asked:
        matches = [path for path in _files(order, each) if not (each.is_glob and path in fixed)]
        found += [path for path in matches if path not in found]
    return found


def one_file(order: Order, name: str, scratch: Scratch) -> Path:
    """The file of a file parameter."""
    named = _named(order, name, scratch)
    file = _guarded(order, named, named.base / named.pattern)
    if not file.is_file():
        raise RenderError(
            f"The file parameter {name!r} names no file.",
            place=order.app.origin,
            remedy="Correct spec.source.helm.fileParameters.",
        )
    return file


def _files(order: Order, named: Named) -> list[Path]:
    options = order.source.helm or HelmOptions()
    present = [path for path in _matching(named, order) if path.is_file()]
    if not present and not options.ignore_missing_value_files:
        raise RenderError(
            f"The value file {named.name!r} does not exist.",
            place=order.app.origin,
            remedy="Correct spec.source.helm.valueFiles, or set ignoreMissingValueFiles.",
        )
    return [real(path) for path in present]


def _named(order: Order, name: str, scratch: Scratch | None = None) -> Named:
    """Where a name points to; the environment is filled in after a ref was told apart (Argo CD)."""
    here = Named(name, order.root, order.directory, "")
    if name.startswith("$"):
        ref, _, rest = name[1:].partition("/")
        lent = _lent(order, name, ref)
        if lent is not None:
            return Named(name, lent, lent, substitute(rest, order.build_environment).lstrip("/"))
    text = substitute(name, order.build_environment)
    if _URL.match(text):
        return _of_the_web(order, text, scratch)
    if text.startswith("/"):
        return Named(name, here.root, here.root, text.lstrip("/"))
    return Named(name, here.root, here.base, text)


def _lent(order: Order, name: str, ref: str) -> Path | None:
    """The root of the tree that a ref stands for; None for a variable of the build environment."""
    known = {source.ref: source for source in order.app.sources if source.ref}
    if ref in known:
        return lender(known[ref], order)
    if ref.startswith(("ARGOCD_", "{", "$")):
        return None
    names = ", ".join(f"${each}" for each in known) or "none"
    raise RenderError(
        f"No source has the ref {ref!r} that {name!r} begins with (known: {names}).",
        place=order.app.origin,
        remedy="Give one of spec.sources that ref, or correct the name.",
    )


def _of_the_web(order: Order, url: str, scratch: Scratch | None) -> Named:
    scheme = url.partition("://")[0].lower()
    schemes = order.options.tools.value_schemes
    if scheme not in schemes:
        allowed = ", ".join(sorted(schemes)) or "none"
        raise RenderError(
            f"The value file {without_login(url)!r} has a scheme that is not allowed (allowed: {allowed}).",
            place=order.app.origin,
            remedy="Vendor it into the repository, or see helm.valuesFileSchemes in argocd-cm.",
        )
    if scheme not in {"https", "http"}:
        raise RenderError(
            f"The value file {without_login(url)!r} would need a plugin of helm, and none is run.",
            place=order.app.origin,
            remedy="Vendor it into the repository, or serve it over HTTPS.",
        )
    if scratch is None:
        return Named(url, order.root, order.root, "")
    try:
        content = order.options.workshop.file(url)
    except FetchError as error:
        raise RenderError(error.message, place=order.app.origin, remedy=error.remedy) from error
    folder = scratch.folder / "fetched"
    folder.mkdir(exist_ok=True, mode=0o755)
    file = folder / f"{len(list(folder.iterdir()))}.yaml"
    file.write_bytes(content)
    file.chmod(0o644)
    return Named(url, folder, folder, file.name)


def _matching(named: Named, order: Order) -> list[Path]:
    """The paths that the name stands for; without a wildcard the one it is, there or not."""
    if not named.is_glob:
        return [_guarded(order, named, named.base / named.pattern)] if named.pattern else []
    try:
        found = {plain(path) for each in _alternatives(named.pattern) for path in named.base.glob(each)}
        found = {path for path in found if not path.is_dir()}
    except (ValueError, NotImplementedError) as error:
        raise RenderError(
            f"The glob {named.name!r} has no meaning: {error}.",
            place=order.app.origin,
            remedy="Correct spec.source.helm.valueFiles.",
        ) from error
    for path in found:
        _guarded(order, named, path)
    return sorted(found)


def _alternatives(pattern: str) -> list[str]:
    """The pattern once for each choice that its braces leave; `[^` is Go's way to write `[!`."""
    todo, done = [pattern.replace("[^", "[!")], list[str]()
    while todo:
        each = todo.pop()
        braces = _BRACES.search(each)
        if braces is None:
            # Go's `**` at the end means files; Python's means directories.
            done.append(f"{each}/*" if each.endswith("**") else each)
            continue
        todo += [each[: braces.start()] + choice + each[braces.end() :] for choice in braces[1].split(",")]
        if len(todo) + len(done) > _MOST_ALTERNATIVES:
            raise ValueError(f"its braces stand for more than {_MOST_ALTERNATIVES} names")
    return done


def _guarded(order: Order, named: Named, path: Path) -> Path:
    if not real(path).is_relative_to(named.root):
        raise RenderError(
            f"The value file {named.name!r} leads out of the repository.",
            place=order.app.origin,
            remedy="Move it into the repository.",
        )
    if is_of_git(real(path), named.root):
        raise RenderError(
            f"The value file {named.name!r} is one of Git's own files.",
            place=order.app.origin,
            remedy="Name a file that is committed.",
        )
    return plain(path)
