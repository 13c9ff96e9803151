"""Which APIs a version of Kubernetes serves, is about to give up, or has given up.

The law: what is said of an API is what Kubernetes itself recorded for that minor version; of a group that
is not Kubernetes' own, only its definition speaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from syncline.config.access_file import KUBE_VERSION
from syncline.config.complaint import did_you_mean
from syncline.core.definitions import versions_of
from syncline.core.openapi import Life

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.openapi import Table
    from syncline.core.resource import Body


class Target(Struct, frozen=True):
    """The minor version that manifests are for, and how that is known; `chosen` when somebody named it."""

    minor: int
    known_from: str
    chosen: bool = True

    def __str__(self) -> str:
        return f"Kubernetes 1.{self.minor}"


class Verdict(Struct, frozen=True):
    """A sentence about an API; `refused` when the target does not serve it."""

    text: str
    refused: bool


def minor_of(version: str) -> int | None:
    """The minor version in `1.37`, `v1.37.2` or `v1.34.1-eks-abc`; None where it is no version."""
    match = KUBE_VERSION.fullmatch(version.strip())
    return int(match["minor"]) if match else None


def verdict(api_version: str, kind: str, target: Target, table: Table) -> Verdict | None:
    """What is to be said of a built-in API at the target; None when it is served and stays."""
    life, name = table.lives.get((api_version, kind), Life()), f"{api_version} {kind}"
    if life.removed and target.minor >= life.removed:
        return Verdict(f"{name} is gone since Kubernetes 1.{life.removed}{_instead(life)}", refused=True)
    span = table.span(api_version, kind)
    if span is None and life == Life():
        return _no_such(api_version, kind, table)
    if span is not None:
        if target.minor < span[0] and span[0] > table.oldest:
            text = f"{name} is served from Kubernetes 1.{span[0]} on, and not by 1.{target.minor}"
            return Verdict(text, refused=True)
        if span[1] < min(target.minor, table.newest):
            return Verdict(f"{name} is gone since Kubernetes 1.{span[1] + 1}{_instead(life)}", refused=True)
    if life.deprecated and target.minor >= life.deprecated:
        end = f" and gone from 1.{life.removed} on" if life.removed else ""
        return Verdict(
            f"{name} is deprecated since Kubernetes 1.{life.deprecated}{end}{_instead(life)}", refused=False
        )
    return None


def _instead(life: Life) -> str:
    return f"; write it as {life.instead}" if life.instead else ""


def _no_such(api_version: str, kind: str, table: Table) -> Verdict | None:
    group, _, _ = api_version.rpartition("/")
    if group not in table.groups:
        return None
    kinds = {name for version, name in table.kinds if version == api_version}
    others = sorted(
        version for version, name in table.kinds if name == kind and version.rpartition("/")[0] == group
    )
    if others:
        return Verdict(f"{api_version} has no kind {kind}; write it as {others[0]}", refused=True)
    hint = did_you_mean(kind, kinds).rstrip(".")
    return Verdict(f"Kubernetes has no kind {kind} in {api_version}{hint}", refused=True)


def verdict_of_crd(crd: Body, version: str, api_version: str, kind: str) -> Verdict | None:
    """What a definition in Git says of one of its versions."""
    versions = versions_of(crd)
    one = next((each for each in versions if each.get("name") == version), None)
    newer = ", ".join(_still_served(versions, version))
    instead = f"; write it as {newer}" if newer else ""
    if one is None or not one.get("served"):
        said = "does not define" if one is None else "no longer serves"
        return Verdict(f"its definition {said} {api_version} {kind}{instead}", refused=True)
    if one.get("deprecated"):
        warning = str(one.get("deprecationWarning") or "").strip()
        return Verdict(
            warning or f"{api_version} {kind} is deprecated by its definition{instead}", refused=False
        )
    return None


def _still_served(versions: Iterable[Mapping[str, Any]], version: str) -> Iterator[str]:
    for each in versions:
        if each.get("served") and not each.get("deprecated") and each.get("name") != version:
            yield str(each.get("name"))
