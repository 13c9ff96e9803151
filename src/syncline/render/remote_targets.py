"""What the URLs in a Kustomization mean ("remote targets").

The law: a URL is taken apart as kustomize does it, before anything is asked for it; whatever form a
repository is written in, it is the same repository.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from syncline.patterns import regex

_REMOTE: Final = regex(
    r"(?:git::)?(?:[a-z][a-z0-9+.-]*://|[a-z][a-z0-9-]*@|gh:|(?:www\.)?github\.com[:/])", re.IGNORECASE
)
"""What kustomize takes, or once took, for a URL or a repository before it looks for a file of that name."""

_HOST: Final = regex(
    r"(?:git::)?(?P<scheme>ssh://|https?://|file://)?(?P<user>[a-z][a-z0-9-]*@)?(?P<host>[^/]*?)"
    r"(?P<mark>[:/])(?P<path>.*)",
    re.IGNORECASE,
)
_WEB_HOST: Final = regex(
    r"(?:git::)?(?P<scheme>(?:ssh|https?|file)://)(?P<user>[a-z][a-z0-9-]*@)?(?P<host>[^/]*)(?P<mark>/)(?P<path>.*)",
    re.IGNORECASE,
)
_PASSWORD: Final = regex(r"//[^/?@]*:[^/?]*@")
_LOGIN: Final = regex(r"//[^/]*@")
_GITHUB: Final = "github.com"
_GIT_SUFFIX: Final = regex(r"\.git(?=/|$)")
_AZURE: Final = "_git/"
_MANIFESTS: Final = (".yaml", ".yml", ".json")
_DOWNLOADS: Final = ("/releases/download/", "/releases/latest/download/", "/raw/")
_SEGMENTS: Final = 2
"""As many make a repository where nothing marks its end: an owner and a name."""

_NO: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class Base(Struct, frozen=True):
    """A directory of a repository; `revision` is what Git would fetch, empty for its HEAD."""

    url: str
    path: str = ""
    revision: str = ""
    submodules: bool = True


class Remote(Struct, frozen=True):
    """What a URL may be: a file of the web, which is tried first, or a directory of a repository."""

    file: str = ""
    base: Base | None = None


def is_remote(path: str) -> bool:
    """Whether kustomize would fetch it."""
    return _REMOTE.match(path) is not None


def remote_of(text: str) -> Remote:
    """What it may be; neither where kustomize knows no such form."""
    base = base_of(text)
    if not text.lower().startswith(("https://", "http://")):
        return Remote(base=base)
    try:
        is_manifest = urlsplit(text).path.endswith(_MANIFESTS)
    except ValueError:
        return Remote()
    if _is_a_repository(text):
        return Remote(base=base)
    return Remote(text, None if is_manifest else base)


def base_of(text: str) -> Base | None:
    """The directory of a repository that kustomize would clone."""
    place, _, query = text.partition("?")
    match = _WEB_HOST.fullmatch(place) or _HOST.fullmatch(place)
    if match is None or not (match["host"] or match["scheme"] == "file://"):
        return None
    host, scheme, user = match["host"], (match["scheme"] or "").lower(), match["user"] or ""
    if not scheme and not user and host.lower() != _GITHUB:
        return None
    parts = _parts(match["path"])
    if parts is None:
        return None
    repository, path = parts
    said = parse_qs(query)
    revision = said.get("ref", [""])[0] or said.get("version", [""])[0]
    submodules = said.get("submodules", [""])[0] not in _NO
    return Base(_url(scheme, user, host, match["mark"], repository), path, revision, submodules)


def _url(scheme: str, user: str, host: str, mark: str, repository: str) -> str:
    if host.lower() == _GITHUB:
        by_ssh = bool(user) or scheme == "ssh://"
        return f"{user or 'git@'}github.com:{repository}" if by_ssh else f"https://github.com/{repository}"
    if not scheme and mark == "/":
        mark = ":"  # git takes `user@host/path` for a directory; kustomize means the host
    return f"{scheme}{user}{host}{mark}{repository}"


def _parts(text: str) -> tuple[str, str] | None:
    """A repository's path and the one inside of it; None for what leads out of it or names none."""
    ends = _GIT_SUFFIX.search(text)
    if _AZURE in text:
        before, _, rest = text.partition(_AZURE)
        name, _, path = rest.partition("/")
        repository = f"{before}{_AZURE}{name}"
    elif "//" in text:
        repository, _, path = text.partition("//")
    elif ends is not None:
        repository, path = text[: ends.end()], text[ends.end() :]
    else:
        segments = text.split("/")
        if len(segments) < _SEGMENTS:
            return None
        repository, path = "/".join(segments[:_SEGMENTS]), "/".join(segments[_SEGMENTS:])
    inside = posixpath.normpath(path.strip("/") or ".")
    if not repository.strip("/") or inside == ".." or inside.startswith("../"):
        return None
    return repository.rstrip("/"), "" if inside == "." else inside


def _is_a_repository(text: str) -> bool:
    """Whether a URL of the web is no file's: it is marked as a repository, or is a directory of GitHub's."""
    parts = urlsplit(text)
    if _AZURE in parts.path or "//" in parts.path or _GIT_SUFFIX.search(parts.path):
        return True
    is_file = parts.path.endswith(_MANIFESTS) or any(each in parts.path for each in _DOWNLOADS)
    return (parts.hostname or "").removeprefix("www.") == _GITHUB and not is_file


def has_password(text: str) -> bool:
    """Whether somebody wrote a password into it."""
    return _PASSWORD.search(text) is not None


def shown(text: str) -> str:
    """The URL as messages may show it: what stands before the host or after the path may be a login."""
    return _LOGIN.sub("//", text.partition("?")[0])
