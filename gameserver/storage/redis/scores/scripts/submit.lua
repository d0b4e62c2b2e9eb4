-- Posts to plain levels: `best`, the highest first, one season, nothing beside the score.
--
-- KEYS: the tag. ARGV: the number of the rules, worker, number of the call, the most scores, the
-- most levels; then pairs of a level and its posts, each a user and 2147483647 - score as >I4I4.
-- Returns since when nothing was taken away (`bests.py`), a colon, and a digit for each post: 0 no
-- better, 1 entered, 2 too many scores, 3 too many levels; or `rules` if they have changed. A call
-- that comes again is answered as before.
local pack, unpack_ = struct.pack, struct.unpack
local memory = tag .. 'p:' .. ARGV[2]
local seen = call('GET', memory)
if seen then
  local colon = string.find(seen, ':', 1, true)
  if string.sub(seen, 1, colon - 1) == ARGV[3] then return string.sub(seen, colon + 1) end
end
local book = call('HMGET', tag .. 'book', 'scores', 'changes', 'born', 'taken')
if rules_number() ~= ARGV[1] then return MOVED end
local since = (book[3] or '0') .. '.' .. (book[4] or '0') .. ':'

local scores, most = tonumber(book[1] or 0), tonumber(ARGV[4])
local levels = {}
for k = 6, #ARGV, 2 do levels[#levels + 1] = ARGV[k] end
local counters = call('HMGET', tag .. 'n', unpack(levels))
local flags, changed, changes = {}, {}, 0
for at, level in ipairs(levels) do
  local board, posts = tag .. 'b:' .. level, ARGV[5 + 2 * at]
  local first = tonumber(counters[at] or 0)
  local card, n = call('ZCARD', board), first
  local players_before, noted = card, nil
  for i = 1, #posts, 8 do
    local hi, lo, sign = unpack_('>I4', posts, i + 4) - 1073741824, n, 0
    if n > MANY then lo = arrival_at(level, hi + 1073741824, n) end
    if hi < 0 then
      hi, sign = -hi, 2147483648
      if lo > 0 then hi, lo = hi - 1, 4294967296 - lo end
    end
    local place = unpack_('>d', pack('>I4I4', sign + hi + 1048576, lo))
    local user = string.sub(posts, i, i + 3)
    local flag = call('ZADD', board, 'LT', 'CH', place, user)
    if flag == 1 then
      local players = call('ZCARD', board)
      if players > card then
        if scores >= most then
          flag = 2
        elseif card == 0 and call('ZCARD', tag .. 'busiest') >= tonumber(ARGV[5]) then
          flag = 3
        end
        if flag == 1 then
          card, scores = players, scores + 1
          index(user, tonumber(level), level, players)
        else
          call('ZREM', board, user)
        end
      end
      if flag == 1 then
        n = n + 1
        if noted == nil then noted = call('EXISTS', tag .. 't:' .. level) == 1 end
        if noted then call('HDEL', tag .. 't:' .. level, user) end
      end
    end
    flags[#flags + 1] = flag
  end
  if n > MANY then
    local new = card - players_before
    n = renumber(level, n, 8 + new + math.floor((n - first - new) / 4))
  end
  if n ~= first then
    changes = changes + 1
    changed[#changed + 1], changed[#changed + 2] = level, n
    if card ~= players_before then
      call('ZADD', tag .. 'busiest', -card, pack('>I4', tonumber(level)))
    end
  end
end
local answer = since .. table.concat(flags)
if changes > 0 then
  call('HSET', tag .. 'n', unpack(changed))
  call('HSET', tag .. 'book', 'scores', scores, 'changes', tonumber(book[2] or 0) + changes)
end
-- Also where nothing has changed: replicas that confirm this have what was entered before, too.
call('SET', memory, ARGV[3] .. ':' .. answer, 'EX', 3600)
return answer
