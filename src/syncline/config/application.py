"""Argo CD's `Application`, decoded.

The law: what Argo CD accepts is accepted; an unknown field is kept and reported, a wrong type is an error
with its line.  (Field meanings: argo-cd.readthedocs.io, "Application Specification".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from syncline.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.errors import Place


class HelmParameter(Struct, frozen=True):
    """One `--set` (or `--set-string`, when `force_string`)."""

    name: str
    value: str
    force_string: bool = False


class HelmOptions(Struct, frozen=True):
    """`spec.source.helm`. `values` is the text of `values`, or of `valuesObject`, which replaces it."""

    release_name: str = ""
    namespace: str = ""
    value_files: tuple[str, ...] = ()
    values: str = ""
    parameters: tuple[HelmParameter, ...] = ()
    file_parameters: tuple[HelmParameter, ...] = ()
    ignore_missing_value_files: bool = False
    skip_crds: bool = False
    skip_tests: bool = False
    skip_schema_validation: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    version: str = ""
    pass_credentials: bool = False


class KustomizeOptions(Struct, frozen=True):
    """`spec.source.kustomize`; lists and maps as written, applied in Argo CD's order of `kustomize edit`."""

    name_prefix: str = ""
    name_suffix: str = ""
    namespace: str = ""
    images: tuple[str, ...] = ()
    replicas: tuple[tuple[str, int], ...] = ()
    common_labels: Mapping[str, str] = field(default_factory=dict)
    common_annotations: Mapping[str, str] = field(default_factory=dict)
    force_common_labels: bool = False
    force_common_annotations: bool = False
    label_without_selector: bool = False
    label_include_templates: bool = False
    patches: tuple[Mapping[str, Any], ...] = ()
    components: tuple[str, ...] = ()
    ignore_missing_components: bool = False
    version: str = ""
    common_annotations_envsubst: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class JsonnetVariable(Struct, frozen=True):
    """An external variable or a top-level argument; with `code` its value is Jsonnet."""

    name: str = ""
    value: str = ""
    code: bool = False


class JsonnetOptions(Struct, frozen=True):
    """`spec.source.directory.jsonnet`; `libs` are relative to the repository's root."""

    ext_vars: tuple[JsonnetVariable, ...] = ()
    tlas: tuple[JsonnetVariable, ...] = ()
    libs: tuple[str, ...] = ()


class DirectoryOptions(Struct, frozen=True):
    """`spec.source.directory`. `include` and `exclude` are globs whose `*` crosses `/`."""

    recurse: bool = False
    include: str = ""
    exclude: str = ""
    jsonnet: JsonnetOptions = JsonnetOptions()
    disable_extension_filter: bool = False


class PluginOptions(Struct, frozen=True):
    """`spec.source.plugin`. The name `jinja2` is Syncline's own Jinja2 renderer.

    A parameter's value is a string, a list of strings or a mapping of strings, whichever was given.
    """

    name: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Source(Struct, frozen=True):
    """Where manifests come from. At most one of the four option blocks is set."""

    repo_url: str = ""
    path: str = ""
    chart: str = ""
    target_revision: str = ""
    ref: str = ""
    name: str = ""
    helm: HelmOptions | None = None
    kustomize: KustomizeOptions | None = None
    directory: DirectoryOptions | None = None
    plugin: PluginOptions | None = None
    tag_prefix: str = ""


class Hydration(Struct, frozen=True):
    """`spec.sourceHydrator`: manifests are rendered from `dry` and committed to the branch `target`, and what
    is synced is `wet`.
    """

    dry: Source
    wet: Source
    target: str


class Destination(Struct, frozen=True):
    """Which cluster (by name or by API server URL, one of the two) and which namespace by default."""

    name: str = ""
    server: str = ""
    namespace: str = ""


class Automated(Struct, frozen=True):
    """`spec.syncPolicy.automated`."""

    enabled: bool = True
    prune: bool = False
    self_heal: bool = False
    allow_empty: bool = False


class Retry(Struct, frozen=True):
    """`spec.syncPolicy.retry`: how often a failed sync is tried again, and after how many seconds.

    A negative `limit` is no limit; a `longest` of 0 or less caps nothing.
    """

    limit: int = 0
    first: float = 5.0
    factor: int = 2
    longest: float = 180.0
    refresh: bool = False

    def allows(self, attempts: int) -> bool:
        """Whether there is another attempt after so many."""
        return self.limit < 0 or attempts <= self.limit

    def pause(self, attempts: int) -> float:
        """Seconds to wait after so many attempts."""
        try:
            pause = self.first * float(self.factor) ** (attempts - 1)
        except OverflowError:
            pause = self.longest if self.longest > 0 else float("inf")
        return min(pause, self.longest) if self.longest > 0 else pause


class SyncPolicy(Struct, frozen=True):
    """`spec.syncPolicy`. `options` are the exact `Key=value` strings."""

    automated: Automated | None = None
    options: tuple[str, ...] = ()
    managed_namespace_metadata: Mapping[str, Any] | None = None
    retry: Retry | None = None

    @property
    def create_namespace(self) -> bool:
        """Whether the destination namespace is made when it is missing."""
        return "CreateNamespace=true" in self.options

    @property
    def prune(self) -> bool:
        """Whether removal from Git is permission enough to delete."""
        return self.automated is not None and self.automated.enabled and self.automated.prune

    @property
    def self_heal(self) -> bool:
        """Whether drift is undone without asking."""
        return self.automated is not None and self.automated.enabled and self.automated.self_heal

    @property
    def allow_empty(self) -> bool:
        """Whether rendering to nothing may delete everything."""
        return self.automated is not None and self.automated.enabled and self.automated.allow_empty


class IgnoreDifference(Struct, frozen=True):
    """One entry of `spec.ignoreDifferences`. No `name` or `namespace` is any; `group`, `kind` are globs."""

    group: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    json_pointers: tuple[str, ...] = ()
    jq_path_expressions: tuple[str, ...] = ()
    managed_fields_managers: tuple[str, ...] = ()


class Rolling(Struct, frozen=True):
    """An Application's place in the rolling sync of the set that makes it.

    `step` counts from 0 and is None where no step has it: it is synced only by name. `most` is how many of
    the step may be unfinished at a time: a number, a percentage, or None for all. `reverse` says that what
    the set no longer makes goes in the reverse order of its steps.
    """

    group: str
    step: int | None
    most: int | str | None = None
    origin: Place | None = None
    reverse: bool = False


RESOURCES_FINALIZER = "resources-finalizer.argocd.argoproj.io"
"""Present on an Application: deleting it deletes its resources (Argo CD, "App Deletion")."""
_IN_BACKGROUND = f"{RESOURCES_FINALIZER}/background"
CASCADING = frozenset({RESOURCES_FINALIZER, f"{RESOURCES_FINALIZER}/foreground", _IN_BACKGROUND})
"""All its forms."""
SKIP_RECONCILE = "argocd.argoproj.io/skip-reconcile"
_KEEPING = frozenset({"Prune=false", "Prune=confirm", "Delete=false", "Delete=confirm"})


class Application(Discreet, frozen=True):
    """One `argoproj.io/v1alpha1` Application and the line it starts at; `body` is all of it, as written.

    `made_by` is the ApplicationSet that makes it, if one does; then `origin` is the set's, and `reads` are
    the files and directories that the set made it from.
    """

    _SHOWN = ("name", "origin")

    name: str
    origin: Place
    sources: tuple[Source, ...]
    destination: Destination
    namespace: str = ""
    project: str = "default"
    sync_policy: SyncPolicy = SyncPolicy()
    ignore_differences: tuple[IgnoreDifference, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    revision_history_limit: int = 10
    body: Mapping[str, Any] = field(default_factory=dict)
    made_by: str = ""
    reads: frozenset[str] = frozenset()
    rolling: Rolling | None = None
    hydration: Hydration | None = None

    @property
    def instance_name(self) -> str:
        """What Argo CD calls it in files and variables: outside of its own namespace with that in front."""
        return self.name if self.namespace in {"", "argocd"} else f"{self.namespace}_{self.name}"

    @property
    def every_source(self) -> tuple[Source, ...]:
        """All that it is made of, however indirectly."""
        return (*self.sources, self.hydration.dry) if self.hydration else self.sources

    @property
    def cascades(self) -> bool:
        """Whether its resources go when it goes: it carries the resources finalizer, in any of its forms, and
        nothing that keeps Argo CD from deleting the Application itself.
        """
        return not (CASCADING.isdisjoint(self.finalizers) or self.is_kept)

    @property
    def is_left_alone(self) -> bool:
        """Whether its annotation tells Argo CD's controller to leave it alone."""
        return self.annotations.get(SKIP_RECONCILE) == "true"

    @property
    def is_kept(self) -> bool:
        """Whether it says that it is not to be deleted, or not before somebody confirms it."""
        from syncline.config.metadata import KEEP, OPTIONS, words

        said, helm = (words(self.annotations.get(name, "")) for name in (OPTIONS, KEEP))
        return not _KEEPING.isdisjoint(said) or "keep" in helm

    @property
    def cascades_in_background(self) -> bool:
        """Whether they go in Kubernetes' own time, each before what it owns."""
        return _IN_BACKGROUND in self.finalizers
