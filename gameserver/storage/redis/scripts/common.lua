-- What stands before every script of the scores. All of their keys begin with one tag, KEYS[1],
-- which a cluster finds their slot by; `score_keys.py` says which keys there are.
local tag, call = KEYS[1], redis.call
local HALF, MAX, ALL = 1073741824, 2147483647, 4294967296
local LAST_ARRIVAL = ALL - 4096 -- beyond which arrivals are numbered anew

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

-- The number of the rules (`rules.py`), and the answer to a call that was made with another one.
local function rules_number()
  return call('GET', tag .. 'rules') or call('GET', tag .. 'rules:since') or '0'
end
local MOVED = 'rules'

-- What a call that has come before was answered, by what remembers it (`calls.py`) and its number.
local function answered(memory, number)
  local seen = memory ~= '' and call('GET', tag .. 'w:' .. memory)
  if not seen then return nil end
  seen = cmsgpack.unpack(seen)
  return seen[1] == number and seen[2] or nil
end

local function remember_call(memory, number, answer)
  if memory ~= '' then
    call('SET', tag .. 'w:' .. memory, cmsgpack.pack({ number, answer }), 'EX', 3600)
  end
  return answer
end

-- Something of the rules is another one from now on.
local function change_rules(what)
  local number = exactly(rules_number() + 1)
  call('SET', tag .. 'rules', number)
  call('ZADD', tag .. 'rules:changed', number, what)
  call('HINCRBY', tag .. 'book', 'settings', 1)
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

local function unindex(user, level)
  local id = struct.unpack('>I4', user)
  call('SREM', tag .. 'u:' .. math.floor(id / 8), exactly(id % 8 * 2147483648 + level))
end

-- Numbers the arrivals of a board anew, within each score, so that no two lines change their order;
-- returns the next number. Takes some 4 s for a million lines, in which nobody else is answered,
-- once in 4,294,963,200 changes of a board: at 1,000 a second every 50 days.
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

-- The levels in which the user may have scores, from one on, in ascending order.
local function levels_of(user, first)
  local id, levels, found = struct.unpack('>I4', user), {}, {}
  for _, pair in ipairs(call('SMEMBERS', tag .. 'u:' .. math.floor(id / 8))) do
    pair = tonumber(pair)
    if math.floor(pair / 2147483648) == id % 8 then levels[pair % 2147483648] = true end
  end
  for _, name in ipairs(call('SMEMBERS', tag .. 'large')) do
    levels[tonumber(string.match(name, '^%d+'))] = true
  end
  for level in pairs(levels) do
    if level >= first then found[#found + 1] = level end
  end
  table.sort(found)
  return found
end
