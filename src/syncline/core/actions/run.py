"""Which actions an object has, and what one of them makes of it.

The law: an action touches the object it was asked of and creates objects beside it, and nothing else; an
action that does not exist, is disabled or is given what it does not take is a sentence.

Actions of `argocd-cm` replace the built-in ones of their kind unless they say `mergeBuiltinActions`; those of
bundled directories replace ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from syncline.core.actions.builtin import BUILT_IN
from syncline.core.actions.model import ActionError, Asked, Effect, Offer
from syncline.core.clock import seconds_of
from syncline.core.customized import Customized, script
from syncline.core.lua.script import ScriptError
from syncline.core.lua.shared import engine
from syncline.core.lua.values import restored
from syncline.core.resource import Body, key_of
from syncline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.config.customizations import Actions as Scripts
    from syncline.config.customizations import Lua

_VERBS: Final = frozenset({"create", "patch"})


class Actions:
    """The actions of every kind: the repository's, then bundled scripts, then our own."""

    def __init__(self, customized: Customized | None = None) -> None:
        self._customized = customized or Customized()

    def offers(self, body: Body, now: str) -> tuple[Offer, ...]:
        """The actions of an object, by name. Raises ConfigError where a script cannot say."""
        key = key_of(body)
        found: dict[str, Offer] = {}
        sets = self._customized.actions(key.group, key.kind)
        if all(each.merge for each in sets):
            found = {each.name: each.offer(body) for each in BUILT_IN.get((key.group, key.kind), ())}
        for scripts in reversed(sets):
            found |= {offer.name: offer for offer in _discovered(scripts, body, now)}
        return tuple(found[name] for name in sorted(found))

    def run(self, body: Body, action: str, asked: Asked) -> Effect:
        """What the action makes. Raises ActionError, and ConfigError for a script that fails."""
        offer = _chosen(self.offers(body, asked.now), action)
        unknown = sorted(asked.params.keys() - set(offer.params))
        if unknown:
            takes = ", ".join(offer.params) or "none"
            raise ActionError(f"{action} does not take the parameter {unknown[0]}; it takes {takes}.")
        key = key_of(body)
        for scripts in self._customized.actions(key.group, key.kind):
            if action in scripts.scripts:
                return _scripted(scripts.scripts[action], body, action, asked)
        for built_in in BUILT_IN.get((key.group, key.kind), ()):
            if built_in.name == action:
                return built_in.run(body, asked)
        raise ActionError(f"The action {action} is offered, but there is no script that does it.")


def _chosen(offers: Iterable[Offer], action: str) -> Offer:
    by_name = {offer.name: offer for offer in offers}
    if action not in by_name:
        close = difflib.get_close_matches(action, by_name, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(by_name) or 'none'}."
        raise ActionError(f"There is no action {action!r} for this object; {hint}")
    if by_name[action].disabled:
        raise ActionError(f"The action {action} makes no sense now: the object is in that state already.")
    return by_name[action]


def _discovered(scripts: Scripts, body: Body, now: str) -> tuple[Offer, ...]:
    answer = _value(scripts.discovery, body, Asked(now=now), "discovery")
    if answer in (None, []):
        return ()
    if not isinstance(answer, Mapping):
        raise ConfigError(
            "The discovery script did not return a table of names.", place=scripts.discovery.place
        )
    return tuple(_offer(str(name), options) for name, options in answer.items())


def _offer(name: str, options: Any) -> Offer:
    given = options if isinstance(options, Mapping) else {}
    listed = given.get("params")
    params = (
        [each.get("name") for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    )
    title = given.get("displayName")
    return Offer(
        name,
        given.get("disabled") is True,
        tuple(param for param in params if isinstance(param, str)),
        title if isinstance(title, str) else "",
    )


def _scripted(lua: Lua, body: Body, action: str, asked: Asked) -> Effect:
    answer = _value(lua, body, asked, f"action {action}")
    steps = answer if isinstance(answer, list) else [{"operation": "patch", "resource": answer}]
    if not steps:
        raise ConfigError(f"The action {action} returned nothing.", place=lua.place)
    patched: Body | None = None
    created: list[Body] = []
    for step in steps:
        verb, resource = _step(step, action, lua)
        if verb == "create":
            # It has no counterpart, and the same names as in the object mean the same.
            created.append(restored([resource], body)[0])
        elif key_of(resource) == key_of(body):
            patched = restored(resource, body)
        else:
            raise ConfigError(f"The action {action} may patch the object itself only.", place=lua.place)
    return Effect(patched, tuple(created))


def _step(step: Any, action: str, lua: Lua) -> tuple[str, Body]:
    verb = step.get("operation") if isinstance(step, Mapping) else None
    resource = step.get("resource") if isinstance(step, Mapping) else None
    if verb not in _VERBS or not isinstance(resource, dict) or not _is_object(resource):
        raise ConfigError(
            f"The action {action} must return the object, or a list of create and patch operations with a "
            "resource each.",
            place=lua.place,
        )
    return str(verb), resource


def _is_object(resource: Mapping[str, Any]) -> bool:
    if not isinstance(resource.get("metadata"), dict):
        return False
    return all(isinstance(resource.get(name), str) for name in ("apiVersion", "kind"))


def _value(lua: Lua, body: Body, asked: Asked, what: str) -> Any:
    try:
        return engine().value(script(lua), body, asked.params, seconds_of(asked.now))
    except ScriptError as error:
        raise ConfigError(f"The {what} script failed: {error}.", place=lua.place) from error
