"""Actions that make a new object out of an old one.

The law: what is made names its origin as owner, so that it goes when that goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.actions.model import ActionError, Asked, Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.resource import Body

_LONGEST: Final = 63
_STAMP: Final = 10


def create_job(body: Body, asked: Asked) -> Effect:
    """A Job of a CronJob's template, now (as `kubectl create job --from`)."""
    template = _at(body, "spec", "jobTemplate")
    if not template.get("spec"):
        raise ActionError("The CronJob has no jobTemplate to make a Job from.")
    metadata = _at(template, "metadata")
    annotations = {**_at(metadata, "annotations"), "cronjob.kubernetes.io/instantiate": "manual"}
    return Effect(
        created=(
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": _metadata(body, asked, labels=_at(metadata, "labels"), annotations=annotations),
                "spec": template["spec"],
            },
        )
    )


def workflow_of_cron(body: Body, asked: Asked) -> Effect:
    """A Workflow of a CronWorkflow, now (as `argo submit --from`)."""
    metadata = _at(body, "spec", "workflowMetadata")
    labels = {
        **_at(metadata, "labels"),
        "workflows.argoproj.io/cron-workflow": str(_at(body, "metadata").get("name") or ""),
    }
    spec = _at(body, "spec", "workflowSpec")
    return _workflow(body, asked, spec, labels=labels, annotations=_at(metadata, "annotations"))


def workflow_of_template(body: Body, asked: Asked) -> Effect:
    """A Workflow of a WorkflowTemplate (as `argo submit --from`)."""
    name = str(_at(body, "metadata").get("name") or "")
    labels = {"workflows.argoproj.io/workflow-template": name}
    return _workflow(body, asked, {"workflowTemplateRef": {"name": name}}, labels=labels, annotations={})


def _workflow(
    body: Body, asked: Asked, spec: Mapping[str, Any], *, labels: Mapping[str, Any], annotations: Any
) -> Effect:
    if not spec:
        raise ActionError("There is no workflow to make.")
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": _metadata(body, asked, labels=labels, annotations=annotations),
        "spec": spec,
    }
    return Effect(created=(made,))


def _metadata(
    body: Body, asked: Asked, *, labels: Mapping[str, Any], annotations: Mapping[str, Any]
) -> Mapping[str, Any]:
    origin = _at(body, "metadata")
    digits = "".join(sign for sign in asked.now if sign.isdigit())
    stamp = digits[2 : 2 + _STAMP]
    name = f"{str(origin.get('name') or '')[: _LONGEST - _STAMP - 1]}-{stamp}"
    owner = {
        "apiVersion": body.get("apiVersion"),
        "kind": body.get("kind"),
        "name": origin.get("name"),
        "uid": origin.get("uid"),
        "controller": True,
    }
    found = {"name": name, "namespace": origin.get("namespace"), "ownerReferences": [owner]}
    return found | {
        field: dict(value) for field, value in (("labels", labels), ("annotations", annotations)) if value
    }


def _at(body: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
