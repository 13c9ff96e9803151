"""What the settings of a repository come to for one application.

The law: a change of `syncline.yaml` or `argocd-cm` touches an application when it changes what is rendered,
compared or written for it; a key that nobody here has heard of touches everyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.config.globs import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from syncline.config import Configuration
    from syncline.config.application import Application
    from syncline.config.settings import Settings

_OF_THE_RUN: Final = frozenset(
    {
        "binding",
        "drift",  # of the job drift, which looks at every application
        "lease_seconds",
        "masking",  # what may be read of a change, not what it is
        "plugins",  # what generators make of them shows in the definitions
        "render_timeout",
        "render_wall",
        "require_lease",
        "rollback_on_failure",
        "status_limit",
        "sync_only_automated",  # who is chosen, not what is done
        "sync_timeout",
        "teams",
    }
)
"""How a run goes about its work, and not what comes of it."""

_OF_ONE: Final = frozenset({"clusters", "default_cluster", "unrestricted_projects"})
"""What is about some applications, and is asked of each."""

_SHOWN: Final = ("health", "actions", "useOpenLibs", "knownTypeFields", "ignoreResourceUpdates")
_BY_KIND: Final = "resource.customizations."


def altered(
    app: Application, before: Configuration, after: Configuration, kinds: Callable[[], frozenset[str]]
) -> str:
    """Which setting of the application the change alters, as a reason; empty for none.

    `kinds` are those that it renders, as `group/Kind`; asked for only where a setting is about a kind.
    """
    for name in _altered_settings(app, before.settings, after.settings):
        return f"the settings changed: {name}"
    old, new = before.customizations.texts, after.customizations.texts
    for key in sorted(old.keys() | new.keys()):
        if old.get(key, ("",))[0] != new.get(key, ("",))[0] and _concerns(key, kinds):
            return f"argocd-cm changed: {key}"
    return ""


def _altered_settings(app: Application, old: Settings, new: Settings) -> Iterator[str]:
    for name in old.__struct_fields__:
        if name in _OF_THE_RUN or name in _OF_ONE:
            continue
        if getattr(old, name) != getattr(new, name):
            yield _written(name)
    if old.access(app.destination) != new.access(app.destination):
        yield "clusters"
    if (app.project in old.unrestricted_projects) != (app.project in new.unrestricted_projects):
        yield "unrestrictedProjects"


def _written(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _concerns(key: str, kinds: Callable[[], frozenset[str]]) -> bool:
    if not key.startswith(_BY_KIND):
        return True
    field, _, kind = key.removeprefix(_BY_KIND).partition(".")
    if field in _SHOWN:
        return False  # how well something is, and what may be done to it, changes no manifest
    if not kind or kind == "all":
        return True
    group, _, name = kind.rpartition("_")
    try:
        pattern = compiled(f"{group}/{name}")
    except ValueError:
        return True
    return any(pattern.fullmatch(each) is not None for each in kinds())
