"""Secrets out, equality kept.

The law: a `MaskedBody` can be made only here, and no secret value is a substring of one; equal values look equal and
different values look different.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final


@final
@dataclass(frozen=True, slots=True)
class MaskedBody:
    """An object that may be shown to anybody. `value` is plain data; build it with `mask_pair`, never by hand."""

    value: Any
