"""OCI artifacts: one archive of manifests behind a tag, as Argo CD reads them.

The law: an artifact is known by its digest and unpacked within bounds, and everything in it is a plain file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.core.semver import highest, version
from syncline.fetch import FetchError, unpack
from syncline.fetch.question import without_login

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.fetch.registry import Manifest
    from syncline.render.workshop import Workshop

_LARGEST: Final = 64 * 1024 * 1024
_CHART: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_ARCHIVES: Final = (
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    _CHART,
)
"""Argo CD's own list (`reposerver.oci.layer.media.types`)."""
_SHOWN: Final = 5


class Unpacked(Struct, frozen=True):
    """An artifact's files; `digest` is its manifest's, `tag` what led there (a digest leads to itself)."""

    folder: Path
    digest: str
    tag: str


class Artifact(Struct, frozen=True):
    """An artifact that is asked for: `url` begins with `oci://`, `revision` is a tag, a digest or a range."""

    url: str
    revision: str

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"The artifact {without_login(self.url)}"

    def fetched(self, workshop: Workshop) -> Unpacked:
        """Its files. Raises FetchError."""
        if not self.revision:
            raise FetchError(
                f"{self.label} is asked for without a version.",
                remedy="Give targetRevision: a tag, a digest or a range of versions.",
            )
        manifest, tag = self._manifest(workshop)
        digest, media_type = self._layer(manifest)
        folder = workshop.place()
        unpack(workshop.layer(self._address, digest, _LARGEST), folder, self.label)
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        return Unpacked(self._inside(folder, media_type), manifest.digest, tag)

    @property
    def _address(self) -> str:
        return self.url.removeprefix("oci://").rstrip("/")

    def _manifest(self, workshop: Workshop) -> tuple[Manifest, str]:
        registry = workshop.registry(self._address)
        tag = workshop.tag(self.revision)
        manifest = registry.manifest(tag) if tag else None
        if manifest is not None:
            return manifest, tag
        names = [each.replace("_", "+") for each in workshop.tags(self._address)]
        tag = highest(self.revision, [each for each in names if version(each)]) if not tag else ""
        manifest = registry.manifest(tag.replace("+", "_")) if tag else None
        if manifest is None:
            shown = ", ".join(sorted(names, reverse=True)[:_SHOWN]) or "none"
            raise FetchError(
                f"{self.label} has no tag {self.revision!r} (there are: {shown}).",
                remedy="Correct targetRevision.",
            )
        return manifest, tag

    def _layer(self, manifest: Manifest) -> tuple[str, str]:
        layers: Any = manifest.content.get("layers")
        if not isinstance(layers, list):
            raise FetchError(
                f"{self.label} is an index of several artifacts, where one is expected.",
                remedy="Name the digest of one of them in targetRevision.",
            )
        kinds = [str(each.get("mediaType")) if isinstance(each, dict) else "" for each in layers]
        if len(kinds) != 1 or kinds[0] not in _ARCHIVES:
            raise FetchError(
                f"{self.label} holds {len(kinds)} layers ({', '.join(sorted({*kinds})) or 'none'}), "
                "where one archive of files is expected.",
                remedy=f"Push the directory as one layer of the type {_ARCHIVES[1]}.",
            )
        return str(layers[0].get("digest", "")), kinds[0]

    def _inside(self, folder: Path, media_type: str) -> Path:
        """Where the files begin: what helm packs has a directory around it."""
        if media_type != _CHART:
            return folder
        found = [path.parent for path in folder.glob("*/Chart.yaml")]
        if len(found) != 1:
            raise FetchError(
                f"{self.label} says that it is a chart, and holds no Chart.yaml in a directory of its own.",
                remedy="Ask who made it; helm push makes such an artifact.",
            )
        return found[0]
