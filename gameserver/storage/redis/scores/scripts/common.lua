-- What stands before every script of the scores. All of their keys begin with one tag, KEYS[1],
-- which a cluster finds their slot by; `score_keys.py` says which keys there are.
local tag, call = KEYS[1], redis.call
local HALF, MAX, ALL = 1073741824, 2147483647, 4294967296
local MANY = 2147483648 -- arrivals at a board, beyond which they are numbered anew

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

-- The r and the arrival of a place, which may be a text: exactly, as its fraction has 53 bits.
local function parts_of(place)
  local fraction, exponent = math.frexp(place)
  local whole, rest = (exponent + 1020) * 1048576, fraction * 2097152
  if fraction < 0 then whole = -whole end
  local r = math.floor(rest)
  return HALF + whole + r, (rest - r) * ALL
end

local function exactly(place) return string.format('%.17g', place) end

-- How many stand before the first who can be at r.
local function before(board, r)
  if r > MAX then return call('ZCARD', board) end
  return call('ZCOUNT', board, '-inf', '(' .. exactly(place_of(r, 0)))
end

-- The number of the rules (`link/rules.py`), and the answer to a call made with another one.
local function rules_number() return call('GET', tag .. 'rules') or '0' end
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

-- Arrivals are numbered anew, board by board, long before there are no more numbers: some lines
-- with each change, from the first on, so that nobody waits. Within a score the k-th line gets the
-- number k, which is never more than it had, and less than all behind it have: no two lines change
-- their order, not even in between. How far that is stands in `renumbered`: the place before which
-- all are done, and the number that is larger than all of theirs. More lines are done than come,
-- so it ends. (Who reads a board by cursor at this moment, amid equal scores, may miss some.)

-- Does that with so many lines more of a board whose next number is n; returns its next number,
-- which is a small one when all lines are done. Not during a job of an admin, whose steps go from
-- place to place.
local function renumber(name, n, lines)
  if call('EXISTS', tag .. 'jobs') == 1 then return n end
  local board, renumbered, r, k, most = tag .. 'b:' .. name, {}, 0, 0, 0
  local known = call('HGET', tag .. 'renumbered', name)
  if known then r, k, most = struct.unpack('>I4I4I4', known) end
  local found = call('ZRANGEBYSCORE', board, exactly(place_of(r, k)), '+inf', 'WITHSCORES',
    'LIMIT', 0, lines)
  for i = 1, #found, 2 do
    local of, arrival = parts_of(tonumber(found[i + 1]))
    if of ~= r then r, k = of, 0 end
    if arrival ~= k then
      renumbered[#renumbered + 1], renumbered[#renumbered + 2] = place_of(r, k), found[i]
    end
    k = k + 1
    most = math.max(most, k)
  end
  if #renumbered > 0 then call('ZADD', board, unpack(renumbered)) end
  if #found == 2 * lines then
    call('HSET', tag .. 'renumbered', name, struct.pack('>I4I4I4', r, k, most))
    return n
  end
  call('HDEL', tag .. 'renumbered', name)
  call('HINCRBY', tag .. 'book', 'era', 1)
  return most
end

-- The number of an arrival at r that stands behind all others there, and whether these are done;
-- n is the board's next number.
local function arrival_at(name, r, n)
  local known = n > MANY and call('HGET', tag .. 'renumbered', name)
  if not known then return n, false end
  local done, k, most = struct.unpack('>I4I4I4', known)
  if r >= done then return n, false end
  local last = call('ZREVRANGEBYSCORE', tag .. 'b:' .. name, '(' .. exactly(place_of(r + 1, 0)),
    exactly(place_of(r, 0)), 'WITHSCORES', 'LIMIT', 0, 1)[2]
  local arrival = 0
  if last then arrival = select(2, parts_of(tonumber(last))) + 1 end
  if arrival >= most then
    known = struct.pack('>I4I4I4', done, k, arrival + 1)
    call('HSET', tag .. 'renumbered', name, known)
  end
  return arrival, true
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
