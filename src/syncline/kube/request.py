"""One request to an API server, before anybody sends it.

The law: it is a value: what is asked, and what may be done when the answer is no.
"""

from __future__ import annotations

from syncline.discreet import Discreet

WORKERS = 16
"""Requests at a time: more did not make two cores of API server any faster."""


class Request(Discreet, frozen=True):
    """One request. `path` begins with a slash and holds the query.

    Everything here may be sent twice: reads, applies, deletes that name a UID.  With `secret` the server's
    words about it may quote a secret.  Which refusals may pass: with `conflict_passes` a 409, from another
    write just then; with `webhook_passes` an admission webhook that does not answer; with `kind_comes` a 404,
    because the kind was just established and not every server behind one address may serve it yet.  With
    `once` none does: the answer is not worth waiting for.
    """

    _SHOWN = ("method", "path")

    method: str
    path: str
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    secret: bool = False
    conflict_passes: bool = False
    webhook_passes: bool = False
    kind_comes: bool = False
    once: bool = False
