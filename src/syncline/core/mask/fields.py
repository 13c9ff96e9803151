"""What is hidden by where it stands: the values of Secrets, records of what was applied, and fields that are
named as secret, here or in the configuration.

The law: the same value is found when an object is learned from and when it is shown, so that what is hidden
in its field is not read beside it.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, Final

from syncline.config.globs import compiled
from syncline.config.jq import selected
from syncline.core.fields import ABSENT, Path, value_at, with_value
from syncline.core.ignore import named, pointed
from syncline.core.mask.shapes import is_password, is_random, is_sensitive, is_telling, may_hold
from syncline.core.normalize import LAST_APPLIED, metadata_of
from syncline.core.resource import group_of
from syncline.core.schema import shape_of_body
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncline.config.settings import HiddenField, Masking
    from syncline.core.resource import Body

SECRET_FIELDS: Final = ("data", "stringData")
_WORD: Final = regex(r"[A-Za-z0-9]+")
_RECORD: Final = regex(r"(?:^|[./])last-applied(?:-configuration)?$")
_RECORDS: Final = frozenset(
    {LAST_APPLIED, "kapp.k14s.io/original", "objectset.rio.cattle.io/applied", "kapp.k14s.io/original-diff"}
)
_ANY: Final = "*"
_NESTED: Final[frozenset[type]] = frozenset({dict, list})
_DULL: Final[set[str]] = set()
_MOST_DULL: Final = 10_000
_TEMPLATE: Final = "{{"
_KEYS_OF: Final = "secretName"

_BUILT_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "SealedSecret.bitnami.com": ("spec/encryptedData/*", "spec/template/data/*"),
    "ExternalSecret.external-secrets.io": (
        "spec/target/template/data/*",
        "spec/target/template/templateFrom/*/literal",
    ),
    "ClusterExternalSecret.external-secrets.io": (
        "spec/externalSecretSpec/target/template/data/*",
        "spec/externalSecretSpec/target/template/templateFrom/*/literal",
    ),
    "PushSecret.external-secrets.io": ("spec/template/data/*",),
    "SecretStore.external-secrets.io": ("spec/provider/fake/data/*/value",),
    "ClusterSecretStore.external-secrets.io": ("spec/provider/fake/data/*/value",),
    "SopsSecret.isindir.github.com": (
        "spec/secretTemplates/*/data/*",
        "spec/secretTemplates/*/stringData/*",
    ),
    "Vault.vault.banzaicloud.com": ("spec/config", "spec/externalConfig"),
}
"""Fields of well-known kinds that hold what ends up in a Secret."""

_BUILT_IN_KINDS: Final = frozenset(kind.partition(".")[0] for kind in _BUILT_IN)


def is_secret(body: Body) -> bool:
    """Whether an object is a core Secret, valid or not."""
    return body.get("kind") == "Secret" and not group_of(str(body.get("apiVersion") or ""))


def names_of(body: Body) -> Iterator[str]:
    """What an object and those listed in it are called: no secrets."""
    metadata = metadata_of(body)
    for name in (metadata.get("name"), metadata.get("namespace"), body.get("kind")):
        if isinstance(name, str):
            yield name
    items = body.get("items") if str(body.get("kind")).endswith("List") else None
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield from names_of(item)


def words_of(name: str) -> list[str]:
    """What a name is made of."""
    return _WORD.findall(name)


def hidden_values(body: Body, rules: Masking) -> Iterator[bytes]:
    """Every value that is hidden in this object and in objects inside of it, as the octets it stands for."""
    todo: list[Any] = [body]
    while todo:
        value = todo.pop()
        if value.__class__ is list:
            todo += value
        elif value.__class__ is dict:
            for name, inner in value.items():
                # Who owns which field is no value, and half of a live object.
                if inner.__class__ in _NESTED and name != "managedFields":
                    todo.append(inner)
            if "kind" in value or "metadata" in value:
                yield from _values_of(value, rules)
            # Nearly all maps have only names that were seen before.
            if rules.guess and not value.keys() <= _DULL and not _is_dull(value):
                found = (value[name] for name in guessed(value))
                yield from (text.encode(errors="replace") for text in found if is_telling(text))


def _is_dull(value: Mapping[str, Any]) -> bool:
    """Whether no field of a map has a name that could hold a secret; remembers those that cannot."""
    names = [name for name in value if name == "value" or may_hold(name)]
    if not names and len(_DULL) < _MOST_DULL:
        _DULL.update(value)
    return not names


def _values_of(body: Body, rules: Masking) -> Iterator[bytes]:
    if is_secret(body):
        for field in SECRET_FIELDS:
            data = body.get(field)
            for value in data.values() if isinstance(data, dict) else [] if data is None else [data]:
                decoded = decoded_text(value) if field == "data" and isinstance(value, str) else None
                yield text_of(value).encode(errors="replace") if decoded is None else decoded
    for name, value in annotations_of(body).items():
        if hides_annotation(name, body, rules) and not is_record(name):
            yield text_of(value).encode(errors="replace")
    for path in hidden_paths(body, rules):
        for text in _texts(value_at(body, path)):
            if _TEMPLATE not in text:
                yield text.encode(errors="replace")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
    elif value is not None and value is not ABSENT and not isinstance(value, bool):
        yield text_of(value)


def guessed(value: Mapping[str, Any]) -> list[str]:
    """The fields of a map whose name says that they hold a secret, and whose value looks like one."""
    found = [
        name
        for name, inner in value.items()
        if isinstance(inner, str) and may_hold(name) and _holds(name, inner)
    ]
    if _KEYS_OF in value:
        found = [name for name in found if is_random(value[name])]  # beside it stand the keys of a Secret
    called, said = value.get("name"), value.get("value")
    if isinstance(called, str) and isinstance(said, str) and _holds(called, said):
        found.append("value")
    return found


def _holds(name: str, value: str) -> bool:
    return (is_sensitive(name) and is_random(value)) or is_password(name, value)


def is_record(name: str) -> bool:
    """Whether an annotation is a tool's record of the whole object."""
    return name in _RECORDS or _RECORD.search(name) is not None


def hides_annotation(name: str, body: Body, rules: Masking) -> bool:
    """Whether an annotation is hidden as a whole."""
    return (
        is_record(name) or name in rules.annotations or (name in rules.secret_annotations and is_secret(body))
    )


def hidden_paths(body: Body, rules: Masking) -> tuple[Path, ...]:
    """The fields of an object that its kind or the configuration hides."""
    if not rules.fields and body.get("kind") not in _BUILT_IN_KINDS:
        return ()
    kind = kind_of(body)
    built_in = _BUILT_IN.get(kind, ())
    mine = [rule for rule in rules.fields if compiled(rule.kind).fullmatch(kind)]
    if not built_in and not mine:
        return ()
    found = [path for steps in built_in for path in _spread(body, steps.split("/"))]
    found += [path for rule in mine for path in _chosen(rule, body)]
    return tuple(dict.fromkeys(found))


def covered(body: Body, rules: Masking, cover: Callable[..., str]) -> Body:
    """The object with what `cover` makes of each of these fields (of its path, and last its value)."""
    for path in hidden_paths(body, rules):
        value = value_at(body, path)
        if value is not ABSENT and value is not None:
            body = with_value(body, path, cover(*map(str, path), text_of(value)))
    return body


def kind_of(body: Body) -> str:
    """A kind as the configuration writes it: `Secret`, `Deployment.apps`."""
    group = group_of(str(body.get("apiVersion") or ""))
    return f"{body.get('kind')}.{group}" if group else str(body.get("kind"))


def _spread(body: Body, steps: list[str]) -> Iterator[Path]:
    paths: list[tuple[Path, Any]] = [((), body)]
    for step in steps:
        paths = [
            ((*path, name), inner)
            for path, value in paths
            for name, inner in _children(value)
            if step in (_ANY, name)
        ]
    yield from (path for path, _ in paths)


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _chosen(rule: HiddenField, body: Body) -> Iterator[Path]:
    for pointer in rule.json_pointers:
        yield pointed(body, pointer)
    shape = shape_of_body(body)
    for expression in rule.jq_path_expressions:
        for steps in selected(expression, body):
            if steps:
                yield named(body, steps, shape)


def annotations_of(body: Body) -> Mapping[str, Any]:
    """An object's annotations; none where they are not a map."""
    found = metadata_of(body).get("annotations")
    return found if isinstance(found, dict) else {}


def decoded_text(value: str) -> bytes | None:
    """What base64 stands for; None where it is none."""
    try:
        return base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return None


def text_of(value: Any) -> str:
    """A value as text."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
