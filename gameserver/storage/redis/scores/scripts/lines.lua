-- Lines that come to boards and leave them, for the scripts that do more than post to plain levels.
-- A line is a table of its place and, where there is one, its note: the moment, a colon, and the
-- metadata behind an equals sign. Users are four bytes, as in the boards.
local FEW = 8 -- lines that are numbered anew with a change
local function level_of(name) return string.match(name, '^%d+') end
local function start_of(name) return tonumber(string.match(name, ':(%d+)') or 0) end
local function is_ascending(name) return string.byte(name, -1) == 97 end
local function id_of(user) return exactly((struct.unpack('>I4', user))) end

local function packed(line) return struct.pack('>d', line.place) .. (line.note or '') end

local function unpacked(text)
  if not text then return nil end
  return { place = struct.unpack('>d', text), note = #text > 8 and string.sub(text, 9) or nil }
end

local function line_of(name, user)
  local place = call('ZSCORE', tag .. 'b:' .. name, user)
  if not place then return nil end
  return { place = tonumber(place), note = call('HGET', tag .. 't:' .. name, user) or nil }
end

local function withheld_line(name, user)
  return unpacked(call('HGET', tag .. 'h:' .. id_of(user), name))
end

-- The names of a level's boards, the newest season first.
local function boards_of(level)
  local names = call('ZREVRANGE', tag .. 's:' .. level, 0, -1)
  if call('EXISTS', tag .. 'b:' .. level) == 1 then names[#names + 1] = level end
  return names
end

-- Gives a level its place among the busiest, or none if nothing is known of it.
local function count(level)
  local member, on = struct.pack('>I4', tonumber(level)), call('HGET', tag .. 'on', level)
  local is_configured = call('HEXISTS', tag .. 'settings', level) == 1
  if not is_configured and #boards_of(level) == 0 then
    call('ZREM', tag .. 'busiest', member)
    call('ZREM', tag .. 'ends', level)
    call('HDEL', tag .. 'on', level)
    return
  end
  if not (on or is_configured) then on = level end
  call('ZADD', tag .. 'busiest', on and 0 - call('ZCARD', tag .. 'b:' .. on) or 0, member)
end

-- Takes some users of boards that are gone out of the index.
local function clear_index()
  local name = call('SRANDMEMBER', tag .. 'gone')
  if not name then return end
  local level = level_of(name)
  local names, users = boards_of(level), call('ZPOPMIN', tag .. 'gone:' .. name, 2)
  for i = 1, #users, 2 do
    local has_scores = false
    for _, other in ipairs(names) do
      has_scores = has_scores or call('ZSCORE', tag .. 'b:' .. other, users[i])
    end
    if not has_scores then unindex(users[i], tonumber(level)) end
  end
  if call('EXISTS', tag .. 'gone:' .. name) == 0 then call('SREM', tag .. 'gone', name) end
end

local function drop(name)
  local board, level = tag .. 'b:' .. name, level_of(name)
  call('HINCRBY', tag .. 'book', 'scores', 0 - call('ZCARD', board))
  call('HINCRBY', tag .. 'book', 'era', 1)
  call('HINCRBY', tag .. 'book', 'taken', 1)
  if call('SREM', tag .. 'large', name) == 1 then
    call('UNLINK', board)
  else
    call('RENAME', board, tag .. 'gone:' .. name)
    call('SADD', tag .. 'gone', name)
  end
  call('UNLINK', tag .. 't:' .. name)
  call('ZREM', tag .. 's:' .. level, name)
  call('HDEL', tag .. 'n', name)
  call('HDEL', tag .. 'renumbered', name)
end

-- Drops the boards of seasons that are kept no longer, as of the last season with scores.
local function drop_outdated(level, kept)
  local on, names = call('HGET', tag .. 'on', level), call('ZREVRANGE', tag .. 's:' .. level, 0, -1)
  local past = 0
  if not (on and call('EXISTS', tag .. 'b:' .. on) == 1) then past = -1 end
  for _, name in ipairs(names) do
    if name ~= on then
      past = past + 1
      if past > kept then drop(name) end
    end
  end
end

-- A board has one user more, or one less.
local function grow(name, user, change)
  local level, players = level_of(name), call('ZCARD', tag .. 'b:' .. name)
  call('HINCRBY', tag .. 'book', 'scores', change)
  if change > 0 then
    if players == 1 and name ~= level then
      call('ZADD', tag .. 's:' .. level, start_of(name), name)
    end
    index(user, tonumber(level), name, players)
    clear_index() -- which looks at all boards of a level, this one among them
  elseif players == 0 then
    call('ZREM', tag .. 's:' .. level, name)
    call('SREM', tag .. 'large', name)
  end
  count(level)
end

-- Gives the user a line, at its old place if that is free and else behind all of the same score; or
-- none. One from before its score was numbered anew stands behind all that were there then.
local function put(name, user, line)
  local board, notes = tag .. 'b:' .. name, tag .. 't:' .. name
  local had = call('ZSCORE', board, user)
  local n = tonumber(call('HGET', tag .. 'n', name) or 0)
  if had then call('HINCRBY', tag .. 'book', 'taken', 1) end
  if line then
    if had then call('ZREM', board, user) end
    local r, arrival = parts_of(line.place)
    local place, behind, is_done = exactly(line.place), arrival_at(name, r, n)
    if call('ZCOUNT', board, place, place) > 0 or (is_done and arrival > behind) then
      arrival = behind
    end
    call('ZADD', board, place_of(r, arrival), user)
    n = math.max(n, arrival)
  else
    call('ZREM', board, user)
    if n > MANY then n = renumber(name, n, FEW) end
  end
  call('HSET', tag .. 'n', name, n + 1)
  call('HINCRBY', tag .. 'book', 'changes', 1)
  if line and line.note then
    call('HSET', notes, user, line.note)
  else
    call('HDEL', notes, user)
  end
  if (not had) ~= (not line) then grow(name, user, line and 1 or -1) end
end

-- Enters a new line of a user at r, in place of one that was there, if any.
local function arrive(name, user, old, r, note)
  local n = tonumber(call('HGET', tag .. 'n', name) or 0)
  if n > MANY then n = renumber(name, n, FEW) end
  call('ZADD', tag .. 'b:' .. name, place_of(r, (arrival_at(name, r, n))), user)
  call('HSET', tag .. 'n', name, n + 1)
  call('HINCRBY', tag .. 'book', 'changes', 1)
  if note then
    call('HSET', tag .. 't:' .. name, user, note)
  elseif old and old.note then
    call('HDEL', tag .. 't:' .. name, user)
  end
  if not old then grow(name, user, 1) end
end

-- Keeps a line of a user back from a board, in place of the one that is, or none any more.
local function withhold(name, user, line)
  local id, level = id_of(user), level_of(name)
  local key, change = tag .. 'h:' .. id, 0
  if line then
    change = call('HSET', key, name, packed(line))
  else
    change = 0 - call('HDEL', key, name)
  end
  if change == 0 then return end
  call('HINCRBY', tag .. 'book', 'scores', change)
  call('HINCRBY', tag .. 'book', 'withheld', change)
  if call('HINCRBY', tag .. 'hl', level, change) == 0 then call('HDEL', tag .. 'hl', level) end
  if call('EXISTS', key) == 1 then call('SADD', tag .. 'hu', user)
  else call('SREM', tag .. 'hu', user) end
end

-- The line that a level which keeps so would have, had both scores been posted in their time.
local function merged(keep, name, one, other)
  if not (one and other) then return one or other end
  if keep == 'best' then return one.place < other.place and one or other end
  local a, m = parts_of(one.place)
  local b, n = parts_of(other.place)
  local newer = m > n and one or other
  if keep == 'last' then return newer end
  local total = is_ascending(name) and math.min(a + b, MAX) or math.max(a + b - MAX, 0)
  return { place = place_of(total, math.max(m, n)), note = newer.note }
end

-- Takes away all that the user has on a board, shown or kept back; returns it.
local function take(name, user, keep)
  local shown, kept_back = line_of(name, user), withheld_line(name, user)
  if shown then put(name, user, nil) end
  if kept_back then withhold(name, user, nil) end
  return merged(keep, name, shown, kept_back)
end
