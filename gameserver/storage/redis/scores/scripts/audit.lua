-- What moderation is written down in, and what it takes to undo it: a part of `moderate.lua`.
local moderate = {}

local function settings_of(level)
  local text = call('HGET', tag .. 'settings', level)
  return text and cjson.decode(text) or {}
end

local function keep_of(name) return settings_of(level_of(name)).keep or 'best' end

local function moved(entry, lines)
  if lines ~= 0 then call('HINCRBY', tag .. 'audit:moved', entry, lines) end
end

-- Turns: see `turns.py`.

function moderate.begin_turn(token)
  return call('SET', tag .. 'turn', token, 'NX', 'PX', 10000) and 1 or 0
end

function moderate.prolong_turn() return call('PEXPIRE', tag .. 'turn', 10000) end

function moderate.end_turn(token)
  if call('GET', tag .. 'turn') == token then call('DEL', tag .. 'turn') end
  return 1
end

local function is_done(entry)
  moderate.prolong_turn()
  return not call('ZSCORE', tag .. 'jobs', entry)
end

-- What was removed, to be undone: of each entry a set of user, board and line.

local function give_up(entry)
  local key = tag .. 'k:' .. entry
  call('HINCRBY', tag .. 'book', 'kept', 0 - call('ZCARD', key))
  call('UNLINK', key)
  call('ZREM', tag .. 'kept', entry)
  call('SADD', tag .. 'audit:given_up', entry)
end

local function keep(entry, name, user, line, most)
  if call('SISMEMBER', tag .. 'audit:given_up', entry) == 1 then return end
  local key, place = tag .. 'k:' .. entry, user .. struct.pack('>I1', #name) .. name
  local known = call('ZRANGEBYLEX', key, '[' .. place, '[' .. place .. '\255')[1]
  if known then
    call('ZREM', key, known)
    line = merged(keep_of(name), name, line, unpacked(string.sub(known, #place + 1)))
  else
    call('HINCRBY', tag .. 'book', 'kept', 1)
  end
  call('ZADD', key, 0, place .. packed(line))
  call('ZADD', tag .. 'kept', entry, entry)
  while tonumber(call('HGET', tag .. 'book', 'kept')) > tonumber(most) do
    give_up(call('ZRANGE', tag .. 'kept', 0, 0)[1])
  end
end

-- The audit

-- `known` is the number that an entry has from another bucket; one that is here already stays.
function moderate.write_down(text, has_job, expired, longest, known)
  if known and call('HEXISTS', tag .. 'audit', known) == 1 then return tonumber(known) end
  local entry = known
  if not known then
    entry = call('HINCRBY', tag .. 'book', 'entry', 1)
  elseif tonumber(known) > tonumber(call('HGET', tag .. 'book', 'entry') or 0) then
    call('HSET', tag .. 'book', 'entry', known)
  end
  call('HSET', tag .. 'audit', entry, text)
  call('ZADD', tag .. 'audit:ids', entry, entry)
  if has_job == '1' then call('ZADD', tag .. 'jobs', entry, entry) end
  for _, old in ipairs(call('ZRANGE', tag .. 'kept', 0, 99)) do
    if cjson.decode(call('HGET', tag .. 'audit', old)).at > tonumber(expired) then break end
    give_up(old)
  end
  while call('ZCARD', tag .. 'audit:ids') > tonumber(longest) do
    local old = call('ZPOPMIN', tag .. 'audit:ids')[1]
    give_up(old)
    call('HDEL', tag .. 'audit', old)
    call('HDEL', tag .. 'audit:moved', old)
    call('SREM', tag .. 'audit:undone', old)
    call('SREM', tag .. 'audit:given_up', old)
    call('ZREM', tag .. 'jobs', old)
  end
  return tonumber(entry)
end

local function read(entry)
  local text = call('HGET', tag .. 'audit', entry)
  if not text then return false end
  return { tonumber(entry), text, tonumber(call('HGET', tag .. 'audit:moved', entry) or 0),
    call('SISMEMBER', tag .. 'audit:undone', entry),
    call('SISMEMBER', tag .. 'audit:given_up', entry) == 1 and -1
      or call('ZCARD', tag .. 'k:' .. entry),
    call('ZSCORE', tag .. 'jobs', entry) and 1 or 0 }
end

function moderate.entry(entry) return read(entry) end

function moderate.entries(...)
  local found = {}
  for at, entry in ipairs({ ... }) do found[at] = read(entry) end
  return found
end

function moderate.audit(offset, limit)
  local found, first = {}, tonumber(call('HGET', tag .. 'book', 'entry') or 0) - tonumber(offset)
  for entry = first, math.max(1, first - tonumber(limit) + 1), -1 do
    local text = read(exactly(entry))
    if text then found[#found + 1] = text end
  end
  return found
end

function moderate.unfinished()
  local found = {}
  for _, entry in ipairs(call('ZRANGE', tag .. 'jobs', 0, -1)) do
    found[#found + 1] = read(entry)
  end
  return found
end

function moderate.mark_undone(entry) return call('SADD', tag .. 'audit:undone', entry) end

function moderate.finish(entry) return call('ZREM', tag .. 'jobs', entry) end
