"""How a pod is: its phase, its restarts, and why it is not better.

The law: the reason is the most telling one the kubelet gave, down to the container; a pod that says nothing
wrong has none, and a malformed one is told as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.health.fields import Malformed, mapping, members, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from syncline.core.resource import Body

_BEGINNING: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
"""What every container waits for at first."""

_LISTS: Final = (
    ("initContainers", "initContainerStatuses"),
    ("containers", "containerStatuses"),
    ("ephemeralContainers", "ephemeralContainerStatuses"),
)


class Container(Struct, frozen=True):
    """One container of a pod. `run` counts its starts, `wrote` says whether there can be a log of it."""

    name: str
    run: int = 0
    wrote: bool = False
    ready: bool = False
    reason: str = ""
    failing: bool = False


class PodState(Struct, frozen=True):
    """A pod in a few words."""

    phase: str = ""
    reason: str = ""
    containers: tuple[Container, ...] = ()

    @property
    def restarts(self) -> int:
        """How often any container began anew."""
        return sum(container.run for container in self.containers)

    @property
    def is_over(self) -> bool:
        """Whether nothing will be written any more."""
        return self.phase in {"Succeeded", "Failed"}

    @property
    def words(self) -> str:
        """`Running, 3 restarts, CrashLoopBackOff`."""
        count = self.restarts
        restarts = f"{count} restart{'' if count == 1 else 's'}" if count else ""
        return ", ".join(part for part in (self.phase, restarts, self.reason) if part)


def pod_state(body: Body) -> PodState:
    """What a Pod's status says."""
    try:
        status = mapping(body, "status")
        containers = tuple(_containers(body))
        own = text(status, "reason")
        return PodState(text(status, "phase"), own or _worst(containers) or _unscheduled(status), containers)
    except Malformed as error:
        return PodState(reason=f"malformed: {error}")


def suspects(state: PodState) -> tuple[Container, ...]:
    """The containers whose logs may tell what is wrong: those that fail or, if none, that are not ready."""
    failing = tuple(each for each in state.containers if each.failing)
    return failing or tuple(each for each in state.containers if not each.ready and each.wrote)


def _containers(body: Body) -> Iterator[Container]:
    spec, status = mapping(body, "spec"), mapping(body, "status")
    for listed, told in _LISTS:
        known = {text(each, "name"): each for each in members(status, told)}
        for container in members(spec, listed):
            name = text(container, "name")
            yield _container(name, known.get(name, {}), once=listed == "initContainers")


def _container(name: str, status: Mapping[str, Any], *, once: bool) -> Container:
    waiting = mapping(status, "state", "waiting")
    ended = mapping(status, "state", "terminated")
    before = mapping(status, "lastState", "terminated")
    code = number(ended, "exitCode")
    waits_for = text(waiting, "reason")
    reason = "" if waits_for in _BEGINNING else waits_for
    if code:
        reason = f"{text(ended, 'reason') or 'Error'} (exit code {code})"
    elif reason and number(before, "exitCode"):
        last = text(before, "reason") or "Error"
        reason = f"{reason} after {last} (exit code {number(before, 'exitCode')})"
    running = "running" in mapping(status, "state")
    return Container(
        name,
        run=number(status, "restartCount"),
        wrote=bool(running or ended or before),
        ready=status.get("ready") is True or (once and bool(ended) and not code),
        reason=reason,
        failing=bool(reason),
    )


def _worst(containers: tuple[Container, ...]) -> str:
    return next((f"{each.name}: {each.reason}" for each in containers if each.failing), "")


def _unscheduled(status: Mapping[str, Any]) -> str:
    for condition in members(status, "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            said = text(condition, "message")
            return ": ".join(part for part in (text(condition, "reason"), said) if part)
    return ""
