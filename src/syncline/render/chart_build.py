"""Charts whose dependencies are not vendored.

The law: they are put together in a copy, once for each run: local ones are packed as helm packs them, those
of repositories are the versions of the lock, and helm downloads nothing. What gets nothing put into it is not
copied.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from syncline.documents import dump, read
from syncline.errors import Place, RenderError
from syncline.fetch import FetchError
from syncline.fetch.question import without_login
from syncline.process import hand_over, run
from syncline.render.chart_lock import REMEDY, lock_of
from syncline.render.chart_pack import packed
from syncline.render.charts import (
    LISTS,
    Dependency,
    check_packed_schemas,
    check_schemas,
    dependencies,
    local,
    local_charts,
    unvendored,
)
from syncline.render.helm_program import program
from syncline.render.links import Mirror, reached
from syncline.render.trouble import tool_trouble
from syncline.render.workshop import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from syncline.render.options import Order
    from syncline.render.workshop import Chart

_KEPT: Final = "charts.kept"
_DEEPEST: Final = 20


class Built(Struct, frozen=True):
    """A chart that helm can render.

    `lent` tells for each dependency that was put into it, by the path that helm gives it, the directory it is
    from or the line that asks for it. `tree` is the copy that it lies in, if it is one.
    """

    path: Path
    lent: Mapping[str, Path | Place] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    fetched: tuple[tuple[Chart, Place], ...] = ()
    tree: Path | None = None


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
        self._passes = assembly.pass_credentials
        self._warnings: list[str] = []
        self._remarks: list[str] = []
        self._done: set[Path] = set()
        self._seen: set[Path] = set()
        self._absent: dict[Path, list[Dependency]] = {}
        self._fetched: list[tuple[Chart, Place]] = []

    def build(self) -> Built:
        lent = self._lent(self._chart)
        if not lent:
            return Built(self._chart)
        path = self._complete(self._chart)
        said = tuple(self._remarks), tuple(self._warnings)
        return Built(path, lent, *said, tuple(self._fetched), self._copy)

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

    def _unvendored(self, chart: Path) -> list[Dependency]:
        if chart not in self._absent:
            self._absent[chart] = unvendored(chart, self._root)
        return self._absent[chart]

    def _lent(self, chart: Path, inside: str = "") -> dict[str, Path | Place]:
        """What is not vendored, under the path that helm gives it, the deepest first.

        Raises RenderError for a chart that depends on itself.
        """
        found: dict[str, Path | Place] = {}
        for each in self._unvendored(chart):
            prefix = f"{inside}charts/{each.alias or each.name}/"
            if prefix.count("/") > _DEEPEST:
                raise RenderError(
                    f"The chart dependency {each.name!r} depends on the chart that asks for it.",
                    place=each.place,
                    remedy="Break the circle.",
                )
            if each.is_local:
                place = local(each, chart, self._root)
                found |= {**self._lent(place, prefix), prefix: place}
            else:
                found[prefix] = self._order.checkout.asked_by or each.place
        return found

    def _complete(self, chart: Path) -> Path:
        """The chart with what is not vendored in it, its dependencies' own first: itself where it has all."""
        wanted = self._unvendored(chart)
        if not wanted:
            return chart
        twin = self._twin(chart)
        if chart in self._done:
            return twin
        self._done.add(chart)
        self._put_in([chart])
        locals_ = [each for each in wanted if each.is_local]
        places = [self._complete(local(each, chart, self._root)) for each in locals_]
        if locals_:
            self._about_lock(chart)
            self._put(list(zip(places, locals_, strict=True)), chart)
        for each in wanted:
            if not each.is_local:
                fetched = self._fetch(each, chart)
                _store(twin / "charts" / fetched.file_name, fetched.content)
        return twin

    def _about_lock(self, chart: Path) -> None:
        lock = lock_of(chart, self._root)
        if lock is not None and not lock.is_current:
            self._warnings.append(f"{lock.place}: {lock.complaint} {REMEDY}")

    def _fetch(self, dependency: Dependency, chart: Path) -> Chart:
        lock = lock_of(chart, self._root)
        version = dependency.version
        if lock is not None:
            lock.must_be_current()
            version = lock.version_of(dependency, dependencies(chart, self._root)) or version
        wanted = Wanted(self._repository(dependency), dependency.name, version, pass_credentials=self._passes)
        try:
            found = self._order.options.workshop.chart(wanted)
        except FetchError as error:
            place = self._order.checkout.asked_by or dependency.place
            raise RenderError(error.message, place=place, remedy=error.remedy) from error
        self._fetched.append((found, dependency.place))
        self._tell(dependency, found, wanted.repository, is_locked=lock is not None)
        return found

    def _tell(self, dependency: Dependency, found: Chart, repository: str, *, is_locked: bool) -> None:
        asked = "" if found.version == dependency.version else f", for {dependency.version or 'any'}"
        self._remarks.append(
            f"The chart dependency {dependency.name} is {found.version}{asked} "
            f"({without_login(repository)}, {found.digest[:19]})."
        )
        if asked and not is_locked:
            self._warnings.append(
                f"{dependency.place}: No Chart.lock says which version of {dependency.name} is meant; "
                f"{dependency.version or 'any'} is {found.version} now and may be another one later. {REMEDY}"
            )

    def _repository(self, dependency: Dependency) -> str:
        """The URL; a name (`@name`, `alias:name`) is one of `remotes:`."""
        url = dependency.repository
        name = url.removeprefix("@") if url.startswith("@") else url.removeprefix("alias:")
        if name == url:
            return url
        found = self._order.options.workshop.aliases.get(name)
        if not found:
            raise RenderError(
                f"The chart dependency {dependency.name!r} names the unknown repository {name!r}.",
                place=dependency.place,
                remedy=f"Give its url under remotes.{name} in syncline.yaml.",
            )
        return found

    def _put(self, wanted: list[tuple[Path, Dependency]], chart: Path) -> None:
        """Put charts of this repository, each with its own dependencies, into the copy of another one."""
        archives = [packed(place, each) for place, each in wanted]
        found = [archive for archive in archives if archive is not None]
        if len(found) < len(wanted):
            # Helm looks for them where the chart says that they are.
            self._put_in(local_charts(chart, self._root))
            self._pack(chart, self._twin(chart), {each.name for _, each in wanted})
            return
        for archive in found:
            _store(self._twin(chart) / "charts" / archive.name, archive.content)

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
            _replace(twin / name, dump({**value, "dependencies": listed}).encode())
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
            _replace(twin / name, text)


def _store(file: Path, content: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    # One of that name may be a hard link into the shared worktree.
    file.unlink(missing_ok=True)
    file.write_bytes(content)
    file.chmod(0o644)


def _replace(file: Path, text: bytes) -> None:
    # It is a hard link into the shared worktree.
    file.unlink()
    file.write_bytes(text)
    file.chmod(0o644)
