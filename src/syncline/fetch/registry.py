"""OCI registries, read.

The law: what a registry gives for a digest has that digest, and a token is asked for where the registry says,
with the credentials of that registry alone.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from syncline.fetch.question import Answer, FetchError, Question, denied
from syncline.fetch.store import digest_of, same_digest
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.fetch.access import Access
    from syncline.fetch.web import Web

_MANIFESTS: Final = ", ".join(
    f"application/vnd.{each}+json"
    for each in (
        "oci.image.manifest.v1",
        "oci.image.index.v1",
        "docker.distribution.manifest.v2",
    )
)
_LARGEST_MANIFEST: Final = 4 * 1024 * 1024
_LARGEST_LIST: Final = 16 * 1024 * 1024
_MOST_PAGES: Final = 200
_OK: Final = 200
_UNAUTHORIZED: Final = 401
_DENIED: Final = frozenset({401, 403})
_MISSING: Final = 404
_PARAMETER: Final = regex(r'(\w+)="([^"]*)"')
_NEXT: Final = regex(r'<([^>]+)>;\s*rel="?next"?')


class Manifest(Struct, frozen=True):
    """What a tag or a digest stands for."""

    digest: str
    content: Mapping[str, Any]

    def layer(self, media_types: frozenset[str]) -> tuple[str, int] | None:
        """Digest and size of the first layer of one of these types."""
        for each in self.content.get("layers") or ():
            if isinstance(each, dict) and each.get("mediaType") in media_types:
                return str(each.get("digest", "")), int(each.get("size") or 0)
        return None


class Registry:
    """One repository of a registry: `address` is `host[:port]/path`, without a scheme."""

    def __init__(self, web: Web, address: str) -> None:
        address = address.removeprefix("oci://").strip("/")
        host, _, self._path = address.partition("/")
        self.address = address
        self.access: Access = web.access_for(f"oci://{address}")
        self._web = web
        self._scheme = "http" if self.access.plain_http else "https"
        self._base = f"{self._scheme}://{host}/v2/{quote(self._path)}"
        self._authorization = ""

    def tags(self) -> list[str]:
        """All tags. Raises FetchError."""
        found: list[str] = []
        url = f"{self._base}/tags/list?n=1000"
        for _ in range(_MOST_PAGES):
            answer = self._get(url, _LARGEST_LIST, "application/json")
            listed = self._json(answer).get("tags")
            found += [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
            following = _NEXT.search(answer.headers.get("link", ""))
            if following is None:
                break
            url = urljoin(url, following[1])
            if not url.startswith(f"{self._base}/tags/list"):
                raise self._error("lists its tags at another address")
        return found

    def manifest(self, reference: str) -> Manifest | None:
        """What a tag or a digest stands for; None where there is none. Raises FetchError."""
        url = f"{self._base}/manifests/{quote(reference, safe=':')}"
        answer = self._get(url, _LARGEST_MANIFEST, _MANIFESTS, may_miss=True)
        if answer.status == _MISSING:
            return None
        digest = digest_of(answer.body)
        if reference.startswith("sha256:") and not same_digest(reference, digest):
            raise self._error(f"gives something else than {reference}")
        return Manifest(digest, self._json(answer))

    def blob(self, digest: str, limit: int) -> bytes:
        """The content with this digest. Raises FetchError."""
        body = self._get(f"{self._base}/blobs/{quote(digest, safe=':')}", limit).body
        if not same_digest(digest, digest_of(body)):
            raise self._error(f"gives something else than {digest}")
        return body

    def _get(self, url: str, limit: int, accept: str = "*/*", *, may_miss: bool = False) -> Answer:
        what = f"The registry of {self.address}"
        question = Question(url, what, limit, self.access, login=False, accept=accept)
        answer = self._web.get(replace(question, authorization=self._authorization))
        if answer.status == _UNAUTHORIZED and "www-authenticate" in answer.headers:
            self._authorization = self._authorized(answer.headers["www-authenticate"])
            if self._authorization:
                answer = self._web.get(replace(question, authorization=self._authorization))
        if answer.status in _DENIED:
            raise denied(f"The registry of {self.address}", answer.status, self.access)
        if answer.status == _OK or (may_miss and answer.status == _MISSING):
            return answer
        if answer.status == _MISSING:
            raise FetchError(
                f"The registry has no repository {self.address}.",
                remedy="Correct repoURL and chart, or the dependency's repository.",
            )
        raise self._error(f"answers {answer.status}")

    def _authorized(self, challenge: str) -> str:
        """The header that answers a challenge (RFC 9110 and the token specification of registries)."""
        scheme, _, rest = challenge.partition(" ")
        login = f"{self.access.username}:{self.access.password}"
        basic = f"Basic {base64.b64encode(login.encode()).decode()}" if self.access.has_password else ""
        if scheme.lower() == "basic":
            return basic
        asked = dict(_PARAMETER.findall(rest))
        realm = asked.get("realm", "")
        if scheme.lower() != "bearer" or urlsplit(realm).scheme not in {"https", self._scheme}:
            return ""
        scope = asked.get("scope") or f"repository:{self._path}:pull"
        gap = "&" if "?" in realm else "?"
        url = f"{realm}{gap}service={quote(asked.get('service', ''))}&scope={quote(scope)}"
        what = f"The registry of {self.address}, asked for a token,"
        question = Question(url, what, _LARGEST_MANIFEST, self.access, login=False, authorization=basic)
        answer = self._web.get(question)
        if answer.status in _DENIED:
            raise denied(f"The registry of {self.address}", answer.status, self.access)
        said = self._json(answer) if answer.status == _OK else {}
        token = said.get("token") or said.get("access_token")
        return f"Bearer {token}" if isinstance(token, str) else ""

    def _json(self, answer: Answer) -> Mapping[str, Any]:
        try:
            value = json.loads(answer.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise self._error("answers with something that is no JSON object")
        return value

    def _error(self, why: str) -> FetchError:
        return FetchError(
            f"The registry of {self.address} {why}.", remedy="Look whether it is a registry, then run again."
        )
