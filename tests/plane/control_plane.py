"""A control plane of one's own: etcd, API server, controllers, scheduler and a kwok node, all on loopback.

The law: a plane lives in one folder and one `with` block; it shares no port, file or identity with another.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plane import audit, launch, logs, rights
from plane.identities import OBSERVER, Identities, Identity, invent_identities
from plane.processes import Program, wait_until
from plane.rest import Rest

NODE = "kwok-node"
START_SECONDS = 60.0
CAPACITY = {"cpu": "1000", "memory": "4000Gi", "ephemeral-storage": "4000Gi", "pods": "10000"}


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A plane that runs.  Made by `running()`."""

    site: launch.Site
    identities: Identities
    programs: tuple[Program, ...]
    api: Rest
    """The tests' own hand, with all rights and left out of the audit log: `plane.api("GET", "/version")`."""

    @property
    def server(self) -> str:
        return self.site.server

    @property
    def ca(self) -> Path:
        return self.site.certificate

    def token(self, identity: Identity) -> str:
        return self.identities.tokens[identity]

    def kubeconfig(self, identity: Identity) -> Path:
        """A file whose only context bears the identity's name."""
        return self.site.directory / f"{identity}.kubeconfig"

    def as_identity(self, identity: Identity) -> Rest:
        """A bare hand with this identity's rights, counted as this identity."""
        return Rest(self.server, self.ca, self.token(identity))

    def mark(self) -> int:
        """Now, for `requests_since`."""
        return self._audit_log.stat().st_size

    def requests_since(self, mark: int, *, user: Identity = "admin") -> list[audit.Request]:
        """All that this identity asked of the server since the mark, dry runs included."""
        return audit.read_requests(self._audit_log, mark, user)

    def bind(self, namespace: str) -> None:
        """Full rights for `bound` in this namespace (too), effective on return."""
        path = f"{rights.RBAC}/namespaces/{namespace}/rolebindings/plane-bound"
        self.api.apply(path, rights.binding("RoleBinding", "plane-bound", "bound"))
        self._wait_for_right("bound", verb="create", namespace=namespace, resource="configmaps")

    def let_reader_see(self, group: str) -> None:
        """Adds the API group of custom resources to what `reader` may read, effective on return."""
        path = f"{rights.RBAC}/clusterroles/plane-reader"
        rules = self.api("GET", path)["rules"]
        self.api("PATCH", path, {"rules": [*rules, rights.group_rule(group)]})
        self._wait_for_right("reader", verb="list", group=group, resource="anything")

    def write_logs(self, pod: Mapping[str, Any], text: str, **options: Any) -> Path:
        """What a container of this pod has written, from its kubelet; see `plane.logs`."""
        return logs.write(self.api, self.site.directory, pod, text, **options)

    def create_namespace(self, name: str) -> None:
        self.api("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    def delete_namespace(self, name: str) -> None:
        """Asks for it and does not wait; one that is gone already is fine."""
        if self.api.answers(f"/api/v1/namespaces/{name}"):
            self.api("DELETE", f"/api/v1/namespaces/{name}")

    def assign_load_balancers(self, namespace: str) -> None:
        """What a cloud's controllers would do: an address for each LoadBalancer Service and Ingress there."""
        services = f"/api/v1/namespaces/{namespace}/services"
        ingresses = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"
        for service in self.api("GET", services)["items"]:
            if service["spec"].get("type") == "LoadBalancer":
                self._assign_address(f"{services}/{service['metadata']['name']}")
        for ingress in self.api("GET", ingresses)["items"]:
            self._assign_address(f"{ingresses}/{ingress['metadata']['name']}")

    def restart_api_server(self) -> None:
        """Kill it and start it again; returns at once, while nobody answers yet."""
        (server,) = (program for program in self.programs if program.name == "kube-apiserver")
        server.process.kill()
        # The leash ties it to the thread that starts it, so that one lives as long as the program.
        threading.Thread(target=server.restart_and_stay, daemon=True).start()

    def wait_until(self, condition: Callable[[], bool], what: str, *, seconds: float = 30.0) -> None:
        """Asks again until the condition holds.  Raises PlaneError with the logs when the time is over."""
        wait_until(condition, what, self.programs, seconds=seconds)

    def wait_ready(self) -> None:
        """The controllers control, the node takes pods, and the reader may read."""
        self.wait_until(self._controllers_work, "the controllers have made a service account")
        self.wait_until(self._node_is_ready, f"the node {NODE} is ready")
        self._wait_for_right("reader", verb="list", resource="namespaces")

    @property
    def _audit_log(self) -> Path:
        return self.site.directory / "audit.log"

    def _assign_address(self, path: str) -> None:
        self.api("PATCH", f"{path}/status", {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}})

    def _controllers_work(self) -> bool:
        return self.api.answers("/api/v1/namespaces/default/serviceaccounts/default")

    def _node_is_ready(self) -> bool:
        node = self.api("GET", f"/api/v1/nodes/{NODE}")
        conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", ())}
        # A new node bears a taint until the controllers have seen it ready.
        return conditions.get("Ready") == "True" and not node["spec"].get("taints")

    def _wait_for_right(self, identity: Identity, **attributes: str) -> None:
        review = {"spec": {"resourceAttributes": attributes}}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        with closing(self.as_identity(identity)) as hand:
            self.wait_until(
                lambda: bool(hand("POST", path, review)["status"]["allowed"]), f"{identity} may {attributes}"
            )


@contextmanager
def running(
    tools: Mapping[str, Path], directory: Path | None = None, *, audited: bool = True
) -> Iterator[ControlPlane]:
    """A plane that is ready, ended with the block.  Raises PlaneError.

    `tools` is what `toolchain.provide(toolchain.PLANE)` gives.  Enter it from a thread that outlives the
    block: Linux ends the programs together with that thread, so that not even SIGKILL leaves one behind.
    """
    with ExitStack() as stack:
        folder = directory or Path(stack.enter_context(TemporaryDirectory(prefix="syncline-plane-")))
        site, identities = launch.choose_site(folder.absolute()), invent_identities()
        programs = stack.enter_context(launch.launched(tools, site, identities, audited=audited))
        api = stack.enter_context(closing(Rest(site.server, site.certificate, identities.tokens[OBSERVER])))
        wait_until(lambda: api.answers("/readyz"), "the API server answers", programs, seconds=START_SECONDS)
        launch.join(programs, tools, site, identities)
        plane = ControlPlane(site, identities, tuple(programs), api)
        _furnish(plane)
        plane.wait_ready()
        yield plane


def _furnish(plane: ControlPlane) -> None:
    plane.api("POST", logs.DEFINITIONS, logs.definition())
    plane.api("POST", "/api/v1/nodes", _node(plane.site.kubelet))
    plane.api("POST", "/apis/storage.k8s.io/v1/storageclasses", _storage_class())
    core = [resource["name"] for resource in plane.api("GET", "/api/v1")["resources"]]
    groups = [group["name"] for group in plane.api("GET", "/apis")["groups"]]
    roles = {"plane-reader": rights.reader_rules(core, groups), "plane-bound": rights.everything()}
    for name, rules in roles.items():
        plane.api("POST", f"{rights.RBAC}/clusterroles", rights.cluster_role(name, rules))
    reader = rights.binding("ClusterRoleBinding", "plane-reader", "reader")
    plane.api("POST", f"{rights.RBAC}/clusterrolebindings", reader)


def _node(kubelet: int) -> dict[str, Any]:
    return {
        "metadata": {
            "name": NODE,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"},
        },
        "status": {
            "capacity": CAPACITY,
            "allocatable": CAPACITY,
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet}},
        },
    }


def _storage_class() -> dict[str, Any]:
    """The default class; a stage makes a volume for each of its claims."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {"metadata": {"name": "standard", "annotations": default}, "provisioner": "syncline.test/volumes"}
