"""One Lua state for all scripts of a run.

The law: the answer of a script depends on the script, the object, the parameters and the time it is given,
and on no script that ran before.

Lua 5.2 is the version whose numbers are those of Argo CD's interpreter and that knows `goto`; the two
functions it lacks, `table.getn` and `unpack`, are supplied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from lupa import lua52

from syncline.core.lua.host import HOST
from syncline.core.lua.matching import MATCHING
from syncline.core.lua.numbers import NUMBERS, concatenating
from syncline.core.lua.script import Script, ScriptError
from syncline.core.lua.values import TooDeep, plain
from syncline.patterns import regex

if TYPE_CHECKING:
    from syncline.core.resource import Body

INSTRUCTIONS: Final = 10_000_000
SECONDS: Final = 1
MEMORY: Final = 64 * 1024 * 1024
LONGEST: Final = 1024 * 1024
"""Bytes that `string.rep` may make at once."""

_LINE: Final = regex(r"^script:(\d+): ")


class Engine:
    """Runs scripts; each is compiled once. Safe to use from many threads, one script at a time."""

    def __init__(self) -> None:
        self._lua = lua52.LuaRuntime(
            register_eval=False,
            register_builtins=False,
            attribute_filter=_nothing,
            max_memory=MEMORY,
            unpack_returned_tuples=True,
        )
        slow = self._lua.execute(f"local unpack = table.unpack {MATCHING}")
        numbers = self._lua.execute(NUMBERS)
        self._host = self._lua.execute(HOST, slow, numbers, INSTRUCTIONS, SECONDS, LONGEST)
        self._run = self._host["run"]
        self._compiled: dict[Script, Any] = {}
        self._lock = lua52.FastRLock()

    def health(self, script: Script, body: Body, now: int) -> tuple[str, str, str]:
        """`("answer", status, message)` or `("empty", "", "")`. Raises ScriptError."""
        shown = body if "managedFields" in script.text else _without_managed_fields(body)
        kind, status, message = (*self._call(script, shown, None, now, json=False), "", "")[:3]
        return kind, status or "", message or ""

    def value(self, script: Script, body: Body, parameters: Mapping[str, str] | None, now: int) -> Any:
        """What a discovery or action script returns, as JSON values. Raises ScriptError."""
        text = self._call(script, body, parameters or {}, now, json=True)[0]
        try:
            return json.loads(text)
        except ValueError as error:
            raise ScriptError("it returned what is no JSON value") from error

    def _call(
        self, script: Script, body: Body, parameters: Mapping[str, str] | None, now: int, *, json: bool
    ) -> tuple[Any, ...]:
        try:
            clean = plain(body)
            with self._lock:
                return self._locked(script, clean, parameters, now, json=json)
        except TooDeep:
            raise ScriptError("the object is nested too deeply") from None
        except lua52.LuaMemoryError:
            raise ScriptError(f"it needed more than {MEMORY // 1024 // 1024} MiB of memory") from None
        except (lua52.LuaError, UnicodeError, OverflowError) as error:
            raise ScriptError(f"it could not be run ({type(error).__name__})") from error

    def _locked(
        self, script: Script, clean: Any, parameters: Mapping[str, str] | None, now: int, *, json: bool
    ) -> tuple[Any, ...]:
        function = self._compiled.get(script) or self._compile(script)
        # Out of memory inside the conversion would end the process, so the limit is the script's alone.
        self._lua.set_max_memory(0)
        given = self._lua.table_from(clean, recursive=True)
        asked = self._lua.table_from(parameters) if parameters is not None else None
        self._lua.set_max_memory(MEMORY)
        answer = self._run(function, script.open_libs, now, given, asked, json)
        if answer[0] is not True:
            raise ScriptError(_with_line(str(answer[1])))
        return tuple(answer[1:])

    def _compile(self, script: Script) -> Any:
        compiled = self._host["compile"](concatenating(script.text), "=script")
        if isinstance(compiled, tuple):
            # A mistake is told in the script's own words, and an expression of very many parts is left alone.
            compiled = self._host["compile"](script.text, "=script")
        if isinstance(compiled, tuple):
            raise ScriptError(f"it cannot be read: {_with_line(str(compiled[1]))}")
        self._compiled[script] = compiled
        return compiled


def _without_managed_fields(body: Body) -> Body:
    # They are half of many objects, and no script that does not name them asks for them.
    metadata = body.get("metadata")
    if not isinstance(metadata, Mapping) or "managedFields" not in metadata:
        return body
    rest = {name: value for name, value in metadata.items() if name != "managedFields"}
    return {**body, "metadata": rest}


def _with_line(message: str) -> str:
    return _LINE.sub(r"line \1: ", message)


def _nothing(_: object, name: object, is_setting: object) -> str:  # noqa: ARG001 - lupa's signature
    raise AttributeError(f"{name} is out of reach")
