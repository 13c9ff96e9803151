"""Parameters as text.

The law: a number becomes the text that Go's `%v` makes of it; what a parameter holds is inserted and never
read as a template again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from syncline.patterns import regex

_TAG: Final = regex(r"\{\{(.*?)\}\}", re.DOTALL)
_NOT_OF_A_NAME: Final = regex(r"[^-a-z0-9.]")
_LONGEST_NAME: Final = 253
_SMALLEST: Final = -4
_LARGEST: Final = 6


def filled(value: Any, parameters: Mapping[str, Any]) -> Any:
    """Every string and key of a tree with its `{{ name }}` replaced; an unknown name stays as `{{name}}`."""
    if isinstance(value, str):
        return _filled_text(value, parameters)
    if isinstance(value, list):
        return [filled(member, parameters) for member in value]
    if isinstance(value, dict):
        return {_filled_text(key, parameters): filled(member, parameters) for key, member in value.items()}
    return value


def _filled_text(text: str, parameters: Mapping[str, Any]) -> str:
    if "{{" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        name = match[1].strip()
        return go_text(parameters[name]) if name in parameters else f"{{{{{name}}}}}"

    return _TAG.sub(one, text)


def go_text(value: Any) -> str:
    """What Go's `%v` prints. Numbers of JSON are float64 there, and long ones get an exponent."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _go_number(float(value))
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if isinstance(value, Mapping):
        inside = " ".join(f"{key}:{go_text(value[key])}" for key in sorted(value))
        return f"map[{inside}]"
    return str(value)


def _go_number(number: float) -> str:
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else f"{'+' if number > 0 else '-'}Inf"
    shortest = Decimal(repr(number)).normalize()
    power = shortest.adjusted()
    if not number:
        return "0"
    if _SMALLEST <= power < _LARGEST:
        return f"{shortest:f}"
    mantissa = shortest.scaleb(-power).normalize()
    return f"{mantissa:f}e{'-' if power < 0 else '+'}{abs(power):02d}"


def flattened(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves under dotted names, members of lists under their number; an empty map or list is a leaf."""
    if isinstance(value, Mapping) and value:
        for key, member in value.items():
            yield from flattened(member, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list) and value:
        for number, member in enumerate(value):
            yield from flattened(member, f"{prefix}.{number}" if prefix else str(number))
    else:
        yield prefix, value


def dns_name(text: str) -> str:
    """Argo CD's `normalize`: what a DNS subdomain may hold."""
    return _NOT_OF_A_NAME.sub("-", text.lower())[:_LONGEST_NAME].strip("-.")
