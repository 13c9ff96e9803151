"""What `argocd-cmd-params-cm` says of ApplicationSets.

The law: a set is expanded as the controller with these parameters would; what is not written there has Argo
CD's default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.config.complaint import Complaint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.errors import Place

_GLOBBING: Final = "applicationsetcontroller.enable.new.git.file.globbing"
_HIDDEN: Final = "reposerver.include.hidden.directories"
_POLICY: Final = "applicationsetcontroller.policy"
_OVERRIDE: Final = "applicationsetcontroller.enable.policy.override"
KEYS: Final = (_GLOBBING, _HIDDEN, _POLICY, _OVERRIDE)
POLICIES: Final = ("create-only", "create-update", "create-delete", "sync")
KEEPING: Final = frozenset({"create-only", "create-update"})
"""The policies by which an Application that its set no longer makes stays."""


class Controller(Struct, frozen=True):
    """How files are matched, whether hidden directories count, and the policy that is forced upon every set
    (empty: each set's own).
    """

    new_globbing: bool = False
    hidden_directories: bool = False
    policy: str = ""

    def keeping(self, own: str) -> str:
        """The policy by which a set leaves what it no longer makes, whose own one this is; empty where it
        lets it go.
        """
        counts = self.policy or own
        return counts if counts in KEEPING else ""


def decode(texts: Mapping[str, tuple[str, Place]]) -> tuple[Controller, tuple[Complaint, ...]]:
    """The parameters in these keys, and what is wrong with them."""
    complaints: list[Complaint] = []

    def word(key: str, known: tuple[str, ...]) -> str:
        text, place = texts.get(key, ("", None))
        found = text.strip()
        if place is not None and found not in {"", *known}:
            complaints.append(Complaint(f"{key} must be one of {', '.join(known)}.", place))
            return ""
        return found

    answers = ("true", "false")
    policy, may_override = word(_POLICY, POLICIES), word(_OVERRIDE, answers) == "true"
    return (
        Controller(
            word(_GLOBBING, answers) == "true",
            word(_HIDDEN, answers) == "true",
            "" if may_override else policy,
        ),
        tuple(complaints),
    )
