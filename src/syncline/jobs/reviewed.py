"""A plan, held to what somebody reviewed.

The law: under `exact` nothing is written unless all is as it was shown, under `harmless` nothing that was not
shown so, and under `inform` the difference is told; the stricter of the caller's and the settings' word
counts.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline import __version__
from syncline.core.family import identity
from syncline.core.noise import SILENCE, Noise
from syncline.core.review import Binding, Departure, Review, departures, refuses, review
from syncline.errors import GitError, GitHubError, SynclineError, UsageError
from syncline.render.programs import short
from syncline.report.model import Note, Severity
from syncline.report.record import reviews_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.application import Application
    from syncline.core.rendering import Rendering
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session

_REMEDY: Final = "Open a pull request that shows this plan, or sync with a milder --binding."


def shown(prepared: Prepared, session: Session, noise: Noise = SILENCE) -> Review:
    """What a reviewer is shown of it."""
    app, rendering = prepared.app, prepared.rendering
    made = Review(
        identity(app),
        prepared.plan.level.value,
        rendering.revision,
        tools_of(rendering, session),
        _inputs(app, rendering.revision, session),
    )
    return review(prepared.plan, rendering, made, noise)


def tools_of(rendering: Rendering, session: Session) -> dict[str, str]:
    """The programs that made a rendering, with ourselves, and their versions."""
    used = session.renderings.recipes.used(rendering)
    return {"syncline": __version__, **{name: short(text) for name, text in used.items()}}


def _inputs(app: Application, revision: str, session: Session) -> str:
    try:
        return session.renderings.recipes.inputs(app, revision)[:16]
    except GitError:
        return ""


class Reviews:
    """What is on record for this run."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def binding(self) -> Binding:
        """How strictly; a record that is named is held against, at least to say what departs from it."""
        asked, configured = self._session.invocation.binding, self._session.settings.binding
        least = Binding.INFORM if asked.record and not asked.policy else Binding.OFF
        return max(least, *(Binding[(word or "off").upper()] for word in (asked.policy, configured)))

    @cached_property
    def _known(self) -> Mapping[str, Review]:
        asked = self._session.invocation.binding
        if asked.record:
            found = reviews_in(asked.record)
            if not found and self.binding >= Binding.HARMLESS:
                raise UsageError(
                    f"{asked.name or 'The record'} holds no review.",
                    remedy="Name what `syncline diff -o json` wrote.",
                )
            return found
        texts = self._from_github()
        return {name: each for text in texts for name, each in reviews_in(text).items()}

    def _from_github(self) -> tuple[str, ...]:
        """The comments about the pull requests that brought the head."""
        session = self._session
        owner, _, name = "/".join(session.repository_id.split("/")[-2:]).partition("/")
        if session.forge is None or not name:
            return ()
        return session.forge.reviewed(owner, name, session.head, session.invocation.binding.context)

    def held_to(self, prepared: Prepared) -> Prepared:
        """The plan with what departs from its review: as a refusal, or as a note."""
        return self._held(prepared, self.binding)

    def _held(self, prepared: Prepared, binding: Binding) -> Prepared:
        plan = prepared.plan
        if binding is Binding.OFF or plan.refusals or not (plan.writes or plan.runs or plan.debris):
            return prepared
        try:
            found = tuple(self._departures(prepared))
        except GitHubError as error:
            found = (Departure(f"GitHub could not be asked: {error.message}", harmless=False),)
        refused = tuple(each for each in found if refuses(binding, each))
        again, milder = prepared.again, min(binding, Binding.HARMLESS)
        # Another run or attempt has written meanwhile: what is left to do is less, and must be no other.
        held = replace(prepared, again=(lambda: self._held(again(), milder)) if again else None)
        if refused:
            sentence = (
                f"It is not the plan that was reviewed ({binding.word}): "
                f"{'; '.join(each.sentence for each in refused)}. {_REMEDY}"
            )
            return replace(held, plan=replace(plan, refusals=(*plan.refusals, sentence)))
        notes = [
            Note(
                Severity.INFO if each.harmless else Severity.WARNING,
                f"Not as it was reviewed: {each.sentence}.",
            )
            for each in found
        ]
        return replace(held, notes=(*held.notes, *notes))

    def _departures(self, prepared: Prepared) -> tuple[Departure, ...]:
        app, session = prepared.app, self._session
        seen = self._known.get(identity(app))
        try:
            from syncline.jobs.noise import noise_of

            noise, _ = noise_of(app, prepared.plan, prepared.rendering, session)
        except SynclineError:
            noise = SILENCE
        now = shown(prepared, session, noise)
        return tuple(self._told(each, seen, now, app) for each in departures(seen, now))

    def _told(self, departure: Departure, seen: Review | None, now: Review, app: Application) -> Departure:
        """Which file it was, where the commit that was reviewed is here."""
        if seen is None or seen.inputs == now.inputs or "its files" not in departure.sentence:
            return departure
        session = self._session
        if not seen.head or not session.repository.has_commit(seen.head):
            return departure
        from syncline.core.affected import affected

        changed = session.inputs.changed(seen.head, now.head)
        inputs = session.inputs
        why = affected(inputs.at_hand(app), changed, inputs=inputs.of(app, now.head))
        return replace(departure, sentence=f"{departure.sentence} ({why})") if why else departure
