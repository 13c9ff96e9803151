"""Charts that a Kustomization has helm render.

The law: a chart lies in the repository where kustomize looks for it, or the build does not start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Named = tuple[str, "Where"]

Where: TypeAlias = tuple[str | int, ...]

_HOME: Final = "charts"
_GENERATOR: Final = "HelmChartInflationGenerator"
_OLDER: Final = "helmChartInflationGenerator"


class Inflated(Struct, frozen=True):
    """A chart that helm renders for a Kustomization: where it lies, relative to that, where it is named, and
    from which repository it comes (empty where nobody says so).
    """

    path: str
    where: Where
    name: str
    repository: str
    version: str

    @property
    def is_remote(self) -> bool:
        """Whether it can be fetched: one without a version is a directory of the Kustomization's own."""
        return bool(self.repository and self.version)


def charts(value: Mapping[str, Any]) -> Iterator[Inflated]:
    """The charts that a Kustomization, or the configuration of kustomize's own generator, names."""
    for chart, home, where in _charts(value):
        if isinstance(chart.get("name"), str):
            name, version, repo = (str(chart.get(key) or "") for key in ("name", "version", "repo"))
            yield Inflated(_folder(chart, home), where, name, repo, version)


def chart_values(value: Mapping[str, Any]) -> Iterator[Named]:
    """The value files of those charts."""
    for chart, _, where in _charts(value):
        if isinstance(chart.get("valuesFile"), str) and chart["valuesFile"]:
            yield chart["valuesFile"], (*where, "valuesFile")
        for number, name in enumerate(_list(chart.get("additionalValuesFiles"))):
            if isinstance(name, str):
                yield name, (*where, "additionalValuesFiles", number)


def homes(value: Mapping[str, Any]) -> Iterator[Named]:
    """Where helm is to have its configuration, data and plugins."""
    older = enumerate(_list(value.get(_OLDER)))
    places: list[tuple[Any, Where]] = [
        (value.get("helmGlobals"), ("helmGlobals",)),
        *((each, (_OLDER, number)) for number, each in older),
        *([(value, ())] if value.get("kind") == _GENERATOR else []),
    ]
    for each, where in places:
        for key in ("configHome", "helmHome"):
            if isinstance(each, dict) and isinstance(each.get(key), str) and each[key]:
                yield each[key], (*where, key)


def _charts(value: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Any, Where]]:
    if value.get("kind") == _GENERATOR:
        yield value, value.get("chartHome"), ()
        return
    settings = value.get("helmGlobals")
    home = settings.get("chartHome") if isinstance(settings, dict) else None
    for number, chart in enumerate(_list(value.get("helmCharts"))):
        if isinstance(chart, dict):
            yield chart, home, ("helmCharts", number)


def _folder(chart: Mapping[str, Any], home: Any) -> str:
    name, version, repo = (str(chart.get(key) or "") for key in ("name", "version", "repo"))
    # What kustomize pulls from a repository, it puts into a directory of that version.
    inside = f"{name}-{version}/{name}" if version and repo else name
    return f"{home if isinstance(home, str) and home else _HOME}/{inside}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
