"""`templatePatch`: a strategic merge patch of one Application.

The law: a list is replaced and a null removes, but for finalizers, which are joined: the only list of an
Application that Kubernetes' patch strategy merges. The project is not for a patch to change, as in Argo CD.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from syncline.config.appset.model import SetError

if TYPE_CHECKING:
    from syncline.config.complaint import Path

_DIRECTIVE: Final = "$patch"


def patched(body: Mapping[str, Any], patch: Any, where: Path) -> Mapping[str, Any]:
    """The template with the patch on it. Raises SetError for one that is no mapping or moves the project."""
    if patch is None:
        return body
    if not isinstance(patch, Mapping):
        raise SetError("templatePatch must be a mapping, like the template.", where)
    made = _merged(body, patch)
    before, after = (_project(each) for each in (body, made))
    if before != after:
        raise SetError("templatePatch must not change spec.project; set it in the template.", where)
    finalizers = [*_finalizers(body), *_finalizers(patch)]
    if finalizers and isinstance(made.get("metadata"), Mapping):
        joined = list(dict.fromkeys(finalizers))
        made = {**made, "metadata": {**made["metadata"], "finalizers": joined}}
    return made


def _merged(body: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in patch.items() if not name.startswith("$")}
    if patch.get(_DIRECTIVE) == "replace":
        return rest
    if patch.get(_DIRECTIVE) == "delete":
        return {}
    made = dict(body)
    for name, value in rest.items():
        inside = made.get(name)
        if value is None:
            made.pop(name, None)
        elif isinstance(value, Mapping):
            made[name] = _merged(inside if isinstance(inside, Mapping) else {}, value)
        else:
            made[name] = value
    return made


def _project(body: Mapping[str, Any]) -> Any:
    spec = body.get("spec")
    return spec.get("project") if isinstance(spec, Mapping) else None


def _finalizers(body: Mapping[str, Any]) -> list[Any]:
    metadata = body.get("metadata")
    found = metadata.get("finalizers") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, list) else []
