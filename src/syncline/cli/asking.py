"""What was typed becomes an Invocation.

The law: what the shell can check is checked before anything is done.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from syncline.errors import UsageError
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.jobs.invocation import AskedBinding, AskedRecovery, Invocation

_DURATION: Final = regex(r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+(?:\.[0-9]+)?)s?)?")
_A_WEEK: Final = 7 * 24 * 3600.0


def seconds(text: str) -> float | None:
    """A duration such as `90`, `90s`, `5m` or `1h30m`, in seconds; None for nothing. Raises UsageError."""
    if not text.strip():
        return None
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is not a duration.", remedy="Write it like 90s, 5m or 1h30m.")
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + rest
    if total > _A_WEEK:
        raise UsageError(f"{text!r} is longer than a week.", remedy="Write it like 90s, 5m or 1h30m.")
    return total


def kube_version(text: str) -> str:
    """A version of Kubernetes, such as `1.37`. Raises UsageError for anything else."""
    from syncline.core.lifecycle import minor_of

    if text.strip() and minor_of(text) is None:
        raise UsageError(f"{text!r} is not a version of Kubernetes.", remedy="Write it like 1.37.")
    return text.strip()


def parameters(lines: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` lines as a mapping. Raises UsageError."""
    found: dict[str, str] = {}
    for line in lines:
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise UsageError("A parameter has no name or no value.", remedy="Write it like replicas=3.")
        found[name.strip()] = value
    return found


def invocation_of(job: str, options: Mapping[str, Any]) -> Invocation:
    """The run that a command with these options asks for. Raises UsageError."""
    from syncline.core.live import Level
    from syncline.core.selection import selection
    from syncline.jobs.invocation import AskedAction, Invocation, Permissions
    from syncline.report.model import Job

    return Invocation(
        job=Job(job),
        root=Path(options["root"]),
        base=options.get("base", ""),
        head=options.get("head", ""),
        applications=_applications_of(options),
        path=options.get("path", ""),
        level=Level(options.get("level", "offline")),
        permissions=Permissions(
            prune=bool(options.get("prune")),
            approved=frozenset(options.get("approve", ())),
            adopt=bool(options.get("adopt")),
            heal=bool(options.get("heal")),
            rollback=bool(options.get("rollback_on_failure")),
            keep=bool(options.get("no_prune")),
        ),
        action=AskedAction(
            options.get("resource", ""), options.get("action", ""), parameters(options.get("params", ()))
        ),
        recovery=_recovery(options),
        binding=_binding(options),
        depth=options.get("depth"),
        brief=bool(options.get("brief")),
        affected_only=bool(options.get("affected")),
        onward=not options.get("head"),
        selection=selection(options.get("resources", ()), options.get("labels", ())),
        dry_run=bool(options.get("dry_run")),
        timeout=seconds(options.get("timeout", "")),
        kubeconfig=options["kubeconfig"],
        kube_version=kube_version(options.get("kube_version", "")),
        cache=os.path.abspath(options["cache"]) if options.get("cache") else "",  # noqa: PTH100 - as written
        environ=dict(os.environ),
    )


def _applications_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    return (options["application"],) if "application" in options else tuple(options["applications"])


def _binding(options: Mapping[str, Any]) -> AskedBinding:
    from syncline.jobs.invocation import AskedBinding

    name, text = options.get("reviewed", ""), ""
    try:
        text = Path(name).read_text(encoding="utf-8") if name else ""
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"--reviewed {name!r} cannot be read.", remedy="Name a file that can.") from None
    return AskedBinding(options.get("binding") or "", text, name)


def _recovery(options: Mapping[str, Any]) -> AskedRecovery:
    from syncline.jobs.invocation import AskedRecovery

    name, text = options.get("record", ""), ""
    try:
        text = Path(name).read_text(encoding="utf-8") if name else ""
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"--from {name!r} cannot be read.", remedy="Name a file that can.") from None
    if name and not text.strip():
        raise UsageError(f"--from {name!r} is empty.")
    return AskedRecovery(
        text,
        name,
        options.get("cluster", ""),
        options.get("context", ""),
        keep=bool(options.get("keep")),
        status_context=options.get("status_context", "syncline"),
    )
