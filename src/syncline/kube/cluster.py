"""The `Cluster` port over HTTP.

The law: a page, a retry or a lost connection never shows: what is returned is whole, or an exception.
"""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from syncline.errors import ApiError
from syncline.kube.client import Client
from syncline.kube.discovery import Catalogue
from syncline.kube.login import Shell, log_in
from syncline.kube.patience import Timing
from syncline.kube.request import WORKERS, Request
from syncline.kube.rest import (
    FIELD_MANAGER,
    apply_query,
    body_of,
    fetch_all,
    holds,
    json_of,
    name_of,
    outlines,
    path_of,
    request_of,
    whole,
    with_query,
    write_query,
)
from syncline.kube.status import is_absence
from syncline.kube.watch import GONE, Watch, open_watch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline.config.settings import ClusterAccess
    from syncline.core.resource import Body, ResourceKey
    from syncline.kube.logs import LogQuery, LogStream
    from syncline.ports import ApiResource, Listing

_PAGE = 1000
_OUTLINES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_FOLLOWING = 300.0
"""Seconds after which a log without a new line is asked for again."""
_CONFLICT = 409
_SLACK = 10.0
"""Seconds that a watch may be late in ending itself."""


def connect(
    access: ClusterAccess,
    environ: Mapping[str, str],
    *,
    home: Path,
    root: Path = Path(),
    workers: int = WORKERS,
    timing: Timing | None = None,
) -> ApiCluster:
    """The cluster that the configuration describes; nothing is sent yet.

    `home` is where `.kube/config` lies, `root` where relative paths of syncline.yaml start.
    Raises ClusterError when the context, a file or the token is missing.
    """
    timing = timing or Timing()
    credentials = log_in(access, Shell(environ, timing.stopping), home=home, root=root)
    return ApiCluster(Client(credentials, workers=workers, timing=timing), workers=workers)


class ApiCluster:
    """One API server. Safe to use from many threads."""

    def __init__(self, client: Client, *, workers: int = WORKERS) -> None:
        self._client = client
        self.tell_secrets = client.tell_secrets
        self._catalogue = Catalogue(client, partial(fetch_all, client, workers))

    @property
    def name(self) -> str:
        """The name the configuration gives it."""
        return self._client.name

    @property
    def server(self) -> str:
        """Its address."""
        return self._client.server

    def hang_up(self) -> None:
        """End the requests under way, from any thread; they fail as if the connection had broken."""
        self._client.hang_up()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def resource(self, group: str, kind: str, version: str = "") -> ApiResource | None:
        """The served kind; None when the server does not serve it.

        Raises ApiError (503) when the group does not answer, so that nobody knows.
        """
        return self._catalogue.find(group, kind, version)

    def rediscover(self) -> None:
        """Forget discovery: a CRD was established.

        For a few seconds a kind that is missing is looked for again: servers publish it a little later.
        """
        self._catalogue.renew()

    def list(self, resource: ApiResource, *, namespace: str = "", selector: str = "") -> Listing:
        """Every object of a kind, in one namespace or in all."""
        query = {"labelSelector": selector} if selector else {}
        request = request_of("GET", resource, path_of(resource, namespace))
        try:
            return whole(self._client, request, resource, {**query, "limit": str(_PAGE)})
        except ApiError as error:
            if error.code != GONE:
                raise
        # The server forgot the version of the first page before the last was read; one answer cannot expire.
        return whole(self._client, request, resource, query)

    def outline(
        self, resource: ApiResource, *, namespace: str = "", pages: int = 20
    ) -> tuple[tuple[Body, ...], bool]:
        """The metadata of every object of a kind, which is enough to see whose it is, and whether that is
        all: of very many the first `pages` thousand are read.
        """
        request = replace(request_of("GET", resource, path_of(resource, namespace)), accept=_OUTLINES)
        return outlines(self._client, request, resource, {"limit": str(_PAGE)}, pages)

    def kinds(self) -> tuple[ApiResource, ...]:
        """Every kind that may be listed, in the version the server prefers, of the groups that answer."""
        return self._catalogue.listable()

    def log(self, query: LogQuery) -> LogStream:
        """The log of a container. Raises ApiError where there is none (400: the container has not begun)."""
        from syncline.kube.logs import LogStream

        request = Request("GET", query.path, accept="*/*", once=True)
        silence = _FOLLOWING if query.follow else self._client.timing.read
        return LogStream(lambda: self._client.stream(request, silence=silence), query)

    def get(self, resource: ApiResource, namespace: str, name: str) -> Body | None:
        """One object, or None when the server says it does not exist."""
        try:
            return body_of(self._client.json(request_of("GET", resource, path_of(resource, namespace, name))))
        except ApiError as error:
            if is_absence(error):
                return None
            raise

    def apply(self, resource: ApiResource, body: Body, *, dry_run: bool = False, manager: str = "") -> Body:
        """Server-side apply as `syncline`, forced; the object as it is then. Raises as the port says."""
        query = apply_query(dry_run=dry_run, manager=manager)
        request = request_of("PATCH", resource, path_of(resource, *name_of(body), query))
        sent = replace(
            request,
            body=json_of(body),
            content_type="application/apply-patch+yaml",
            # A body that names the version it read meets the same conflict however often it is sent.
            conflict_passes=not (body.get("metadata") or {}).get("resourceVersion"),
            # What was just installed (cert-manager, say) answers soon; a dry run does not wait for it.
            webhook_passes=not dry_run,
            kind_comes=self._catalogue.is_settling,
        )
        try:
            return body_of(self._client.json(sent))
        except ApiError as error:
            if error.code != _CONFLICT or sent.conflict_passes:
                raise
            return self._after_conflict(error, resource, body, sent)

    def merge(self, resource: ApiResource, key: ResourceKey, patch: Body, *, part: str = "") -> Body:
        """A JSON merge patch of an object, or of a part of it such as its status; the object it makes."""
        path = path_of(resource, key.namespace, key.name)
        target = with_query(f"{path}/{part}" if part else path, {"fieldManager": FIELD_MANAGER})
        sent = replace(
            request_of("PATCH", resource, target),
            body=json_of(patch),
            content_type="application/merge-patch+json",
        )
        return body_of(self._client.json(sent))

    def create(self, resource: ApiResource, body: Body, *, validate: bool = True) -> Body:
        """Make a new object; after a lost answer the second try meets the first one's (409)."""
        path = path_of(resource, name_of(body)[0], query=write_query(dry_run=False, validate=validate))
        request = request_of("POST", resource, path)
        sent = replace(
            request, body=json_of(body), webhook_passes=True, kind_comes=self._catalogue.is_settling
        )
        return body_of(self._client.json(sent))

    def update(
        self, resource: ApiResource, body: Body, *, dry_run: bool = False, validate: bool = True
    ) -> Body:
        """Put this object in the place of the one whose UID and version it names."""
        query = write_query(dry_run=dry_run, validate=validate)
        request = request_of("PUT", resource, path_of(resource, *name_of(body), query))
        return body_of(self._client.json(replace(request, body=json_of(body), webhook_passes=not dry_run)))

    def patch(self, resource: ApiResource, key: ResourceKey, operations: Sequence[Mapping[str, Any]]) -> Body:
        """A JSON patch (RFC 6902); its own `test` decides whether it may be sent twice."""
        query = {"fieldManager": FIELD_MANAGER}
        request = request_of("PATCH", resource, path_of(resource, key.namespace, key.name, query))
        sent = replace(request, body=json_of(list(operations)), content_type="application/json-patch+json")
        return body_of(self._client.json(sent))

    def delete(
        self, resource: ApiResource, key: ResourceKey, *, uid: str, propagation: str = "Foreground"
    ) -> Body | None:
        """Delete that very object; None when it is gone, the object when finalizers hold it.

        Raises ApiError with code 409 when the name now belongs to another object.
        """
        if not uid:
            raise ApiError(
                f"{key} is not deleted, because its UID is not known.",
                code=409,
                reason="Conflict",
                remedy="Run it again.",
            )
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
            "preconditions": {"uid": uid},
        }
        request = request_of("DELETE", resource, path_of(resource, key.namespace, key.name))
        try:
            sent = replace(request, body=json.dumps(options).encode(), conflict_passes=True)
            answer = body_of(self._client.json(sent))
        except ApiError as error:
            if is_absence(error):
                return None
            raise
        # Without a deletion timestamp it is the last picture of what is no more, or a Status of success.
        return answer if (answer.get("metadata") or {}).get("deletionTimestamp") else None

    def watch(
        self, resource: ApiResource, *, namespace: str = "", selector: str = "", since: str, timeout: float
    ) -> Watch:
        """Changes after the version `since`; ends after `timeout` seconds or when the server closes.

        The iterator has a `close` that ends it from another thread.
        """
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": since,
            "timeoutSeconds": str(max(1, math.ceil(timeout))),
        }
        if selector:
            query["labelSelector"] = selector
        request = request_of("GET", resource, path_of(resource, namespace, query=query))
        return open_watch(
            lambda: self._client.stream(request, silence=timeout + _SLACK), secret=request.secret
        )

    def version(self) -> str:
        """The version it says it is, such as v1.37.2."""
        return str(self._client.json(Request("GET", "/version")).get("gitVersion") or "")

    def _after_conflict(self, error: ApiError, resource: ApiResource, body: Body, sent: Request) -> Body:
        """What became of a write that named the version it had read.

        It may be done all the same: when its answer was lost and it was sent again. And where nobody else has
        written, it was refused in passing. Anything else is the conflict it says it is.
        """
        metadata = body["metadata"]
        for _ in range(self._client.timing.conflicts):
            live = self.get(resource, str(metadata.get("namespace") or ""), str(metadata["name"])) or {}
            found = live.get("metadata") or {}
            if holds(live, {**body, "metadata": {**metadata, "resourceVersion": None}}):
                return live
            if found.get("resourceVersion") != metadata["resourceVersion"]:
                break
            try:
                return body_of(self._client.json(sent))
            except ApiError as again:
                if again.code != _CONFLICT:
                    raise
        raise error
