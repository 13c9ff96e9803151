"""Kubernetes' quantities: `100m`, `1.5Gi`, `1e3`.

The law: two spellings are the same quantity exactly when Kubernetes says so, and `canonical` gives the
spelling the server answers with.  Source: `k8s.io/apimachinery/pkg/api/resource`.
"""

from __future__ import annotations

import functools
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from typing import Any, Final

from syncline.patterns import regex

_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_SYNTAX: Final = regex(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    r"(?:(?P<exponent>[eE][+-]?[0-9]{1,3})|(?P<suffix>[KMGTPE]i|[numkMGTPE]?))"
)
_KIBI: Final = 1024
_LIMIT: Final = Decimal(2**63 - 1)
_NANO: Final = Decimal("1e-9")
_EXACT: Final = Context(prec=1200)


@functools.lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Decimal | None:
    """The exact amount, in units; None where the text is no quantity.

    Finer than nano is rounded away from zero and larger than 2**63-1 is cut, as the server does.
    """
    match = _SYNTAX.fullmatch(text)
    if match is None:
        return None
    with localcontext(_EXACT):
        amount = Decimal(match["number"]) * _scale(match["exponent"] or "", match["suffix"] or "")
        if abs(amount) > _LIMIT:
            return _LIMIT if amount > 0 else -_LIMIT
        return amount.quantize(_NANO, rounding=ROUND_CEILING if amount > 0 else ROUND_FLOOR)


def _scale(exponent: str, suffix: str) -> Decimal:
    if exponent:
        return Decimal(f"1{exponent}")
    if suffix in _BINARY:
        return Decimal(_KIBI ** _BINARY[suffix])
    return Decimal(1).scaleb(_DECIMAL[suffix])


def same_quantity(one: Any, other: Any) -> bool:
    """Whether both are quantities, numbers included, and the same amount."""
    left, right = _amount(one), _amount(other)
    return left is not None and left == right


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return parse_quantity(str(value))


def canonical(value: Any) -> Any:
    """The spelling the server answers with; anything that is no quantity is given back as it is."""
    amount = _amount(value)
    return value if amount is None else _spell(str(value), amount)


@functools.lru_cache(maxsize=4096)
def _spell(text: str, amount: Decimal) -> str:
    whole = amount == amount.to_integral_value()
    if text.endswith("i") and abs(amount) >= _KIBI and whole:
        return _binary(int(amount))
    digits, power = _thousands(amount)
    if _SYNTAX.fullmatch(text)["exponent"]:  # type: ignore[index]  # it has been parsed
        return f"{digits}e{power}" if power else str(digits)
    return f"{digits}{next(suffix for suffix, value in _DECIMAL.items() if value == power)}"


def _binary(amount: int) -> str:
    power = 0
    while amount % _KIBI == 0 and power < len(_BINARY):
        amount, power = amount // _KIBI, power + 1
    return f"{amount}{'' if power == 0 else list(_BINARY)[power - 1]}"


def _thousands(amount: Decimal) -> tuple[int, int]:
    """The amount as digits and a power of ten that is a multiple of three, with as few digits as can be."""
    if not amount:
        return 0, 0
    with localcontext(_EXACT):
        digits, power = int(amount.scaleb(9)), -9
    while digits % 1000 == 0 and power < max(_DECIMAL.values()):
        digits, power = digits // 1000, power + 3
    return digits, power
