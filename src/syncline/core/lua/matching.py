"""Lua's patterns, matched by Lua itself.

The law: whatever a pattern costs is counted.  A long match inside the C library cannot be interrupted, and a
pattern of a few `.-` needs n to the power of a few steps; so what could be dear is matched by this code, step
by step under the same limit as any other.  (Lua 5.2 Reference Manual, §6.4.1.)
"""

from __future__ import annotations

from typing import Final

MATCHING: Final = r"""
local byte, sub, find, char = string.byte, string.sub, string.find, string.char
local OPEN, POSITION = -1, -2

local function item_end(p, i)
  local c = byte(p, i)
  if c == 37 then -- %
    if i >= #p then error("malformed pattern (ends with '%')", 0) end
    return i + 2
  end
  if c ~= 91 then return i + 1 end -- [
  local j = i + 1
  if byte(p, j) == 94 then j = j + 1 end -- ^
  repeat
    local d = byte(p, j)
    if not d then error("malformed pattern (missing ']')", 0) end
    j = j + 1
    if d == 37 then j = j + 1 end
  until byte(p, j) == 93
  return j + 1
end

-- One character against one item is left to the C library: that is short.
local function fits(m, si, pi, e)
  local c = byte(m.s, si)
  if not c then return false end
  local first = byte(m.p, pi)
  if first == 46 then return true end -- .
  if first ~= 37 and first ~= 91 then return first == c end
  return find(char(c), "^" .. sub(m.p, pi, e - 1)) ~= nil
end

local walk

local function longest(m, si, pi, e)
  local i = 0
  while fits(m, si + i, pi, e) do i = i + 1 end
  while i >= 0 do
    local r = walk(m, si + i, e + 1)
    if r then return r end
    i = i - 1
  end
end

local function shortest(m, si, pi, e)
  while true do
    local r = walk(m, si, e + 1)
    if r then return r end
    if not fits(m, si, pi, e) then return nil end
    si = si + 1
  end
end

local function opened(m, si, pi, length)
  if m.level >= 32 then error("too many captures", 0) end
  m.level = m.level + 1
  m[m.level] = {si, length}
  local r = walk(m, si, pi)
  if not r then m.level = m.level - 1 end
  return r
end

local function closed(m, si, pi)
  for level = m.level, 1, -1 do
    local capture = m[level]
    if capture[2] == OPEN then
      capture[2] = si - capture[1]
      local r = walk(m, si, pi)
      if not r then capture[2] = OPEN end
      return r
    end
  end
  error("invalid pattern capture", 0)
end

local function balanced(m, si, pi)
  local b, e = byte(m.p, pi), byte(m.p, pi + 1)
  if not e then error("malformed pattern (missing arguments to '%b')", 0) end
  if byte(m.s, si) ~= b then return nil end
  local depth = 1
  for i = si + 1, #m.s do
    local c = byte(m.s, i)
    if c == e then
      depth = depth - 1
      if depth == 0 then return i + 1 end
    elseif c == b then
      depth = depth + 1
    end
  end
end

local function at_frontier(m, si, pi, e)
  local set = "^" .. sub(m.p, pi, e - 1)
  local before = si == 1 and "\0" or sub(m.s, si - 1, si - 1)
  local after = si > #m.s and "\0" or sub(m.s, si, si)
  return not find(before, set) and find(after, set) ~= nil
end

local function again(m, si, number)
  local capture = m[number]
  if number < 1 or number > m.level or capture[2] == OPEN then error("invalid capture index", 0) end
  local length = capture[2]
  if length < 0 then length = 0 end
  local earlier = sub(m.s, capture[1], capture[1] + length - 1)
  if sub(m.s, si, si + length - 1) == earlier then return si + length end
end

-- Where the match of the pattern from pi on ends when it begins at si, or nil.
function walk(m, si, pi)
  local p = m.p
  while pi <= #p do
    local c, d = byte(p, pi), byte(p, pi + 1)
    if c == 40 then -- (
      if d == 41 then return opened(m, si, pi + 2, POSITION) end
      return opened(m, si, pi + 1, OPEN)
    elseif c == 41 then -- )
      return closed(m, si, pi + 1)
    elseif c == 36 and pi == #p then -- $
      if si == #m.s + 1 then return si end
      return nil
    elseif c == 37 and d == 98 then -- %b
      si = balanced(m, si, pi + 2)
      if not si then return nil end
      pi = pi + 4
    elseif c == 37 and d == 102 then -- %f
      if byte(p, pi + 2) ~= 91 then error("missing '[' after '%f' in pattern", 0) end
      local e = item_end(p, pi + 2)
      if not at_frontier(m, si, pi + 2, e) then return nil end
      pi = e
    elseif c == 37 and d and d >= 48 and d <= 57 then -- %0 to %9
      si = again(m, si, d - 48)
      if not si then return nil end
      pi = pi + 2
    else
      local e = item_end(p, pi)
      local q = byte(p, e)
      if q == 42 then return longest(m, si, pi, e) end -- *
      if q == 45 then return shortest(m, si, pi, e) end -- -
      if q == 43 then return fits(m, si, pi, e) and longest(m, si + 1, pi, e) or nil end -- +
      local fit = fits(m, si, pi, e)
      if q == 63 then -- ?
        if fit then
          local r = walk(m, si + 1, e + 1)
          if r then return r end
        end
        pi = e + 1
      elseif fit then
        si, pi = si + 1, e
      else
        return nil
      end
    end
  end
  return si
end

local function captures(m, from, to, whole)
  local found = {}
  if m.level == 0 and whole then found[1] = sub(m.s, from, to - 1) end
  for level = 1, m.level do
    local start, length = m[level][1], m[level][2]
    if length == OPEN then error("unfinished capture", 0) end
    found[level] = length == POSITION and start or sub(m.s, start, start + length - 1)
  end
  return found
end

-- The first match at or after init: where it begins, where it ends (exclusive), and the state.
local function search(s, p, init)
  local anchored = byte(p, 1) == 94
  local m = {s = s, p = anchored and sub(p, 2) or p, level = 0}
  repeat
    m.level = 0
    local e = walk(m, init, 1)
    if e then return init, e, m end
    init = init + 1
  until anchored or init > #s + 1
end

local function begin(s, init)
  init = init or 1
  if init < 0 then init = #s + init + 1 end
  return init < 1 and 1 or init
end

local slow = {}

function slow.find(s, p, init)
  init = begin(s, init)
  if init > #s + 1 then return nil end
  local from, to, m = search(s, p, init)
  if not from then return nil end
  return from, to - 1, unpack(captures(m, from, to, false))
end

function slow.match(s, p, init)
  init = begin(s, init)
  if init > #s + 1 then return nil end
  local from, to, m = search(s, p, init)
  if not from then return nil end
  return unpack(captures(m, from, to, true))
end

function slow.gmatch(s, p)
  local init = 1
  return function()
    while init <= #s + 1 do
      local m = {s = s, p = p, level = 0}
      local from, e = init, walk(m, init, 1)
      if e then
        init = e == from and e + 1 or e
        return unpack(captures(m, from, e, true))
      end
      init = init + 1
    end
  end
end

local function expanded(repl, found, whole)
  local out, i = {}, 1
  while i <= #repl do
    local c = sub(repl, i, i)
    if c == "%" then
      i = i + 1
      local d = sub(repl, i, i)
      if d == "%" then c = "%"
      elseif d == "0" then c = whole
      elseif find(d, "^%d$") then
        c = found[tonumber(d)]
        if c == nil then error("invalid capture index", 0) end
      else
        error("invalid use of '%' in replacement string", 0)
      end
    end
    out[#out + 1] = tostring(c)
    i = i + 1
  end
  return table.concat(out)
end

function slow.gsub(s, p, repl, most)
  local anchored = byte(p, 1) == 94
  if anchored then p = sub(p, 2) end
  local out, init, count = {}, 1, 0
  while not most or count < most do
    local m = {s = s, p = p, level = 0}
    local e = walk(m, init, 1)
    if e then
      count = count + 1
      local found, whole = captures(m, init, e, true), sub(s, init, e - 1)
      local value
      if type(repl) == "function" then value = repl(unpack(found))
      elseif type(repl) == "table" then value = repl[found[1]]
      else value = expanded(repl, found, whole) end
      if value == nil or value == false then value = whole end
      if type(value) ~= "string" and type(value) ~= "number" then
        error("invalid replacement value (a " .. type(value) .. ")", 0)
      end
      out[#out + 1] = value
    end
    if e and e > init then
      init = e
    elseif init <= #s then
      out[#out + 1] = sub(s, init, init)
      init = init + 1
    else
      break
    end
    if anchored then break end
  end
  out[#out + 1] = sub(s, init)
  return table.concat(out), count
end

return slow
"""
