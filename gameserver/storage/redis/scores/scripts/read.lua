-- All that is read of boards, levels and users, each question as a whole.
--
-- ARGV: the number of the rules; then of each question the number of its arguments, and these: a
-- board that there has to be (or an empty text), what is asked, and what that takes. Returns an
-- answer for each, `gone` if there is no such board; or `rules` if they have changed. Lines come as
-- one text, user and place of each as >I4d.
local book = call('HMGET', tag .. 'book', 'era', 'born', 'changes', 'names', 'scores',
  'withheld', 'settings')
if rules_number() ~= ARGV[1] then return MOVED end
local era = (book[2] or '0') .. '.' .. (book[1] or '0')
local read = {}

-- Some lines of a board: players, offset, rank of the first where equal scores share one, the
-- lines, their notes, their users' names.
local function part(name, offset, limit)
  local board = tag .. 'b:' .. name
  local players = call('ZCARD', board)
  offset = tonumber(offset)
  local found = limit > 0 and call('ZRANGE', board, offset, offset + limit - 1, 'WITHSCORES') or {}
  if #found == 0 then return { players, offset, 0, '', {}, {} } end
  local users, lines = {}, {}
  for i = 1, #found, 2 do
    users[#users + 1] = found[i]
    lines[#lines + 1] = found[i] .. struct.pack('>d', tonumber(found[i + 1]))
  end
  local notes = {}
  if call('EXISTS', tag .. 't:' .. name) == 1 then
    notes = call('HMGET', tag .. 't:' .. name, unpack(users))
  end
  local first = before(board, (parts_of(tonumber(found[2])))) + 1
  return { players, offset, first, table.concat(lines), notes,
    call('HMGET', tag .. 'names', unpack(users)) }
end

function read.rules() return era end

function read.version(name)
  return { era, call('HGET', tag .. 'n', name) or '0', book[7] or '0', book[4] or '0' }
end

function read.page(name, offset, limit) return part(name, offset, tonumber(limit)) end

-- r and arrival are those of the line before the first.
function read.after(name, r, arrival, limit)
  local last = exactly(place_of(tonumber(r), tonumber(arrival)))
  return part(name, call('ZCOUNT', tag .. 'b:' .. name, '-inf', last), tonumber(limit))
end

-- What is read of a user's neighbours: the user's place among them, and the page.
function read.around(name, user, count)
  local board = tag .. 'b:' .. name
  local place = call('ZRANK', board, user)
  if not place then return false end
  local size = 2 * tonumber(count) + 1
  local first = math.max(0, math.min(place - tonumber(count), call('ZCARD', board) - size))
  return { place - first, part(name, first, size) }
end

-- As `around`, with a line of the user that is kept back. The board is left as it was.
function read.around_hidden(name, user, count)
  local id, board = exactly((struct.unpack('>I4', user))), tag .. 'b:' .. name
  local notes = tag .. 't:' .. name
  local text = call('HGET', tag .. 'h:' .. id, name)
  if not text or call('ZSCORE', board, user) then return read.around(name, user, count) end
  local place = struct.unpack('>d', text)
  if call('ZCOUNT', board, exactly(place), exactly(place)) > 0 then
    place = place_of(parts_of(place), tonumber(call('HGET', tag .. 'n', name)))
  end
  call('ZADD', board, place, user)
  if #text > 8 then call('HSET', notes, user, string.sub(text, 9)) end
  local found = read.around(name, user, count)
  call('ZREM', board, user)
  call('HDEL', notes, user)
  return found
end

-- A page of each user who has a line.
function read.entries(name, ...)
  local found = {}
  for _, user in ipairs({ ... }) do
    local place = call('ZRANK', tag .. 'b:' .. name, user)
    if place then found[#found + 1] = part(name, place, 1) end
  end
  return found
end

-- How many stand before whoever comes to r.
function read.before(name, r) return before(tag .. 'b:' .. name, tonumber(r)) end

-- Players, and the place of the first, of each board.
function read.heads(...)
  local found = {}
  for at, name in ipairs({ ... }) do
    local first = call('ZRANGE', tag .. 'b:' .. name, 0, 0, 'WITHSCORES')[2]
    found[at] = { call('ZCARD', tag .. 'b:' .. name),
      first and exactly((parts_of(tonumber(first)))) or false }
  end
  return found
end

-- The names of a level's boards, those of its seasons first.
function read.boards(level)
  local names = call('ZREVRANGE', tag .. 's:' .. level, 0, -1)
  if call('EXISTS', tag .. 'b:' .. level) == 1 then names[#names + 1] = level end
  local heads = {}
  for _, name in ipairs(names) do heads[#heads + 1] = read.heads(name)[1] end
  return { names, heads }
end

-- Where the lines at some ranks stand, and how many stand before each of `count` equal parts of
-- what lies between the first and the last. `...`: `percents` percents of players who are worse,
-- and then those of the players whom each tier and the better ones hold.
function read.histogram(name, count, percents, ...)
  local board = tag .. 'b:' .. name
  local players = call('ZCARD', board)
  if players == 0 then return false end
  local function at(rank)
    local line = call('ZRANGE', board, rank, rank, 'WITHSCORES')
    return (parts_of(tonumber(line[2])))
  end
  local ascending = string.byte(name, -1) == 97
  local first, last = at(0), at(players - 1)
  local width, below, reached = math.ceil((last - first + 1) / tonumber(count)), {}, {}
  -- Where the highest stands first its parts begin at the other end.
  local lowest = ascending and first or MAX - last
  for score = lowest, lowest + last - first, width do
    if ascending then
      below[#below + 1] = before(board, score)
    else
      below[#below + 1] = players - before(board, MAX - score + 1)
    end
  end
  for k, percent in ipairs({ ... }) do
    local place
    if k <= tonumber(percents) then
      place = players + math.floor(-tonumber(percent) * players / 100)
    else
      place = math.floor(tonumber(percent) * players / 100) - 1
    end
    reached[k] = place >= 0 and at(place)
  end
  return { players, first, last, width, below, reached }
end

-- Levels

-- The levels whose season has ended have no players, until somebody plays them.
local function turn(now)
  local due = call('ZRANGEBYSCORE', tag .. 'ends', '-inf', now, 'LIMIT', 0, 200)
  for _, level in ipairs(due) do
    call('ZREM', tag .. 'ends', level)
    call('HDEL', tag .. 'on', level)
    call('ZADD', tag .. 'busiest', 'XX', 0, struct.pack('>I4', tonumber(level)))
  end
  if #due > 0 then
    book[3] = exactly(call('HINCRBY', tag .. 'book', 'changes', #due))
  end
end

function read.overall_version(now)
  turn(now)
  return { era, book[3] or '0', book[7] or '0', book[4] or '0' }
end

-- How many levels there are, and the busiest from an offset on.
function read.busiest(now, offset, limit)
  turn(now)
  offset, limit = tonumber(offset), tonumber(limit)
  local found = limit > 0 and call('ZRANGE', tag .. 'busiest', offset, offset + limit - 1) or {}
  return { call('ZCARD', tag .. 'busiest'), table.concat(found) }
end

-- How many levels there are, and the players and numbers of the busiest, each as >I4I4.
function read.ranked(now, most)
  turn(now)
  local found, rows = {}, {}
  if tonumber(most) > 0 then
    found = call('ZRANGE', tag .. 'busiest', 0, most - 1, 'WITHSCORES')
  end
  for i = 1, #found, 2 do
    rows[#rows + 1] = struct.pack('>I4', -tonumber(found[i + 1])) .. found[i]
  end
  return { call('ZCARD', tag .. 'busiest'), table.concat(rows) }
end

-- The players of some levels, >I4 each; -1 for those that there are not.
function read.players(now, levels)
  turn(now)
  local found = {}
  for i = 1, #levels, 4 do
    local score = call('ZSCORE', tag .. 'busiest', string.sub(levels, i, i + 3))
    found[#found + 1] = score and -tonumber(score) or -1
  end
  return found
end

function read.gauges()
  return { call('ZCARD', tag .. 'busiest'), tonumber(book[5] or 0) - tonumber(book[6] or 0) }
end

-- Users

-- The user's lines in at most `limit` levels from one on: board, place, rank, rank where equal
-- scores share one, note, players.
function read.scores_of(user, first, limit)
  local found, levels = {}, 0
  for _, level in ipairs(levels_of(user, tonumber(first))) do
    if levels == tonumber(limit) then break end
    local count = #found
    for _, name in ipairs(read.boards(exactly(level))[1]) do
      local board = tag .. 'b:' .. name
      local place = call('ZSCORE', board, user)
      if place then
        local r = parts_of(tonumber(place))
        found[#found + 1] = { name, r, call('ZRANK', board, user) + 1, before(board, r) + 1,
          call('HGET', tag .. 't:' .. name, user), call('ZCARD', board) }
      end
    end
    if #found > count then levels = levels + 1 end
  end
  return found
end

function read.is_known(user)
  if call('HEXISTS', tag .. 'names', user) == 1 then return 1 end
  if call('EXISTS', tag .. 'h:' .. exactly((struct.unpack('>I4', user)))) == 1 then return 1 end
  for _, level in ipairs(levels_of(user, 0)) do
    for _, name in ipairs(read.boards(exactly(level))[1]) do
      if call('ZSCORE', tag .. 'b:' .. name, user) then return 1 end
    end
  end
  return 0
end

-- Whether a request that may be repeated was answered: 1, 0, or 2 if it was another one.
function read.answered(user, level, id, digest, now)
  local text = call('HGET', tag .. 'q:' .. user, level)
  for _, each in ipairs(text and cmsgpack.unpack(text) or {}) do
    if each[1] == id and each[3] > tonumber(now) - 86400000000 then
      return each[2] == digest and 1 or 2
    end
  end
  return 0
end

function read.name(user) return call('HGET', tag .. 'names', user) end

-- The users, in four bytes each, and names of those that are found by a text's beginning.
function read.users(beginning, limit)
  local found = call('ZRANGEBYLEX', tag .. 'folded', '[' .. beginning, '[' .. beginning .. '\255',
    'LIMIT', 0, limit)
  if #found == 0 then return { {}, {} } end
  local users = {}
  for at, each in ipairs(found) do users[at] = string.sub(each, -4) end
  return { users, call('HMGET', tag .. 'names', unpack(users)) }
end

local function answer(board, what, ...)
  if board ~= '' and call('EXISTS', tag .. 'b:' .. board) == 0 then return { 'gone' } end
  return read[what](...) or false
end

local answers, at = {}, 2
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  answers[#answers + 1] = answer(unpack(ARGV, at + 1, last))
  at = last + 1
end
return answers
