"""One API server over HTTP: requests, retries and their end.

The law: only what may be sent twice is sent twice, every request has an end, and every failure is one
sentence that names the cluster.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
    TimeoutError,  # noqa: A004 - urllib3's own
)

from syncline import __version__
from syncline.errors import ClusterError
from syncline.kube.exchange import Answer, Asked, Limits
from syncline.kube.patience import Patience, Timing
from syncline.kube.pools import Lines, make_pool
from syncline.kube.status import Refusal, read_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.kube.login import Credentials
    from syncline.kube.request import Request

_WATCHES = 256
"""Idle connections that are kept for the next watch; more watches than that only connect anew."""

_UNAUTHORIZED = 401
_CONFLICT = 409
_BROKEN = 500
_PASSING = frozenset({429, _BROKEN, 502, 503, 504})
"""Answers that another try may change."""

Told = TypeVar("Told", Answer, urllib3.BaseHTTPResponse)


class Client:
    """A pool of connections to one API server, safe to use from many threads."""

    def __init__(self, credentials: Credentials, *, workers: int, timing: Timing | None = None) -> None:
        self.name = credentials.name
        self.server = credentials.server
        self._credentials = credentials
        self._learn: Callable[[bytes], object] = lambda _: None
        self._told = ""
        self.timing = timing or Timing()
        self._prefix = urlsplit(credentials.server).path.rstrip("/")
        # Whoever asks, and from however many threads: no more than `workers` requests are under way.
        self._lines = Lines()
        self._pool = make_pool(credentials, {"maxsize": workers, "block": True}, self._lines)
        # Watches hold their connection for minutes and must not take one from the requests.
        self._watches = make_pool(credentials, {"maxsize": _WATCHES, "block": False}, self._lines)
        self._reached = threading.Event()
        self._lost = threading.Event()

    def json(self, request: Request) -> Any:
        """The decoded answer. Raises ApiError for a refusal and ClusterError when nobody answers."""
        response = self.send(request)
        try:
            return msgspec.json.decode(response.data)
        except (msgspec.DecodeError, RecursionError):
            raise self._no_json(request) from None

    def send(self, request: Request) -> Answer:
        """The answer as it came, read whole. Raises as `json`."""
        return self._send(request, self.timing.read, self._pool.ask)

    def stream(self, request: Request, *, silence: float) -> urllib3.BaseHTTPResponse:
        """The answer, still to be read; it ends after `silence` seconds without a byte. Raises as `json`."""
        return self._send(request, silence, self._watches.open)

    def hang_up(self) -> None:
        """End what is under way; whoever waits for an answer learns that it did not come."""
        self._lines.hang_up()

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()
        self._watches.close()

    def _send(self, request: Request, read: float, ask: Callable[[Asked, Limits], Told]) -> Told:
        patience, token, renewed = Patience(self.timing), self._credentials.tokens.token(), False
        while True:
            limit = min(read, self.timing.hurried) if self._is_hurried() else read
            try:
                asked = self._asked(request, self._sendable(token))
                response = ask(asked, Limits(self.timing.connect, limit))
            except HTTPError as error:
                if request.once:
                    # Whoever answers late for a node is not lost, so the others need not hurry.
                    raise self._unreachable(error, limit) from error
                if self._is_final(error) or not patience.outlasts():
                    self._lost.set()
                    raise self._unreachable(error, limit) from error
                continue
            self._note_answer()
            if response.status < 300:  # noqa: PLR2004 - success, by HTTP
                return response
            refusal = _refusal(response)
            if refusal.code == _UNAUTHORIZED:
                token = "" if renewed else self._credentials.tokens.renewed(token)
                renewed = True
                if token:
                    continue
            if not _may_pass(refusal, request, response, patience):
                raise self._refused(refusal, request)

    def _asked(self, request: Request, token: str) -> Asked:
        headers = {"Accept": request.accept, "User-Agent": f"syncline/{__version__}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if request.method == "GET":
            # A list shrinks fifteenfold: nothing measurable on loopback, and seconds less from far away.
            headers["Accept-Encoding"] = "gzip"
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        return Asked(request.method, f"{self._prefix}{request.path}", headers, request.body)

    def _note_answer(self) -> None:
        # Hundreds in a second; that an event is set is known without its lock.
        if not self._reached.is_set():
            self._reached.set()
        if self._lost.is_set():
            self._lost.clear()

    def _is_hurried(self) -> bool:
        return self._lost.is_set() or self.timing.stopping()

    def _is_final(self, error: HTTPError) -> bool:
        # A certificate or name does not become right by trying again; a server never seen is not restarting;
        # and one that stayed away for the whole of a request's time is asked once by each that follows.
        if self._is_hurried() or isinstance(error, SSLError | NameResolutionError):
            return True
        absent = isinstance(error, NewConnectionError | TimeoutError | ProxyError)
        return absent and not self._reached.is_set()

    def tell_secrets(self, learn: Callable[[bytes], object]) -> None:
        """Tell what this connection holds that nobody may read: the key now, each token before it is sent."""
        self._learn = learn
        if self._credentials.certificate:
            learn(self._credentials.certificate.key.encode())

    def _sendable(self, token: str) -> str:
        if token != self._told:
            self._learn(token.encode(errors="replace"))
            self._told = token
        # The library's own complaint would quote it.
        if token.isascii() and token.isprintable():
            return token
        raise ClusterError(
            f'The token of cluster "{self.name}" holds a line break or another character that no token has.',
            remedy=self._credentials.renewal,
        )

    def _refused(self, refusal: Refusal, request: Request) -> ClusterError:
        if refusal.code == _UNAUTHORIZED:
            words = f'Cluster "{self.name}" does not accept the credentials (401 Unauthorized).'
            known = Refusal(_UNAUTHORIZED, refusal.reason or "Unauthorized", words)
            return known.error(secret=False, remedy=self._credentials.renewal)
        return refusal.error(secret=request.secret)

    def _unreachable(self, error: HTTPError, read: float) -> ClusterError:
        if self.timing.stopping():
            return ClusterError(
                f'The answer of cluster "{self.name}" did not come before the run was stopped.'
            )
        why, remedy = _explained(error, self.timing.connect, read)
        server = self._credentials.server
        return ClusterError(f'Cannot reach cluster "{self.name}" at {server}: {why}.', remedy=remedy)

    def _no_json(self, request: Request) -> ClusterError:
        return ClusterError(
            f'Cluster "{self.name}" answered {request.method} {request.path.partition("?")[0]} with something'
            " that is not JSON.",
            remedy="See whether its server address is that of an API server and not of a proxy's login page.",
        )


def _refusal(response: Answer | urllib3.BaseHTTPResponse) -> Refusal:
    if response.status < 400:  # noqa: PLR2004 - redirects, by HTTP
        words = f"the server answered {response.status}, a redirection (is there a proxy between?)"
        return Refusal(response.status, "", words)
    return read_refusal(response.status, response.data)


def _may_pass(
    refusal: Refusal, request: Request, response: Answer | urllib3.BaseHTTPResponse, patience: Patience
) -> bool:
    if request.once:
        return False
    if refusal.code == _CONFLICT:
        # That it is another object by now stays so.
        is_other = "Precondition failed" in refusal.words
        return request.conflict_passes and not is_other and patience.allows_conflict()
    if refusal.is_about_kind:
        return request.kind_comes and patience.allows()
    if refusal.code not in _PASSING or (refusal.code == _BROKEN and not refusal.is_trouble):
        return False
    if refusal.is_webhooks_fault and not request.webhook_passes:
        return False
    header = response.headers.get("retry-after", "")
    return patience.allows(float(header) if header.isdigit() else refusal.retry_after)


def _explained(error: HTTPError, connect: float, read: float) -> tuple[str, str]:
    """Why, and what to do."""
    match error:
        case ProxyError():
            why, remedy = (
                "the proxy refused the connection",
                "See proxy-url in the kubeconfig, or HTTPS_PROXY.",
            )
        case NameResolutionError():
            why, remedy = "its name cannot be resolved", "Correct its address, or see whether DNS works here."
        case NewConnectionError():  # urllib3 2 counts it among the timeouts
            why, remedy = _root(error).lower(), "See whether it is running and its address is right."
        case ConnectTimeoutError():
            why = f"no connection within {connect:g} s"
            remedy = "See whether a firewall or a VPN is between."
        case ReadTimeoutError():
            why, remedy = f"no answer within {read:g} s", "It hangs or is overloaded; try again later."
        case SSLError():
            why = f"its certificate was not accepted ({_root(error)})"
            remedy = "See the cluster's CA and the name its certificate is for."
        case _:
            why, remedy = f"the connection broke ({_root(error)})", "See whether it was restarted; try again."
    return why, remedy


def _root(error: BaseException) -> str:
    """The innermost reason, without addresses of objects in memory."""
    inner = error.__cause__ or error.__context__
    if isinstance(error, HTTPError) and inner is not None:
        return _root(inner)
    for part in error.args:
        if isinstance(part, BaseException):
            return _root(part)
    return str(getattr(error, "verify_message", "") or getattr(error, "strerror", "") or error)
