"""Which applications a change touches.

The law: when in doubt an application is affected; leaving one out that the change touches is the only mistake
that matters.
"""

from __future__ import annotations

import fnmatch
import posixpath
from typing import TYPE_CHECKING

from syncline.config.settings_file import FILE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncline.config.application import Application, Source

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
    somebody has compared what an ApplicationSet made of it, so that a change of the set alone touches
    nothing.
    """
    if not same_definition and app.origin.file in changed:
        return f"its definition {app.origin.file} changed"
    settings = sorted(changed.intersection(FILE_NAMES))
    if settings:
        return f"the settings {settings[0]} changed"
    read = () if same_definition else sorted(p for p in changed if any(_under(p, each) for each in app.reads))
    if read:
        return f"{read[0]}, which ApplicationSet {app.made_by} reads, changed"
    patterns = tuple(_generate_paths(app))
    if patterns:
        return _first(changed, lambda path: any(_matches(path, pattern) for pattern in patterns))
    whole = {_glob_root(_clean(path)) for path in (*named_paths(app), *inputs)}
    return _first(changed, lambda path: any(_under(path, root) for root in whole))


def named_paths(app: Application) -> frozenset[str]:
    """The files and directories that the definition itself names, from the repository's root; may hold
    wildcards.
    """
    own = {_clean(source.path) for source in app.every_source if source.path and not source.chart}
    return frozenset({*own, *_value_files(app), *_kustomize_files(app)})


def _first(changed: Iterable[str], touches: Callable[[str], bool]) -> str:
    hits = sorted(path for path in changed if touches(path))
    if not hits:
        return ""
    more = f" and {len(hits) - 1} more" if len(hits) > 1 else ""
    return f"{hits[0]}{more} changed"


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
    # Go's filepath.Match: a star stays within one path segment.
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


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
