"""Config management plugins: programs of the user's own, as Argo CD's sidecars run them.

The law: a plugin's programs work on a copy, with no credential and, unless the trusted settings say
otherwise, with no network and for nobody's fork.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.application import PluginOptions
from syncline.core.rendering import Chunk
from syncline.errors import RenderError
from syncline.limits import Limits
from syncline.patterns import regex
from syncline.process import can_confine, run
from syncline.render.capabilities import api_versions, kube_version
from syncline.render.links import reached, real
from syncline.render.options import top_of
from syncline.render.substitution import substitute
from syncline.render.trouble import tool_trouble
from syncline.room import Confinement, Room, hand_over
from syncline.wall import Wall, offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.config.source_plugin import PluginCommand, SourcePlugin
    from syncline.process import Completed
    from syncline.render.options import Order

_NO_NAME: Final = regex(r"[^A-Z0-9_]")
_LIMITS: Final = Limits(file=1024**3, processes=1000, memory=4 * 1024**3)
"""For all of its processes together; some languages set aside more address space than there is memory."""


def chosen(order: Order) -> SourcePlugin | None:
    """The plugin that the source names or, when it names none, the first that finds its files.

    Raises RenderError for a name that no definition has, and for one that does not find its files here.
    """
    plugins = sorted(order.options.plugins, key=lambda each: each.name)
    options = order.source.plugin
    if options is not None and options.name:
        plugin = next((each for each in plugins if each.name == options.name), None)
        if plugin is None:
            raise _unknown(order, options.name)
        if plugin.discovers and not _finds(plugin, order):
            raise RenderError(
                f"The plugin {plugin.name} does not find its files in {order.source.path or '.'}.",
                place=order.app.origin,
                remedy=f"Look at discover in {plugin.origin}.",
            )
        return plugin
    if options is None and (order.source.helm or order.source.kustomize or order.source.directory):
        return None
    return next((each for each in plugins if each.discovers and _finds(each, order)), None)


def _unknown(order: Order, name: str) -> RenderError:
    known = ", ".join(["jinja2", *sorted(each.name for each in order.options.plugins)])
    return RenderError(
        f"The plugin {name!r} is not known (known: {known}).",
        place=order.app.origin,
        remedy="Name the file of its ConfigManagementPlugin under sourcePlugins in syncline.yaml; on a pull "
        "request those of the base count.",
    )


def _finds(plugin: SourcePlugin, order: Order) -> bool:
    place = order.directory
    if not place.is_dir():
        return False
    if plugin.file_name or plugin.glob:
        try:
            return any(
                real(path).is_relative_to(order.root)
                for path in place.glob((plugin.file_name or plugin.glob).removeprefix("./"))
            )
        except (ValueError, NotImplementedError) as error:
            raise RenderError(
                f"The plugin {plugin.name} looks for files by a pattern without a meaning: {error}.",
                place=plugin.origin,
                remedy="Correct discover.",
            ) from error
    _may_run(plugin, order)
    with _copied(plugin, order) as copy:
        answer = _started(plugin.find, plugin, order, copy)
    return answer.code == 0 and bool(answer.stdout.strip())


def render(order: Order) -> Iterator[Chunk]:
    """What the plugin generates."""
    plugin = chosen(order)
    if plugin is None:
        raise RenderError("No plugin finds its files here.", place=order.app.origin)
    _may_run(plugin, order)
    with _copied(plugin, order) as copy:
        for command, what in ((plugin.init, "init"), (plugin.generate, "generate")):
            if command.argv:
                answer = _started(command, plugin, order, copy)
                if answer.code:
                    raise tool_trouble(
                        f"The plugin {plugin.name} ({what})", answer.stderr, order.place(order.directory)
                    )
        generated = answer.stdout
        _compare_parameters(plugin, order, copy)
    yield Chunk(order.relative(order.directory), generated, has_lines=False)


def _may_run(plugin: SourcePlugin, order: Order) -> None:
    if order.options.for_strangers and not plugin.settings.forks:
        raise RenderError(
            f"The plugin {plugin.name} is not run for a change by somebody who may not write here.",
            place=order.app.origin,
            remedy="Its programs read what the change brings; forks: true under sourcePlugins allows that.",
        )
    is_same_user = order.options.room.uid is None or os.geteuid() != 0
    must_be_apart = not plugin.settings.network or (order.options.for_strangers and is_same_user)
    offer = offered()
    can_be_walled = offer.is_whole and (offer.parts_processes or not is_same_user)
    if must_be_apart and not can_be_walled and not _can_be_apart(order):
        raise RenderError(
            f"The plugin {plugin.name} is to run apart from the network and from other processes, which this "
            "machine does not allow.",
            place=plugin.settings.place,
            remedy="Take a kernel of 6.12 or newer, allow user namespaces here, or set network: true for it "
            "under sourcePlugins.",
        )


class _Confinable(Struct, frozen=True):
    """The question whether this machine lets programs be started apart, which one start answers for a run."""

    path: str
    uid: int | None

    def make(self) -> bool:
        """The answer."""
        return can_confine(Room(path=self.path, uid=self.uid))


def _can_be_apart(order: Order) -> bool:
    answer: bool = order.options.workshop.made[_Confinable(order.room.path, order.room.uid)]
    return answer


@contextmanager
def _copied(plugin: SourcePlugin, order: Order) -> Iterator[Path]:
    """A copy of the repository, which the plugin's programs may change; nothing in it can be started unless
    the plugin keeps the modes of files.
    """
    root = order.root
    with tempfile.TemporaryDirectory(
        prefix="syncline-tree-", dir=root.parent, ignore_cleanup_errors=True
    ) as name:
        copy = Path(name) / "tree"
        copy.parent.chmod(0o755)
        for path in reached(root, root):
            twin = copy / path.relative_to(root)
            if path.is_symlink():
                twin.symlink_to(path.readlink())
            elif path.is_dir():
                twin.mkdir()
            elif path.is_file():
                shutil.copyfile(path, twin)
                twin.chmod(path.stat().st_mode & 0o755 | 0o600 if plugin.preserve_file_mode else 0o644)
            else:
                continue
            hand_over(twin, order.room)
        yield copy / order.directory.relative_to(root)


def _started(command: PluginCommand, plugin: SourcePlugin, order: Order, place: Path) -> Completed:
    answer = run(command.argv, cwd=place, room=_room(plugin, order, place), name=command.argv[0])
    return replace(answer, stderr=answer.stderr.removeprefix("setpriv: ").removeprefix("prlimit: "))


def _room(plugin: SourcePlugin, order: Order, place: Path) -> Room:
    """Apart from the rest, by namespaces where the machine lets us have some, else by a wall of files."""
    network = plugin.settings.network
    room = order.options.room if network else order.room
    environ = {**room.environ, **order.build_environment, **environment(plugin, order)}
    room = replace(room, environ=environ, limits=_LIMITS)
    if _can_be_apart(order):
        # What is mounted for the plugin could not be mounted inside a wall of files.
        wall = Wall(network=network, files=False)
        return replace(room, wall=wall, confinement=Confinement(network, order.options.hidden))
    copy = top_of(order, place)
    return replace(room, wall=Wall(started=(copy,), written=(copy,), network=network))


def environment(plugin: SourcePlugin, order: Order) -> Mapping[str, str]:
    """The variables that Argo CD documents for plugins."""
    options = order.source.plugin or PluginOptions()
    given = {
        f"ARGOCD_ENV_{name}": substitute(value, order.build_environment)
        for name, value in options.env.items()
    }
    listed = [_listed(name, value) for name, value in options.parameters.items()]
    parameters = {
        variable: text
        for name, value in options.parameters.items()
        for variable, text in _variables(f"PARAM_{_escaped(name)}", value)
    }
    return {
        **given,
        **parameters,
        "ARGOCD_APP_PARAMETERS": json.dumps(listed, ensure_ascii=False, separators=(",", ":")),
        "KUBE_VERSION": kube_version(plugin.settings.kube_version, order).removeprefix("v"),
        "KUBE_API_VERSIONS": ",".join(api_versions(plugin.settings.api_versions, order)),
    }


def _listed(name: str, value: Any) -> dict[str, Any]:
    kind = "map" if isinstance(value, Mapping) else "string" if isinstance(value, str) else "array"
    return {"name": name, kind: value}


def _variables(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        yield from ((f"{name}_{_escaped(key)}", text) for key, text in value.items())
    else:
        yield from ((f"{name}_{number}", text) for number, text in enumerate(value))


def _escaped(name: str) -> str:
    return _NO_NAME.sub("_", name.upper())


def _compare_parameters(plugin: SourcePlugin, order: Order, copy: Path) -> None:
    """Say which parameters the plugin does not announce, and which of those it needs are missing."""
    announced = {each.name: each.required for each in plugin.announced}
    if plugin.announce.argv:
        announced |= _dynamic(plugin, order, copy)
    given = (order.source.plugin or PluginOptions()).parameters
    if not announced:
        return
    order.said.texts.extend(
        f"{order.app.origin}: the plugin {plugin.name} does not announce the parameter {name}."
        for name in sorted({*given} - {*announced})
    )
    order.said.texts.extend(
        f"{order.app.origin}: the plugin {plugin.name} needs the parameter {name}, which is not given."
        for name, required in sorted(announced.items())
        if required and name not in given
    )


def _dynamic(plugin: SourcePlugin, order: Order, copy: Path) -> dict[str, bool]:
    answer = _started(plugin.announce, plugin, order, copy)
    if answer.code:
        raise tool_trouble(
            f"The plugin {plugin.name} (parameters)", answer.stderr, order.place(order.directory)
        )
    try:
        listed = json.loads(answer.stdout)
        return {str(each["name"]): each.get("required") is True for each in listed}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RenderError(
            f"What the plugin {plugin.name} announces is no list of parameters.",
            place=plugin.origin,
            remedy="parameters.dynamic must print a JSON list of objects with a name.",
        ) from error
