"""Argo CD's own marks on the objects that both tools look after.

The law: how Argo CD tracks an object is no difference and stays, wherever the mark names this very
application; what Git itself says there counts only where Argo CD would have written over it, too.

Source: Argo CD, "Resource Tracking". Syncline writes the tracking id of the annotation method and, as its
own, the ApplySet label; it adds no mark of the other methods to an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.applyset import TRACKING_ANNOTATION
from syncline.core.normalize import metadata_of

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.config.comparison import Tracking
    from syncline.core.resource import Body

INSTALLATION: Final = "argocd.argoproj.io/installation-id"
_LONGEST_LABEL: Final = 63


def with_marks(desired: Body, live: Body | None, app: Application, tracking: Tracking) -> Body:
    """The manifest with the marks that Argo CD left on the live object; itself where there are none."""
    if live is None:
        return desired
    names = frozenset({app.name, f"{app.namespace}_{app.name}"})
    kept = desired
    label = _part(live, "labels").get(tracking.label)
    if "label" in tracking.method and label is not None and _is_cut(str(label), names):
        kept = _with(kept, "labels", tracking.label, label)
    wanted = str(_part(desired, "annotations").get(TRACKING_ANNOTATION) or "")
    given = str(_part(live, "annotations").get(TRACKING_ANNOTATION) or "")
    # An Application of another namespace than Argo CD's own is called namespace_name there.
    if given != wanted and given.partition(":")[0] in names and _object(given) == _object(wanted):
        kept = _with(kept, "annotations", TRACKING_ANNOTATION, given)
    installation = _part(live, "annotations").get(INSTALLATION)
    ours = given.partition(":")[0] in names or label is not None
    if ours and installation is not None and installation == (tracking.installation or installation):
        kept = _with(kept, "annotations", INSTALLATION, installation)
    return kept


def _object(tracking_id: str) -> str:
    return tracking_id.partition(":")[2]


def _is_cut(label: str, names: frozenset[str]) -> bool:
    return any(label in {name, name[:_LONGEST_LABEL].rstrip("-_.")} for name in names)


def _part(body: Body, name: str) -> dict[str, Any]:
    found = metadata_of(body).get(name)
    return found if isinstance(found, dict) else {}


def _with(body: Body, part: str, name: str, value: Any) -> Body:
    if _part(body, part).get(name) == value:
        return body
    metadata = metadata_of(body)
    return {**body, "metadata": {**metadata, part: {**_part(body, part), name: value}}}
