"""`argocd-cm`'s keys about the programs that render: build options of Kustomize, its versions, tools switched
off.

The law: what a program may do beyond its room is the trusted settings' to say, and some things nobody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.errors import NOWHERE, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIXES: Final = ("kustomize.", "helm.", "jsonnet.")
_OPTIONS: Final = "kustomize.buildOptions"
_PATHS: Final = ("kustomize.version.", "kustomize.path.")
_SCHEMES: Final = "helm.valuesFileSchemes"
SIZE: Final = "reposerver.max.combined.directory.manifests.size"
"""What is read of `argocd-cmd-params-cm`."""

_SWITCHES: Final = ("kustomize", "helm", "jsonnet")


class BuildOptions(Struct, frozen=True):
    """Flags of `kustomize build`, and where they are written."""

    flags: tuple[str, ...] = ()
    place: Place = NOWHERE


class Size(Struct, frozen=True):
    """A quantity of bytes as it is written, and where."""

    text: str = "10M"
    place: Place = NOWHERE


class ToolSettings(Struct, frozen=True):
    """How Kustomize is called, by its version (empty: the one on the PATH), where a version's program lies,
    and which of kustomize, helm and jsonnet are switched off; `value_schemes` are those of the URLs that
    Helm's value files may have, and `largest` is what the manifests of a plain directory may add up to.
    """

    options: Mapping[str, BuildOptions] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    value_schemes: frozenset[str] = frozenset({"https", "http"})
    largest: Size = Size()


def tools_of(texts: Mapping[str, tuple[str, Place]]) -> ToolSettings:
    """The settings among the keys of `argocd-cm` and of `argocd-cmd-params-cm`; a key in the newer style wins
    over one in the older.
    """
    programs = {
        key.removeprefix(prefix): text.strip()
        for prefix in _PATHS
        for key, (text, _) in texts.items()
        if key.startswith(prefix)
    }
    options = {
        key.removeprefix(_OPTIONS).removeprefix("."): BuildOptions(tuple(text.split()), place)
        for key, (text, place) in texts.items()
        if key == _OPTIONS or key.startswith(f"{_OPTIONS}.")
    }
    disabled = {
        tool
        for tool in _SWITCHES
        if f"{tool}.enable" in texts and texts[f"{tool}.enable"][0].strip().lower() == "false"
    }
    largest = Size(texts[SIZE][0].strip(), texts[SIZE][1]) if SIZE in texts else Size()
    found = ToolSettings(options, programs, frozenset(disabled), largest=largest)
    if _SCHEMES not in texts:
        return found
    # Written and empty, it allows none (Argo CD).
    schemes = (scheme.strip().lower() for scheme in texts[_SCHEMES][0].split(","))
    return replace(found, value_schemes=frozenset(filter(None, schemes)))
