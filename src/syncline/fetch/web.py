"""Bounded requests to other people's servers.

The law: an answer has a largest size and a latest moment; a redirect to another server carries no credential;
and an address inside this network is asked only when the settings list it.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from syncline.fetch.access import access_for, same_origin
from syncline.fetch.question import Answer, FetchError, Question, without_login

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syncline.fetch.access import Access

_CHUNK: Final = 256 * 1024
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSING: Final = frozenset({429, 502, 503, 504})
_PAUSES: Final = (0.2, 0.8)
"""Seconds before the second and the third try."""

_CONNECT_SECONDS: Final = 10.0


class _Inside(OSError):  # noqa: N818 - it never leaves this module
    """The server's address is one of this network."""


class Web:
    """The servers that a run asks; `seconds` is what one answer may take, and `check` raises when the run was
    asked to stop.
    """

    def __init__(
        self,
        accesses: tuple[Access, ...] = (),
        environ: Mapping[str, str] | None = None,
        *,
        seconds: float = 60.0,
        check: Callable[[], None] | None = None,
    ) -> None:
        self.accesses = accesses
        self._environ = environ or {}
        self._seconds = seconds
        self._check = check or (lambda: None)
        self._pools: dict[tuple[Access, str], urllib3.PoolManager] = {}

    def access_for(self, url: str) -> Access:
        """With what this URL is asked."""
        return access_for(url, self.accesses)

    def close(self) -> None:
        """End the connections."""
        for pool in self._pools.values():
            pool.clear()
        self._pools.clear()

    def get(self, question: Question) -> Answer:
        """The answer, whatever its status. Raises FetchError when there is none, or one too large."""
        until = time.monotonic() + self._seconds
        for pause in (*_PAUSES, None):
            try:
                answer = self._follow(question, until)
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                if pause is None or not _may_pass(error):
                    raise _unreachable(question, error) from None
            else:
                if pause is None or answer.status not in _PASSING:
                    return answer
            self._wait(pause)
        raise AssertionError  # the last pause is None

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._check()
            time.sleep(0.05)

    def _follow(self, question: Question, until: float) -> Answer:
        url = without_login(question.url)
        for _ in range(_MOST_REDIRECTS):
            answer = self._ask(question, url, until)
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not target:
                return answer
            there = urljoin(url, target)
            if urlsplit(there).scheme not in {"https", urlsplit(url).scheme}:
                raise FetchError(
                    f"{question.what} redirects from HTTPS to an address without it.",
                    remedy="Ask who runs the server, or name the address it redirects to.",
                )
            url = there
        raise FetchError(f"{question.what} redirects without an end.", remedy="Correct the address.")

    def _ask(self, question: Question, url: str, until: float) -> Answer:
        headers = {"Accept": question.accept, "Accept-Encoding": "identity", "User-Agent": "syncline"}
        access, at_home = question.access, same_origin(url, without_login(question.url))
        if not at_home:
            access = self.access_for(url)
        if question.authorization and at_home:
            headers["Authorization"] = question.authorization
        elif question.login and access.has_password:
            headers |= urllib3.make_headers(basic_auth=f"{access.username}:{access.password}")
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=max(0.1, until - time.monotonic()))
        pool = self._pool(access, url)
        with pool.request(
            "GET", url, headers=headers, timeout=timeout, retries=False, redirect=False, preload_content=False
        ) as answer:
            body = self._body(answer, question, until)
            said = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, said, body, url)

    def _body(self, answer: urllib3.BaseHTTPResponse, question: Question, until: float) -> bytes:
        found = bytearray()
        for chunk in answer.stream(_CHUNK):
            self._check()
            found += chunk
            if len(found) > question.limit:
                size = f"{question.limit / 1024 / 1024:g} MiB"
                raise FetchError(f"{question.what} is larger than {size}.", remedy="Use a smaller one.")
            if time.monotonic() > until:
                raise TimeoutError
        return bytes(found)

    def _pool(self, access: Access, url: str) -> urllib3.PoolManager:
        proxy = proxy_for(url, self._environ)
        key = (access, proxy)
        if key not in self._pools:
            options: dict[str, Any] = {"num_pools": 8, "maxsize": 8, "ssl_context": _tls(access)}
            if proxy:
                self._pools[key] = urllib3.ProxyManager(proxy, **options)
            else:
                self._pools[key] = _guarded(urllib3.PoolManager(**options), may_be_inside=bool(access.url))
        return self._pools[key]


def _tls(access: Access) -> ssl.SSLContext:
    # Not create_default_context: from Python 3.13 it refuses the CAs that many companies make.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.certificate:
        _identify(context, access)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return context
    context.load_default_certs()
    if access.ca:
        try:
            context.load_verify_locations(cadata=access.ca)
        except (ssl.SSLError, ValueError):
            raise FetchError(
                f"The CA of remotes.{access.name} is no certificate.",
                remedy="Write it as PEM, beginning with -----BEGIN CERTIFICATE-----.",
            ) from None
    return context


def _identify(context: ssl.SSLContext, access: Access) -> None:
    """Have the connection show the client's certificate; OpenSSL reads it from a file, which is none of a
    disk's.
    """
    with os.fdopen(os.memfd_create("client"), "wb") as file:
        file.write(f"{access.certificate}\n{access.key}\n".encode())
        file.flush()
        try:
            # Without a password of ours it would ask whoever sits at the terminal.
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}", password="")
        except (ssl.SSLError, ValueError):
            raise FetchError(
                f"The client certificate of remotes.{access.name} cannot be used: it is no PEM, has no key, "
                "or another certificate's, or one with a passphrase.",
                remedy="Put both as PEM into the variables that clientCertificateEnv and clientKeyEnv name.",
            ) from None


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _outside(super()._new_conn())


class _Secured(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _outside(super()._new_conn())


def _outside(line: socket.socket) -> socket.socket:
    """The connection, unless it leads into this network: what was reached counts, not what was asked for."""
    address = ipaddress.ip_address(line.getpeername()[0].partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if not address.is_global:
        line.close()
        raise _Inside
    return line


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecuredPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secured


def _guarded(manager: urllib3.PoolManager, *, may_be_inside: bool) -> urllib3.PoolManager:
    if not may_be_inside:
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecuredPool}
    return manager


def proxy_for(url: str, environ: Mapping[str, str]) -> str:
    """The proxy that the environment names for this URL."""
    parts = urlsplit(url)
    known = {key.lower(): value for key, value in environ.items() if key.lower().endswith("_proxy")}
    proxy = known.get(f"{parts.scheme}_proxy", "")
    if not proxy or parts.hostname in {"localhost", "127.0.0.1", "::1"}:
        return ""
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # not in typeshed

    bypass = proxy_bypass_environment(parts.netloc.rpartition("@")[2], {"no": known.get("no_proxy", "")})
    return "" if bypass else proxy


def _may_pass(error: Exception) -> bool:
    return not isinstance(_cause(error), _Inside | ssl.SSLCertVerificationError | ValueError)


def _cause(error: BaseException) -> BaseException:
    """What lies under urllib3's own errors."""
    while True:
        inner = error.__cause__ or error.__context__ or getattr(error, "reason", None)
        wrapped = [each for each in error.args if isinstance(each, BaseException)]
        inner = inner if isinstance(inner, BaseException) else next(iter(wrapped), None)
        if inner is None or isinstance(error, _Inside | ssl.SSLError):
            return error
        error = inner


def _unreachable(question: Question, error: Exception) -> FetchError:
    cause = _cause(error)
    if isinstance(cause, _Inside):
        return FetchError(
            f"{question.what} lies inside this network, where only what syncline.yaml lists is asked.",
            remedy="List its URL under remotes: in syncline.yaml.",
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        return FetchError(
            f"{question.what} has a certificate that nobody here knows ({cause.verify_message}).",
            remedy="Name its CA as caFile under remotes: in syncline.yaml.",
        )
    if isinstance(cause, socket.gaierror):
        return FetchError(
            f"{question.what} cannot be reached (nobody knows a server of that name).",
            remedy="Correct the name, or look whether this machine has a network, then run again.",
        )
    return FetchError(
        f"{question.what} cannot be reached ({_why(cause)}).",
        remedy="Look whether its server is up, then run again.",
    )


def _why(cause: BaseException) -> str:
    if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
        return "it does not answer in time"
    if isinstance(cause, ConnectionRefusedError):
        return "it refuses the connection"
    return type(cause).__name__
