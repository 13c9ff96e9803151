"""Argo CD's `ConfigManagementPlugin`: a program of the user's own that makes manifests.

The law: a definition is taken from the trusted commit, where the settings name its file; a change cannot
bring its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.complaint import Complaints
from syncline.config.decoding import Node, Table, fields, flag, list_of, text, text_map, texts
from syncline.documents import read
from syncline.errors import NOWHERE, ConfigError, DocumentError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

_KIND = "ConfigManagementPlugin"


class PluginFile(Struct, frozen=True):
    """An entry of `sourcePlugins`: the file of a definition, and what its programs may do.

    Without `network` they run where there is none; with `forks` they run for pull requests from forks, too.
    `kube_version` and `api_versions` are what they are told of the cluster.
    """

    file: str = ""
    network: bool = False
    forks: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    place: Place = NOWHERE


class PluginCommand(Struct, frozen=True):
    """A program and its arguments."""

    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()

    @property
    def argv(self) -> tuple[str, ...]:
        """Both, one after the other."""
        return (*self.command, *self.args)


class Announced(Struct, frozen=True):
    """A parameter that the plugin announces."""

    name: str = ""
    required: bool = False


class SourcePlugin(Struct, frozen=True):
    """A plugin. It finds its files by a name, a glob or a program, the first of these that is given; with
    none of them it is used by name only.
    """

    name: str
    generate: PluginCommand
    init: PluginCommand = PluginCommand()
    file_name: str = ""
    glob: str = ""
    find: PluginCommand = PluginCommand()
    announced: tuple[Announced, ...] = ()
    announce: PluginCommand = PluginCommand()
    preserve_file_mode: bool = False
    origin: Place = NOWHERE
    settings: PluginFile = PluginFile()

    @property
    def discovers(self) -> bool:
        """Whether it can find its files."""
        return bool(self.file_name or self.glob or self.find.argv)


_COMMAND: Table = {"command": texts, "args": texts}


def _command(node: Node) -> PluginCommand:
    return PluginCommand(**fields(node, _COMMAND))


_ANNOUNCED: Table = {
    **dict.fromkeys(("name", "title", "tooltip", "itemType", "collectionType", "string"), text),
    "required": flag,
    "array": texts,
    "map": text_map,
}


def _announced(node: Node) -> Announced:
    found = fields(node, _ANNOUNCED)
    return Announced(found.get("name", ""), found.get("required", False))


_FIND: Table = {"glob": text, "command": texts, "args": texts}
_DISCOVER: Table = {"fileName": text, "find": lambda node: fields(node, _FIND)}
_PARAMETERS: Table = {"static": list_of(_announced), "dynamic": _command}
_SPEC: Table = {
    "version": text,
    "init": _command,
    "generate": _command,
    "discover": lambda node: fields(node, _DISCOVER),
    "parameters": lambda node: fields(node, _PARAMETERS),
    "preserveFileMode": flag,
    "provideGitCreds": flag,
}
_PLUGIN: Table = {
    "apiVersion": text,
    "kind": text,
    "metadata": lambda node: fields(node, {"name": text, "labels": text_map, "annotations": text_map}),
    "spec": lambda node: fields(node, _SPEC),
}


def decode(entry: PluginFile, content: bytes) -> SourcePlugin:
    """The plugin in this file. Raises ConfigError, with the line, for one that cannot be used."""
    try:
        documents = read(content, entry.file)
    except DocumentError as error:
        raise ConfigError(error.message, place=error.place, remedy=error.remedy) from error
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise ConfigError(f"The file must hold one {_KIND}.", place=Place(entry.file))
    complaints = Complaints(documents[0])
    root = Node(documents[0].value, (), complaints)
    plugin = _plugin(root, fields(root, _PLUGIN))
    for complaint in complaints.errors:
        raise ConfigError(complaint.message, place=complaint.place, remedy="Correct the plugin.")
    return replace(plugin, settings=entry)


def _plugin(root: Node, found: Mapping[str, Any]) -> SourcePlugin:
    spec, name = found.get("spec", {}), found.get("metadata", {}).get("name", "")
    if found.get("kind") != _KIND:
        root.child("kind").error(f"must be {_KIND}.")
    if not name:
        root.error("needs metadata.name.")
    if not spec.get("generate", PluginCommand()).command:
        root.error("needs spec.generate.command.")
    if spec.get("provide_git_creds"):
        root.child("spec").error("asks for Git credentials (provideGitCreds), and no plugin is given any.")
    discover, parameters = spec.get("discover", {}), spec.get("parameters", {})
    find = discover.get("find", {})
    version = spec.get("version", "")
    return SourcePlugin(
        # A plugin with a version is known by both (Argo CD).
        f"{name}-{version}" if version else name,
        spec.get("generate", PluginCommand()),
        init=spec.get("init", PluginCommand()),
        file_name=discover.get("file_name", ""),
        glob=find.get("glob", ""),
        find=PluginCommand(find.get("command", ()), find.get("args", ())),
        announced=parameters.get("static", ()),
        announce=parameters.get("dynamic", PluginCommand()),
        preserve_file_mode=spec.get("preserve_file_mode", False),
        origin=root.complaints.place(),
    )
