"""Reports as real runs make them, one for each thing that people have to recognise at a glance."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from syncline.core.health.status import Health, HealthStatus
from syncline.core.live import Level
from syncline.core.mask import MaskedBody
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey, key_of
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, Place
from syncline.report.model import (
    AppReport,
    Job,
    Note,
    Problem,
    Report,
    ResourceRow,
    Severity,
    ShownChange,
)

BASE = "77aa001c3f5e4b1d9a8877665544332211ffeedd"
HEAD = "ab12cd34e5f60718293a4b5c6d7e8f9012345678"
RUN = "https://github.com/acme/fleet/actions/runs/4711"
VERSIONS = (("syncline", "0.1.0"), ("helm", "3.16.2"), ("kustomize", "5.4.3"))


def deployment(name: str, namespace: str, image: str, replicas: int = 2, **labels: str) -> dict[str, Any]:
    """A Deployment with two containers."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/name": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name, **labels}},
            "template": {
                "metadata": {"labels": {"app": name, **labels}},
                "spec": {
                    "containers": [
                        {
                            "name": "main",
                            "image": image,
                            "env": [
                                {"name": "LOG_LEVEL", "value": "info"},
                                {"name": "PORT", "value": "8080"},
                            ],
                            "ports": [{"containerPort": 8080}],
                        },
                        {"name": "proxy", "image": "ghcr.io/acme/proxy:2.0.1"},
                    ]
                },
            },
        },
    }


def config(name: str, namespace: str, **data: str) -> dict[str, Any]:
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": dict(data),
    }


def secret(name: str, namespace: str, mark: str) -> dict[str, Any]:
    """A Secret as masking leaves it."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"password": f"‹hidden {mark}›", "user": "‹hidden 0badcafe›"},
        "type": "Opaque",
    }


def changed(
    action: Action,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    place: Place | None = None,
    *paths: str,
    why: str = "",
) -> ShownChange:
    """One object's change."""
    key = key_of(after if after is not None else before or {})
    old = None if before is None else MaskedBody(before)
    new = None if after is None else MaskedBody(after)
    return ShownChange(key, action, old, new, paths, place, why)


def _cart() -> AppReport:
    before = deployment("api", "cart", "ghcr.io/acme/api:v1.4.1")
    after = deployment("api", "cart", "ghcr.io/acme/api:v1.4.2", tier="web")
    settings = config("settings", "cart", **{"app.properties": "colour=red\nsize=3\nmode=fast\n"})
    new_settings = deepcopy(settings)
    new_settings["data"]["app.properties"] = "colour=blue\nsize=3\nmode=fast\nretry=on\n"
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "api", "namespace": "cart"},
        "spec": {"rules": [{"host": "cart.example.com"}]},
    }
    image = "spec.template.spec.containers[name=main].image"
    return AppReport(
        name="cart",
        cluster="prod-eu",
        namespace="cart",
        level=Level.DRY_RUN,
        base=BASE,
        revision=HEAD,
        affected_by="apps/cart/overlays/prod/kustomization.yaml",
        changes=(
            changed(
                Action.RECREATE,
                before,
                after,
                Place("apps/cart/base/deployment.yaml", 1),
                "spec.selector",
                image,
                why="spec.selector is immutable, so the object is deleted and made again",
            ),
            changed(Action.UPDATE, settings, new_settings, Place("apps/cart/base/settings.yaml", 1), "data"),
            changed(Action.CREATE, None, ingress, Place("apps/cart/base/ingress.yaml", 1)),
            changed(
                Action.UPDATE,
                secret("login", "cart", "1f3a91c2"),
                secret("login", "cart", "77d0e1aa"),
                Place("apps/cart/base/login.yaml", 3),
                "data.password",
            ),
        ),
        unchanged=7,
        notes=(
            Note(
                Severity.DANGER,
                "spec.selector cannot be changed in place: the Deployment will be deleted and created again, "
                "with no replica in between.",
                ResourceKey("apps", "Deployment", "cart", "api"),
                Place("apps/cart/base/deployment.yaml", 9),
            ),
        ),
        images=(("api", "ghcr.io/acme/api:v1.4.1", "ghcr.io/acme/api:v1.4.2"),),
        health=Health(HealthStatus.HEALTHY),
        fingerprint="9f0e1d2c3b4a5968",
    )


def _payments() -> AppReport:
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "pg-data", "namespace": "payments"},
        "spec": {"resources": {"requests": {"storage": "20Gi"}}, "accessModes": ["ReadWriteOnce"]},
    }
    worker = deployment("worker", "payments", "ghcr.io/acme/worker:main@sha256:" + "1" * 64)
    new_worker = deployment("worker", "payments", "ghcr.io/acme/worker:main@sha256:" + "2" * 64, replicas=0)
    return AppReport(
        name="payments",
        cluster="prod-eu",
        namespace="payments",
        level=Level.LIVE,
        level_reason="a pull request may read, not write; Secrets are not read",
        base=BASE,
        revision=HEAD,
        affected_by="apps/payments/values-prod.yaml",
        changes=(
            changed(Action.PRUNE, volume, None),
            changed(Action.UPDATE, worker, new_worker, Place("charts/payments/templates/worker.yaml", 12)),
            changed(
                Action.KEEP,
                config("legacy", "payments", a="1"),
                None,
                why="would prune; allow it with automated.prune or --prune",
            ),
        ),
        unchanged=12,
        notes=(
            Note(
                Severity.DANGER,
                "The claim is deleted, and with reclaim policy Delete its volume and data too.",
                ResourceKey("", "PersistentVolumeClaim", "payments", "pg-data"),
            ),
            Note(
                Severity.WARNING,
                "replicas goes to 0.",
                ResourceKey("apps", "Deployment", "payments", "worker"),
                Place("charts/payments/templates/worker.yaml", 15),
            ),
        ),
        images=(
            (
                "worker",
                "ghcr.io/acme/worker:main@sha256:" + "1" * 64,
                "ghcr.io/acme/worker:main@sha256:" + "2" * 64,
            ),
        ),
        health=Health(HealthStatus.DEGRADED, "1 of 2 replicas available"),
        fingerprint="11aa22bb33cc44dd",
    )


def _reports() -> AppReport:
    old = deployment("batch", "reports", "ghcr.io/acme/api:v1.4.1")
    new = deployment("batch", "reports", "ghcr.io/acme/api:v1.4.2", replicas=3)
    return AppReport(
        name="reports",
        cluster="prod-us",
        namespace="reports",
        affected_by="components/common/image.yaml",
        level_reason="cluster prod-us is not configured",
        changes=(
            changed(Action.UPDATE, old, new, Place("apps/reports/batch.yaml", 1)),
            changed(
                Action.CREATE,
                None,
                config("queries", "reports", sql="select 1;"),
                Place("apps/reports/q.yaml", 1),
            ),
        ),
        unchanged=3,
        notes=(
            Note(
                Severity.WARNING,
                "CronJob batch/v1beta1 is not served by Kubernetes 1.25 or newer.",
                ResourceKey("batch", "CronJob", "reports", "nightly"),
                Place("apps/reports/cron.yaml", 1),
            ),
            Note(Severity.INFO, "Two value files are the same: values.yaml and values-us.yaml."),
        ),
        images=(("batch", "ghcr.io/acme/api:v1.4.1", "ghcr.io/acme/api:v1.4.2"),),
        fingerprint="55ee66ff77008899",
    )


def _broken() -> AppReport:
    said = (
        "helm failed: execution error at (shop/templates/deployment.yaml:14:20): image.tag is required\n"
        "\n"
        "Error: execution error at (shop/templates/deployment.yaml:14:20): image.tag is required\n"
        "Use --debug flag to render out invalid YAML\n"
        "reproduce: helm template shop charts/shop --values charts/shop/values-prod.yaml"
    )
    return AppReport(
        name="shop",
        namespace="shop",
        cluster="prod-eu",
        problem=Problem(
            said,
            ExitCode.RENDER,
            Place("charts/shop/templates/deployment.yaml", 14),
            "Set image.tag in a value file of the Application.",
        ),
    )


def rich_diff() -> Report:
    """A pull request with risks, images, a broken application and quiet ones."""
    return Report(
        Job.DIFF,
        base=BASE,
        head=HEAD,
        applications=(
            _cart(),
            _payments(),
            _reports(),
            _broken(),
            AppReport(name="search", cluster="prod-eu", namespace="search", unchanged=9, fingerprint="a"),
            AppReport(name="frontend", cluster="prod-eu", namespace="web", unchanged=4, fingerprint="b"),
        ),
        unaffected=tuple(f"team-{index}" for index in range(31)),
        run_url=RUN,
        seconds=41.3,
        versions=VERSIONS,
    )


def small_diff() -> Report:
    """One harmless change."""
    old = deployment("web", "blog", "ghcr.io/acme/blog:1.0")
    new = deployment("web", "blog", "ghcr.io/acme/blog:1.1")
    app = AppReport(
        name="blog",
        namespace="blog",
        changes=(changed(Action.UPDATE, old, new, Place("blog/web.yaml", 1)),),
        images=(("main", "ghcr.io/acme/blog:1.0", "ghcr.io/acme/blog:1.1"),),
        unchanged=2,
        fingerprint="0123456789abcdef",
    )
    return Report(Job.DIFF, base=BASE, head=HEAD, applications=(app,), seconds=1.24, versions=VERSIONS)


def no_difference() -> Report:
    """Applications were rendered, and nothing came of it."""
    apps = tuple(AppReport(name=name, namespace=name, unchanged=5) for name in ("cart", "search"))
    notes = (Note(Severity.INFO, "README.md belongs to no application."),)
    return Report(
        Job.DIFF,
        base=BASE,
        head=HEAD,
        applications=apps,
        unaffected=("blog", "shop"),
        notes=notes,
        seconds=0.8,
        versions=VERSIONS,
    )


def none_affected() -> Report:
    """No application has anything to do with the change."""
    return Report(Job.DIFF, base=BASE, head=HEAD, unaffected=("blog", "cart", "shop"), versions=VERSIONS)


def failures() -> Report:
    """Nothing but trouble."""
    unreachable = Problem(
        "The API server of cluster prod-eu did not answer within 10 s (https://10.0.0.1:6443).",
        ExitCode.CLUSTER,
        Place("syncline.yaml", 4),
        "Check the address and the network path from the runner.",
    )
    settings = Problem(
        "spec.syncPolicy.automated.prune is a text, and a boolean is wanted.",
        ExitCode.CONFIG,
        Place("apps/blog.yaml", 21),
        "Write true or false without quotes.",
    )
    return Report(
        Job.DIFF,
        base=BASE,
        head=HEAD,
        applications=(
            _broken(),
            AppReport(name="search", cluster="prod-eu", namespace="search", problem=unreachable),
        ),
        problems=(settings,),
        seconds=12.0,
        run_url=RUN,
        versions=VERSIONS,
    )


def _row(kind: str, name: str, health: Health | None, *, depth: int = 0, sync: str = "Synced") -> ResourceRow:
    group = "apps" if kind in {"Deployment", "ReplicaSet"} else ""
    message = health.message if health else ""
    return ResourceRow(ResourceKey(group, kind, "cart", name), sync, health, depth, message)


def _synced_cart() -> AppReport:
    well = Health(HealthStatus.HEALTHY)
    return AppReport(
        **{
            **{name: getattr(_cart(), name) for name in AppReport.__struct_fields__},
            "outcome": Outcome.SYNCED,
            "notes": (),
            "resources": (
                _row("Service", "api", well),
                _row("ConfigMap", "settings", None),
                _row("Deployment", "api", well),
                _row("ReplicaSet", "api-7d9f", well, depth=1),
                _row("Pod", "api-7d9f-x1", well, depth=2),
                _row("Pod", "api-7d9f-x2", well, depth=2),
            ),
            "health": well,
            "seconds": 38.2,
        }
    )


def sync_result() -> Report:
    """After a merge: one went well, one did not become healthy, one was refused, one had nothing to do."""
    late = Health(HealthStatus.PROGRESSING, "1 of 2 updated replicas available")
    bad = Health(HealthStatus.DEGRADED, 'Back-off pulling image "ghcr.io/acme/worker:v9": not found')
    payments = AppReport(
        name="payments",
        cluster="prod-eu",
        namespace="payments",
        level=Level.DRY_RUN,
        revision=HEAD,
        outcome=Outcome.UNHEALTHY,
        changes=_payments().changes[1:],
        failures=(
            Problem(
                "Deployment.apps payments/worker is Degraded: Back-off pulling image.", ExitCode.UNHEALTHY
            ),
            Problem(
                "Deployment.apps payments/api is still Progressing at the deadline: 1 of 2 replicas",
                ExitCode.UNHEALTHY,
                remedy="Look at its events and pods, or raise --timeout.",
            ),
        ),
        resources=(
            _row("Deployment", "worker", bad),
            _row("ReplicaSet", "worker-55c", bad, depth=1),
            _row("Deployment", "api", late),
            _row("ConfigMap", "legacy", None, sync="OutOfSync"),
        ),
        health=bad,
        seconds=300.0,
    )
    refused = AppReport(
        name="reports",
        cluster="prod-us",
        namespace="reports",
        level=Level.DRY_RUN,
        outcome=Outcome.REFUSED,
        refusals=(
            (
                "14 objects would be pruned and the limit is 10 (guard.maxPrune 10, guard.maxPrunePercent "
                "20); raise the limit in syncline.yaml, or approve objects by name with --approve."
            ),
        ),
        health=Health(HealthStatus.HEALTHY),
    )
    still = AppReport(
        name="blog",
        cluster="prod-eu",
        namespace="blog",
        level=Level.DRY_RUN,
        outcome=Outcome.UNCHANGED,
        unchanged=3,
        health=Health(HealthStatus.HEALTHY),
        seconds=0.6,
    )
    return Report(
        Job.SYNC,
        base=BASE,
        head=HEAD,
        applications=(_synced_cart(), payments, refused, still),
        run_url=RUN,
        seconds=341.0,
        versions=VERSIONS,
    )


def synced() -> Report:
    """A sync in which all went well."""
    return Report(
        Job.SYNC, base=BASE, head=HEAD, applications=(_synced_cart(),), seconds=38.2, versions=VERSIONS
    )


def drift() -> Report:
    """Somebody scaled a Deployment by hand."""
    live = deployment("api", "cart", "ghcr.io/acme/api:v1.4.2", replicas=5)
    wanted = deployment("api", "cart", "ghcr.io/acme/api:v1.4.2", replicas=2)
    app = AppReport(
        name="cart",
        cluster="prod-eu",
        namespace="cart",
        level=Level.LIVE,
        revision=HEAD,
        changes=(
            changed(Action.UPDATE, live, wanted, Place("apps/cart/base/deployment.yaml", 1), "spec.replicas"),
        ),
        resources=(_row("Deployment", "api", Health(HealthStatus.HEALTHY), sync="OutOfSync"),),
        health=Health(HealthStatus.HEALTHY),
        unchanged=6,
    )
    calm = AppReport(name="blog", cluster="prod-eu", namespace="blog", level=Level.LIVE, unchanged=3)
    return Report(Job.DRIFT, head=HEAD, applications=(app, calm), seconds=2.2, versions=VERSIONS)


def interrupted() -> Report:
    """A sync that was stopped half way."""
    app = AppReport(
        name="cart",
        cluster="prod-eu",
        namespace="cart",
        level=Level.DRY_RUN,
        outcome=Outcome.INTERRUPTED,
        failures=(
            Problem("The run was asked to stop. Run it again to finish what is left.", ExitCode.INTERRUPTED),
        ),
    )
    return Report(Job.SYNC, head=HEAD, applications=(app,), interrupted=True, seconds=9.0, versions=VERSIONS)


HOSTILE = (
    "`x` ```` </details></pre><script>alert(1)</script> <!-- --> @octocat #12 | a\\|b \u202eevil\u200b 🚀 "
    "$x$ \x1b[31m\n# Fake"
)


def hostile() -> Report:
    """Every text that others write tries to break out of its place."""
    body = config("settings", "shop", a=HOSTILE, b="```\n</details>\n### Fake heading\n~~~~\n" + HOSTILE)
    body["metadata"]["name"] = HOSTILE
    key = ResourceKey("", "ConfigMap", "shop", HOSTILE)
    place = Place(HOSTILE, 3)
    app = AppReport(
        name=HOSTILE,
        cluster=HOSTILE,
        namespace=HOSTILE,
        level=Level.LIVE,
        level_reason=HOSTILE,
        base=HOSTILE,
        revision=HOSTILE,
        affected_by=HOSTILE,
        changes=(
            ShownChange(
                key,
                Action.UPDATE,
                MaskedBody(config("x", "y", a="1")),
                MaskedBody(body),
                (HOSTILE,),
                place,
                HOSTILE,
            ),
        ),
        notes=tuple(Note(severity, HOSTILE, key, place) for severity in Severity),
        images=((HOSTILE, HOSTILE, HOSTILE + "2"),),
        problem=Problem(HOSTILE + "\n" + HOSTILE, ExitCode.RENDER, place, HOSTILE),
        refusals=(HOSTILE,),
        failures=(Problem(HOSTILE, ExitCode.CLUSTER, place, HOSTILE),),
        resources=(ResourceRow(key, HOSTILE, Health(HealthStatus.DEGRADED, HOSTILE), 1, HOSTILE),),
        fingerprint=HOSTILE,
    )
    return Report(
        Job.SYNC,
        base=HOSTILE,
        head=HOSTILE,
        applications=(app,),
        unaffected=(HOSTILE,),
        notes=(Note(Severity.DANGER, HOSTILE, key, place),),
        problems=(Problem(HOSTILE, ExitCode.CONFIG, place, HOSTILE),),
        run_url="https://example.com/)<b>",
        versions=((HOSTILE, HOSTILE),),
    )


ALL = (
    rich_diff,
    small_diff,
    no_difference,
    none_affected,
    failures,
    sync_result,
    synced,
    drift,
    interrupted,
    hostile,
)
