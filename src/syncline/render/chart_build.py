"""Charts whose local dependencies are not vendored.

The law: they are built by helm itself, in a copy, and nothing is downloaded for it.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from syncline.documents import dump, read
from syncline.process import hand_over, run
from syncline.render.charts import LISTS, local, local_charts, unvendored
from syncline.render.links import mirror, reached
from syncline.render.trouble import tool_trouble

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.render.options import Order

_KEPT: Final = "charts.kept"


def built(order: Order, chart: Path, copy: Path) -> Path:
    """A copy of the chart, its local dependencies packed into `charts/`, theirs first."""
    root = order.root
    mirror(chain.from_iterable(reached(each, root) for each in local_charts(chart, root)), root, copy)
    _build(order, chart, copy, set())
    return copy / chart.relative_to(root)


def _build(order: Order, chart: Path, copy: Path, done: set[Path]) -> None:
    if chart in done:
        return
    done.add(chart)
    wanted = unvendored(chart, order.root)
    for each in wanted:
        _build(order, local(each, chart, order.root), copy, done)
    if wanted:
        _pack(order, chart, copy / chart.relative_to(order.root), {each.name for each in wanted})


def _pack(order: Order, chart: Path, twin: Path, wanted: set[str]) -> None:
    """Have helm pack exactly the wanted dependencies: what is vendored already it would fetch again."""
    files = {name: (twin / name).read_bytes() for name in LISTS if (twin / name).exists()}
    for name, text in files.items():
        value = read(text, name)[0].value
        listed = [each for each in value.get("dependencies") or () if each.get("name") in wanted]
        _replace(twin / name, dump({**value, "dependencies": listed}).encode())
    for lock in ("Chart.lock", "requirements.lock"):
        (twin / lock).unlink(missing_ok=True)
    charts, kept = twin / "charts", twin / _KEPT
    if charts.exists():
        charts.rename(kept)
    hand_over(twin, order.room)
    answer = run(["helm", "dependency", "update", "--skip-refresh", "."], cwd=twin, room=order.room)
    if answer.code:
        raise tool_trouble("helm dependency update", answer.stderr, order.place(chart / "Chart.yaml"))
    if kept.exists():
        for path in kept.iterdir():
            path.rename(charts / path.name)
        kept.rmdir()
    for name, text in files.items():
        _replace(twin / name, text)


def _replace(file: Path, text: bytes) -> None:
    # It is a hard link into the shared worktree.
    file.unlink()
    file.write_bytes(text)
    file.chmod(0o644)
