"""Applications as Argo CD's documentation describes them."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.config.application import (
    Application,
    Automated,
    Destination,
    DirectoryOptions,
    HelmOptions,
    HelmParameter,
    Hydration,
    IgnoreDifference,
    JsonnetOptions,
    JsonnetVariable,
    KustomizeOptions,
    PluginOptions,
    Retry,
    Source,
    SyncPolicy,
)
from syncline.documents import read
from syncline.errors import Place
from unit.config.samples import (
    APPLICATION,
    FILE,
    HELM,
    KUSTOMIZE,
    URL,
    configured,
    decoded,
    minimal,
)


def source(**fields: Any) -> Source:
    return decoded(minimal(source={"repoURL": URL, "path": "web", **fields})).sources[0]


def test_every_documented_field_is_known_and_decoded() -> None:
    application = decoded(APPLICATION)
    chart, kustomized, plain, plugin, ref = application.sources

    assert application == Application(
        name="web",
        origin=Place(FILE, 1),
        sources=application.sources,
        destination=Destination(server="https://kubernetes.default.svc", namespace="web"),
        namespace="argocd",
        project="team-a",
        sync_policy=SyncPolicy(
            automated=Automated(enabled=True, prune=True, self_heal=True, allow_empty=True),
            options=("CreateNamespace=true", "PrunePropagationPolicy=foreground", "Prune=confirm"),
            managed_namespace_metadata={"labels": {"a": "b"}, "annotations": {"c": "d"}},
            retry=Retry(limit=-1, first=5.0, factor=2, longest=180.0, refresh=True),
        ),
        ignore_differences=(
            IgnoreDifference("apps", "Deployment", "web", "web", ("/spec/replicas",), (".spec.x",), ("hpa",)),
        ),
        annotations={"argocd.argoproj.io/manifest-generate-paths": "."},
        labels={"team": "a"},
        finalizers=("resources-finalizer.argocd.argoproj.io/background",),
        revision_history_limit=3,
        body=APPLICATION,
    )
    assert application.cascades
    assert (chart.chart, chart.target_revision, chart.path) == ("web", "1.2.3", "")
    assert (kustomized.path, kustomized.target_revision, kustomized.tag_prefix) == ("web", "v1.*", "web/")
    assert plain.name == "plain"
    assert plain.directory == DirectoryOptions(
        recurse=True,
        include="*.yaml",
        exclude="{a,b}.yaml",
        jsonnet=JsonnetOptions(
            ext_vars=(JsonnetVariable("a", "b", code=True),),
            tlas=(JsonnetVariable("c", "d"),),
            libs=("vendor",),
        ),
        disable_extension_filter=True,
    )
    assert plugin.plugin == PluginOptions(
        "jinja2", {"STAGE": "prod"}, {"one": "s", "many": ("a", "b"), "keyed": {"k": "v"}}
    )
    assert (ref.ref, ref.helm, ref.kustomize, ref.directory, ref.plugin) == ("values", None, None, None, None)


def test_helm_options_are_decoded() -> None:
    assert source(helm=HELM).helm == HelmOptions(
        release_name="web",
        namespace="apps",
        value_files=("values.yaml", "$values/prod.yaml"),
        values="replicas: 1\n",
        parameters=(HelmParameter("image.tag", "1.2", force_string=True), HelmParameter("x", "y")),
        file_parameters=(HelmParameter("config", "files/config.json"),),
        ignore_missing_value_files=True,
        skip_crds=True,
        skip_tests=True,
        skip_schema_validation=True,
        kube_version="1.33",
        api_versions=("v1", "apps/v1/Deployment"),
        version="v3",
        pass_credentials=True,
    )


def test_kustomize_options_are_decoded() -> None:
    assert source(kustomize=KUSTOMIZE).kustomize == KustomizeOptions(
        name_prefix="pre-",
        name_suffix="-suf",
        namespace="apps",
        images=("nginx=registry.example.com/nginx:1.27", "redis@sha256:abc"),
        replicas=(("web", 3), ("worker", 2)),
        common_labels={"team": "a"},
        common_annotations={"rev": "$ARGOCD_APP_REVISION"},
        force_common_labels=True,
        force_common_annotations=True,
        label_without_selector=True,
        label_include_templates=True,
        patches=tuple(KUSTOMIZE["patches"]),
        components=("../component",),
        ignore_missing_components=True,
        version="v5.0.0",
        common_annotations_envsubst=True,
        kube_version="1.33",
        api_versions=("v1",),
    )


def test_values_object_replaces_values_altogether() -> None:
    helm = source(helm={"values": "a: 1", "valuesObject": {"b": {"c": True}, "a": "2"}}).helm

    assert helm is not None
    assert read(helm.values, "values")[0].value == {"a": "2", "b": {"c": True}}


@pytest.mark.parametrize("kind", ["helm", "kustomize", "directory"])
@pytest.mark.parametrize("empty", [{}, None])
def test_an_empty_block_is_no_block(kind: str, empty: Any) -> None:
    assert source(**{kind: empty}) == source()


@pytest.mark.parametrize(
    ("kind", "block"),
    [
        ("helm", {"skipCrds": False}),
        ("directory", {"recurse": False, "jsonnet": {}}),
        ("kustomize", {"images": []}),
    ],
)
def test_a_block_of_defaults_is_no_block(kind: str, block: dict[str, Any]) -> None:
    assert source(**{kind: block}) == source()


def test_an_empty_plugin_block_stays_because_it_asks_for_discovery() -> None:
    assert source(plugin={}).plugin == PluginOptions()


def test_a_directory_block_with_only_an_exclude_stays() -> None:
    assert source(directory={"exclude": "x"}).directory == DirectoryOptions(exclude="x")


@pytest.mark.parametrize("project", ["", None, ...])
def test_no_project_is_the_default_project(project: Any) -> None:
    assert decoded(minimal(project=project)).project == "default"


def test_trailing_slashes_of_a_server_are_trimmed() -> None:
    body = minimal(destination={"server": "https://kubernetes.default.svc/"})

    assert decoded(body).destination == Destination(server="https://kubernetes.default.svc")


@pytest.mark.parametrize(
    ("automated", "expected"),
    [
        (None, None),
        ({}, Automated(enabled=True)),
        ({"enabled": None}, Automated(enabled=True)),
        ({"enabled": False, "prune": True}, Automated(enabled=False, prune=True)),
    ],
)
def test_automated_is_on_when_it_is_there_and_not_disabled(
    automated: Any, expected: Automated | None
) -> None:
    policy = decoded(minimal(syncPolicy={"automated": automated})).sync_policy

    assert policy.automated == expected
    assert not policy.prune


def test_sources_win_over_source_and_that_is_said() -> None:
    found = configured(minimal(sources=[{"repoURL": URL, "path": "a"}, {"repoURL": URL, "path": "b"}]))

    assert [one.path for one in found.applications[0].sources] == ["a", "b"]
    assert [one.message for one in found.complaints] == ["spec.source has no effect beside sources."]


def test_an_empty_list_of_sources_leaves_source_in_force() -> None:
    assert [one.path for one in decoded(minimal(sources=[])).sources] == ["web"]


def test_a_hydrated_application_is_synced_from_its_hydrated_branch() -> None:
    hydrator = {
        "drySource": {"repoURL": URL, "targetRevision": "HEAD", "path": "dry"},
        "syncSource": {"targetBranch": "env/prod", "path": "wet"},
        "hydrateTo": {"targetBranch": "env/prod-next"},
    }
    found = configured(minimal(source=..., sourceHydrator=hydrator))

    (app,) = found.applications
    assert found.complaints == ()
    wet, dry = Source(URL, "wet", target_revision="env/prod"), Source(URL, "dry", target_revision="HEAD")
    assert app.sources == (wet,)
    assert app.hydration == Hydration(dry, wet, "env/prod-next")
    assert app.every_source == (wet, dry)
