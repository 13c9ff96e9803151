"""Helm charts, by the real helm.

The law: helm gets a chart that is whole, its values in the order Argo CD gives them, and no network.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.config.application import HelmOptions, HelmParameter
from syncline.core.rendering import Chunk
from syncline.errors import Place
from syncline.patterns import regex
from syncline.process import run
from syncline.render.capabilities import api_versions, kube_version
from syncline.render.chart_build import Built, SchemaCheck, assembly_of
from syncline.render.helm_program import program
from syncline.render.helm_values import one_file, value_files
from syncline.render.roomy import roomy
from syncline.render.scratch import Scratch
from syncline.render.substitution import substitute
from syncline.render.trouble import tool_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.render.options import Order

_SOURCE: Final = regex(rb"^# Source: (?P<chart>[^/\n]+)/(?P<path>.+)$", re.MULTILINE)
_SEPARATOR: Final = regex(rb"^---[ \t\r]*$", re.MULTILINE)
_COMMA: Final = regex(r"(?<!\\),")


class Files(Struct, frozen=True):
    """What helm is told to read besides the chart: the value files, and those of the parameters."""

    values: tuple[Path, ...]
    parameters: Mapping[str, Path]


def built(order: Order) -> Built:
    """The chart with everything that it depends on, put together once for all who ask. Raises RenderError."""
    found: Built = order.options.workshop.made[assembly_of(order)]
    return found


def render(order: Order) -> Iterator[Chunk]:
    """The chart's manifests; each object's place is its template."""
    options = order.source.helm or HelmOptions()
    chart = built(order)
    if not options.skip_schema_validation:
        order.options.workshop.made[SchemaCheck(assembly_of(order))]
    with Scratch(order.root.parent) as scratch:
        files = Files(
            tuple(value_files(order, scratch)),
            {
                each.name: one_file(order, each.value, scratch)
                for each in _last_of_each(options.file_parameters)
            },
        )
        argv = _argv(order, chart, files, scratch)
        read = (chart.read, *scratch.made, *files.values, *files.parameters.values())
        room = roomy(order.room_with(*read), order.options.workshop.home)
        answer = run(argv, cwd=chart.path, room=room, name="helm")
    if answer.code:
        raise tool_trouble("helm", answer.stderr, order.place(order.directory / "Chart.yaml"))
    yield from _chunks(answer.stdout, order, chart.lent)


def _argv(order: Order, chart: Built, files: Files, scratch: Scratch) -> list[str]:
    options = order.source.helm or HelmOptions()
    namespace = options.namespace or order.app.destination.namespace
    version = kube_version(options.kube_version, order)
    helm = program(order)
    order.said.programs.add(Path(helm).name)
    argv = [helm, "template", chart.named, "--name-template", options.release_name or order.app.name]
    argv += ["--namespace", namespace] if namespace else []
    argv += ["--kube-version", version] if version else []
    for parameter in _last_of_each(options.parameters):
        argv += ["--set-string" if parameter.force_string else "--set", _assignment(parameter, order)]
    for name, path in files.parameters.items():
        argv += ["--set-file", f"{name}={_path(path)}"]
    for path in files.values:
        argv += ["--values", _listed(path)]
    if options.values:
        inline = scratch.folder / "values.yaml"
        inline.write_text(options.values)
        inline.chmod(0o644)
        argv += ["--values", _listed(inline)]
    for api in api_versions(options.api_versions, order):
        argv += ["--api-versions", api]
    argv += [] if options.skip_crds else ["--include-crds"]
    argv += ["--skip-schema-validation"] if options.skip_schema_validation else []
    argv += ["--skip-tests"] if options.skip_tests else []
    return argv


def _path(file: Path) -> str:
    """As `--set-file` reads it: commas and backslashes are its own signs."""
    return str(file).replace("\\", "\\\\").replace(",", "\\,")


def _listed(file: Path) -> str:
    """As `--values` reads it: a list with commas, like a line of CSV."""
    text = str(file).replace('"', '""')
    return f'"{text}"' if "," in text or '"' in text else text


def _last_of_each(parameters: tuple[HelmParameter, ...]) -> list[HelmParameter]:
    return list({parameter.name: parameter for parameter in parameters}.values())


def _assignment(parameter: HelmParameter, order: Order) -> str:
    value = substitute(parameter.value, order.build_environment)
    if not (value.startswith("{") and value.endswith("}")):
        value = _COMMA.sub(r"\\,", value)
    return f"{parameter.name}={value}"


def _chunks(stdout: bytes, order: Order, lent: Mapping[str, Path | Place]) -> Iterator[Chunk]:
    path = "Chart.yaml"
    for text in _SEPARATOR.split(stdout):
        source = _SOURCE.search(text)
        # A file of several documents names itself before the first only.
        path = source["path"].decode("utf-8", "replace") if source else path
        place = _written(path, order, lent)
        yield Chunk(place.file, text, has_lines=False, line=place.line)


def _written(path: str, order: Order, lent: Mapping[str, Path | Place]) -> Place:
    """The file a person would edit: that of the chart, that of the local chart it was lent from, or the line
    that asks for what was fetched.
    """
    chart = posixpath.normpath(order.source.path.strip("/") or ".")
    for prefix, place in lent.items():
        if path.startswith(prefix):
            if isinstance(place, Place):
                return place
            return Place(f"{order.relative(place)}/{path.removeprefix(prefix)}")
    return Place(f"{chart}/{path}" if chart != "." else path)
