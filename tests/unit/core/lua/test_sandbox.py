"""What a script may do, and that it ends."""

from __future__ import annotations

import contextlib
import gc
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.core.lua import Script, ScriptError
from syncline.core.lua.engine import SECONDS, Engine
from syncline.core.lua.values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINE = Engine()
NOW = 1_700_000_000


def value(text: str, body: Mapping[str, Any] | None = None, *, open_libs: bool = True, **params: str) -> Any:
    return ENGINE.value(Script("test", text, open_libs), body or {}, params, NOW)


def refusal(text: str, body: Mapping[str, Any] | None = None, *, open_libs: bool = True) -> str:
    with pytest.raises(ScriptError) as caught:
        value(text, body, open_libs=open_libs)
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *("io", "debug", "coroutine", "python", "load", "loadstring", "loadfile", "dofile", "package"),
        *("string.dump", "os.execute", "os.exit", "os.getenv", "os.remove", "os.rename", "os.tmpname"),
        *("math.random", "rawlen", "bit32", "module", "newproxy", "getfenv", "setfenv", "os.setlocale"),
    ],
)
def test_nothing_that_leads_out_is_there(name: str) -> None:
    assert value(f"return tostring({name})") == "nil"


@pytest.mark.parametrize("name", ["string", "math", "os", "io", "coroutine"])
def test_without_open_libraries_there_is_no_global_of(name: str) -> None:
    assert value(f"return tostring({name})", open_libs=False) == "nil"


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        ("require('io')", "line 1: module 'io' is not available"),
        ("return require('debug')", "module 'debug' is not available"),
        ("getmetatable('').__index = nil", "attempt to index a boolean value"),
        ("('x').rep = function() end", "(a string value)"),
        ("setmetatable({}, {__gc = function() while true do end end})", "__gc is not supported"),
        ("return (obj.metadata).__class__.__name__", "attempt to index"),
        ("return obj.metadata.name.__class__.x", "attempt to index"),
        ("return _G._G._G.python.builtins", "attempt to index field 'python'"),
        ("return function() end", "it returned a value that is a function"),
        ("error({})", "it raised an error that is not a text"),
        ("return setmetatable({}, {__tostring = 1}) .. ''", "attempt to concatenate"),
        ("return os.date(string.rep('%c', 200))", "too long"),
    ],
)
def test_a_way_out_is_a_sentence(attempt: str, sentence: str) -> None:
    assert sentence in refusal(attempt, {"metadata": {"name": "web"}})


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        ("for _ in pairs(nil) do end", "bad argument #1 to 'pairs' (table expected, got nil)"),
        ("local t = table.concat({{}}, ' ')", "invalid value (table) at index 1 in table for 'concat'"),
        ("local t = table.concat(nil)", "bad argument #1 to 'concat' (table expected, got nil)"),
        ("local n = table.getn(obj.none)", "bad argument #1 to 'getn' (table expected, got nil)"),
        ("local s = string.format('%d', 'x')", "bad argument #2 to 'format' (number expected, got string)"),
        ("local s = string.find(obj.none, 'x')", "bad argument #1 to 'find' (string expected, got nil)"),
        ("local s = string.match('x', {})", "bad argument #2 to 'match' (string expected, got table)"),
        ("local t = setmetatable(1, {})", "bad argument #1 to 'setmetatable' (table expected, got number)"),
        ("local d = os.date('%E')", "bad argument #1 to 'date' (invalid conversion specifier '%E')"),
    ],
)
def test_a_mistake_is_told_at_the_line_of_the_script(mistake: str, sentence: str) -> None:
    assert refusal(f"local a = 1\n{mistake}\nreturn a") == f"line 2: {sentence}"
    caught = f"local _, why = pcall(function()\n{mistake}\nend) return why"
    assert value(caught) == f"script:2: {sentence}"


@pytest.mark.parametrize(
    "loop",
    [
        "while true do end",
        "repeat until false",
        "::a:: goto a",
        "local function f() return f() end return f()",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(error, function() while true do end end) end",
        "pcall(pcall, pcall, function() while true do end end) while true do end",
        "return setmetatable({}, {__index = function(t, k) while true do end end}).x",
        "local t = setmetatable({}, {__lt = function() while true do end end}) return t < t",
        "table.sort({1, 2, 3}, function() while true do end end)",
        "string.gsub('x', 'x', function() while true do end end)",
        "for _ in pairs({1, 2}) do table.sort({3, 1, 2}, function() while true do end end) end",
    ],
)
def test_whatever_loops_is_ended(loop: str) -> None:
    assert "it ran for more than" in refusal(loop)


@pytest.mark.parametrize(
    "bomb",
    [
        "return string.find(string.rep('a', 3000), '.-.-.-.-.-b')",
        "return string.rep('a', 5000):match('a*a*a*a*a*a*b')",
        "return string.gsub(string.rep('a', 3000), '.-.-.-.-b', '')",
        "for x in string.gmatch(string.rep('a', 3000), 'a*a*a*a*b') do end",
        "return string.find(string.rep('(', 3000), '%b()%b()%b()%b()x-x-x-')",
        "return string.find(string.rep('a', 40), string.rep('a?', 40) .. string.rep('a', 40))",
        "return string.gsub(string.rep('a', 1e6), '(a*)*b', '%1%1')",
        "return string.find(string.rep('x', 1e6), string.rep('(x-)', 30) .. 'y')",
        "return string.find(string.rep('ab', 5e5), '%f[b]%f[a].-.-c')",
        "return string.find(obj.subject, obj.pattern)",
        "while true do pcall(string.find, obj.subject, obj.pattern) end",
        "return string.gsub(obj.subject, obj.pattern, function(all) return all end)",
        "for _ in string.gmatch(obj.subject, obj.pattern) do end",
        "return string.find(obj.subject, string.rep('a', 1e6), 1, true)",
        "return string.find(string.rep('a', 1e6), string.rep('a', 5e5) .. 'b', 1, true)",
        "local s = string.rep('ab', 5e5) return string.find(s, string.rep('a%', 2e5) .. 'c', 1, true)",
    ],
)
def test_a_pattern_bomb_is_ended_or_answered(bomb: str) -> None:
    body = {"subject": "a" * 200_000, "pattern": "a-a-a-a-a-b"}

    assert cpu_seconds_of(bomb, body) < LIMIT


LIMIT = SECONDS + 0.7
"""What a script may take on the processor, with what it takes to hand the object over and to be noticed."""


def cpu_seconds_of(script: str, body: Mapping[str, Any]) -> float:
    # By the processor's time: other work on the machine makes no script slower.
    began = time.process_time()
    with contextlib.suppress(ScriptError):
        value(script, body)
    return time.process_time() - began


@pytest.mark.parametrize("needle", ["b.%-" * 2_600, "ab" * 5_200, "%" * 10_400])
def test_a_long_plain_search_takes_no_sign_for_a_pattern(needle: str) -> None:
    haystack = f"a.{needle}" + "b.%-" * 26_000
    script = "local from, to = string.find(obj.s, obj.p, 3, true) return {from, to}"

    found = value(script, {"s": haystack, "p": needle})

    assert len(haystack) * len(needle) > 1e9
    assert found == [haystack.index(needle, 2) + 1, haystack.index(needle, 2) + len(needle)]


items = st.sampled_from(["a", ".", "%a", "[ab]", "[^b]", "(a)", "%b()", "%f[a]", "()", "%1", "(", "%", "["])
patterns = st.lists(st.tuples(items, st.sampled_from(["", "*", "+", "-", "?"])), min_size=1, max_size=9)


@settings(max_examples=25)
@given(
    parts=patterns,
    subject=st.sampled_from(["a" * 50_000, "(" * 50_000, "ab" * 25_000, "a" * 100_000 + "b"]),
    call=st.sampled_from(
        [
            "return string.find(obj.s, obj.p)",
            "return string.match(obj.s, obj.p, -9)",
            "return (string.gsub(obj.s, obj.p, '%0'))",
            "for _ in string.gmatch(obj.s, obj.p) do end",
        ]
    ),
)
def test_no_pattern_whatever_it_is_made_of_outlasts_the_limit(
    parts: list[tuple[str, str]], subject: str, call: str
) -> None:
    pattern = "".join(f"{item}{repeat}" for item, repeat in parts)

    assert cpu_seconds_of(call, {"s": subject, "p": pattern}) < LIMIT


@pytest.mark.parametrize(
    ("glutton", "sentence"),
    [
        ("return string.rep('x', 1e9)", "resulting string too large"),
        ("return string.rep('', 1e9)", "resulting string too large"),
        ("local t = {} for i = 1, 1e9 do t[i] = i end", "not enough memory|ran for more than"),
        ("local s = 'x' while true do s = s .. s end", "not enough memory"),
        ("local t = {} while true do t = {t, t, t, t} end", "ran for more than|memory"),
        ("return unpack({}, 1, 1e8)", "too many results"),
        ("local function f() return 1 + f() end return f()", "stack overflow|memory"),
        ("local a = {} a.a = a return a", "nested too deeply, or in a circle"),
        ("while true do pcall(string.rep, 'x', 1e9) end", "it ran for more than"),
    ],
)
def test_memory_is_limited(glutton: str, sentence: str) -> None:
    assert re.search(sentence, refusal(glutton))
    assert value("return 'still here'") == "still here"


def test_dear_library_calls_are_ended_by_the_clock() -> None:
    began = time.monotonic()

    sentence = refusal("local t = {} for i = 1, 2e5 do t[i] = i end while true do table.insert(t, 1, 1) end")

    assert "it ran for more than" in sentence
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "first",
    [
        "leak = obj.secret return leak",
        "table.insert = nil table.concat = function() return 'stolen' end return 1",
        "string.find = nil string.leak = obj.secret return 1",
        "_G.tostring = function() return 'stolen' end ipairs = nil return 1",
        "require('os').time = nil os.time = function() return 'stolen' end return 1",
        "obj.secret = 'changed' actionParams.x = 1 return 1",
        "require('table').concat = function() return 'stolen' end return 1",
    ],
)
def test_no_script_leaves_anything_for_the_next(first: str) -> None:
    assert value(first, {"secret": "s3cret"}) is not None

    seen = value(
        "local t = {} table.insert(t, tostring(leak)) table.insert(t, tostring(string.leak)) "
        "for _, v in ipairs({obj.secret or 'none'}) do table.insert(t, v) end "
        "return table.concat(t, ' ') .. ' ' .. os.time() .. tostring(actionParams.x)"
    )
    assert seen == f"nil nil none {NOW}nil"


def test_the_object_itself_is_never_in_a_scripts_reach() -> None:
    body = {"metadata": {"labels": {"a": "b"}}, "items": [1, 2]}

    value("obj.metadata.labels.a = 'changed' obj.items[1] = 9 return obj", body)

    assert body == {"metadata": {"labels": {"a": "b"}}, "items": [1, 2]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return table.getn({1, 2, 3})", 3),
        ("return {unpack({1, 2})}", [1, 2]),
        ("for i = 1, 3 do if i < 3 then goto continue end do return i end ::continue:: end", 3),
        ("return require('os').date('!%Y-%m-%dT%H:%M:%SZ', 0)", "1970-01-01T00:00:00Z"),
        ("return require('os').time()", NOW),
        (
            "return require('os').time({year = 2024, month = 2, day = 29, min = 2, sec = 3})",
            1709208123,
        ),
        ("return require('os').time({year = 2023, month = 14, day = 1})", 1706788800),
        ("return tostring(1e15) .. ' ' .. tostring(12) .. ' ' .. tostring(0.1)", "1000000000000000 12 0.1"),
        ("return tostring(obj.n)", "1700000000000000"),
        ("return #obj.list", 2),
        ("return obj.list", ["a", "b"]),
        ("return tostring(obj.gone)", "nil"),
        ("return {pcall(function() error('x', 0) end)}", [False, "x"]),
        ("return _VERSION", "Lua 5.1"),
        ("return select('#', 1, 2)", 2),
        ("return table.concat({obj.n, 1e15, 0.1}, ' ')", "1700000000000000 1000000000000000 0.1"),
        ("return table.concat({'a', 'b', 'c', 'd'}, '-', 2, 3)", "b-c"),
        ("return table.concat({})", ""),
        (
            "return 1e15 .. '/' .. obj.n .. '/' .. 1e14 .. '/' .. 12",
            "1000000000000000/1700000000000000/100000000000000/12",
        ),
        ("return 1/3 .. ' ' .. -2.5e-7 .. ' ' .. 1234567.5", "0.3333333333333333 -2.5e-07 1.2345675e+06"),
        (
            "return 123456.7 .. ' ' .. 0.0001 .. ' ' .. 1e20 .. ' ' .. 2^70",
            "123456.7 0.0001 1e+20 1.1805916207174113e+21",
        ),
        ("return 1/0 .. ' ' .. -1/0 .. ' ' .. tostring(0/0)", "+Inf -Inf NaN"),
        ("return (1 .. 2) .. 3 == '1' .. 2 .. 3", True),
        ("local t = {a1 = 1} return t.a1..t.a1..'', 2", "11"),
        ("return [[a .. b]] --[==[ c .. d ]==] .. 'e..\\'f' .. \"g..\" -- h .. i", "a .. be..'fg.."),
        ("local function f(...) return select('#', ...) .. '' end return f(1, 2)", "2"),
        (
            "return {pcall(function() return 'a' .. obj.gone end)}",
            [False, "script:1: attempt to concatenate a nil value"],
        ),
        ("return require('table').getn({1, 2})", 2),
        ("for name in pairs(setmetatable({a = 1}, {__pairs = error})) do return name end", "a"),
    ],
)
def test_the_abi_is_argo_cds(text: str, expected: object) -> None:
    body = {"n": 1_700_000_000_000_000, "list": ["a", None, "b"], "gone": None}

    assert value(text, body, open_libs=False) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_a_text_is_that_number(number: float) -> None:
    text = value("return '' .. obj.n", {"n": number})

    assert float(text) == number
    assert len(re.sub(r"e.*|[-.]|^0+", "", text).lstrip("0")) <= 17 or number == int(number)


def test_an_expression_of_very_many_parts_can_be_read() -> None:
    assert value("return " + " .. ".join("1" * 150)) == "1" * 150


@pytest.mark.parametrize("hard", ["[[", "--[=[", '"', "'\\", "a..", "[[]]..", "]]"])
def test_a_long_text_is_read_in_no_time(hard: str) -> None:
    began = time.process_time()

    refusal(hard * (200_000 // len(hard)))

    assert time.process_time() - began < 5


def test_what_takes_part_in_joining_texts_keeps_nothing_for_the_next_script() -> None:
    value("CONCAT__.leak = 'secret' rawset(CONCAT__ .. 'x', 'leak', 'secret') return 1")

    assert value("return '' .. tostring(CONCAT__.leak) .. tostring((CONCAT__ .. 'x').leak)") == "nilnil"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return string.lower('ABC')", "abc"),
        ("return ('abc'):upper()", "ABC"),
        ("return string.format('%s-%d', 'a', 3)", "a-3"),
        ("return math.floor(2.5)", 2),
        ("return os.time()", NOW),
        ("return string.format('%s of %5s, %d%%', 1e15, 'x', 7)", "1000000000000000 of     x, 7%"),
        ("return string.format('%%s %s', 1700000000000000)", "%s 1700000000000000"),
        ("return math.mod(7, 4) + os.difftime(5, 3)", 5),
        ("return string.match('v1.2.3', '(%d+)%.(%d+)')", "1"),
        ("return require('string').upper('a') .. require('math').max(1, 2)", "A2"),
        ("return tostring(require('os').difftime)", "nil"),
    ],
)
def test_open_libraries_are_open(text: str, expected: object) -> None:
    assert value(text) == expected


ORDER = """
local made, seen = {zeta = 1, alpha = 2, ready = 3}, ""
made.beta = 4
made[1] = 5
for _, t in ipairs({made, obj.status, obj.list}) do
  for key in pairs(t) do seen = seen .. tostring(key) .. " " end
end
for key in pairs(made) do made[key] = nil end
return seen .. tostring(next(made))
"""


def test_names_come_in_one_order_whatever_the_process() -> None:
    """Lua seeds its hashes anew in each process, so a message would differ from run to run."""
    body = {"status": {"phase": "x", "conditions": [], "age": 1}, "list": ["a", "b", "c"]}

    expected = "1 alpha beta ready zeta age conditions phase 1 2 3 nil"
    assert {ENGINE.value(Script("test", ORDER), body, {}, NOW) for _ in range(3)} == {expected}
    assert Engine().value(Script("test", ORDER), body, {}, NOW) == expected


def test_a_syntax_error_names_its_line() -> None:
    assert refusal("local a = 1\nif a then\nreturn ===").startswith("it cannot be read: line 3:")


def test_bytecode_is_not_read() -> None:
    assert "cannot be read" in refusal("\x1bLua")


def test_a_text_that_is_no_text_is_a_sentence() -> None:
    assert refusal("return string.char(255)")


def test_a_script_is_compiled_once() -> None:
    engine = Engine()
    for name in ("here", "there"):
        engine.health(Script(name, "return {status = 'Healthy'}"), {}, NOW)

    assert len(engine._compiled) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**52), 2**52) | st.text(max_size=5) | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=15,
)


def without_empties(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: without_empties(inner) for name, inner in tree.items()} or []
    if isinstance(tree, list):
        return [without_empties(inner) for inner in tree]
    return tree


@given(st.dictionaries(st.text(max_size=4), json_values, max_size=4))
@settings(max_examples=100)
def test_an_object_goes_in_and_comes_out_the_same_but_for_nulls_and_empty_maps(body: dict[str, Any]) -> None:
    assert value("return obj", body) == without_empties(plain(body))


@given(st.dictionaries(st.text(max_size=4), st.integers() | st.floats() | json_values, max_size=4))
@settings(max_examples=100)
def test_whatever_an_object_holds_a_script_is_run_on_it_or_says_why(body: dict[str, Any]) -> None:
    try:
        kind, status, _ = ENGINE.health(Script("test", "return {status = 'Healthy'}"), body, NOW)
    except ScriptError:
        return
    assert (kind, status) == ("answer", "Healthy")


def test_an_object_that_is_nested_beyond_reason_is_a_sentence() -> None:
    body: dict[str, Any] = {}
    inner = body
    for _ in range(5000):
        inner["a"] = {}
        inner = inner["a"]

    assert refusal("return 1", body) == "the object is nested too deeply"


def test_an_object_beyond_the_memory_limit_does_not_end_the_process() -> None:
    body = {"data": "x" * (80 * 1024 * 1024)}

    assert "memory" in refusal("local t = {} for i = 1, 1e5 do t[i] = {} end return #t", body)
    gc.collect()
    assert value("return 1") == 1
