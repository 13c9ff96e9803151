"""What an API server says when it refuses, as one sentence.

The law: the words of a refusal reach people, the contents of a Secret do not, although servers quote what
they refuse.

A refusal is a `Status` object (Kubernetes API conventions, "Response Status Kind").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import field

from syncline.discreet import Discreet
from syncline.errors import ApiError
from syncline.patterns import regex

_LONG = 120
"""A quoted value longer than this is a whole pod template rather than a help to anyone."""

_VALUE = regex(r'Invalid value: ("(?:[^"\\]|\\.)*"|\{.*\}|\[.*\]|[^\s:]+)', re.DOTALL)
_DECODED = regex(r"&?value\.\w+\{.*\}|\(\w+\) \(len=\d+\).*", re.DOTALL)
_FORBIDDEN_TO = r'^\S+(?: "[^"]*")? is forbidden: '
_RBAC = regex(_FORBIDDEN_TO + r'User "[^"]*" cannot \S+ resource "')

INTERNAL = "InternalError"
"""The server is in trouble. A 500 without this reason is a server-side apply that does not fit its schema."""

_INTERNAL_CODE = 500
_STORE_AWAY = regex(
    r"etcdserver: (?:request timed out|leader changed|no leader|too many requests|server stopped)"
    r"|rpc error: code = Unavailable\b"
)
"""The store behind the server does not answer just now; such a 500 comes without a reason, too."""
_PLAIN_WORDS = regex(
    _FORBIDDEN_TO
    + r'(?:User "[^"]*" cannot \S+ resource "|exceeded quota: |unable to create new content in )'
)
_JUDGE = regex(
    r"""failed calling webhook "[^"]+"|admission webhook "[^"]+" denied the request|"""
    r"""ValidatingAdmissionPolicy '[^']+' with binding '[^']+'"""
)
_FORBIDDEN = 403
_NOT_FOUND = 404
_PLAIN_CODES = frozenset({401, 404, 405, 409, 410, 413, 415, 429, 503, 504})
"""Refusals whose words the server makes from names alone."""

_TROUBLED = "The API server is in trouble; see its health, and run it again."
_BY_WORDS = (
    (
        regex("because it is being terminated"),
        "Wait until the namespace is gone, or see whose finalizers hold it.",
    ),
    (_RBAC, "Give this identity the right, or use another identity."),
    (regex("exceeded quota: "), "Raise the ResourceQuota, or ask for less."),
    (
        regex("failed calling webhook"),
        "See whether the service behind that webhook runs, and run it again.",
    ),
    (_JUDGE, "Change the manifest as the policy asks, or change the policy."),
)
_BY_CODE = {
    400: "Correct the manifest.",
    404: "Install the CustomResourceDefinition of its kind, or correct its apiVersion.",
    409: "Something else changes it at the same time; run it again.",
    413: "Make the object smaller.",
    422: "Correct the manifest.",
    429: "The API server is overloaded; run it again later.",
    500: _TROUBLED,
    502: _TROUBLED,
    503: _TROUBLED,
    504: _TROUBLED,
}


class Refusal(Discreet, frozen=True):
    """A `Status` of failure. `words` may quote the object that was sent."""

    _SHOWN = ("code", "reason")

    code: int
    reason: str
    words: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_webhooks_fault(self) -> bool:
        """Whether an admission webhook did not answer."""
        return "failed calling webhook" in self.words

    @property
    def is_trouble(self) -> bool:
        """Whether this 500 is trouble of the server's own, which another try may find over."""
        return self.code == _INTERNAL_CODE and (
            self.reason == INTERNAL or _STORE_AWAY.search(self.words) is not None
        )

    @property
    def is_about_kind(self) -> bool:
        """Whether this 404 says that the kind is not served, rather than that an object is missing."""
        unserved = not self.reason or "could not find the requested resource" in self.words
        return self.code == _NOT_FOUND and unserved

    @property
    def is_absence(self) -> bool:
        """Whether it only says that an object is not there."""
        return self.code == _NOT_FOUND and not self.is_about_kind

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the server asks to be tried again."""
        seconds = self.details.get("retryAfterSeconds")
        return float(seconds) if isinstance(seconds, int) and seconds > 0 else None

    def sentence(self, *, secret: bool) -> str:
        """The server's words without long values; of a Secret only which field was wrong and how."""
        if secret and self.code not in _PLAIN_CODES and not _PLAIN_WORDS.search(self.words):
            return f"{self._subject()} was refused ({self._judge()}){_fields(self._causes())}."
        return f"{_one_line(_VALUE.sub(_shortened, self.words)) or f'the server answered {self.code}'}."

    def error(self, *, secret: bool, remedy: str = "") -> ApiError:
        """The refusal as an exception."""
        words = self.sentence(secret=secret)
        return ApiError(words, code=self.code, reason=self.reason, remedy=remedy or self._remedy())

    def _remedy(self) -> str:
        by_words = (remedy for pattern, remedy in _BY_WORDS if pattern.search(self.words))
        misfits = self.code == _INTERNAL_CODE and not self.is_trouble
        by_code = _BY_CODE[400] if misfits else _BY_CODE.get(self.code, "")
        return next(by_words, "" if self.is_absence else by_code)

    def _judge(self) -> str:
        named = _JUDGE.search(self.words)
        return named[0] if named else self.reason or str(self.code)

    def _subject(self) -> str:
        return f'Secret "{self.details.get("name") or "?"}"'

    def _causes(self) -> Iterable[Mapping[str, Any]]:
        causes = self.details.get("causes")
        return [cause for cause in causes if isinstance(cause, Mapping)] if isinstance(causes, list) else []


def is_absence(error: ApiError) -> bool:
    """Whether the API server itself says that it is not there; a 404 from something between says nothing."""
    return error.code == _NOT_FOUND and error.reason == "NotFound"


def lacks_right(error: ApiError) -> bool:
    """Whether the identity may not do this. An admission policy answers 403 too, but it judged the object."""
    return error.code == _FORBIDDEN and _RBAC.search(error.message) is not None


def read_refusal(code: int, body: bytes) -> Refusal:
    """The `Status` of an answer; a proxy's page in its place keeps only the code."""
    try:
        status = json.loads(body)
    except ValueError:
        status = None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        words = f"the server answered {code} without a Kubernetes Status (is there a proxy between?)"
        return Refusal(code, INTERNAL if code == _INTERNAL_CODE else "", words)
    return refusal_of(status, code)


def refusal_of(status: Mapping[str, Any], code: int = 0) -> Refusal:
    """The refusal in a `Status` object."""
    details = status.get("details")
    return Refusal(
        int(status.get("code") or code),
        str(status.get("reason") or ""),
        str(status.get("message") or ""),
        details if isinstance(details, Mapping) else {},
    )


def _fields(causes: Iterable[Mapping[str, Any]]) -> str:
    found = [f"{cause.get('field') or '?'} ({cause.get('reason') or 'invalid'})" for cause in causes]
    where = f": {', '.join(dict.fromkeys(found))}" if found else ""
    return f"{where}; the server's words are withheld because they can quote the Secret"


def _shortened(match: re.Match[str]) -> str:
    return match[0] if len(match[1]) <= _LONG else "Invalid value: (long)"


def _one_line(text: str) -> str:
    return " ".join(_DECODED.sub("(value)", text).split()).rstrip(".")
