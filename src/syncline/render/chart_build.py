"""Charts whose dependencies are not vendored.

The law: they are put together beside the checkout, once for each run: local ones are packed as helm packs
them, those of repositories are the versions of the lock, and helm downloads nothing.

What lacks nothing is rendered where it lies, and what can be packed is one archive: a copy of the directory,
in which helm packs what we leave to it, is five directories and a link for each file.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.documents import dump, read
from syncline.once import Once
from syncline.process import run
from syncline.render.chart_pack import packed
from syncline.render.chart_parts import Gathering
from syncline.render.charts import (
    LISTS,
    check_packed_schemas,
    check_schemas,
    local_charts,
)
from syncline.render.helm_program import program
from syncline.render.links import Mirror, reached, replaced
from syncline.render.trouble import tool_trouble
from syncline.room import hand_over

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from syncline.errors import Place
    from syncline.render.chart_pack import Packed
    from syncline.render.chart_parts import Near
    from syncline.render.charts import Dependency
    from syncline.render.options import Order
    from syncline.render.workshop import Chart

_KEPT: Final = "charts.kept"


class Built(Struct, frozen=True):
    """A chart that helm can render: the directory `path`, or the archive that was made of it.

    `lent` tells for each dependency that was put into it, by the path that helm gives it, the directory it is
    from or the line that asks for it. `tree` is the copy that the directory lies in, if it is one.
    """

    path: Path
    lent: Mapping[str, Path | Place] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    fetched: tuple[tuple[Chart, Place], ...] = ()
    tree: Path | None = None
    archive: Path | None = None

    @property
    def read(self) -> Path:
        """What has to be readable for helm."""
        return self.archive or self.tree or self.path

    @property
    def named(self) -> str:
        """What helm is told in the chart's directory."""
        return str(self.archive or ".")


class Assembly(Struct, frozen=True):
    """The order to put a chart together; equal for all that would get the same."""

    root: Path
    chart: Path
    program: str
    pass_credentials: bool
    order: Order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Assembly) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[Path, Path, str, bool]:
        return (self.root, self.chart, self.program, self.pass_credentials)

    def make(self) -> Built:
        """Do it. Raises RenderError."""
        return _Builder(self).build()


class _Schemas(Struct, frozen=True):
    """The same question for one directory, which many charts may depend on."""

    directory: Path
    root: Path
    asked_by: Place | None

    def make(self) -> bool:
        """True, or a RenderError."""
        check_schemas(self.directory, self.root, self.asked_by)
        return True


class SchemaCheck(Struct, frozen=True):
    """The question whether a built chart has a schema that helm would have to fetch parts of."""

    assembly: Assembly

    def make(self) -> bool:
        """True, or a RenderError."""
        order, root = self.assembly.order, self.assembly.root
        made = order.options.workshop.made
        for directory in local_charts(self.assembly.chart, root):
            made[_Schemas(directory, root, order.checkout.asked_by)]
        built: Built = made[self.assembly]
        for chart, place in built.fetched:
            check_packed_schemas(chart.content, place)
        return True


def assembly_of(order: Order) -> Assembly:
    """What the order's chart is put together by."""
    passes = order.source.helm is not None and order.source.helm.pass_credentials
    return Assembly(order.root, order.directory, program(order), passes, order)


class _Builder:
    """One chart on its way to what helm can render."""

    def __init__(self, assembly: Assembly) -> None:
        self._order = assembly.order
        self._root = assembly.root
        self._chart = assembly.chart
        self._program = assembly.program
        self._gathering = Gathering(assembly.order, pass_credentials=assembly.pass_credentials)
        self._done: set[Path] = set()
        self._seen: set[Path] = set()
        self._archives: Once[Path, Packed | None] = Once(self._packed)

    def build(self) -> Built:
        gathering = self._gathering
        lent = gathering.lent(self._chart)
        if not lent:
            return Built(self._chart)
        whole = self._archives[self._chart]
        built = self._copied() if whole is None else self._put(whole)
        remarks, warnings = tuple(gathering.remarks), tuple(gathering.warnings)
        return replace(built, lent=lent, remarks=remarks, warnings=warnings, fetched=tuple(gathering.fetched))

    def _put(self, archive: Packed) -> Built:
        return Built(self._chart, archive=self._order.options.workshop.put(archive.content))

    def _copied(self) -> Built:
        return Built(self._complete(self._chart), tree=self._copy)

    def _packed(self, chart: Path) -> Packed | None:
        """The chart as one archive, all that is not vendored in it; None where helm has to look itself."""
        parts = self._gathering.of(chart)
        charts: dict[str, bytes] = {}
        for dependency, place in parts.near:
            archive = self._archive_for(dependency, place)
            if archive is None:
                return None
            charts[archive.file_name] = archive.content
        return packed(chart, charts | {each.file_name: each.content for each in parts.far})

    @cached_property
    def _copy(self) -> Path:
        return self._order.options.workshop.place()

    @cached_property
    def _mirror(self) -> Mirror:
        return Mirror(self._root, self._copy)

    def _twin(self, chart: Path) -> Path:
        """Its place in the copy."""
        return self._copy / chart.relative_to(self._root)

    def _put_in(self, charts: Iterable[Path]) -> None:
        """Have these in the copy, too."""
        paths = (reached(each, self._root, self._seen) for each in charts)
        self._mirror.add_all(chain.from_iterable(paths))

    def _complete(self, chart: Path) -> Path:
        """The chart with what is not vendored in it, its dependencies' own first: itself where it has all."""
        if not self._gathering.unvendored(chart):
            return chart
        twin = self._twin(chart)
        if chart in self._done:
            return twin
        self._done.add(chart)
        self._put_in([chart])
        parts = self._gathering.of(chart)
        if parts.near:
            self._put_near(parts.near, chart)
        for fetched in parts.far:
            _store(twin / "charts" / fetched.file_name, fetched.content)
        return twin

    def _put_near(self, near: list[Near], chart: Path) -> None:
        """Put charts of this repository, each with its own dependencies, into the copy of another one."""
        archives = [archive for each, place in near if (archive := self._archive_for(each, place))]
        if len(archives) == len(near):
            for archive in archives:
                _store(self._twin(chart) / "charts" / archive.file_name, archive.content)
            return
        for _, place in near:
            self._complete(place)
        # Helm looks for them where the chart says that they are.
        self._put_in(local_charts(chart, self._root))
        self._pack(chart, self._twin(chart), {each.name for each, _ in near})

    def _archive_for(self, dependency: Dependency, place: Path) -> Packed | None:
        archive = self._archives[place]
        return archive if archive is not None and archive.answers(dependency) else None

    def _pack(self, chart: Path, twin: Path, wanted: set[str]) -> None:
        """Have helm pack exactly the wanted dependencies: what is vendored already it would fetch again."""
        files = {name: (twin / name).read_bytes() for name in LISTS if (twin / name).exists()}
        for name, text in files.items():
            value = read(text, name)[0].value
            listed = [
                each
                for each in value.get("dependencies") or ()
                if each.get("name") in wanted and str(each.get("repository") or "").startswith("file://")
            ]
            replaced(twin / name, dump({**value, "dependencies": listed}).encode())
        for lock in ("Chart.lock", "requirements.lock"):
            (twin / lock).unlink(missing_ok=True)
        charts, kept = twin / "charts", twin / _KEPT
        if charts.exists():
            charts.rename(kept)
        hand_over(twin, self._order.room)
        argv = [self._program, "dependency", "update", "--skip-refresh", "."]
        room = self._order.room_with(written=(self._copy,))
        answer = run(argv, cwd=twin, room=room, name="helm")
        if answer.code:
            place = self._order.place(chart / "Chart.yaml")
            raise tool_trouble("helm dependency update", answer.stderr, place)
        if kept.exists():
            for path in kept.iterdir():
                path.rename(charts / path.name)
            kept.rmdir()
        for name, text in files.items():
            replaced(twin / name, text)


def _store(file: Path, content: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    replaced(file, content)
