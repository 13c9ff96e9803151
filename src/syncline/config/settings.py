"""`syncline.yaml` and `argocd-cm`: what is not about one application.

The law: without either file everything has a default, and no default lifts a protection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from syncline.config.comparison import Comparison
from syncline.config.controller import Controller
from syncline.config.unmanaged import Unmanaged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.application import Destination
    from syncline.config.complaint import Complaint
    from syncline.config.customizations import Customization
    from syncline.config.global_projects import GlobalProject
    from syncline.config.source_plugin import PluginFile
    from syncline.errors import Place

IN_CLUSTER_SERVER = "https://kubernetes.default.svc"
"""Argo CD's name for the cluster it runs in; here: the default cluster."""


_MASKED = "resource.sensitive.mask.annotations"


class ClusterAccess(Struct, frozen=True):
    """How a cluster is reached: a kubeconfig context, or an API server with CA and a token.

    `ca_data` is base64 as in a kubeconfig, `ca_file` a path; `token_env` names an environment variable, so
    that no token stands in a file.  `server_alias` is the `destination.server` by which Applications know it.
    `project`, `labels` and `annotations` are what Argo CD keeps in the cluster's Secret.  `kube_version` and
    `api_versions` are what charts see of it (`.Capabilities`) at every level of comparison; against the
    version manifests are checked, too, where the cluster is not asked.
    """

    name: str
    context: str = ""
    server: str = ""
    ca_data: str = ""
    ca_file: str = ""
    token_env: str = ""
    server_alias: str = ""
    project: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class RemoteAccess(Struct, frozen=True):
    """How sources elsewhere whose URL begins with `url` are fetched.

    `username_env` and `password_env` name environment variables, so that no secret stands in a file.
    `ca_data` is base64, `ca_file` a path in the repository; `plain_http` asks a registry without TLS.
    `client_certificate_env` and `client_key_env` name the variables with a certificate of ours and its key.
    `ssh_key_env` names the variable with a private key; the rest is about Git repositories.
    """

    name: str
    url: str = ""
    username: str = ""
    username_env: str = ""
    password_env: str = ""
    ca_data: str = ""
    ca_file: str = ""
    insecure: bool = False
    plain_http: bool = False
    client_certificate_env: str = ""
    client_key_env: str = ""
    ssh_key_env: str = ""
    known_hosts: str = ""
    depth: int = 1
    submodules: bool = True
    lfs: bool = False


class PluginAccess(Struct, frozen=True):
    """Where a generator plugin of ApplicationSets answers; `token_env` names an environment variable."""

    url: str
    token_env: str = ""
    timeout: float = 30.0


class GuardLimits(Struct, frozen=True):
    """What a plan may delete unless an approval names the object; percent of the application's objects."""

    max_prune: int = 10
    max_prune_percent: int = 20
    protected_kinds: frozenset[str] = frozenset(
        {
            "Namespace",
            "CustomResourceDefinition.apiextensions.k8s.io",
            "PersistentVolume",
            "PersistentVolumeClaim",
        }
    )


class Customizations(Struct, frozen=True):
    """`argocd-cm`'s keys about resources and tools: each text, whole for the part that uses it, and the
    key's line.

    `kinds` is what they come to for health and actions, by `Kind`, `group/Kind` or a glob of these, and
    `comparison` what they and the keys about tracking come to for comparing; `unmanaged` is left alone.
    `unclear` are the keys that cannot be understood: what they were to spare or to forbid nobody knows.
    """

    texts: Mapping[str, tuple[str, Place]] = field(default_factory=dict)
    kinds: Mapping[str, Customization] = field(default_factory=dict)
    comparison: Comparison = field(default_factory=Comparison)
    unmanaged: Unmanaged = field(default_factory=Unmanaged)
    global_projects: tuple[GlobalProject, ...] = ()
    controller: Controller = Controller()
    unclear: tuple[Complaint, ...] = ()

    @property
    def sensitive_annotations(self) -> frozenset[str]:
        """The annotations of Secrets that `resource.sensitive.mask.annotations` hides."""
        text = self.texts[_MASKED][0] if _MASKED in self.texts else ""
        return frozenset(name.strip() for name in text.split(",") if name.strip())


class DriftPolicy(Struct, frozen=True):
    """What is done about drift: `application` goes by each Application's selfHeal, `heal` heals everywhere,
    `alert` nowhere; `applications` says it for one of them by name.

    A field that was healed `rounds` times and changed back each time is being fought over: it is then left as
    it is for `pause` seconds, and twice as long after each further round.
    """

    policy: str = "application"
    applications: Mapping[str, str] = field(default_factory=dict)
    rounds: int = 2
    pause: float = 7 * 24 * 3600.0

    def of(self, name: str) -> str:
        """The word for one application."""
        return self.applications.get(name, self.policy)


class HiddenField(Struct, frozen=True):
    """Fields that hold secrets; `kind` is a glob such as `Deployment.apps` or `*`."""

    kind: str = "*"
    json_pointers: tuple[str, ...] = ()
    jq_path_expressions: tuple[str, ...] = ()


class Masking(Struct, frozen=True):
    """What is hidden besides Secrets: fields, annotations of any object, and annotations of Secrets alone
    (`argocd-cm`'s `resource.sensitive.mask.annotations`). `guess` hides what looks like a secret, too.
    """

    fields: tuple[HiddenField, ...] = ()
    annotations: frozenset[str] = frozenset()
    secret_annotations: frozenset[str] = frozenset()
    guess: bool = True

    def joined(self, other: Masking) -> Masking:
        """What either of them hides; whether to guess is the other's to say."""
        return Masking(
            tuple(dict.fromkeys((*self.fields, *other.fields))),
            self.annotations | other.annotations,
            self.secret_annotations | other.secret_annotations,
            guess=other.guess,
        )


class Settings(Struct, frozen=True):
    """`syncline.yaml`. Durations are seconds.

    `teams` maps a group of a project's roles to a GitHub team (`organisation/team`); `unrestricted_projects`
    are those that are defined elsewhere and that nothing restricts here.  `validation` is what is done
    about a manifest that the schemas of `kube_version` do not allow: `warn`, `refuse` or `off`.  `gpg_keys`
    and `allowed_signers` are files with the public keys that sign commits.  `helm` is the version that
    renders charts (`3`, `v3` or `3.22.0`; empty: the one on PATH), `helm_by_app` that for one application;
    `binding` is how strictly a sync is held to what was reviewed.
    """

    clusters: Mapping[str, ClusterAccess] = field(default_factory=dict)
    default_cluster: str = ""
    repositories: tuple[str, ...] = ()
    guard: GuardLimits = GuardLimits()
    sync_only_automated: bool = False
    sync_timeout: float = 300.0
    render_timeout: float = 60.0
    render_wall: str = "possible"
    status_limit: int = 10
    rollback_on_failure: bool = False
    binding: str = ""
    lease_seconds: float = 30.0
    require_lease: bool = False
    drift: DriftPolicy = field(default_factory=DriftPolicy)
    plugins: Mapping[str, PluginAccess] = field(default_factory=dict)
    source_plugins: tuple[PluginFile, ...] = ()
    gpg_keys: tuple[str, ...] = ()
    allowed_signers: str = ""
    teams: Mapping[str, str] = field(default_factory=dict)
    unrestricted_projects: tuple[str, ...] = ()
    masking: Masking = field(default_factory=Masking)
    kube_version: str = ""
    validation: str = "warn"
    remotes: Mapping[str, RemoteAccess] = field(default_factory=dict)
    helm: str = ""
    helm_by_app: Mapping[str, str] = field(default_factory=dict)

    def cluster_of(self, destination: Destination) -> str | None:
        """The name here of a destination; empty for the default cluster when it has no name, None for one
        that nobody knows.
        """
        if destination.name in self.clusters:
            return destination.name
        if destination.name in {"", "in-cluster"} and destination.server in {"", IN_CLUSTER_SERVER}:
            return self.default_cluster
        for name, access in self.clusters.items():
            if destination.server and destination.server in {access.server.rstrip("/"), access.server_alias}:
                return name
        return None

    def access(self, destination: Destination) -> ClusterAccess | None:
        """How a destination is reached; None for one that nobody knows."""
        name = self.cluster_of(destination)
        return None if name is None else self.clusters.get(name) or ClusterAccess(name or "default")
