"""Where charts are fetched and put together.

The law: in one run nothing is downloaded, unpacked or built twice, whichever application asks for it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from msgspec import Struct

from syncline.config.complaint import did_you_mean
from syncline.core.semver import highest, version
from syncline.discreet import Discreet
from syncline.fetch import FetchError, Store, unpack
from syncline.fetch.index import Listing, listing
from syncline.fetch.question import Question, denied, without_login
from syncline.fetch.store import digest_of, same_digest
from syncline.once import Once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from syncline.fetch.registry import Registry
    from syncline.fetch.web import Web
    from syncline.render.artifacts import Artifact, Unpacked

_LARGEST_INDEX: Final = 128 * 1024 * 1024
_LARGEST_CHART: Final = 64 * 1024 * 1024
_LARGEST_VALUES: Final = 10 * 1024 * 1024
_OK: Final = 200
_DENIED: Final = frozenset({401, 403})
_LAYERS: Final = frozenset({"application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"})
_SHOWN: Final = 5


class Wanted(Struct, frozen=True):
    """A chart that is asked for: its repository's URL (`oci://` or none of the web's: a registry), its name,
    and a version or a range.
    """

    repository: str
    name: str
    version: str
    pass_credentials: bool = False

    @property
    def in_registry(self) -> bool:
        """Whether it lies in an OCI registry."""
        return not self.repository.startswith(("https://", "http://"))

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"The chart {self.name!r} of {without_login(self.repository)}"


class Chart(Discreet, frozen=True):
    """A chart that was fetched."""

    _SHOWN = ("name", "version", "digest")

    name: str
    version: str
    digest: str
    content: bytes

    @property
    def file_name(self) -> str:
        """What its archive is called in `charts/`."""
        return f"{self.name.rpartition('/')[2]}-{self.version}.tgz"


class _Download(Struct, frozen=True):
    """An archive to be had: from a URL with an access, or a registry by digest."""

    url: str
    digest: str
    label: str
    question: Question

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Download) and (self.url, self.digest) == (other.url, other.digest)

    def __hash__(self) -> int:
        return hash((self.url, self.digest))


class Workshop:
    """The charts of a run, its registries' addresses by name, and a place to work in."""

    def __init__(
        self,
        web: Callable[[], Web] | None = None,
        store: Store | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.aliases = aliases or {}
        self._make_web = web
        self._webs: Once[str, Web] = Once(self._begin)
        self._places: Once[str, Path] = Once(self._make_folder)
        self._homes: Once[str, Path] = Once(self._make_home)
        self._store = store or Store()
        self._indexes: Once[str, bytes] = Once(self._index)
        self._tags: Once[str, list[str]] = Once(lambda address: self._registries[address].tags())
        self._registries: Once[str, Registry] = Once(self._registry)
        self._downloads: Once[_Download, bytes] = Once(self._download)
        self._charts: Once[Wanted, Chart] = Once(self._fetch)
        self._folders: Once[tuple[str, str], Path] = Once(self._unpacked)
        self._contents: dict[str, bytes] = {}
        self._files: Once[str, bytes] = Once(self._file)
        self._artifacts: Once[Artifact, Unpacked] = Once(lambda asked: asked.fetched(self))
        self.made: Once[Any, Any] = Once(lambda job: job.make())

    @property
    def _web(self) -> Web:
        return self._webs[""]

    def _begin(self, _: str) -> Web:
        # What speaks HTTP takes a while to load, and most runs fetch nothing.
        from syncline.fetch.web import Web

        return self._make_web() if self._make_web else Web()

    def _registry(self, address: str) -> Registry:
        from syncline.fetch.registry import Registry

        return Registry(self._web, address)

    @property
    def folder(self) -> Path:
        """A directory that goes with the run."""
        return self._places[""]

    def _make_folder(self, _: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="syncline-charts-"))
        # Renderers may run as another user: they need to get in, and not to look around.
        folder.chmod(0o711)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    @property
    def home(self) -> Path:
        """A directory for who needs one and writes nothing there."""
        return self._homes[""]

    def _make_home(self, _: str) -> Path:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        home.chmod(0o555)
        return home

    def place(self) -> Path:
        """A new directory in it."""
        place = Path(tempfile.mkdtemp(prefix="chart-", dir=self.folder))
        place.chmod(0o755)
        return place

    def put(self, archive: bytes) -> Path:
        """A chart's archive in it."""
        number, path = tempfile.mkstemp(prefix="chart-", suffix=".tgz", dir=self.folder)
        with os.fdopen(number, "wb") as file:
            file.write(archive)
        Path(path).chmod(0o644)
        return Path(path)

    def close(self) -> None:
        """End the connections and remove what was made."""
        for web in self._webs.made():
            web.close()
        for folder in self._places.made():
            shutil.rmtree(folder, ignore_errors=True)

    def chart(self, wanted: Wanted) -> Chart:
        """The chart, from its repository or from the store. Raises FetchError."""
        return self._charts[wanted]

    def unpacked(self, chart: Chart) -> Path:
        """The chart as a directory. Raises FetchError."""
        self._contents[chart.digest] = chart.content
        return self._folders[chart.digest, chart.name]

    def file(self, url: str) -> bytes:
        """A file of the web. Raises FetchError."""
        return self._files[url]

    def artifact(self, asked: Artifact) -> Unpacked:
        """The files of an OCI artifact. Raises FetchError."""
        return self._artifacts[asked]

    def registry(self, address: str) -> Registry:
        """A repository of a registry."""
        return self._registries[address]

    def tags(self, address: str) -> list[str]:
        """All its tags. Raises FetchError."""
        return self._tags[address]

    def tag(self, asked: str) -> str:
        """The tag that is meant; empty where a range of versions is."""
        return _tag(asked)

    def layer(self, address: str, digest: str, limit: int) -> bytes:
        """A layer, from the registry or from the store. Raises FetchError."""
        content = self._store.find(digest)
        if content is None:
            content = self._registries[address].blob(digest, limit)
            self._store.keep(content)
        return content

    def _fetch(self, wanted: Wanted) -> Chart:
        return self._from_registry(wanted) if wanted.in_registry else self._from_index(wanted)

    def _from_index(self, wanted: Wanted) -> Chart:
        text = self._indexes[wanted.repository]
        found = listing(text, wanted.name, f"The chart repository {without_login(wanted.repository)}")
        if not found.entries:
            raise _no_chart(wanted, found)
        names = [entry.version for entry in found.entries]
        chosen = highest(wanted.version, names)
        entry = next((each for each in found.entries if each.version == chosen), None)
        if entry is None:
            raise _no_version(wanted, names)
        if not entry.urls:
            raise FetchError(
                f"{wanted.label} has no URL in the index.", remedy="Ask who runs the repository."
            )
        url = urljoin(f"{wanted.repository.rstrip('/')}/", entry.urls[0])
        access = self._web.access_for(wanted.repository if wanted.pass_credentials else url)
        question = Question(url, wanted.label, _LARGEST_CHART, access)
        content = self._downloads[_Download(url, entry.digest, wanted.label, question)]
        return Chart(wanted.name, chosen, digest_of(content), content)

    def _index(self, repository: str) -> bytes:
        what = f"The chart repository {without_login(repository)}"
        access = self._web.access_for(repository)
        answer = self._web.get(Question(f"{repository.rstrip('/')}/index.yaml", what, _LARGEST_INDEX, access))
        if answer.status in _DENIED:
            raise denied(what, answer.status, access)
        if answer.status != _OK:
            raise FetchError(
                f"{what} answers {answer.status} when it is asked for index.yaml.",
                remedy="Correct repoURL; it is the URL under which index.yaml lies.",
            )
        return answer.body

    def _download(self, wanted: _Download) -> bytes:
        kept = self._store.find(wanted.digest) if wanted.digest else None
        if kept is not None:
            return kept
        answer = self._web.get(wanted.question)
        if answer.status in _DENIED:
            raise denied(
                f"{wanted.label}, which lies at {without_login(wanted.url)},",
                answer.status,
                wanted.question.access,
            )
        if answer.status != _OK:
            raise FetchError(
                f"{wanted.label} is in the index, but {without_login(wanted.url)} answers {answer.status}.",
                remedy="Ask who runs the repository.",
            )
        if wanted.digest and not same_digest(wanted.digest, digest_of(answer.body)):
            raise FetchError(
                f"{wanted.label} is not the one that the index promises: its digest differs.",
                remedy="Ask who runs the repository; do not use it before they know why.",
            )
        self._store.keep(answer.body)
        return answer.body

    def _from_registry(self, wanted: Wanted) -> Chart:
        address = f"{wanted.repository.removeprefix('oci://').rstrip('/')}/{wanted.name}"
        registry = self._registries[address]
        tag = _tag(wanted.version)
        manifest = registry.manifest(tag) if tag else None
        if manifest is None:
            tags = [each.replace("_", "+") for each in self._tags[address]]
            chosen = highest(wanted.version, [each for each in tags if version(each)])
            manifest = registry.manifest(_tag(chosen)) if chosen else None
            if manifest is None:
                raise _no_version(wanted, tags)
        else:
            chosen = wanted.version
        layer = manifest.layer(_LAYERS)
        if layer is None:
            raise FetchError(
                f"What lies at {address}:{tag or chosen} is no Helm chart.",
                remedy="Correct repoURL and chart; a chart gets there by helm push.",
            )
        content = self.layer(address, layer[0], _LARGEST_CHART)
        return Chart(wanted.name, chosen, layer[0], content)

    def _unpacked(self, asked: tuple[str, str]) -> Path:
        digest, name = asked
        target = self.place()
        unpack(self._contents[digest], target, f"The chart {name!r}")
        found = [path.parent for path in target.glob("*/Chart.yaml")]
        if len(found) != 1:
            raise FetchError(
                f"The archive of the chart {name!r} holds no Chart.yaml in a directory of its own.",
                remedy="Ask who made it; helm package makes such an archive.",
            )
        for path in target.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        return found[0]

    def _file(self, url: str) -> bytes:
        what = f"The file {without_login(url)}"
        access = self._web.access_for(url)
        answer = self._web.get(Question(url, what, _LARGEST_VALUES, access))
        if answer.status in _DENIED:
            raise denied(what, answer.status, access)
        if answer.status != _OK:
            raise FetchError(f"{what} answers {answer.status}.", remedy="Correct the URL.")
        return answer.body


def _tag(asked: str) -> str:
    """The tag that is meant when no range is: a registry's tags have an underline for the plus sign."""
    if asked.startswith("sha256:"):
        return asked
    is_range = not asked or any(sign in asked for sign in "*<>=^~|, ") or "x" in asked.lower().split(".")
    return "" if is_range else asked.replace("+", "_")


def _no_chart(wanted: Wanted, found: Listing) -> FetchError:
    hint = did_you_mean(wanted.name, found.others).strip("; .")
    return FetchError(
        f"The chart repository {without_login(wanted.repository)} has no chart {wanted.name!r}.",
        remedy=f"{hint[:1].upper()}{hint[1:]}" if hint else "Correct the name of the chart.",
    )


def _no_version(wanted: Wanted, names: list[str]) -> FetchError:
    known = sorted(((found, name) for name in names if (found := version(name))), reverse=True)
    newest = ", ".join(name for _, name in known[:_SHOWN]) or "none"
    return FetchError(
        f"{wanted.label} has no version {wanted.version!r} (the newest: {newest}).",
        remedy="Correct the version.",
    )
