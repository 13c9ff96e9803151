"""What one scalar of a YAML text means to Kubernetes.

The law: the answer is that of go-yaml v2 (YAML 1.1 without base-60 numbers and timestamps), then of Go's
JSON, which is the road every manifest takes through `sigs.k8s.io/yaml` into an API server.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

Scalar: TypeAlias = str | int | float | bool | None


class MeaninglessScalar(ValueError):  # noqa: N818 - it is the scalar that is wrong; the caller adds the place
    """A scalar that has no value; the message says why without repeating it."""


def _spelled(*words: str) -> tuple[str, ...]:
    return tuple(form for word in words for form in (word, word.capitalize(), word.upper()))


WORDS: Mapping[str, Scalar] = (
    dict.fromkeys(_spelled("y", "yes", "true", "on"), True)
    | dict.fromkeys(_spelled("n", "no", "false", "off"), False)
    | dict.fromkeys(("", "~", *_spelled("null")), None)
    | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)
    | dict.fromkeys((*_spelled(".inf"), ".Inf", "+.inf", "+.Inf", "+.INF"), math.inf)
    | dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf)
)
_MEANINGFUL_STARTS = frozenset("+-.0123456789yYnNtTfFoO~")

# strconv.ParseInt(text, 0, 64): the prefix chooses the base, and a leading zero alone means octal.
_INTEGER = regex(
    r"[-+]?(?:0[xX](?P<x>[0-9a-fA-F]+)|0[bB](?P<b>[01]+)|0[oO]?(?P<o>[0-7]+)|(?P<d>0|[1-9][0-9]*))"
)
_BASES = {"x": 16, "b": 2, "o": 8, "d": 10}
_FLOAT = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOTTED_FLOAT = regex(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_DIGITS_OF_UINT64 = 20
_DIGITS_OF_FLOAT32 = 9
_INT64 = range(-(2**63), 2**63)


def resolve(text: str) -> Scalar:
    """The Go value of a plain scalar without a tag."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in _MEANINGFUL_STARTS:
        return text
    if text[0] == ".":
        return _float(text.replace("_", "")) if _DOTTED_FLOAT.fullmatch(text) else text
    if text[0] not in "+-0123456789":
        return text
    return _number(text)


def _number(text: str) -> Scalar:
    digits = text.replace("_", "")
    match = _INTEGER.fullmatch(digits)
    if match:
        whole = _integer(match, signed=digits[0] in "+-")
        if whole is not None:
            return whole
    number = _float(digits) if _FLOAT.fullmatch(digits) else None
    return text if number is None or isinstance(number, str) else number


def _integer(match: re.Match[str], *, signed: bool) -> int | None:
    kind = match.lastgroup or "d"
    digits = match[kind].lstrip("0") or "0"
    if kind == "d" and len(digits) > _DIGITS_OF_UINT64:
        return None
    value = int(digits, _BASES[kind])
    value = -value if match[0][0] == "-" else value
    return value if value in _INT64 or (not signed and value < 2**64) else None


def _float(text: str) -> float | str:
    value = float(text)
    return text if math.isinf(value) else value


def to_json(value: Any) -> Any:
    """What is left of a Go value after Go's JSON and Kubernetes' decoder: whole floats become integers."""
    if type(value) is float:
        return _json_float(value)
    if type(value) is int and value not in _INT64:
        return float(value)
    return value


def _json_float(value: float) -> int | float:
    if not math.isfinite(value):
        raise MeaninglessScalar("a number is infinite or no number at all, which JSON cannot hold")
    if not value.is_integer():
        return value
    whole = int(Decimal(repr(value)))  # Go prints the shortest digits and fills up with zeros
    return whole if whole in _INT64 else value


def tagged(tag: str, text: str) -> Scalar:
    """The Go value of a scalar with an explicit tag; a tag YAML does not define leaves a string."""
    name = tag.removeprefix("tag:yaml.org,2002:")
    if name in (tag, "str"):
        return text
    if name == "binary":
        return _binary(text)
    if name not in {"bool", "int", "float", "null", "timestamp"}:
        return text
    value = _as_float(resolve(text)) if name == "float" else resolve(text)
    if name not in _names_of(value, text):
        raise MeaninglessScalar(f"a value tagged !!{name} is not one")
    return value


_TIMESTAMP = regex(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:(?:[Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2}))"
    r"|(?: [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?))?"
)


def _as_float(value: Scalar) -> Scalar:
    return float(value) if type(value) is int and value in _INT64 else value


def _names_of(value: Scalar, text: str) -> tuple[str, ...]:
    names = {bool: "bool", int: "int", float: "float", type(None): "null"}
    if isinstance(value, str):
        return ("timestamp",) if _TIMESTAMP.fullmatch(text) else ()
    return (names[type(value)],)


def _binary(text: str) -> str:
    try:
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except binascii.Error:
        raise MeaninglessScalar("a value tagged !!binary is not base64") from None
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


def key_text(value: Any) -> str:
    """The JSON key for a Go value used as a key (`convertToJSONableObject` of `sigs.k8s.io/yaml`)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value in _INT64:
        return str(value)
    if isinstance(value, float):
        return _float32_text(value)
    raise MeaninglessScalar(
        COMPLEX_KEY if isinstance(value, dict | list) else "a key is null or too large a number"
    )


COMPLEX_KEY = "a mapping or a list stands where a key must be"


def _float32_text(value: float) -> str:
    narrow = _float32(value)
    if not math.isfinite(narrow):
        return {math.inf: ".inf", -math.inf: "-.inf"}.get(narrow, ".nan")
    texts = (f"{narrow:.{places}e}" for places in range(_DIGITS_OF_FLOAT32))
    text = next(text for text in texts if _float32(float(text)) == narrow)
    digits, _, exponent = text.partition("e")
    if -4 <= int(exponent) < 6:  # noqa: PLR2004 - Go's 'g' writes other exponents out
        return f"{Decimal(text).normalize():f}"
    return f"{digits}e{exponent}"


def _float32(value: float) -> float:
    try:
        narrow: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return narrow
