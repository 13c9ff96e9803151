"""What the contract tests ask for, and how they reach a server of their own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from contract.kube.faults import Answer, FaultServer, status
from syncline.config.settings import ClusterAccess
from syncline.core.resource import ResourceKey
from syncline.kube.cluster import ApiCluster, connect
from syncline.ports import ApiResource

CONFIG_MAP = ApiResource("", "v1", "ConfigMap", "configmaps", namespaced=True)
SECRET = ApiResource("", "v1", "Secret", "secrets", namespaced=True)
BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "a"}}
KEY = ResourceKey("", "ConfigMap", "shop", "a")
FOUND = Answer(body=BODY)
BUSY = status(429, "TooManyRequests", "too many requests, please try again later")

Reach: TypeAlias = Callable[..., ApiCluster]
Call: TypeAlias = Callable[[ApiCluster], object]


def by_ca(server: FaultServer, ca: Path) -> ApiCluster:
    url = server.url.replace("http:", "https:")
    access = ClusterAccess("prod", server=url, ca_file=str(ca), token_env="T")
    return connect(access, {"T": "t0ken"}, home=Path())


def by_token_file(folder: Path, url: str, token: Path) -> ApiCluster:
    return by_user(folder, url, {"tokenFile": token.name})


def by_user(
    folder: Path, url: str, user: Mapping[str, str], *, ca: Path | None = None, **cluster: str
) -> ApiCluster:
    fields = {"server": url} | ({"certificate-authority": str(ca)} if ca else {}) | cluster
    config = folder / "config"
    content = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": fields}],
        "users": [{"name": "it", "user": user}],
    }
    config.write_text(json.dumps(content))
    return connect(ClusterAccess("it"), {"KUBECONFIG": str(config)}, home=folder)


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
