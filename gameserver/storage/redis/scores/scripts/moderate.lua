-- What an admin does to scores and users, a step of a job at a time.
--
-- ARGV: the number of the rules; worker and number of the call, empty for what only reads; what is
-- done, its arguments. Returns what became of it, or `rules` if they have changed. A call that
-- comes again is answered as before; a step of a job that is done, by any server, does nothing.
local known = answered(ARGV[2], ARGV[3])
if known then return known end
if rules_number() ~= ARGV[1] then return MOVED end

-- Whether a board of a season would be kept, if it had scores.
local function is_kept(name, seasons)
  local level = level_of(name)
  local on, newer = call('HGET', tag .. 'on', level), 0
  if on == name then return true end
  local behind = '(' .. exactly(start_of(name))
  for _, other in ipairs(call('ZRANGEBYSCORE', tag .. 's:' .. level, behind, '+inf')) do
    if other ~= on then newer = newer + 1 end
  end
  return newer < tonumber(seasons)
end

-- Puts a line where it belongs, with what the user has there; whether it is kept.
local function give_back(name, user, line, seasons)
  if not is_kept(name, seasons) then return false end
  local keeps = keep_of(name)
  line = merged(keeps, name, line, take(name, user, keeps))
  if call('HEXISTS', tag .. 'states', id_of(user)) == 1 then
    withhold(name, user, line)
  else
    put(name, user, line)
    drop_outdated(level_of(name), tonumber(seasons))
  end
  return true
end

-- States and settings

function moderate.put_state(user, state)
  if state == 'ok' then call('HDEL', tag .. 'states', user)
  else call('HSET', tag .. 'states', user, state) end
  change_rules('user:' .. user)
  return 1
end

-- Takes the settings of a level that is empty; whether it was.
function moderate.drop_level(entry, level)
  if is_done(entry) then return 1 end
  if #boards_of(level) > 0 or call('HEXISTS', tag .. 'hl', level) == 1 then return 0 end
  local settings = settings_of(level)
  if settings.order or settings.keep or settings.reset or settings.reset_offset then
    call('HSET', tag .. 'anew', level, call('HGET', tag .. 'book', 'entry'))
  end
  if call('HDEL', tag .. 'settings', level) == 1 then change_rules('level:' .. level) end
  count(level)
  call('HINCRBY', tag .. 'book', 'changes', 1)
  return 1
end

-- Gives a level back the settings that it had, unless it has others or counts otherwise now.
function moderate.restore_settings(entry, level, text, on, ends)
  if is_done(entry) or call('HEXISTS', tag .. 'settings', level) == 1 then return 0 end
  local settings = cjson.decode(text)
  local counts_anew = settings.order or settings.keep or settings.reset or settings.reset_offset
  if counts_anew and #boards_of(level) > 0 then return 0 end
  call('HSET', tag .. 'settings', level, text)
  call('HSET', tag .. 'on', level, on)
  if ends ~= '' then call('ZADD', tag .. 'ends', ends, level) end
  call('HSET', tag .. 'anew', level, call('HGET', tag .. 'book', 'entry'))
  count(level)
  change_rules('level:' .. level)
  call('HINCRBY', tag .. 'book', 'changes', 1)
  return 1
end

-- Steps of jobs: each returns the lines that it has moved, or where it goes on and these.

-- Takes a user's lines off some boards until they are released.
function moderate.withhold(entry, user, ...)
  if is_done(entry) then return 0 end
  local lines = 0
  for _, name in ipairs({ ... }) do
    local is_shown = call('ZSCORE', tag .. 'b:' .. name, user)
    local line = take(name, user, keep_of(name))
    if line then withhold(name, user, line) end
    if is_shown then lines = lines + 1 end
  end
  moved(entry, lines)
  return lines
end

-- Puts lines that are kept back on their boards again.
function moderate.release(entry, user, seasons, ...)
  if is_done(entry) then return 0 end
  local lines = 0
  for _, name in ipairs({ ... }) do
    local line = withheld_line(name, user)
    if line then
      withhold(name, user, nil)
      if give_back(name, user, line, seasons) then lines = lines + 1 end
    end
  end
  moved(entry, lines)
  return lines
end

-- Gives back some of what another entry has removed; returns how many it has tried, and moved.
function moderate.restore(entry, from, is_whole_level, seasons, limit)
  if is_done(entry) then return { 0, 0 } end
  local key, lines = tag .. 'k:' .. from, 0
  local found = call('ZRANGE', key, 0, limit - 1)
  for _, member in ipairs(found) do
    call('ZREM', key, member)
    local size = struct.unpack('>I1', member, 5)
    local name, line = string.sub(member, 6, 5 + size), unpacked(string.sub(member, 6 + size))
    local anew = tonumber(call('HGET', tag .. 'anew', level_of(name)) or 0)
    if is_whole_level == '1' or anew < tonumber(from) then
      if give_back(name, string.sub(member, 1, 4), line, seasons) then lines = lines + 1 end
    end
  end
  call('HINCRBY', tag .. 'book', 'kept', 0 - #found)
  if call('EXISTS', key) == 0 then give_up(from) end
  moved(entry, lines)
  return { #found, lines }
end

-- Whether a line fits bounds: scores, and moments, which are empty texts where there are none.
local function fits(name, line, bounds)
  local r = parts_of(line.place)
  local score = is_ascending(name) and r or MAX - r
  if score < bounds.min or score > bounds.max then return false end
  if not (bounds.begin or bounds['end']) then return true end
  local at = line.note and tonumber(string.match(line.note, '^%d+'))
  return at and at >= (bounds.begin or 0) and (not bounds['end'] or at <= bounds['end'])
end

-- Takes away those of some users' lines that fit, or only counts them where there is no entry.
local function remove(entry, name, users, line_in, bounds)
  local lines = 0
  for _, user in ipairs(users) do
    local line = line_in(name, user)
    if line and fits(name, line, bounds) then
      lines = lines + 1
      if entry ~= '' then keep(entry, name, user, take(name, user, keep_of(name)), bounds.most) end
    end
  end
  if entry ~= '' then moved(entry, lines) end
  return lines
end

-- Some of the lines of a board, from a place on. Returns how to go on, empty at the end.
function moderate.remove_of_board(entry, name, text, from, limit)
  if entry ~= '' and is_done(entry) then return { '', 0 } end
  local bounds = cjson.decode(text)
  local low, high = bounds.min, bounds.max
  if not is_ascending(name) then low, high = MAX - high, MAX - low end
  if from == '' then from = exactly(place_of(low, 0)) end
  local found = call('ZRANGEBYSCORE', tag .. 'b:' .. name, from,
    exactly(place_of(high, 4294967295)), 'WITHSCORES', 'LIMIT', 0, limit)
  local users = {}
  for i = 1, #found, 2 do users[#users + 1] = found[i] end
  local lines = remove(entry, name, users, line_of, bounds)
  if #users < tonumber(limit) then return { '', lines } end
  return { '(' .. found[#found], lines }
end

-- The lines of a user on some boards, or those that are kept back from them.
function moderate.remove_of_user(entry, user, text, kept_back, ...)
  if entry ~= '' and is_done(entry) then return 0 end
  local lines = 0
  for _, name in ipairs({ ... }) do
    local line_in = kept_back == '1' and withheld_line or line_of
    lines = lines + remove(entry, name, { user }, line_in, cjson.decode(text))
  end
  return lines
end

-- What jobs are made of

-- The boards of a user, and those that lack a line of the user.
function moderate.boards_of_user(user)
  local found = {}
  for _, level in ipairs(levels_of(user, 0)) do
    for _, name in ipairs(boards_of(exactly(level))) do
      if call('ZSCORE', tag .. 'b:' .. name, user) then found[#found + 1] = name end
    end
  end
  return { found, call('HKEYS', tag .. 'h:' .. id_of(user)) }
end

function moderate.boards_of_level(level) return boards_of(level) end

function moderate.levels() return table.concat(call('ZRANGE', tag .. 'busiest', 0, -1)) end

-- The users of whom lines are kept back.
function moderate.users_kept_back() return call('SMEMBERS', tag .. 'hu') end

function moderate.size_of_level(level)
  local lines = tonumber(call('HGET', tag .. 'hl', level) or 0)
  for _, name in ipairs(boards_of(level)) do lines = lines + call('ZCARD', tag .. 'b:' .. name) end
  return lines
end

-- The boards and places of all that could come back.
function moderate.kept()
  local found = {}
  for _, entry in ipairs(call('ZRANGE', tag .. 'kept', 0, -1)) do
    for _, member in ipairs(call('ZRANGE', tag .. 'k:' .. entry, 0, -1)) do
      found[#found + 1] = string.sub(member, 5)
    end
  end
  return found
end

return remember_call(ARGV[2], ARGV[3], moderate[ARGV[4]](unpack(ARGV, 5)))
