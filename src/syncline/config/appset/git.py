"""The git generator: directories and files of a repository.

The law: `exclude` always wins; directories are matched by Go's `path.Match`, files by Git's pathspec or,
where the controller is told to, by doublestar's globs, as in Argo CD.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from syncline.config.appset.context import Context, read_value
from syncline.config.appset.model import Generator, Parameters, SetError
from syncline.config.appset.questions import FileText, Paths
from syncline.config.appset.texts import dns_name, flattened, go_text
from syncline.config.path_globs import doublestar_matches, is_path_pattern, path_matches, pathspec_matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


def git(generator: Generator, context: Context) -> list[Parameters]:
    """One set of parameters for each directory, or for each object of each file."""
    body = generator.body
    repo, revision = str(body.get("repoURL") or ""), str(body.get("revision") or "")
    (paths,) = context.ask([Paths(repo, revision)], (*generator.path, "repoURL"))
    if body.get("directories"):
        found = _directories(generator, paths, context)
    elif body.get("files"):
        found = _files(generator, paths, context)
    else:
        raise SetError("The git generator needs directories or files.", generator.path)
    return context.with_values(found, generator)


def _directories(generator: Generator, paths: Iterable[str], context: Context) -> list[Parameters]:
    rules = list(_rules(generator, "directories"))
    for pattern, _ in rules:
        if not is_path_pattern(pattern):
            raise SetError(f"{pattern!r} is no pattern: a bracket is open.", (*generator.path, "directories"))
    every = _every_directory(paths, hidden=context.controller.hidden_directories)
    chosen = _chosen(every, rules, path_matches)
    return [
        Parameters(_under_prefix(_place(directory, context), generator, context), frozenset({directory}))
        for directory in chosen
    ]


def _rules(generator: Generator, name: str) -> Iterator[tuple[str, bool]]:
    for rule in generator.body.get(name) or ():
        yield str(rule.get("path") or ""), bool(rule.get("exclude"))


def _chosen(
    names: Iterable[str], rules: list[tuple[str, bool]], matches: Callable[[str, str], bool]
) -> list[str]:
    included = [pattern for pattern, exclude in rules if not exclude]
    excluded = [pattern for pattern, exclude in rules if exclude]
    return [
        name
        for name in names
        if any(matches(pattern, name) for pattern in included)
        and not any(matches(pattern, name) for pattern in excluded)
    ]


def _every_directory(paths: Iterable[str], *, hidden: bool) -> list[str]:
    """Every directory but the root and, unless they count, those whose path has a hidden part, in order."""
    found: set[str] = set()
    for path in paths:
        directory = posixpath.dirname(path)
        while directory and directory not in found:
            found.add(directory)
            directory = posixpath.dirname(directory)
    return sorted(
        each for each in found if hidden or not any(part.startswith(".") for part in each.split("/"))
    )


def _files(generator: Generator, paths: Iterable[str], context: Context) -> list[Parameters]:
    matches = doublestar_matches if context.controller.new_globbing else pathspec_matches
    chosen = _chosen(sorted(paths), list(_rules(generator, "files")), matches)
    repo, revision = str(generator.body.get("repoURL") or ""), str(generator.body.get("revision") or "")
    where = (*generator.path, "files")
    texts = context.ask([FileText(repo, revision, path) for path in chosen], where)
    return [
        Parameters(values, frozenset({path}))
        for path, text in zip(chosen, texts, strict=True)
        for values in _of_file(path, text, generator, context)
    ]


def _of_file(
    path: str, text: str | bytes, generator: Generator, context: Context
) -> Iterator[Mapping[str, Any]]:
    where = (*generator.path, "files")
    value = read_value(text, path, where)
    objects = value if isinstance(value, list) else [{} if value is None else value]
    for one in objects:
        if not isinstance(one, dict):
            raise SetError(f"{path} must hold an object, or a list of objects.", where)
        own = _under_prefix(
            _place(posixpath.dirname(path), context, posixpath.basename(path)), generator, context
        )
        if context.appset.is_go:
            yield {**one, **own}
        else:
            yield {**{name: go_text(leaf) for name, leaf in flattened(one)}, **own}


def _place(directory: str, context: Context, file: str = "") -> dict[str, Any]:
    base = posixpath.basename(directory) if directory else "."
    known: dict[str, Any] = {"basename": base, "basenameNormalized": dns_name(base)}
    if file:
        known |= {"filename": file, "filenameNormalized": dns_name(file)}
    path = directory or "."
    segments = path.split("/")
    if context.appset.is_go:
        return {"path": {"path": path, **known, "segments": segments}}
    return {
        "path": path,
        **{f"path.{name}": value for name, value in known.items()},
        **{f"path[{number}]": segment for number, segment in enumerate(segments)},
    }


def _under_prefix(place: dict[str, Any], generator: Generator, context: Context) -> dict[str, Any]:
    prefix = str(generator.body.get("pathParamPrefix") or "")
    if not prefix:
        return place
    return {prefix: place} if context.appset.is_go else {f"{prefix}.{name}": v for name, v in place.items()}
