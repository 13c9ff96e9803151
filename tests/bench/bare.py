"""The bare limit: PATCHes from sixteen threads over one pool of urllib3, and nothing else.

`python bare.py SERVER CA` is the same as a program of its own, from its start to its end; it reads the token
and the objects from standard input, as JSON. (Syncline's own writes are lighter than urllib3's, see
`kube/exchange.py`, so it is no limit in the strict sense.)
"""

from __future__ import annotations

import json
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import urllib3

THREADS = 16
PLURALS = {"ConfigMap": "configmaps", "Service": "services", "Deployment": "deployments"}


def make_pool(server: str, ca: str) -> urllib3.HTTPSConnectionPool:
    """A pool that has not connected yet."""
    parts = urlsplit(server)
    context = ssl.create_default_context(cafile=ca)
    return urllib3.HTTPSConnectionPool(
        parts.hostname or "", parts.port, maxsize=THREADS, block=True, ssl_context=context
    )


def ask(
    pool: urllib3.HTTPSConnectionPool, token: str, method: str, path: str, body: bytes | None = None
) -> bytes:
    """One request; ends the program where it is refused."""
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = "application/apply-patch+yaml"
    answer = pool.request(method, path, body=body, headers=headers)
    if answer.status >= 300:
        sys.exit(f"bare {method}: {answer.status} {answer.data[:200]!r}")
    return answer.data


def collection(kind: str, namespace: str) -> str:
    """Where objects of a kind are."""
    root = "/apis/apps/v1" if kind == "Deployment" else "/api/v1"
    return f"{root}/namespaces/{namespace}/{PLURALS[kind]}"


def apply(pool: urllib3.HTTPSConnectionPool, token: str, bodies: list[dict[str, Any]]) -> None:
    """A PATCH for each, kind after kind."""

    def send(body: dict[str, Any]) -> None:
        name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
        path = f"{collection(body['kind'], namespace)}/{name}?fieldManager=bench&force=true"
        ask(pool, token, "PATCH", path, json.dumps(body).encode())

    with ThreadPoolExecutor(THREADS) as threads:
        for kind in PLURALS:
            list(threads.map(send, [body for body in bodies if body["kind"] == kind]))


if __name__ == "__main__":
    given = json.load(sys.stdin)
    apply(make_pool(sys.argv[1], sys.argv[2]), given["token"], given["objects"])
