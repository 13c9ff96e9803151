"""Kinds that a test defines on the plane, as an operator would."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plane.control_plane import ControlPlane

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_EVERYTHING = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def define(plane: ControlPlane, group: str, kind: str, version: str = "v1") -> None:
    """Install the kind and wait until it is served."""
    plural = f"{kind.lower()}s"
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": _OPEN}}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [served]},
    }
    plane.api.apply(f"{_DEFINITIONS}/{plural}.{group}", body)
    plane.wait_until(lambda: plane.api.answers(f"/apis/{group}/{version}/{plural}"), "the kind is served")
    plane.wait_until(lambda: (group, plural) in _told(plane), "the server tells of it")


def _told(plane: ControlPlane) -> set[tuple[str, str]]:
    """The kinds that the server tells of, by group and plural."""
    return {
        (group["metadata"]["name"], kind["resource"])
        for group in plane.api("GET", "/apis", accept=_EVERYTHING)["items"]
        for version in group["versions"]
        for kind in version.get("resources") or ()
    }


def undefine(plane: ControlPlane, group: str, kind: str) -> None:
    """Take the kind away again, with its objects."""
    path = f"{_DEFINITIONS}/{kind.lower()}s.{group}"
    plane.api("DELETE", path)
    plane.wait_until(lambda: not plane.api.answers(path), "the definition is gone")
    # The server goes on to tell of it for a moment, which whoever defines it anew would take for the new one.
    told = (group, f"{kind.lower()}s")
    plane.wait_until(lambda: told not in _told(plane), "the server tells of it no more")
