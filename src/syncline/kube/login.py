"""From a cluster's entry in the configuration to what a connection needs.

The law: the caller says which cluster; nothing is taken from this process's own environment, and no token,
key or password is in any message or repr.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping  # noqa: TC003 - msgspec asks for the types
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syncline.discreet import Discreet
from syncline.errors import ClusterError, Place
from syncline.kube import kubeconfig
from syncline.kube.tokens import FileToken, Issued, IssuedToken, StaticToken, TokenSource

if TYPE_CHECKING:
    from syncline.config.settings import ClusterAccess
    from syncline.kube.kubeconfig import Entry, Selection

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ClientCertificate(Discreet, frozen=True):
    """A certificate chain and its key, both PEM."""

    chain: str
    key: str


class Credentials(Discreet, frozen=True):
    """How to reach one API server. `ca` is PEM, empty means the system's; `renewal` is a 401's remedy."""

    _SHOWN = ("name", "server")

    name: str
    server: str
    renewal: str
    tokens: TokenSource = StaticToken()
    ca: str = ""
    certificate: ClientCertificate | None = None
    tls_server_name: str = ""
    proxy: str = ""
    insecure: bool = False


class Shell(Discreet, frozen=True):
    """What a program that is asked for credentials is started in; it is not waited for when the run is
    `stopping`.
    """

    environ: Mapping[str, str]
    stopping: Callable[[], bool] = lambda: False


def log_in(access: ClusterAccess, shell: Shell, *, home: Path, root: Path = Path()) -> Credentials:
    """Credentials for one configured cluster; relative paths of syncline.yaml start at `root`.

    Raises ClusterError when the context, a file or the token is missing.
    """
    if access.server:
        return _by_token(access, shell.environ, root)
    selection = kubeconfig.select(kubeconfig.load(shell.environ, home), access.context)
    return _by_kubeconfig(access, selection, shell)


def tls_context(credentials: Credentials) -> ssl.SSLContext:
    """TLS that trusts the cluster's CA alone (or the system's, where the cluster names none).

    Raises ClusterError for a CA, certificate or key that is none.
    """
    # Not ssl.create_default_context: from Python 3.13 it refuses the CAs that kubeadm and many others make.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if credentials.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        if credentials.ca:
            context.load_verify_locations(cadata=credentials.ca)
        else:
            context.load_default_certs()
        if credentials.certificate:
            _load_certificate(context, credentials.certificate)
    except ssl.SSLError as error:
        raise ClusterError(
            f'The CA, client certificate or key of cluster "{credentials.name}" cannot be used:'
            f" {error.reason or 'it is not PEM'}.",
            remedy="Correct it where the cluster's access is configured.",
        ) from None
    return context


def _load_certificate(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    # OpenSSL reads the key from a file only: one that nobody else may read and that is gone at once.
    descriptor, name = tempfile.mkstemp(prefix="syncline-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{certificate.chain.rstrip()}\n{certificate.key.rstrip()}\n")
        # A password function, because OpenSSL would otherwise ask the terminal.
        context.load_cert_chain(name, password=_no_password)
    finally:
        Path(name).unlink()


def _no_password() -> str:
    raise ClusterError(
        "The client key is encrypted, and nobody can be asked for its password.",
        remedy="Use a key without a password.",
    )


def _by_token(access: ClusterAccess, environ: Mapping[str, str], root: Path) -> Credentials:
    token = environ.get(access.token_env, "").strip() if access.token_env else ""
    if not token:
        raise ClusterError(
            f'{access.token_env} with the token of cluster "{access.name}" is not set.'
            if access.token_env
            else f'Cluster "{access.name}" has a server but no token_env.',
            remedy="Set it from a secret of the workflow."
            if access.token_env
            else "Name the environment variable that holds the token.",
        )
    server = _checked(access.server, access.name, None)
    return Credentials(
        access.name,
        server,
        f"Put a new token into the environment variable {access.token_env}.",
        StaticToken(token),
        ca=_ca_of(access, root),
        proxy=_proxy(server, environ),
    )


def _ca_of(access: ClusterAccess, root: Path) -> str:
    if access.ca_data:
        return _decoded(access.ca_data, f'ca_data of cluster "{access.name}"', None)
    return _text_of(root / access.ca_file, None) if access.ca_file else ""


def _by_kubeconfig(access: ClusterAccess, selection: Selection, shell: Shell) -> Credentials:
    cluster, user = selection.cluster, selection.user
    name = access.name or selection.context.name
    server = _checked(cluster.text("server"), name, cluster.file)
    tokens, certificate = _identity(selection, shell)
    return Credentials(
        name,
        server,
        f'Log in again as user "{user.name}" of context "{selection.context.name}" in {user.file}.',
        tokens,
        ca=_pem(cluster, "certificate-authority"),
        certificate=certificate,
        tls_server_name=cluster.text("tls-server-name"),
        proxy=_supported(cluster.text("proxy-url"), cluster.file) or _proxy(server, shell.environ),
        insecure=cluster.fields.get("insecure-skip-tls-verify") is True,
    )


def _identity(selection: Selection, shell: Shell) -> tuple[TokenSource, ClientCertificate | None]:
    user = selection.user
    if user.fields.get("username") or user.fields.get("password"):
        raise ClusterError(
            f'User "{user.name}" logs in by password, which Kubernetes no longer knows.',
            place=Place(str(user.file)),
            remedy="Use a token, a client certificate or an exec plugin.",
        )
    certificate = _certificate(user)
    # client-go's order: a file of tokens precedes a token, and both precede a plugin.
    path = user.path("tokenFile")
    if path:
        return FileToken(path), certificate
    if user.text("token"):
        return StaticToken(user.text("token")), certificate
    if user.fields.get("auth-provider"):
        return _from_provider(selection), certificate
    if user.fields.get("exec"):
        return _from_plugin(selection, shell)
    return StaticToken(), certificate


def _certificate(user: Entry) -> ClientCertificate | None:
    chain, key = _pem(user, "client-certificate"), _pem(user, "client-key")
    if bool(chain) != bool(key):
        raise ClusterError(
            f'User "{user.name}" has a client certificate without key, or a key without certificate.',
            place=Place(str(user.file)),
            remedy="Give both.",
        )
    return ClientCertificate(chain, key) if chain else None


def _from_provider(selection: Selection) -> TokenSource:
    from syncline.kube import plugins

    issue = plugins.auth_provider(selection)
    return IssuedToken(issue, issue(), time.time)


def _from_plugin(selection: Selection, shell: Shell) -> tuple[TokenSource, ClientCertificate | None]:
    from syncline.kube import plugins

    status = plugins.run_exec_plugin(selection, shell)
    chain, key = str(status.get("clientCertificateData") or ""), str(status.get("clientKeyData") or "")
    certificate = ClientCertificate(chain, key) if chain and key else None
    first = plugins.issued_by_plugin(status)
    if not (first.token or certificate):
        raise ClusterError(
            f'The credential plugin of user "{selection.user.name}" gave neither token nor certificate.',
            place=Place(str(selection.user.file)),
            remedy="Run it by hand to see why.",
        )
    if not first.token:
        return StaticToken(), certificate

    def issue() -> Issued:
        return plugins.issued_by_plugin(plugins.run_exec_plugin(selection, shell))

    return IssuedToken(issue, first, time.time), certificate


def _pem(entry: Entry, key: str) -> str:
    inline = entry.text(f"{key}-data")
    if inline:
        return _decoded(inline, f'{key}-data of "{entry.name}"', entry.file)
    path = entry.path(key)
    return _text_of(path, entry.file) if path else ""


def _decoded(value: str, what: str, file: Path | None) -> str:
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise ClusterError(
            f"{what} is not base64 of a PEM text.",
            place=Place(str(file)) if file else None,
            remedy="Encode the PEM file with base64, without line breaks.",
        ) from None


def _text_of(path: Path, file: Path | None) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a PEM text"
        raise ClusterError(
            f"{path} cannot be read: {why}.",
            place=Place(str(file)) if file else None,
            remedy="Correct the path.",
        ) from None


def _checked(server: str, name: str, file: Path | None) -> str:
    parts = urlsplit(server)
    plain = parts.scheme == "http" and parts.hostname not in _LOOPBACK
    if parts.scheme not in {"http", "https"} or not parts.hostname or plain:
        raise ClusterError(
            f'Cluster "{name}" would get its token over plain http.'
            if plain
            else f'The server of cluster "{name}" is not a URL: "{server}".',
            place=Place(str(file)) if file else None,
            remedy="Use https://HOST:PORT.",
        )
    return server.rstrip("/")


def _proxy(server: str, environ: Mapping[str, str]) -> str:
    parts = urlsplit(server)
    known = {key.lower(): value for key, value in environ.items() if key.lower().endswith("_proxy")}
    proxy = known.get(f"{parts.scheme}_proxy", "")
    if not proxy or parts.hostname in _LOOPBACK:
        return ""
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # not in typeshed

    bypass = proxy_bypass_environment(parts.netloc.rpartition("@")[2], {"no": known.get("no_proxy", "")})
    return "" if bypass else _supported(proxy, None)


def _supported(proxy: str, file: Path | None) -> str:
    if proxy and urlsplit(proxy).scheme not in {"http", "https"}:
        raise ClusterError(
            "Only http:// and https:// proxies can be used to reach a cluster.",
            place=Place(str(file)) if file else None,
            remedy="Correct proxy-url in the kubeconfig, or HTTPS_PROXY.",
        )
    return proxy
