"""`clusters:` and `remotes:` of `syncline.yaml`: how what lies elsewhere is reached.

The law: no secret is ever taken from a file, and one address has one entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from syncline.config.decoding import (
    Node,
    Table,
    at_least,
    entries,
    flag,
    strict_fields,
    text,
    text_map,
    texts,
)
from syncline.config.settings import ClusterAccess, RemoteAccess
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRETS = frozenset({"token", "password", "bearertoken", "sshprivatekey", "privatekey", "clientkey"})
_INSTEAD = {"clientkey": "clientKeyEnv", "sshprivatekey": "sshKeyEnv"}
"""Where another variable than the usual one holds it."""

_SCHEMES = ("https", "http", "oci", "ssh")


def _variable_of(what: str) -> Callable[[Node], str]:
    """The name of an environment variable that holds it."""

    def decode(node: Node) -> str:
        name = text(node)
        if not _VARIABLE.fullmatch(name):
            node.error(f"must be the name of an environment variable that holds the {what}.")
            return ""
        return name

    return decode


Access = TypeVar("Access", ClusterAccess, RemoteAccess)
Reader: TypeAlias = Callable[[str, Node], Access]


def _reader(
    make: Callable[..., Access], table: Table, check: Callable[[Node, Access], None], instead: str
) -> Reader[Access]:
    """What reads an entry; a secret in it is an error that says which key to write `instead`."""

    def read(name: str, node: Node) -> Access:
        if _has_secrets(node, instead):
            return make(name)
        access = make(name, **strict_fields(node, table))
        if isinstance(node.value, dict):
            check(node, access)
        return access

    return read


def _by_name(
    node: Node, read: Reader[Access], addresses: Callable[[Access], Iterable[str]], twice: str
) -> dict[str, Access]:
    """The entries; `twice` is what is said of an address that an earlier one has."""
    found: dict[str, Access] = {}
    known: dict[str, str] = {}
    for name, child in entries(node):
        found[name] = read(name, child)
        for address in addresses(found[name]):
            if address and known.setdefault(address, name) != name:
                child.error(twice.format(known[address]))
    return found


def _has_secrets(node: Node, instead: str) -> bool:
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


def _keep_one(node: Node, first: str, second: str) -> None:
    if node.has(first) and node.has(second):
        node.error(f"has both {first} and {second}; keep one of them.")


token_env = _variable_of("token")
"""The variable of a bearer token."""

KUBE_VERSION = regex(r"v?1\.(?P<minor>[0-9]{1,3})(?:[.+-][A-Za-z0-9.+-]*)?")
"""A version of Kubernetes, down to a vendor's own."""


def kube_version(node: Node) -> str:
    """A version of Kubernetes."""
    version = text(node) if isinstance(node.value, str) else ""
    if not KUBE_VERSION.fullmatch(version):
        node.error('must be a version of Kubernetes in quotes, such as "1.37".')
    return version


def server(node: Node) -> str:
    """The URL of a server."""
    url = text(node).rstrip("/")
    if not url.startswith(("https://", "http://")):
        node.error("must be the URL of an API server, such as https://10.0.0.1:6443.")
    return url


_CLUSTER: Table = {
    "context": text,
    "server": server,
    "caData": text,
    "caFile": text,
    "tokenEnv": token_env,
    "serverAlias": lambda node: text(node).rstrip("/"),
    "kubeVersion": kube_version,
    "project": text,
    "labels": text_map,
    "annotations": text_map,
    "apiVersions": texts,
}


def _check_cluster(node: Node, access: ClusterAccess) -> None:
    if node.has("context") == node.has("server"):
        node.error("needs either a context of the kubeconfig or a server.")
    elif access.context and (access.ca_data or access.ca_file or access.token_env):
        node.error("takes CA and token from its kubeconfig context; remove caData, caFile and tokenEnv.")
    if node.has("server") and not node.has("tokenEnv"):
        node.error("needs tokenEnv, the name of the environment variable that holds the server's token.")
    _keep_one(node, "caData", "caFile")


_cluster = _reader(ClusterAccess, _CLUSTER, _check_cluster, "tokenEnv")


def clusters(node: Node) -> dict[str, ClusterAccess]:
    """The entries of `clusters:` by name."""
    return _by_name(
        node,
        _cluster,
        lambda access: dict.fromkeys((access.server, access.server_alias)),
        "is reached by the same server or serverAlias as {}; one cluster, one name.",
    )


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
    "usernameEnv": _variable_of("name"),
    "passwordEnv": _variable_of("password or token"),
    "caData": text,
    "caFile": text,
    "clientCertificateEnv": _variable_of("client's certificate"),
    "clientKeyEnv": _variable_of("client's key"),
    "insecure": flag,
    "plainHTTP": flag,
    "sshKeyEnv": _variable_of("private key"),
    "knownHosts": text,
    "depth": at_least(1),
    "submodules": flag,
    "lfs": flag,
}


_TLS: Final = ("https://", "oci://")
_GIT: Final = ("https://", "http://", "ssh://")
_ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("caData", "caFile", "insecure"), _TLS),
    **dict.fromkeys(("sshKeyEnv", "knownHosts"), ("ssh://",)),
    **dict.fromkeys(("depth", "lfs"), _GIT),
    **dict.fromkeys(("passwordEnv", "usernameEnv"), ("https://", "http://", "oci://")),
}
"""What is about some schemes alone."""


def _check_remote(node: Node, access: RemoteAccess) -> None:
    if not node.has("url"):
        node.error("needs a url.")
    _keep_one(node, "username", "usernameEnv")
    _keep_one(node, "caData", "caFile")
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


_remote = _reader(RemoteAccess, _REMOTE, _check_remote, "passwordEnv")


def remotes(node: Node) -> dict[str, RemoteAccess]:
    """The entries of `remotes:` by name."""
    return _by_name(node, _remote, lambda access: (access.url,), "has the url of {}; one address, one entry.")
