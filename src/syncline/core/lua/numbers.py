"""Numbers in texts, as Argo CD's interpreter writes them.

The law: wherever a number becomes a text (`tostring`, `..`, `table.concat`, `string.format`), a whole one is
written in full and any other one with the fewest digits that say it.

Lua 5.2 writes 14 digits and no more, and asks nobody when `..` meets a number.  So `a .. b` is compiled as
`a .. CONCAT .. b`, where CONCAT is a table whose own `..` takes the text of what stands behind it.
"""

from __future__ import annotations

import re
from typing import Final

from syncline.patterns import regex

NUMBERS: Final = r"""
local base = _G
local type, tonumber, select, setmetatable = type, tonumber, select, setmetatable
local floor, format, find, concat, unpack = math.floor, string.format, string.find, table.concat, table.unpack
local gmatch, gsub, match, rawequal = string.gmatch, string.gsub, string.match, rawequal
local numbers = {}

-- The default format of Go's floats: an exponent from 1e6 on and below 1e-4, with two digits at least.
local function fraction(v)
  for digits = 13, 16 do
    local text = format("%." .. digits .. "e", v)
    if digits == 16 or tonumber(text) == v then
      local sign, first, rest, exponent = match(text, "^(-?)(%d)%.(%d-)0*e([-+]%d+)$")
      local power = tonumber(exponent)
      if power >= -4 and power < 6 then
        return format("%." .. (#rest > power and #rest - power or 0) .. "f", v)
      end
      return sign .. first .. (rest == "" and "" or "." .. rest) .. "e" .. exponent
    end
  end
end

function numbers.text(v)
  if v == floor(v) and v > -2 ^ 63 and v < 2 ^ 63 then return format("%d", v) end
  if v ~= v then return "NaN" end
  if v - v ~= 0 then return v > 0 and "+Inf" or "-Inf" end
  return fraction(v)
end

local function text(v) return type(v) == "number" and numbers.text(v) or v end

function numbers.joined(t, separator, first, last)
  if type(t) ~= "table" then return concat(t) end
  local parts = {}
  for i = first or 1, last or #t do parts[i] = text(t[i]) end
  return concat(parts, text(separator), first or 1, last or #t)
end

function numbers.formatted(form, ...)
  local values, count = {...}, select("#", ...)
  if type(form) == "string" and #form <= 1000 and find(form, "%%[^%%]*s") then
    local at = 0
    for kind in gmatch(gsub(form, "%%%%", ""), "%%[-+ #0]*%d*%.?%d*(%a)") do
      at = at + 1
      if kind == "s" then values[at] = text(values[at]) end
    end
  end
  return format(form, unpack(values, 1, count))
end

-- Nothing runs between the two steps of one `a .. CONCAT .. b`, so one place for what stands behind will do.
-- Each run has one of its own: what a script puts into it is gone with the script.
function numbers.concat()
  local value
  local behind = setmetatable({}, {__metatable = false, __concat = function(a)
    local b = value
    value = nil
    return text(a) .. text(b)
  end})
  return setmetatable({}, {__metatable = false, __concat = function(_, b)
    value = b
    return behind
  end})
end

base.python = nil
return numbers
"""

_TOKEN: Final = regex(
    r"(?:--)?\[(?P<long>=*)\[|--[^\n]*|(?P<quote>[\"'])|[A-Za-z_]\w*|\d[\w.]*|\.\.\.|(?P<concat>\.\.)"
)
_INSIDE: Final = {quote: regex(rf"(?:\\.|[^{quote}\\])*{quote}", re.DOTALL) for quote in "\"'"}
_NAME: Final = "CONCAT__"


def concatenating(text: str) -> str:
    """The script with every `..` doubled; it takes CONCAT as its argument. Its lines stay where they are."""
    parts: list[str] = []
    done = at = 0
    while token := _TOKEN.search(text, at):
        at = token.end()
        if token["concat"]:
            parts += (text[done : token.start()], f" ..{_NAME}.. ")
            done = at
        elif token["quote"] or token["long"] is not None:
            at = _end(text, at, token["quote"], token["long"])
            if not at:
                return text  # it never closes, which is what the compiler will say
    return f"local {_NAME} = ... {''.join(parts)}{text[done:]}" if parts else text


def _end(text: str, at: int, quote: str | None, long: str | None) -> int:
    """Where the text constant or comment that begins there is over; 0 where it never is."""
    if quote:
        inside = _INSIDE[quote].match(text, at)
        return inside.end() if inside else 0
    closing = f"]{long}]"
    found = text.find(closing, at)
    return found + len(closing) if found >= 0 else 0
