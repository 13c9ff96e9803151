"""A bare hand on the API server.

The law: it knows nothing of Syncline, so that a test never checks the product with itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

PATCH_TYPES = {"PATCH": "application/merge-patch+json"}


class ApiError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass(slots=True)
class Rest:
    server: str
    ca: Path
    token: str = field(repr=False)
    _pool: urllib3.PoolManager | None = field(default=None, repr=False)

    def __call__(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        content_type: str | None = None,
        accept: str = "application/json",
    ) -> Any:
        """The decoded answer.  PATCH means a merge patch unless told otherwise.  Raises ApiError."""
        headers = {
            "Accept": accept,
            "Authorization": f"Bearer {self.token}",
            "Content-Type": content_type or PATCH_TYPES.get(method, "application/json"),
        }
        content = None if body is None else json.dumps(body)
        answer = self.pool.request(
            method, f"{self.server}{path}", body=content, headers=headers, retries=False, timeout=30
        )
        if answer.status >= 400:
            raise ApiError(answer.status, _message(answer.data))
        return json.loads(answer.data) if answer.data.startswith(b"{") else answer.data.decode()

    def apply(self, path: str, body: Mapping[str, Any]) -> Any:
        """A forced server-side apply: creates the object or makes it so.  Raises ApiError."""
        query = "fieldManager=plane&force=true"
        return self("PATCH", f"{path}?{query}", body, content_type="application/apply-patch+yaml")

    def answers(self, path: str) -> bool:
        """Whether a GET is answered with success; a server that is not there yet is no error."""
        try:
            self("GET", path)
        except (ApiError, urllib3.exceptions.HTTPError):
            return False
        return True

    @property
    def pool(self) -> urllib3.PoolManager:
        if self._pool is None:
            self._pool = urllib3.PoolManager(ca_certs=str(self.ca), maxsize=4)
        return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.clear()


def _message(data: bytes) -> str:
    try:
        return str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        return data.decode(errors="replace")[:500]
