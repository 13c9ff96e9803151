"""What is asked of an API server, and how its answers are read.

The law: a list that comes in pages is read whole, or as far as was asked, which is then said.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec
from msgspec.structs import replace

from syncline.errors import ApiError
from syncline.kube.request import Request
from syncline.ports import ApiResource, Listing
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body
    from syncline.kube.client import Client

FIELD_MANAGER = "syncline"


def whole(client: Client, request: Request, resource: ApiResource, query: Mapping[str, str]) -> Listing:
    """Every page of a list."""
    items: list[Body] = []
    position = ""
    while True:
        more = {**query, "continue": position} if position else query
        page = client.json(replace(request, path=with_query(request.path, more)))
        items += [_completed(item, resource) for item in page.get("items") or ()]
        metadata = page.get("metadata") or {}
        position = str(metadata.get("continue") or "")
        if not position:
            return Listing(tuple(items), str(metadata.get("resourceVersion") or ""))


def outlines(
    client: Client, request: Request, resource: ApiResource, query: Mapping[str, str], pages: int
) -> tuple[tuple[Body, ...], bool]:
    """The first pages of a list of outlines, and whether that is all."""
    items: list[Body] = []
    asked = dict(query)
    for _ in range(pages):
        page = client.json(replace(request, path=with_query(request.path, asked)))
        # An outline says of itself only that it is one.
        named = {"apiVersion": resource.api_version, "kind": resource.kind}
        items += [{**item, **named} for item in page.get("items") or ()]
        asked["continue"] = str((page.get("metadata") or {}).get("continue") or "")
        if not asked["continue"]:
            return tuple(items), True
    return tuple(items), False


def fetch_all(client: Client, workers: int, paths: Iterable[str], accept: str) -> list[Any]:
    """The answers of these paths, each of which may be a refusal."""

    def fetch(path: str) -> Any:
        try:
            return client.json(Request("GET", path, accept=accept))
        except ApiError as error:
            return error

    return each(fetch, list(paths), workers=workers)


def apply_query(*, dry_run: bool, manager: str) -> dict[str, str]:
    """What a server-side apply asks for besides."""
    # It refuses fields that its schema does not have, whatever it is told. `Strict` would only have the
    # server read the body once more, some hundredths of its work, for keys that come twice: ours do not.
    query = {"fieldManager": manager or FIELD_MANAGER, "fieldValidation": "Ignore", "force": "true"}
    return {**query, "dryRun": "All"} if dry_run else query


def write_query(*, dry_run: bool, validate: bool) -> dict[str, str]:
    """What any other write of a whole object asks for besides."""
    # What is sent with `Ignore` is what `Validate=false` asks for: unknown fields are dropped in silence.
    query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict" if validate else "Ignore"}
    return {**query, "dryRun": "All"} if dry_run else query


def name_of(body: Body) -> tuple[str, str]:
    """An object's namespace and name."""
    metadata = body.get("metadata") or {}
    return str(metadata.get("namespace") or ""), str(metadata.get("name") or "")


def request_of(method: str, resource: ApiResource, path: str) -> Request:
    """A request about objects of a kind."""
    return Request(method, path, secret=resource.kind == "Secret" and not resource.group)


def path_of(
    resource: ApiResource, namespace: str = "", name: str = "", query: Mapping[str, str] | None = None
) -> str:
    """Where objects of a kind are, or one of them."""
    parts = ["", "apis", resource.group] if resource.group else ["", "api"]
    parts.append(resource.version)
    if namespace and resource.namespaced:
        parts += ["namespaces", quote(namespace, safe="")]
    parts.append(resource.plural)
    if name:
        parts.append(quote(name, safe=""))
    return with_query("/".join(parts), query or {})


def json_of(value: Any) -> bytes:
    """A value as it is sent."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        # Halves of characters, which the server is to judge.
        return json.dumps(value, separators=(",", ":")).encode()


def with_query(path: str, query: Mapping[str, str]) -> str:
    """A path with a query."""
    return f"{path}?{_encoded(tuple(query.items()))}" if query else path


@lru_cache(maxsize=64)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    return urlencode(query)  # the same for every object that is written


def _completed(item: dict[str, Any], resource: ApiResource) -> Body:
    # Items of built-in kinds come without; the item is ours alone, so it need not be copied.
    item.setdefault("apiVersion", resource.api_version)
    item.setdefault("kind", resource.kind)
    return item


def holds(live: Any, sent: Any) -> bool:
    """Whether all that was sent is there; what was sent as None is not asked about."""
    if isinstance(sent, dict) and isinstance(live, dict):
        return all(value is None or holds(live.get(key), value) for key, value in sent.items())
    return bool(live == sent)


def body_of(answer: Any) -> Body:
    """An answer that is an object."""
    return answer if isinstance(answer, dict) else {}
