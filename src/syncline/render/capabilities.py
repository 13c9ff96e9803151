"""What charts and plugins are told of the cluster.

The law: what the source says itself counts, else what the settings say of its destination; and a version is
told as Argo CD tells it, without what a vendor adds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.patterns import regex

if TYPE_CHECKING:
    from syncline.render.options import Order

_VERSION: Final = regex(r"v?[0-9]+\.[0-9]+(?:\.[0-9]+)?")


def kube_version(own: str, order: Order) -> str:
    """The version of Kubernetes, such as `v1.33.1` of `v1.33.1-gke.100`, which charts that ask for a least
    version would refuse; empty where nobody says one.
    """
    version = own or order.options.kube_version
    plain = _VERSION.match(version)
    return plain[0] if plain else version


def api_versions(own: tuple[str, ...], order: Order) -> tuple[str, ...]:
    """The APIs that there are besides Kubernetes' own."""
    return own or order.options.api_versions
