"""Objects as anybody may see them.

The law: a `MaskedBody` can be made only here, and no secret value of four characters or more is a substring
of one; the same field looks the same before and after exactly when its value is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, final

from msgspec import Struct

from syncline.core.fields import ordered_like, show
from syncline.core.mask.fields import (
    SECRET_FIELDS,
    annotations_of,
    covered,
    decoded_text,
    guessed,
    hides_annotation,
    is_secret,
    text_of,
)
from syncline.core.mask.shapes import is_digest
from syncline.core.normalize import metadata_of, normalize_desired
from syncline.core.schema import shape_of_body
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.mask.masker import Masker
    from syncline.core.plan import Change
    from syncline.core.resource import Body
    from syncline.core.schema import Shape

_NOTHING: Final[Mapping[str, Any]] = {}
_FIELD_NAME: Final = regex(r"[$A-Za-z][A-Za-z]*")


@final
class MaskedBody(Struct, frozen=True):
    """An object that may be shown to anybody, as plain data; build it with `mask_pair`, never by hand.

    `knowledge` is how much the masker knew.
    """

    value: Any
    knowledge: int = 0


def mask_pair(
    before: Body | None, after: Body | None, masker: Masker
) -> tuple[MaskedBody | None, MaskedBody | None]:
    """The two sides of a change as anybody may see them: normalised, in the same order, without secrets."""
    old = None if before is None else normalize_desired(before)
    new = None if after is None else normalize_desired(after)
    if old is not None and new is not None:
        new = ordered_like(old, new)
    return _masked(old, masker), _masked(new, masker)


def masked_change(
    change: Change, masker: Masker
) -> tuple[MaskedBody | None, MaskedBody | None, tuple[str, ...]]:
    """A change as anybody may see it: before, after, and the fields that differ."""
    before, after = mask_pair(change.before, change.after, masker)
    return before, after, masked_paths(change, masker)


def masked_paths(change: Change, masker: Masker) -> tuple[str, ...]:
    """The fields that differ, as anybody may see them."""
    return tuple(masker.scrub(show(field.path)) for field in change.fields)


def masked_again(body: MaskedBody, masker: Masker) -> MaskedBody:
    """The same with what was learned since."""
    # Before it is used: what is learned meanwhile is not in it.
    knowledge = masker.knowledge
    if body.knowledge == knowledge:
        return body
    return MaskedBody(_scrubbed(body.value, masker), knowledge)


def _scrubbed(value: Any, masker: Masker) -> Any:
    if isinstance(value, str):
        return masker.scrub(value, is_public=True)
    if isinstance(value, dict):
        return {masker.scrub(name, is_public=True): _scrubbed(inner, masker) for name, inner in value.items()}
    return [_scrubbed(member, masker) for member in value] if isinstance(value, list) else value


def _masked(body: Body | None, masker: Masker) -> MaskedBody | None:
    if body is None:
        return None
    knowledge = masker.knowledge
    return MaskedBody(_shown(body, shape_of_body(body), masker), knowledge)


def _shown(value: Any, shape: Shape, masker: Masker) -> Any:
    if isinstance(value, str):
        return masker.scrub(value)
    if isinstance(value, dict):
        return _shown_object(value, shape, masker)
    if isinstance(value, list):
        return [_shown(member, shape.member, masker) for member in value]
    if value is None or isinstance(value, bool):
        return value
    scrubbed = masker.scrub(str(value))
    return value if scrubbed == str(value) else scrubbed


def _shown_object(value: dict[str, Any], shape: Shape, masker: Masker) -> dict[str, Any]:
    if "kind" in value and isinstance(value["kind"], str):
        value = dict(covered(value, masker.rules, lambda *where: masker.fingerprint(*_where(value), *where)))
    hidden = _hidden_fields(value, masker)
    if masker.rules.guess and any(map(_is_text, value.values())):
        hidden = {**{name: masker.fingerprint(value[name]) for name in guessed(value)}, **hidden}
    shown = {
        name: masker.scrub(inner, is_public=True)
        if isinstance(inner, str) and is_digest(name)
        else _shown(inner, shape.at(name), masker)
        for name, inner in value.items()
        if name not in hidden
    }
    return {_shown_key(name, shape, masker): hidden.get(name, shown.get(name)) for name in value}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _shown_key(name: str, shape: Shape, masker: Masker) -> str:
    # A field's name is Kubernetes' word, and has no digit; keys that people choose may hold anything.
    return name if _FIELD_NAME.fullmatch(name) and not shape.free else masker.scrub(name)


def _hidden_fields(body: Body, masker: Masker) -> Mapping[str, Any]:
    """The parts of an object that are hidden by what they are, not by what they hold."""
    if "metadata" not in body and not is_secret(body):
        return _NOTHING
    where = _where(body)
    fields = [name for name in SECRET_FIELDS if name in body] if is_secret(body) else []
    hidden = {name: _hidden_data(name, body[name], where, masker) for name in fields}
    annotations = {
        name: masker.fingerprint(*where, "annotation", name, text_of(value))
        for name, value in annotations_of(body).items()
        if hides_annotation(name, body, masker.rules)
    }
    if annotations:
        rest = {name: value for name, value in annotations_of(body).items() if name not in annotations}
        metadata = {**metadata_of(body), "annotations": rest}
        shown = _shown(metadata, shape_of_body(body).at("metadata"), masker)
        hidden["metadata"] = {**shown, "annotations": {**shown["annotations"], **annotations}}
    return hidden


def _where(body: Body) -> list[str]:
    return [str(metadata_of(body).get(name) or "") for name in ("namespace", "name")]


def _hidden_data(field: str, data: Any, where: list[str], masker: Masker) -> Any:
    if not isinstance(data, dict):
        return None if data is None else masker.fingerprint(*where, field, text_of(data))
    return {
        name: masker.fingerprint(*where, "data", name, _meaning(field, value)) for name, value in data.items()
    }


def _meaning(field: str, value: Any) -> str:
    """A value so that two spellings of one secret are equal: `data` is base64, `stringData` is text."""
    if not isinstance(value, str):
        return f"json {text_of(value)}"
    decoded = decoded_text(value) if field == "data" else value.encode(errors="replace")
    return f"text {value}" if decoded is None else f"bytes {decoded.hex()}"
