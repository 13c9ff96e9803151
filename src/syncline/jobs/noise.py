"""Applications that come out differently each time they are rendered.

The law: what could be random is rendered a second time, but only where there is a difference to show; what
is noise then is named with its line and with what to do about it.

The cost is one more rendering of an application that differs and whose templates call one of the functions in
`render/randomness.py`; of the others there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.fields import show
from syncline.core.noise import SILENCE, Noise, noise, quieted
from syncline.render.randomness import LOOKUP, OF_THE_MOMENT, Suspect, suspects
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.config.application import Application
    from syncline.core.plan import Plan
    from syncline.core.rendering import Rendering
    from syncline.core.resource import ResourceKey
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session

_MOST: Final = 3
_REMEDY: Final = (
    "Every sync writes it anew. Give the value itself, or take it from a Secret that is made elsewhere; "
    "ignoreDifferences with RespectIgnoreDifferences=true keeps what is there."
)


def settled(prepared: Prepared, session: Session) -> Prepared:
    """What was prepared, its noise named and left out of what is shown."""
    found, known = noise_of(prepared.app, prepared.plan, prepared.rendering, session)
    if not (found or known):
        return prepared
    notes = (*_notes(found, known, prepared.rendering), *_hints(found, known, prepared.rendering))
    plan = quieted(prepared.plan, found)
    return replace(prepared, plan=plan, noise=found, notes=(*prepared.notes, *notes))


def noise_of(
    app: Application, plan: Plan, rendering: Rendering, session: Session
) -> tuple[Noise, tuple[Suspect, ...]]:
    """The noise in a rendering whose plan has something to show, and what may make it."""
    if not (plan.differs or plan.runs) or not rendering.manifests:
        return SILENCE, ()
    known = suspects_of(app, rendering.revision, rendering, session)
    if not known:
        return SILENCE, ()
    # Only a rendering of this run's own can be told from the first one.
    return noise(rendering, session.renderings.again(app, rendering.revision)), known


def suspects_of(
    app: Application, revision: str, rendering: Rendering, session: Session
) -> tuple[Suspect, ...]:
    """What may make it another one each time: functions, or a program of which nobody knows."""
    if session.renderings.is_steady(app, revision):
        return ()
    tools = set(rendering.tools) - {"directory", "kustomize"}
    paths = session.renderings.recipes.paths(app, revision)
    charts = any(path.rpartition("/")[2] == "Chart.yaml" or path.endswith(".tgz") for path in paths)
    if not tools and not charts:
        return ()
    unknown = [Suspect(app.origin, f"the plugin {name}") for name in sorted(tools - {"helm", "jinja2"})]
    return (*unknown, *suspects(session.checkouts.contents(paths, revision)))


def _notes(found: Noise, known: tuple[Suspect, ...], rendering: Rendering) -> Iterator[Note]:
    origins = {manifest.key: manifest.origin.file for manifest in rendering.manifests}
    for key, paths in found.fields.items():
        listed = ", ".join(map(show, paths[:5])) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")  # noqa: PLR2004 - a handful
        verb = "is another" if len(paths) == 1 else "are others"
        text = (
            f"{listed} {verb} each time it is rendered ({_why(known, origins.get(key, ''))}), "
            f"and left out of the comparison. {_REMEDY}"
        )
        yield Note(Severity.WARNING, text, key)
    shown = sorted(key for key in found.names if key in origins)
    for key in shown:
        text = f"Its name is another each time it is rendered ({_why(known, origins[key])}). {_REMEDY}"
        yield Note(Severity.WARNING, text, key)


def _hints(found: Noise, known: tuple[Suspect, ...], rendering: Rendering) -> Iterator[Note]:
    """What two renderings of one moment cannot show."""
    noisy = {*found.fields, *found.names}
    for manifest in rendering.manifests:
        here = [each for each in known if each.place.file == manifest.origin.file]
        if manifest.key in noisy or not here:
            continue
        yield from _hint(manifest.key, here)


def _hint(key: ResourceKey, here: Iterable[Suspect]) -> Iterator[Note]:
    listed = tuple(here)
    moment = next((each for each in listed if each.word in OF_THE_MOMENT), None)
    if moment is not None:
        text = f"It uses {moment.word} ({moment.place}), so it may come out differently another day."
        yield Note(Severity.WARNING, text, key)
    asked = next((each for each in listed if each.word == LOOKUP), None)
    if asked is not None:
        text = f"It uses lookup ({asked.place}), which finds nothing: no cluster is asked while rendering."
        yield Note(Severity.INFO, text, key)


def _why(known: tuple[Suspect, ...], file: str) -> str:
    """The functions in the object's own template; where there are none, those anywhere in the chart."""
    own = [each for each in known if each.place.file == file] or list(known)
    named = list(dict.fromkeys(f"{each.word} in {each.place}" for each in sorted(own)))
    return ", ".join(named[:_MOST]) + (f" or {len(named) - _MOST} more" if len(named) > _MOST else "")
