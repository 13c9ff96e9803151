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
    r"--\[(?P<a>=*)\[.*?\](?P=a)\]|--[^\n]*|\[(?P<b>=*)\[.*?\](?P=b)\]"
    r"|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[A-Za-z_]\w*|\d[\w.]*|\.\.\.|(?P<concat>\.\.)",
    re.DOTALL,
)
_NAME: Final = "CONCAT__"


def concatenating(text: str) -> str:
    """The script with every `..` doubled; it takes CONCAT as its argument. Its lines stay where they are."""

    def doubled(token: re.Match[str]) -> str:
        return f" ..{_NAME}.. " if token["concat"] else token[0]

    changed = _TOKEN.sub(doubled, text)
    return changed if changed == text else f"local {_NAME} = ... {changed}"
