-- What stands before every script of the scores. All of their keys begin with one tag, KEYS[1],
-- which a cluster finds their slot by; `score_keys.py` says which keys there are.
local tag, call = KEYS[1], redis.call
local HALF, MAX, ALL = 1073741824, 2147483647, 4294967296

-- The place in a board of what stands at r by its score, and was the n-th to arrive: a double that
-- grows with both, see `ordering.py`.
local function place_of(r, n)
  local hi, lo, sign = r - HALF, n, 0
  if hi < 0 then
    hi, sign = -hi, 2147483648
    if lo > 0 then hi, lo = hi - 1, ALL - lo end
  end
  return struct.unpack('>d', struct.pack('>I4I4', sign + hi + 1048576, lo))
end

local function parts_of(place)
  local hi, lo = struct.unpack('>I4I4', struct.pack('>d', place))
  if hi < 2147483648 then return hi - 1048576 + HALF, lo end
  hi = hi - 2147483648 - 1048576
  if lo > 0 then return HALF - hi - 1, ALL - lo end
  return HALF - hi, 0
end

local function exactly(place) return string.format('%.17g', place) end

-- How many stand before the first who can be at r.
local function before(board, r)
  if r > MAX then return call('ZCARD', board) end
  return call('ZCOUNT', board, '-inf', '(' .. exactly(place_of(r, 0)))
end

-- What has changed of the rules since a number: the number up to which this is all, then what has
-- changed (l for a level, u for a user) and how it is now, false for as if it never was.
local function rules_since(number)
  local found = call('ZRANGEBYSCORE', tag .. 'changed', '(' .. number, '+inf', 'WITHSCORES',
    'LIMIT', 0, 1000)
  local answer = { 'rules', call('HGET', tag .. 'book', 'rules') or '0' }
  if #found == 2000 then answer[2] = found[#found] end
  for i = 1, #found, 2 do
    local kind, id = string.sub(found[i], 1, 1), string.sub(found[i], 2)
    answer[#answer + 1] = found[i]
    answer[#answer + 1] = call('HGET', tag .. (kind == 'l' and 'settings' or 'states'), id)
  end
  return answer
end

-- Something of the rules is another one from now on.
local function change_rules(what)
  call('ZADD', tag .. 'changed', call('HINCRBY', tag .. 'book', 'rules', 1), what)
end

-- A user, in four bytes, has come to a board that has so many players now.
local function index(user, level, name, players)
  if players > 4096 then
    call('SADD', tag .. 'large', name)
  else
    local id = struct.unpack('>I4', user)
    call('SADD', tag .. 'u:' .. math.floor(id / 8), exactly(id % 8 * 2147483648 + level))
  end
end

-- Numbers the arrivals of a board anew, within each score, so that no two lines change their order.
-- Takes 2 s for a million lines, once in 4,294,967,000 changes of a board. Returns the next number.
local function renumber(name)
  local board, at, r, n, most = tag .. 'b:' .. name, 0, nil, 0, 0
  while true do
    local lines = call('ZRANGE', board, at, at + 999, 'WITHSCORES')
    if #lines == 0 then break end
    local renumbered = {}
    for i = 1, #lines, 2 do
      local of = parts_of(tonumber(lines[i + 1]))
      n = of == r and n + 1 or 0
      r, most = of, math.max(most, n + 1)
      renumbered[i], renumbered[i + 1] = place_of(r, n), lines[i]
    end
    call('ZADD', board, unpack(renumbered))
    at = at + #lines / 2
  end
  call('HSET', tag .. 'n', name, most)
  call('HINCRBY', tag .. 'book', 'era', 1)
  return most
end
