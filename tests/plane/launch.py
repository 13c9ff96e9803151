"""The programs of a plane and the words they are started with.

The law: everything listens on 127.0.0.1 only, and every file is in the plane's folder.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pki import make_certificate
from plane import audit, processes
from plane.identities import COMPONENTS, IDENTITIES, Identities, write_service_account_keys
from plane.processes import Program

STAGES = Path(__file__).with_name("stages.yaml")
SERVICE_RANGE = "10.0.0.0/16"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a plane is: its folder and its ports."""

    directory: Path
    etcd: str
    peer: str
    port: int
    kubelet: int

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path:
        """The API server's, which is its own authority."""
        return self.directory / "certs" / "tls.crt"

    def file(self, name: str) -> str:
        return str(self.directory / name)


def choose_site(directory: Path) -> Site:
    etcd, peer, port, kubelet = processes.free_ports(4)
    return Site(directory, f"http://127.0.0.1:{etcd}", f"http://127.0.0.1:{peer}", port, kubelet)


@contextmanager
def launched(
    tools: Mapping[str, Path], site: Site, identities: Identities, *, audited: bool
) -> Iterator[list[Program]]:
    """etcd and the API server; `join` adds the rest once the server answers.  All end with the block."""
    _write_files(site, identities)
    programs: list[Program] = []
    try:
        _start(programs, tools["etcd"], _etcd(site), site)
        _start(programs, tools["kube-apiserver"], _apiserver(site, audited=audited), site)
        yield programs
    finally:
        processes.end(programs)


def join(programs: list[Program], tools: Mapping[str, Path], site: Site, identities: Identities) -> None:
    """The programs that talk to the API server, and a kubeconfig for each name."""
    certificate = site.certificate.read_bytes()
    for name in (*IDENTITIES, *COMPONENTS):
        path = site.directory / f"{name}.kubeconfig"
        identities.write_kubeconfig(name, path, server=site.server, certificate=certificate)
    for name in COMPONENTS:
        arguments = _component(name, site)
        _start(programs, tools[name], ["--kubeconfig", site.file(f"{name}.kubeconfig"), *arguments], site)


def _write_files(site: Site, identities: Identities) -> None:
    # On elliptic curves, which is quick: runs of a second shake hands eight times.
    make_certificate(site.certificate.parent, hours=24)
    write_service_account_keys(Path(site.file("sa.key")), Path(site.file("sa.pub")))
    identities.write_token_file(Path(site.file("tokens.csv")))
    audit.write_policy(Path(site.file("audit-policy.json")))


def _start(programs: list[Program], path: Path, arguments: list[str], site: Site) -> None:
    programs.append(processes.start(path, arguments, site.directory / f"{path.name}.log"))


def _etcd(site: Site) -> list[str]:
    return [
        "--data-dir", site.file("etcd"),
        "--listen-client-urls", site.etcd,
        "--advertise-client-urls", site.etcd,
        "--listen-peer-urls", site.peer,
        "--initial-advertise-peer-urls", site.peer,
        "--initial-cluster", f"default={site.peer}",
        "--unsafe-no-fsync",
        "--log-level", "warn",
    ]  # fmt: skip


def _apiserver(site: Site, *, audited: bool) -> list[str]:
    audit_options = [
        "--audit-policy-file", site.file("audit-policy.json"),
        "--audit-log-path", site.file("audit.log"),
        "--audit-log-mode", "blocking",
        "--audit-log-maxsize", "4096",
    ]  # fmt: skip
    return [
        "--etcd-servers", site.etcd,
        "--bind-address", "127.0.0.1",
        "--secure-port", str(site.port),
        "--tls-cert-file", site.file("certs/tls.crt"),
        "--tls-private-key-file", site.file("certs/tls.key"),
        "--token-auth-file", site.file("tokens.csv"),
        "--authorization-mode", "RBAC",
        "--service-account-issuer", "https://kubernetes.default.svc",
        "--service-account-key-file", site.file("sa.pub"),
        "--service-account-signing-key-file", site.file("sa.key"),
        "--service-cluster-ip-range", SERVICE_RANGE,
        # Pods here run nothing, so they need no token; without this they would wait for one.
        "--disable-admission-plugins", "ServiceAccount",
        "--endpoint-reconciler-type", "none",
        *(audit_options if audited else []),
    ]  # fmt: skip


def _component(name: str, site: Site) -> list[str]:
    no_port = ["--leader-elect=false", "--secure-port", "0"]
    options = {
        "kube-controller-manager": ["--service-account-private-key-file", site.file("sa.key"), *no_port],
        "kube-scheduler": no_port,
        "kwok": [
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=40",
            "--config", str(STAGES),
            # It is the kubelet too, as far as logs go: `Logs` objects say which file a container wrote.
            "--server-address", f"127.0.0.1:{site.kubelet}",
            "--node-ip", "127.0.0.1",
            "--node-port", str(site.kubelet),
            "--enable-crds", "Logs",
        ],
    }  # fmt: skip
    return options[name]
