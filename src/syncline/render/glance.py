"""What an application reads, told from the listing of a commit.

The law: an answer is the one that following it through a checkout gives (`Readings`); where the two could
differ there is none, and somebody has to look.

Most applications are plain directories, overlays over bases, and charts with values beside them: of those a
commit's names and a few of its files tell all, so that nothing needs to be checked out to know whom a change
touches.
"""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.config.application import DirectoryOptions
from syncline.config.globs import compiled
from syncline.core.affected import borrower
from syncline.documents import read_once
from syncline.errors import SynclineError
from syncline.once import Once
from syncline.render.charts import LISTS, listed
from syncline.render.inputs import Inputs, may_be_a_plugin
from syncline.render.jsonnet import SUFFIX
from syncline.render.kustomization import NAMES
from syncline.render.kustomize_names import Role, named
from syncline.render.kustomize_program import inflates_charts
from syncline.render.options import Checkout, Order, RenderOptions
from syncline.render.overrides import names_of
from syncline.render.remote_targets import has_password, is_remote
from syncline.render.repositories import leads_to, normalized_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from syncline.config.application import Application, Source
    from syncline.documents import Document
    from syncline.render.listing import Listing

_READ: Final = frozenset({*NAMES, *LISTS})
_ODD_SIGNS: Final = frozenset("*?[]{}$\\")
"""What could make a value file's name another one, or several."""


_FAR: Final = "//"
"""Before a URL in the place of a path: no path of a repository is written so."""

_NOWHERE: Final = Checkout(Path(os.devnull), "")
"""In the place of a checkout: nobody looks into it."""


class _Odd(Exception):  # noqa: N818 - no error, and seen by nobody else
    """Something that only a look at the files can answer."""


class Glance:
    """What the applications of one commit read. `contents` reads many of its files at once."""

    def __init__(
        self,
        files: Listing,
        contents: Callable[[Sequence[str]], Mapping[str, bytes]],
        options: RenderOptions,
    ) -> None:
        self._files = files
        self._contents: Once[str, Mapping[str, bytes]] = Once(lambda _: contents(telling(files)))
        self._documents: Once[str, tuple[Document, ...]] = Once(self._parsed)
        self._referred: Once[str, tuple[str, ...]] = Once(lambda path: tuple(self._references(path)))
        self._local: Once[str, tuple[str, ...]] = Once(lambda path: tuple(self._dependencies(path)))
        self._options = options
        self._own = frozenset(map(normalized_url, options.repositories))

    def of(self, app: Application) -> Inputs | None:
        """What one application reads; None where that has to be looked at."""
        if not self._files.is_plain or app.hydration is not None:
            return None
        found, whole = set[str](), True
        elsewhere = [each for each in app.sources if self._options.is_elsewhere(each, app)]
        try:
            for source in app.sources:
                if source in elsewhere:
                    whole = False
                    found.update(self._lent(source, app, elsewhere))
                elif source.chart or self._is_absent(source, app):
                    whole = False
                else:
                    found.update(self._of(source, app))
        except (_Odd, SynclineError):
            return None
        far = frozenset(path.removeprefix(_FAR) for path in found if path.startswith(_FAR))
        near = frozenset(path or "." for path in found if not path.startswith(_FAR))
        return Inputs(near, whole and not far, elsewhere=far)

    def _lent(self, source: Source, app: Application, elsewhere: Sequence[Source]) -> Iterator[str]:
        """The value files that are lent to a source of which nothing else is told here."""
        lends = any(each.ref for each in app.sources if each not in elsewhere)
        if lends and self._is_own(source):
            raise _Odd  # an override at its own commit may borrow more
        lent = borrower(source, app, elsewhere)
        if lent is not None:
            yield from self._values(lent, "", app)

    def _is_absent(self, source: Source, app: Application) -> bool:
        """Whether its path is nowhere in this repository, so that nothing of it can be read."""
        if not source.path or source.plugin is not None or source.repo_url.startswith("oci://"):
            return False
        path, order = _top(source.path), Order(app, source, _NOWHERE, self._options)
        return not (self._files.has(path) or self._files.has_folder(path) or may_be_a_plugin(order))

    def _of(self, source: Source, app: Application) -> Iterator[str]:
        order = Order(app, source, _NOWHERE, self._options)
        if source.repo_url.startswith("oci://") or source.plugin is not None or may_be_a_plugin(order):
            raise _Odd
        if not source.path:
            if source.helm is not None:
                raise _Odd
            return
        directory = _top(source.path)
        if not self._files.has_folder(directory) or inflates_charts(order):
            raise _Odd
        if any(self._files.has(_joined(directory, each)) for each in names_of(app)):
            raise _Odd
        yield from self._kustomized([directory, *self._added(source, directory)])
        yield from self._charted(directory)
        yield from self._values(source, directory, app)
        self._must_be_without_jsonnet(source, directory)

    def _added(self, source: Source, directory: str) -> Iterator[str]:
        if source.kustomize is None:
            return
        paths = (patch.get("path") for patch in source.kustomize.patches)
        for path in (*source.kustomize.components, *paths):
            if isinstance(path, str):
                yield self._named(path, directory)

    def _kustomized(self, starts: Sequence[str]) -> set[str]:
        todo, seen = list(starts), set[str]()
        while todo:
            place = todo.pop()
            if place not in seen:
                seen.add(place)
                todo += () if place.startswith(_FAR) else self._referred[place]
        return seen

    def _references(self, place: str) -> Iterator[str]:
        file = next((name for each in NAMES if self._files.has(name := _joined(place, each))), "")
        if not file:
            return
        for document in self._documents[file]:
            if not isinstance(document.value, dict):
                continue
            for reference in named(document, Role.CONTENT):
                if reference.role is Role.PLUGIN:
                    raise _Odd
                if reference.role is Role.CONTENT:
                    yield self._named(reference.path, place)

    def _named(self, path: str, base: str) -> str:
        if not is_remote(path):
            return self._there(_joined(base, path))
        if self._options.bases is None or has_password(path) or leads_to(path, self._own):
            raise _Odd
        return f"{_FAR}{path}"

    def _charted(self, directory: str) -> set[str]:
        todo, seen = [directory], set[str]()
        while todo:
            place = todo.pop()
            if place not in seen:
                seen.add(place)
                todo += self._local[place]
        return seen

    def _dependencies(self, chart: str) -> Iterator[str]:
        for name in LISTS:
            file = _joined(chart, name)
            for document in self._documents[file] if self._files.has(file) else ():
                for each in listed(document):
                    if not each.is_local:
                        self._must_be_vendored(each.name, chart)
                        continue
                    target = _joined(chart, each.local_path)
                    if each.local_path.startswith("/") or not self._files.has(_joined(target, "Chart.yaml")):
                        raise _Odd
                    yield target

    def _must_be_vendored(self, name: str, chart: str) -> None:
        place = _joined(chart, "charts")
        packed = tuple(f"{place}/{name}-{sign}" for sign in "0123456789v")
        archives = (path for path in self._files.names_below(place) if path.endswith(".tgz"))
        beside = (path for path in archives if "/" not in path.removeprefix(f"{place}/"))
        is_there = self._files.has_folder(f"{place}/{name}") or any(
            path.startswith(packed) for path in beside
        )
        if not (name and is_there):
            raise _Odd

    def _values(self, source: Source, directory: str, app: Application) -> Iterator[str]:
        if source.helm is None:
            return
        refs = {each.ref: each for each in app.sources if each.ref}
        for name in (*source.helm.value_files, *(each.value for each in source.helm.file_parameters)):
            base, path = directory, name
            if name.startswith("$"):
                ref, _, path = name[1:].partition("/")
                base = ""
                if ref not in refs or not self._is_own(refs[ref]):
                    raise _Odd
            if not path or "://" in path or not _ODD_SIGNS.isdisjoint(path):
                raise _Odd
            path = _top(path) if path.startswith("/") else _joined(base, path)
            if self._files.has_folder(path):
                raise _Odd
            yield path

    def _is_own(self, source: Source) -> bool:
        if source.chart or source.repo_url.startswith("oci://"):
            return False
        return not source.repo_url or not self._own or normalized_url(source.repo_url) in self._own

    def _must_be_without_jsonnet(self, source: Source, directory: str) -> None:
        if source.helm is not None or source.kustomize is not None:
            return
        options = source.directory or DirectoryOptions()
        if options.jsonnet.libs:
            raise _Odd
        for pattern in filter(None, (options.include, options.exclude)):
            try:
                compiled(pattern)
            except ValueError:
                raise _Odd from None
        if any(path.endswith(SUFFIX) for path in self._files.names_below(directory)):
            raise _Odd

    def _there(self, path: str) -> str:
        if not (self._files.has(path) or self._files.has_folder(path)):
            raise _Odd
        return path

    def _parsed(self, file: str) -> tuple[Document, ...]:
        return read_once(self._contents[""][file], file)


def telling(files: Listing) -> list[str]:
    """The files that are looked into."""
    return [path for path in files if path.rpartition("/")[2] in _READ]


def _top(path: str) -> str:
    return _joined("", path.strip("/"))


def _joined(base: str, path: str) -> str:
    """The path as the repository has it; the root is empty. Raises _Odd for one outside of it."""
    joined = posixpath.normpath(posixpath.join(base, path))
    if joined.startswith(("..", "/")) or "/.git/" in f"/{joined}/":
        raise _Odd
    return "" if joined == "." else joined
