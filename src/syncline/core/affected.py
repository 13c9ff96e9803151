"""Which applications a change touches.

The law: when in doubt an application is affected; leaving one out that the change touches is the only mistake
that matters.
"""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.config.application import Source
from syncline.config.path_globs import path_matches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from syncline.config.application import Application

GENERATE_PATHS = "argocd.argoproj.io/manifest-generate-paths"


def affected(
    app: Application,
    changed: frozenset[str],
    *,
    inputs: frozenset[str] = frozenset(),
    same_definition: bool = False,
) -> str:
    """Why the change touches the application, as a sentence; empty when it does not.

    `inputs` are files and directories beyond its source paths that its rendering reads, found by following
    them. The annotation `manifest-generate-paths` replaces both, as in Argo CD.  `same_definition` says that
    somebody has compared its definition on both sides, so that a change of other things in that file, or of
    the set that makes it, touches nothing.
    """
    if not same_definition and app.origin.file in changed:
        return f"its definition {app.origin.file} changed"
    read = () if same_definition else sorted(_below(changed, app.reads))
    if read:
        return f"{read[0]}, which ApplicationSet {app.made_by} reads, changed"
    patterns = tuple(_generate_paths(app))
    if patterns:
        return _sentence(path for path in changed if any(_matches(path, pattern) for pattern in patterns))
    return _sentence(_below(changed, roots_of(app, inputs)))


def at_hand(app: Application, elsewhere: Collection[Source]) -> Application:
    """The application as far as the commit at hand tells it: of sources that are `elsewhere`, in another
    repository or at another commit, what a `ref` may lend them.
    """
    if not elsewhere:
        return app
    kept = (borrower(source, app, elsewhere) if source in elsewhere else source for source in app.sources)
    return replace(app, sources=tuple(source for source in kept if source is not None))


def borrower(source: Source, app: Application, elsewhere: Collection[Source]) -> Source | None:
    """A source without a path that names what those at hand lend to this one; None where that is nothing."""
    refs = {each.ref for each in app.sources if each.ref and each not in elsewhere}
    if source.helm is None or not refs:
        return None
    files = tuple(name for name in source.helm.value_files if _ref(name) in refs)
    parameters = tuple(each for each in source.helm.file_parameters if _ref(each.value) in refs)
    helm = replace(source.helm, value_files=files, file_parameters=parameters)
    return Source(repo_url=source.repo_url, helm=helm) if files or parameters else None


def _ref(name: str) -> str:
    return name[1:].partition("/")[0] if name.startswith("$") else ""


def roots_of(app: Application, inputs: frozenset[str]) -> frozenset[str]:
    """The files and directories in which a change touches the application's rendering."""
    return frozenset(_glob_root(_clean(path)) for path in (*named_paths(app), *inputs))


def touched(changed: frozenset[str], roots: Iterable[str]) -> bool:
    """Whether something changed in one of these files and directories."""
    above = _places(changed)
    return any(root in above for root in roots)


def named_paths(app: Application) -> frozenset[str]:
    """The files and directories that the definition itself names, from the repository's root; may hold
    wildcards.
    """
    own = {_clean(source.path) for source in app.every_source if source.path and not source.chart}
    return frozenset({*own, *_value_files(app), *_kustomize_files(app)})


@lru_cache(maxsize=16)
def _places(changed: frozenset[str]) -> Mapping[str, Sequence[str]]:
    """What changed, by itself and by every directory above it: a root of an application is among them, or
    not.
    """
    found: dict[str, list[str]] = {}
    for path in changed:
        place = path
        while place not in {"", "/"}:
            found.setdefault(place, []).append(path)
            place = posixpath.dirname(place)
        found.setdefault("", []).append(path)
    return found


def _below(changed: frozenset[str], roots: Iterable[str]) -> set[str]:
    places = _places(changed)
    return {path for root in roots for path in places.get(root, ())}


def _sentence(hits: Iterable[str]) -> str:
    found = sorted(hits)
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0]}{more} changed"


def _generate_paths(app: Application) -> Iterator[str]:
    text = app.annotations.get(GENERATE_PATHS, "")
    for pattern in filter(None, (part.strip() for part in text.split(";"))):
        if pattern.startswith("/"):
            yield _clean(pattern[1:])
            continue
        for source in app.every_source:
            yield _clean(posixpath.join(source.path, pattern))


def _matches(path: str, pattern: str) -> bool:
    if not any(sign in pattern for sign in "*?["):
        return _under(path, pattern)
    return path_matches(pattern, path)


def _value_files(app: Application) -> Iterator[str]:
    for source in app.every_source:
        yield from (_value_file(source, name) for name in _named_files(source))


def _named_files(source: Source) -> tuple[str, ...]:
    if source.helm is None:
        return ()
    files = (*source.helm.value_files, *(parameter.value for parameter in source.helm.file_parameters))
    return tuple(name for name in files if "://" not in name)


def _kustomize_files(app: Application) -> Iterator[str]:
    for source in app.every_source:
        if source.kustomize is not None:
            patches = (patch.get("path") for patch in source.kustomize.patches)
            named = (*source.kustomize.components, *(path for path in patches if isinstance(path, str)))
            yield from (_clean(posixpath.join(source.path, name)) for name in named)


def _value_file(source: Source, name: str) -> str:
    if name.startswith("$"):
        return _clean(name.partition("/")[2])
    return _clean(name[1:] if name.startswith("/") else posixpath.join(source.path, name))


def _clean(path: str) -> str:
    clean = posixpath.normpath(path.strip("/") or ".")
    return "" if clean == "." else clean


def _glob_root(path: str) -> str:
    """The part of a path before its first wildcard or variable: everything below may match."""
    signs = [path.find(sign) for sign in "*?[{$" if sign in path]
    return path[: min(signs)].rpartition("/")[0] if signs else path


def _under(path: str, root: str) -> bool:
    return not root or path == root or path.startswith(f"{root}/")
