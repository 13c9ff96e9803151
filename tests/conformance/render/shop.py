"""Charts that lie elsewhere, and what fetches them in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.render.kitchen import OURS, REVISION, served
from syncline.errors import SynclineError
from syncline.fetch import Access, Store
from syncline.fetch.web import Web
from syncline.render import Checkout, RenderOptions, Workshop, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.config.application import Application
    from syncline.room import Room

SHOW = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-{{ .Chart.Name }}"}
data: {version: "v{{ .Chart.Version }}", size: "{{ .Values.size }}"}
"""


def chart(name: str, **more: str) -> dict[str, str]:
    return {f"templates/{name}.yaml": SHOW, "values.yaml": "size: small\n", **more}


CHARTS: Mapping[str, Mapping[str, str]] = {
    "web-1.0.0": chart("web"),
    "web-1.2.0": chart("web", **{"values-large.yaml": "size: large\n"}),
    "web-1.10.0+build.7": chart("web"),
    "web-2.0.0": chart("web"),
    "web-3.0.0-rc.1": chart("web"),
    "cache-7.0.0": chart("cache"),
    "cache-7.1.0": chart("cache"),
    "cache-8.0.0": chart("cache"),
}


def workshop(*urls: str, store: Path | None = None, **access: Any) -> Workshop:
    """What fetches from these addresses, and from nothing else inside this network."""
    known = tuple(Access(f"r{number}", url, **access) for number, url in enumerate(urls))
    aliases = {access.name: access.url for access in known}
    return Workshop(lambda: Web(known, seconds=10), Store(store), aliases)


def outcome(app: Application, root: Path, room: Room, shop: Workshop) -> str:
    """What is rendered and remarked, or the sentence that says why not."""
    try:
        rendering = render(app, Checkout(root, REVISION), RenderOptions(room, OURS, workshop=shop))
    except SynclineError as error:
        return f"{int(error.exit_code)} {error}"
    return "".join(f"# {remark}\n" for remark in rendering.remarks) + served(rendering)
