"""Which kustomize builds, and with which flags.

The law: flags come from the trusted `argocd-cm`, and none that would have a build run a program of the
change's choice or leave its room is passed on.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from syncline.config.application import KustomizeOptions
from syncline.config.tools import BuildOptions
from syncline.errors import RenderError
from syncline.patterns import regex
from syncline.render.capabilities import api_versions, kube_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.render.options import Order

_ENABLE_HELM: Final = "--enable-helm"
_SWITCHES: Final = frozenset({_ENABLE_HELM, "--helm-debug", "--stack-trace"})
_WITH_VALUE: Final = frozenset(
    {"--load-restrictor", "--load_restrictor", "--helm-kube-version", "--helm-api-versions", "--reorder"}
)
_TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FIRST_WITH_CAPABILITIES: Final = (5, 3)
_NUMBER: Final = regex(r"v?(\d+)\.(\d+)")


def program(order: Order) -> str:
    """The program: the version's that the source asks for, else kustomize. Raises RenderError for a version
    that nobody provides.
    """
    version = _version(order)
    if not version:
        return "kustomize"
    configured = order.options.tools.programs.get(version)
    for name in (configured,) if configured else (f"kustomize-{version}", f"kustomize-{_other(version)}"):
        if shutil.which(name, path=order.room.path):
            return name
    where = f"is no program at {configured!r}" if configured else "is neither registered nor on the PATH"
    raise RenderError(
        f"Kustomize {version}, which spec.source.kustomize.version asks for, {where}.",
        place=order.app.origin,
        remedy=f"Register it in argocd-cm as kustomize.path.{version}, or put a kustomize-{version} "
        "on the PATH.",
    )


def inflates_charts(order: Order) -> bool:
    """Whether the build may have helm render charts."""
    return _is_on(_ENABLE_HELM, _options(order).flags)


def reads_everywhere(order: Order) -> bool:
    """Whether a build may read files above the Kustomization that names them."""
    return any("LoadRestrictionsNone" in flag for flag in _options(order).flags)


def flags(order: Order) -> list[str]:
    """What `kustomize build` is told. Raises RenderError for what it must not be told."""
    given = list(_checked(_options(order)))
    if not inflates_charts(order) or not _takes_capabilities(_version(order)):
        return given
    options = order.source.kustomize or KustomizeOptions()
    version = kube_version(options.kube_version, order)
    given += [f"--helm-kube-version={version}"] if version else []
    return given + [f"--helm-api-versions={api}" for api in api_versions(options.api_versions, order)]


def _is_on(switch: str, flags: Iterable[str]) -> bool:
    """As kustomize reads it: a switch alone is on, and the last one counts (pflag)."""
    said = [flag.partition("=") for flag in flags]
    values = [value if sign else "true" for name, sign, value in said if name == switch]
    return bool(values) and values[-1] in _TRUE


def _options(order: Order) -> BuildOptions:
    return order.options.tools.options.get(_version(order), BuildOptions())


def _version(order: Order) -> str:
    return order.source.kustomize.version if order.source.kustomize else ""


def _other(version: str) -> str:
    return version[1:] if version.startswith("v") else f"v{version}"


def _takes_capabilities(version: str) -> bool:
    number = _NUMBER.match(version)
    return number is None or (int(number[1]), int(number[2])) >= _FIRST_WITH_CAPABILITIES


def _checked(options: BuildOptions) -> Iterator[str]:
    rest = iter(options.flags)
    for flag in rest:
        name, sign, _ = flag.partition("=")
        if name in _SWITCHES:
            yield flag
        elif name in _WITH_VALUE:
            yield from (flag,) if sign else (flag, next(rest, ""))
        else:
            raise RenderError(
                f"The build option {name} is not passed on to kustomize: it is unknown, or would let a "
                "change choose what is run or written.",
                place=options.place,
                remedy="Take it out of kustomize.buildOptions; what needs a program of its own is a plugin.",
            )
