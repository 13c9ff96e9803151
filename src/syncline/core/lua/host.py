"""The side of the sandbox that scripts do not see, in Lua.

The law: every way from a script to the machine goes through a function of this page, and each of them is
either short or counted.

Left out on purpose: `io`, `debug`, `coroutine` (a coroutine escapes the hook), `load` and its kin,
`string.dump`, `math.random`, everything of `os` but time and date, and `__gc` (finalizers run without a
hook).
"""

from __future__ import annotations

from typing import Final

HOST: Final = r"""
local slow, numbers, INSTRUCTIONS, SECONDS, LONGEST = ...
local EVERY = 100
local base, str, clock = _G, string, os.clock
local sethook, setupvalue, getinfo = debug.sethook, debug.setupvalue, debug.getinfo
local xpcall, error, type = xpcall, error, type
local next, rawget, rawlen, tostring, tonumber, floor = next, rawget, rawlen, tostring, tonumber, math.floor
local format, find, concat, sort, load = string.format, string.find, table.concat, table.sort, load
local number_text = numbers.text
local pairs = pairs
local unpack = table.unpack
local strings = getmetatable("")
strings.__metatable = false

-- The limits of the script that runs.
local spent, ends, over, now = 0, 0, nil, 0

local function tick()
  spent = spent + EVERY
  if spent > INSTRUCTIONS then
    over = "it ran for more than " .. format("%d", INSTRUCTIONS) .. " instructions"
  elseif clock() > ends then
    over = "it ran for more than " .. SECONDS .. " s"
  end
  if over then error(over, 0) end
end

-- A mistake that a function of this page noticed is told at the script's line.
local function located(e)
  local told = type(e) == "string" and str.match(e, '^%[string "<python>"%]:%d+: (.*)$')
  if not told then return e end
  for level = 2, 50 do
    local info = getinfo(level, "Sl")
    if not info then break end
    if info.source == "=script" then return format("script:%d: ", info.currentline) .. told end
  end
  return told
end

-- A script may catch its own mistakes, but not its end.
local function unless_over(...)
  if over then error(over, 0) end
  return ...
end

-- A table's names come in one order, whatever the process: the numbers first, then the texts.
local function is_before(a, b)
  local one, other = type(a), type(b)
  if one ~= other then return one < other end
  if one == "number" or one == "string" then return a < b end
  return false
end

local function ordered_pairs(t)
  if type(t) ~= "table" then return pairs(t) end
  local keys, count, at = {}, 0, 0
  for key in next, t do
    count = count + 1
    keys[count] = key
  end
  if rawlen(t) == count then
    for i = 1, count do keys[i] = i end
  elseif count > 1 then
    sort(keys, is_before)
  end
  return function()
    while at < count do
      at = at + 1
      local key = keys[at]
      local value = rawget(t, key)
      if value ~= nil then return key, value end
    end
  end
end

local function days(year, month, day)
  if month > 12 or month < 1 then
    year, month = year + floor((month - 1) / 12), (month - 1) % 12 + 1
  end
  if month <= 2 then year, month = year - 1, month + 12 end
  return 365 * year + floor(year / 4) - floor(year / 100) + floor(year / 400)
    + floor((153 * (month - 3) + 2) / 5) + day - 719469
end

local date = os.date
local function os_time(t)
  if t == nil then return now end
  if type(t) ~= "table" then error("bad argument #1 to 'time' (table expected)", 2) end
  local function field(name, default)
    local value = tonumber(rawget(t, name)) or default
    if not value then error("field '" .. name .. "' missing in date table", 3) end
    return value
  end
  return days(field("year"), field("month"), field("day")) * 86400
    + field("hour", 12) * 3600 + field("min", 0) * 60 + field("sec", 0)
end

-- Scripts of Argo CD run in a container, where local time is UTC.
local function os_date(form, at)
  form = tostring(form or "%c")
  if #form > 200 then error("bad argument #1 to 'date' (too long)", 2) end
  return date(find(form, "^!") and form or "!" .. form, tonumber(at) or now)
end

local function rep(s, n, separator)
  s, n = tostring(s), tonumber(n) or 0
  if n > LONGEST or (#s + #(separator or "")) * n > LONGEST then error("resulting string too large", 0) end
  return str.rep(s, n, separator)
end

-- How dear a match could be: each quantifier may try every length at every place.
local function is_dear(s, p)
  local _, quantifiers = str.gsub(p, "[%*%+%-]", "")
  local _, doubtful = str.gsub(p, "%?", "")
  local _, pairs_of = str.gsub(p, "%%b", "")
  return (#s + 1) ^ (quantifiers + pairs_of + 1) * 2 ^ doubtful * #p > 1e7
end

local function counted(name)
  local quick, careful = str[name], slow[name]
  return function(s, p, ...)
    if type(s) == "number" then s = tostring(s) end
    if type(p) == "number" then p = tostring(p) end
    if type(s) ~= "string" or type(p) ~= "string" then
      local at, wrong = 1, type(s)
      if wrong == "string" then at, wrong = 2, type(p) end
      error(format("bad argument #%d to '%s' (string expected, got %s)", at, name, wrong), 2)
    end
    if not is_dear(s, p) then return quick(s, p, ...) end
    local _, plain = ...
    if not (name == "find" and plain) then return careful(s, p, ...) end
    -- A plain search compares the whole text at each place: two long ones are too much for one step.
    if #s * #p <= 1e9 then return quick(s, p, ...) end
    return careful(s, str.gsub(p, "%W", "%%%0"), (...))
  end
end

local STRING = {
  byte = str.byte, char = str.char, format = numbers.formatted, len = str.len, lower = str.lower,
  upper = str.upper, reverse = str.reverse, sub = str.sub, rep = rep,
  find = counted("find"), match = counted("match"), gmatch = counted("gmatch"), gsub = counted("gsub"),
}
STRING.gfind = STRING.gmatch

local BASE = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = ordered_pairs, rawequal = rawequal,
  rawget = rawget, rawset = rawset, select = select, tonumber = tonumber, type = type, unpack = unpack,
  getmetatable = getmetatable,
  tostring = function(v) return type(v) == "number" and number_text(v) or tostring(v) end,
  setmetatable = function(t, meta)
    if type(meta) == "table" and rawget(meta, "__gc") ~= nil then error("__gc is not supported", 2) end
    return setmetatable(t, meta)
  end,
  pcall = function(f, ...) return unless_over(xpcall(f, located, ...)) end,
  xpcall = function(f, handler, ...)
    -- The handler of an error that the hook raised would run without the hook.
    local function careful(e)
      if over then return e end
      return handler(located(e))
    end
    return unless_over(xpcall(f, careful, ...))
  end,
  print = function() end,
  collectgarbage = function() return 0 end,
  _VERSION = "Lua 5.1",
}

local TABLE = {
  concat = numbers.joined, insert = table.insert, remove = table.remove, sort = table.sort, unpack = unpack,
  getn = function(t)
    if type(t) == "table" then return #t end
    error("bad argument #1 to 'getn' (table expected, got " .. type(t) .. ")", 2)
  end,
  maxn = function(t)
    local most = 0
    for key in next, t do if type(key) == "number" and key > most then most = key end end
    return most
  end,
}

local MATH = {}
for name, value in next, math do
  if name ~= "random" and name ~= "randomseed" then MATH[name] = value end
end
MATH.mod = math.fmod

local OS = {time = os_time, date = os_date}
local OPEN_OS = {time = os_time, date = os_date, difftime = function(a, b) return a - (b or 0) end}

local function copied(library)
  local copy = {}
  for name, value in next, library do copy[name] = value end
  return copy
end

-- Every run gets tables of its own, so that nothing a script changes is seen by the next.
local function environment(open)
  local env = copied(BASE)
  env._G = env
  env.table = copied(TABLE)
  if open then
    env.string, env.math, env.os = copied(STRING), copied(MATH), copied(OPEN_OS)
  end
  -- With open libraries, too, this `os` is the small one.
  local loaded = {os = copied(OS), table = env.table, string = env.string, math = env.math}
  env.require = function(name)
    return loaded[name] or error("module '" .. tostring(name) .. "' is not available", 2)
  end
  return env
end

local encode

local function encoded_list(t, length, depth)
  local parts = {}
  for i = 1, length do parts[i] = encode(rawget(t, i), depth) end
  return "[" .. concat(parts, ",") .. "]"
end

local ESCAPES = {['"'] = '\\"', ["\\"] = "\\\\"}
local function quoted(text)
  return '"' .. str.gsub(text, '[%c"\\]', function(c)
    return ESCAPES[c] or format("\\u%04x", str.byte(c))
  end) .. '"'
end

function encode(v, depth)
  local kind = type(v)
  if kind == "string" then return quoted(v) end
  if kind == "boolean" then return tostring(v) end
  if kind == "nil" then return "null" end
  if kind == "number" then
    if v ~= v or v - v ~= 0 then error("it returned a number that JSON cannot hold", 0) end
    return number_text(v)
  end
  if kind ~= "table" then error("it returned a value that is a " .. kind, 0) end
  if depth > 100 then error("it returned tables that are nested too deeply, or in a circle", 0) end
  local count, first = 0, next(v)
  for _ in next, v do count = count + 1 end
  if first == nil or type(first) == "number" then
    if rawlen(v) ~= count then error("it returned a table with gaps, or with mixed keys", 0) end
    return encoded_list(v, count, depth + 1)
  end
  local parts = {}
  for key, value in next, v do
    if type(key) ~= "string" then error("it returned a table with mixed keys", 0) end
    parts[#parts + 1] = quoted(key) .. ":" .. encode(value, depth + 1)
  end
  return "{" .. concat(parts, ",") .. "}"
end

local function as_json(fn)
  return encode((fn(numbers.concat())), 0)
end

-- The decoder that reads the answer in Argo CD takes a name in other capitals, too, the last of several.
local function field(answer, name)
  local found = rawget(answer, name) ~= nil and name or nil
  if not found then
    for key in next, answer do
      if str.lower(key) == name and (found == nil or key > found) then found = key end
    end
  end
  return found and rawget(answer, found)
end

-- Argo CD's reading of a health script's answer.
local function as_health(fn)
  local answer = fn(numbers.concat())
  if answer == nil then return "empty" end
  if type(answer) ~= "table" then error("it returned a " .. type(answer) .. ", not a table", 0) end
  if next(answer) == nil then return "empty" end
  for key in next, answer do
    if type(key) ~= "string" then error("it returned a table whose keys are not all names", 0) end
  end
  local status, message = field(answer, "status"), field(answer, "message")
  if message ~= nil and type(message) ~= "string" then return "empty" end
  if type(status) ~= "string" then return "answer", "", message end
  return "answer", status, message
end

local host = {}

function host.compile(text, name)
  return load(text, name, "t", {})
end

function host.run(fn, open, at, obj, params, json)
  local env = environment(open)
  env.obj, env.actionParams = obj, params
  setupvalue(fn, 1, env)
  spent, over, now, ends = 0, nil, at, clock() + SECONDS
  strings.__index = open and STRING or nil
  sethook(tick, "", EVERY)
  local ok, first, second, third = xpcall(json and as_json or as_health, located, fn)
  sethook()
  strings.__index = str
  setupvalue(fn, 1, nil)
  if ok then return true, first, second, third end
  if type(first) ~= "string" then first = "it raised an error that is not a text" end
  return false, over or first
end

base.python = nil
return host
"""
