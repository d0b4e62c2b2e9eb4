-- Posts to any level, and runs that are drawn: each item is entered as a whole, or not at all.
--
-- ARGV: the number of the rules, worker, number of the call, the limits; then an item each, all but
-- the first three in JSON, made by `posts.py`. An item's `also` are commands that are done with it.
-- Returns an answer in JSON for each item; or `rules` if they have changed. A call that comes again
-- is answered as before.
local MOST_RUNS = 5000000
local known = answered(ARGV[2], ARGV[3])
if known then return known end
if rules_number() ~= ARGV[1] then return MOVED end
local limits = cjson.decode(ARGV[4])

-- One post

local function rank(post, user, r)
  local board = tag .. 'b:' .. post.board
  if post.shared then return before(board, r) + 1 end
  return call('ZRANK', board, user) + 1
end

local function no_room(level)
  local busiest = tag .. 'busiest'
  if tonumber(call('HGET', tag .. 'book', 'scores') or 0) >= limits.scores then
    return 'full_of_scores'
  end
  if call('ZCARD', busiest) >= limits.levels
    and not call('ZSCORE', busiest, struct.pack('>I4', tonumber(level))) then
    return 'full_of_levels'
  end
end

-- Counts a post of this minute, and says whether it is one too many.
local function too_many(item, post)
  local rates = tag .. 'r:' .. post.level .. ':' .. exactly(math.floor(item.now / 60000000))
  local limited = { { exactly(item.user), post.rate_user }, { 'all', post.rate_level } }
  for _, each in ipairs(limited) do
    if each[2] > 0 and tonumber(call('HGET', rates, each[1]) or 0) >= each[2] then
      return 'too_many', each[2]
    end
  end
  for _, each in ipairs(limited) do
    if each[2] > 0 then call('HINCRBY', rates, each[1], 1) end
  end
  if post.rate_user + post.rate_level > 0 then call('EXPIRE', rates, 120) end
end

-- Where the user would stand by the score, as `parts_of` has it; nil if a sum is too large.
local function counted(post, old)
  if post.keep ~= 'sum' or not old then return post.r end
  local total = is_ascending(post.board) and old + post.r or old + post.r - MAX
  if total < 0 or total > MAX then return nil end
  return total
end

local function begin_season(post)
  local on = call('HGET', tag .. 'on', post.level)
  if post.start == 0 or (on and start_of(on) >= post.start) then return end
  call('HSET', tag .. 'on', post.level, post.board)
  call('ZADD', tag .. 'ends', post.ends, post.level)
end

local function to_hex(text)
  return (string.gsub(text, '.', function(c) return string.format('%02x', string.byte(c)) end))
end

local function is_used(run)
  if not run then return nil end
  if call('ZSCORE', tag .. 'runs', run) then return 'run_used' end
  if call('ZCARD', tag .. 'runs') >= MOST_RUNS then return 'full_of_runs' end
end

-- Enters a post, and what was there before in `entered`. Returns its outcome; or nil, and what
-- refuses it.
local function enter(item, post, user, entered)
  if post.refused then return nil, 'refused' end
  local refusal = is_used(post.run)
  if refusal then return nil, refusal end
  local line = line_of(post.board, user)
  local old = line and parts_of(line.place)
  local r = counted(post, old)
  if not r then return nil, 'sum' end
  refusal = not old and no_room(post.level)
  if refusal then return nil, refusal end
  local one_too_many, limit = too_many(item, post)
  if one_too_many then return nil, one_too_many, limit end

  local previous = old and rank(post, user, old) or 0
  local better, line_before = not old or r < old, nil
  local now = previous
  if better or (post.keep ~= 'best' and r ~= old) then
    begin_season(post)
    entered[#entered + 1] = { post.board, user, line }
    line_before = line and to_hex(packed(line)) or ''
    arrive(post.board, user, line, r, post.note)
    if not old and post.start > 0 then drop_outdated(post.level, limits.seasons) end
    now = rank(post, user, r)
  else
    r = old
  end
  local best = is_ascending(post.board) and r or MAX - r
  return { post.level, post.season, post.score, best, now, previous, better, post.board,
    line_before }
end

-- All posts of an item

local function use_runs(item)
  for _, post in ipairs(item.posts) do
    if post.run then
      call('ZADD', tag .. 'runs', item.now, post.run)
      local old = call('ZRANGEBYSCORE', tag .. 'runs', '-inf', item.now - DAY, 'LIMIT', 0, 2)
      if #old > 0 then call('ZREM', tag .. 'runs', unpack(old)) end
    end
  end
end

local function outcomes(item, user)
  local found, entered = {}, {}
  for at, post in ipairs(item.posts) do
    local outcome, refusal, limit = enter(item, post, user, entered)
    if not outcome then
      for k = #entered, 1, -1 do put(unpack(entered[k], 1, 3)) end
      return { refused = refusal, post = at, limit = limit }, true
    end
    found[at] = outcome
  end
  use_runs(item)
  return { outcomes = found }
end

-- Has a hidden user's lines stand on the boards while something is posted there.
local function standing(item, user, stands)
  for _, post in ipairs(item.posts) do
    local line = take(post.board, user, post.keep)
    if line and stands then put(post.board, user, line) end
    if line and not stands then withhold(post.board, user, line) end
  end
end

local function answer(item)
  local request = item.request
  local requests = request and requests_of(item.user, request.level)
  local first = request and answer_to(request, requests, item.now)
  if first then return first end
  local found, is_refused = item.answer, false
  if item.posts then
    local user = struct.pack('>I4', item.user)
    if item.hidden then standing(item, user, true) end
    found, is_refused = outcomes(item, user)
    if item.hidden then standing(item, user, false) end
    if not is_refused then
      for _, command in ipairs(item.also or {}) do call(unpack(command)) end
    end
    found = cjson.encode(found)
  end
  if request and not is_refused then
    local answered_now = { request.id, request.digest, item.now, found }
    remember(item.user, request.level, requests, answered_now, limits.requests)
  end
  return found
end

local answers = {}
for k = 5, #ARGV do answers[k - 4] = answer(cjson.decode(ARGV[k])) end
return remember_call(ARGV[2], ARGV[3], answers)
