-- What changes levels, users and single lines, each as a whole.
--
-- ARGV: the number of the rules, worker, number of the call, what is done, its arguments. Returns
-- what became of it, or `rules` if they have changed. A call that comes again is answered as
-- before.
local known = answered(ARGV[2], ARGV[3])
if known then return known end
if rules_number() ~= ARGV[1] then return MOVED end
local write = {}

-- Gives a level settings, in JSON. `on` is the board of the season that is on, `ends` its end or an
-- empty text; `anew`: whether the level counts in another way than before.
function write.configure(level, settings, on, ends, anew, most)
  local has_scores = #boards_of(level) > 0 or call('HEXISTS', tag .. 'hl', level) == 1
  if anew == '1' and has_scores then return 'has_scores' end
  local member = struct.pack('>I4', tonumber(level))
  if not call('ZSCORE', tag .. 'busiest', member)
    and call('ZCARD', tag .. 'busiest') >= tonumber(most) then
    return 'full'
  end
  call('HSET', tag .. 'settings', level, settings)
  call('HSET', tag .. 'on', level, on)
  if ends == '' then call('ZREM', tag .. 'ends', level)
  else call('ZADD', tag .. 'ends', ends, level) end
  if anew == '1' then
    call('HSET', tag .. 'anew', level, call('HGET', tag .. 'book', 'entry') or '0')
  end
  count(level)
  change_rules('level:' .. level)
  call('HINCRBY', tag .. 'book', 'changes', 1)
  return 'ok'
end

-- Takes a user's line off a board; returns how many there were, below zero without such a board.
function write.remove(name, user)
  if call('EXISTS', tag .. 'b:' .. name) == 0 then return -1 end
  if not call('ZSCORE', tag .. 'b:' .. name, user) then return 0 end
  put(name, user, nil)
  return 1
end

-- Gives a user the line back that was there before a post.
function write.put_back(name, user, text)
  put(name, user, text ~= '' and unpacked(text) or nil)
  return 1
end

-- Gives the user another name, or none, if the present one is `old`; else returns the present one.
function write.rename(user, old, old_folded, name, folded)
  local present = call('HGET', tag .. 'names', user) or ''
  if present == name then return 'ok' end
  if present ~= old then return { 'is', present } end
  if old ~= '' then call('ZREM', tag .. 'folded', old_folded .. '\0' .. user) end
  if name ~= '' then
    call('HSET', tag .. 'names', user, name)
    call('ZADD', tag .. 'folded', 0, folded .. '\0' .. user)
  else
    call('HDEL', tag .. 'names', user)
  end
  call('HINCRBY', tag .. 'book', 'names', 1)
  return 'ok'
end

-- Removes all of a user: the name, if it is `old`, scores of every season, what is kept back, what
-- was removed and could come back, remembered requests.
function write.forget(user, old, old_folded)
  local named = write.rename(user, old, old_folded, '', '')
  if named ~= 'ok' then return named end
  local id = id_of(user)
  for _, level in ipairs(levels_of(user, 0)) do
    for _, name in ipairs(boards_of(exactly(level))) do write.remove(name, user) end
  end
  for _, name in ipairs(call('HKEYS', tag .. 'h:' .. id)) do withhold(name, user, nil) end
  for _, entry in ipairs(call('ZRANGE', tag .. 'kept', 0, -1)) do
    local key = tag .. 'k:' .. entry
    local gone = call('ZREMRANGEBYLEX', key, '[' .. user, '[' .. user .. '\255')
    if gone > 0 then call('HINCRBY', tag .. 'book', 'kept', -gone) end
  end
  for _, level in ipairs(levels_of(user, 0)) do unindex(user, level) end
  forget_requests(tonumber(id))
  return 'ok'
end

return remember_call(ARGV[2], ARGV[3], write[ARGV[4]](unpack(ARGV, 5)))
