"""Whether requests and answers are what GitHub's description says.

The law: the description judges, nobody's memory; what it does not mention is reported too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

from ghloop.openapi import ERRORS

if TYPE_CHECKING:
    from ghloop.wire import Answer, Request

Json = Mapping[str, Any]


class Contract:
    """The operations of a description. Asked by several threads."""

    def __init__(self, description: Json) -> None:
        self._components = _modern(description["components"])
        self._description = description
        validator = partial(_validator, components=self._components)
        self._refusal = validator({"anyOf": [{"$ref": reference} for reference in ERRORS]})
        self.operations = tuple(
            Operation(
                method.upper(),
                path,
                _pattern(path, self._parameters(operation)),
                tuple(self._parameters(operation)),
                _body(operation, validator),
                {code: _content(self._resolved(answer), validator) for code, answer in _answers(operation)},
                self._refusal,
            )
            for path, methods in description["paths"].items()
            for method, operation in methods.items()
        )

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that a request means."""
        matching = (
            each for each in self.operations if each.method == method and each.parts(path) is not None
        )
        return next(matching, None)

    def example(self, name: str) -> Any:
        """One of the description's own examples."""
        return self._description["components"]["examples"][name]["value"]

    def _parameters(self, operation: Json) -> list[Json]:
        return [self._resolved(parameter) for parameter in operation.get("parameters", ())]

    def _resolved(self, value: Json) -> Json:
        if "$ref" not in value:
            return value
        section, name = value["$ref"].removeprefix("#/components/").split("/")
        found: Json = self._description["components"][section][name]
        return found


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path."""

    method: str
    path: str
    pattern: re.Pattern[str]
    parameters: tuple[Json, ...]
    body: Draft202012Validator | None
    answers: Mapping[int, Draft202012Validator | None]
    refusal: Draft202012Validator

    @property
    def name(self) -> str:
        """As GitHub's documentation writes it."""
        return f"{self.method} {self.path}"

    def parts(self, path: str) -> Mapping[str, str] | None:
        """The path's parameters; None when it is not this operation's path."""
        match = self.pattern.fullmatch(path)
        return match.groupdict() if match else None

    def request_faults(self, request: Request) -> Iterator[str]:
        """What is wrong with a request."""
        given = {"path": self.parts(request.path) or {}, "query": request.query}
        for parameter in self.parameters:
            value = given[parameter["in"]].get(parameter["name"])
            if value is not None and not _fits(value, _modern(parameter["schema"])):
                yield f"{self.name}: {parameter['name']} is {value!r}"
        known = {parameter["name"] for parameter in self.parameters if parameter["in"] == "query"}
        yield from (f"{self.name}: there is no {name}=" for name in request.query if name not in known)
        yield from _faults(f"{self.name}: the request's body", self.body, request.body)

    def answer_faults(self, answer: Answer) -> Iterator[str]:
        """What is wrong with an answer.

        Redirections and refusals need not be listed: any endpoint may redirect (GitHub, "Best practices for
        using the REST API"), and of the refusals GitHub forgets some.
        """
        where = f"{self.name}: the answer {answer.status}"
        if answer.status in self.answers:
            yield from _faults(where, self.answers[answer.status], answer.body)
        elif 300 <= answer.status < 500:
            yield from _faults(where, self.refusal, answer.body)
        else:
            yield f"{where} is not described"


def _faults(where: str, validator: Draft202012Validator | None, value: Any) -> Iterator[str]:
    if validator is None:
        if value is not None:
            yield f"{where} should be empty"
        return
    for error in map(_inmost, validator.iter_errors(value)):
        path = "/".join(str(part) for part in error.instance_path)
        yield f"{where} at /{path}: {error.message[:200]}"


def _inmost(error: ValidationError) -> ValidationError:
    # "Neither this nor null" says nothing; what is wrong with "this" does.
    while isinstance(error.kind, ValidationErrorKind.AnyOf) and error.kind.context[0]:
        error = error.kind.context[0][0]
    return error


def _fits(text: str, schema: Any) -> bool:
    value = int(text) if schema.get("type") == "integer" and re.fullmatch(r"\d+", text) else text
    return Draft202012Validator(schema).is_valid(value)


def _pattern(path: str, parameters: list[Json]) -> re.Pattern[str]:
    # A branch's name has slashes: `commits/heads/feature/x/status`.
    several = {each["name"] for each in parameters if each.get("x-multi-segment")}
    parts = re.split(r"\{(\w+)\}", path)
    literals = [re.escape(part) for part in parts[::2]]
    groups = [f"(?P<{name}>{'.+' if name in several else '[^/]+'})" for name in parts[1::2]]
    return re.compile("".join(part for pair in zip(literals, [*groups, ""], strict=True) for part in pair))


def _answers(operation: Json) -> Iterator[tuple[int, Json]]:
    return ((int(code), answer) for code, answer in operation["responses"].items())


def _body(operation: Json, validator: partial[Draft202012Validator]) -> Draft202012Validator | None:
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    # GitHub ignores what it does not know; from us it would be a mistake.
    return validator({**schema, "additionalProperties": False})


def _content(answer: Json, validator: partial[Draft202012Validator]) -> Draft202012Validator | None:
    content = answer.get("content", {})
    return validator(content["application/json"]["schema"]) if content else None


def _validator(schema: Json, *, components: Json) -> Draft202012Validator:
    return Draft202012Validator({"allOf": [_modern(schema)], "components": components}, validate_formats=True)


def _modern(value: Any) -> Any:
    """OpenAPI 3.0's schemas as JSON Schema has them: `nullable` is a type of its own there."""
    if isinstance(value, list):
        return [_modern(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    plain = {name: _modern(inner) for name, inner in value.items()}
    return {"anyOf": [plain, {"type": "null"}]} if value.get("nullable") is True else plain
