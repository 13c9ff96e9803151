"""`remotes:` of `syncline.yaml`: with what sources elsewhere are fetched.

The law: no secret is ever taken from a file, and one address has one entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from syncline.config.decoding import Node, Table, at_least, entries, flag, strict_fields, text
from syncline.config.settings import RemoteAccess
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRETS = frozenset({"token", "password", "bearertoken", "sshprivatekey", "privatekey", "clientkey"})
_INSTEAD = {"clientkey": "clientKeyEnv", "sshprivatekey": "sshKeyEnv"}
"""Where another variable than the usual one holds it."""

_SCHEMES = ("https", "http", "oci", "ssh")


def variable_of(what: str) -> Callable[[Node], str]:
    """The name of an environment variable that holds it."""

    def decode(node: Node) -> str:
        name = text(node)
        if not _VARIABLE.fullmatch(name):
            node.error(f"must be the name of an environment variable that holds the {what}.")
            return ""
        return name

    return decode


def has_secrets(node: Node, instead: str) -> bool:
    """Whether a mapping holds what must not stand in a file; each is an error that says what to write."""
    found = (
        [key for key in node.value if str(key).lower() in _SECRETS] if isinstance(node.value, dict) else []
    )
    for secret in found:
        node.child(secret).error(
            "stands in a file; put it in the environment and name the variable in "
            f"{_INSTEAD.get(str(secret).lower(), instead)}."
        )
    return bool(found)


def _url(node: Node) -> str:
    url = text(node).rstrip("/")
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in _SCHEMES:
        node.error(
            "must be a URL with its scheme, such as https://charts.example.com or oci://registry.example.com/team."
        )
    elif parts.password:
        node.error("holds a password; name variables in usernameEnv and passwordEnv instead.")
        return ""
    return url


_REMOTE: Table = {
    "url": _url,
    "username": text,
    "usernameEnv": variable_of("name"),
    "passwordEnv": variable_of("password or token"),
    "caData": text,
    "caFile": text,
    "clientCertificateEnv": variable_of("client's certificate"),
    "clientKeyEnv": variable_of("client's key"),
    "insecure": flag,
    "plainHTTP": flag,
    "sshKeyEnv": variable_of("private key"),
    "knownHosts": text,
    "depth": at_least(1),
    "submodules": flag,
    "lfs": flag,
}


def _remote(name: str, node: Node) -> RemoteAccess:
    if has_secrets(node, "passwordEnv"):
        return RemoteAccess(name)
    access = RemoteAccess(name, **strict_fields(node, _REMOTE))
    if isinstance(node.value, dict):
        _check(node, access)
    return access


_TLS: Final = ("https://", "oci://")
_GIT: Final = ("https://", "http://", "ssh://")
_ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("caData", "caFile", "insecure"), _TLS),
    **dict.fromkeys(("sshKeyEnv", "knownHosts"), ("ssh://",)),
    **dict.fromkeys(("depth", "lfs"), _GIT),
    **dict.fromkeys(("passwordEnv", "usernameEnv"), ("https://", "http://", "oci://")),
}
"""What is about some schemes alone."""


def _check(node: Node, access: RemoteAccess) -> None:
    if not node.has("url"):
        node.error("needs a url.")
    if access.username and access.username_env:
        node.error("has both username and usernameEnv; keep one of them.")
    if access.ca_data and access.ca_file:
        node.error("has both caData and caFile; keep one of them.")
    if access.client_key_env and not access.client_certificate_env:
        node.error("has clientKeyEnv and no clientCertificateEnv; a key is nothing without its certificate.")
    if access.client_certificate_env and not access.url.startswith(("https://", "oci://")):
        node.child("clientCertificateEnv").error("is shown over TLS alone (https://, oci://).")
    for name, schemes in _ABOUT.items():
        if access.url and node.has(name) and not access.url.startswith(schemes):
            node.child(name).error(f"has no effect: it is about {' and '.join(schemes)}.")
    if access.plain_http and not access.url.startswith("oci://"):
        node.child("plainHTTP").error(
            "is about registries (oci://); other URLs name their scheme themselves."
        )


def remotes(node: Node) -> dict[str, RemoteAccess]:
    """The entries by name."""
    found: dict[str, RemoteAccess] = {}
    known: dict[str, str] = {}
    for name, child in entries(node):
        access = _remote(name, child)
        found[name] = access
        if access.url and known.setdefault(access.url, name) != name:
            child.error(f"has the url of {known[access.url]}; one address, one entry.")
    return found
