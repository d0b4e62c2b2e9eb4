-- What is as it is known, and what is not. ARGV: the number of the rules; then pairs of a board and
-- its changes as they are known, or an empty text.
-- Returns since when nothing was taken away (`bests.py`), and the first 15 of each board as
-- `changes:user=score,…`, false where nothing has changed; or `rules` if they have changed. Changes
-- are counted anew where boards come again, and where Redis has lost something: so what they are
-- counted from is a part of them.
local book = call('HMGET', tag .. 'book', 'era', 'born', 'taken')
if rules_number() ~= ARGV[1] then return MOVED end
local born = (book[2] or '0') .. '.'
local era, answer = born .. (book[1] or '0') .. '.', { born .. (book[3] or '0') }
if #ARGV == 1 then return answer end

-- The first 15 of a board.
local function list_of(name)
  local lines, entries = call('ZRANGE', tag .. 'b:' .. name, 0, 14, 'WITHSCORES'), {}
  local lowest, sign = MAX, -1
  if string.byte(name, -1) == 97 then lowest, sign = 0, 1 end
  for i = 1, #lines, 2 do
    local user, r = struct.unpack('>I4', lines[i]), parts_of(lines[i + 1])
    entries[#entries + 1] = string.format('%d=%d', user, lowest + sign * r)
  end
  return table.concat(entries, ',')
end

local names = {}
for k = 2, #ARGV, 2 do names[#names + 1] = ARGV[k] end
local counters = call('HMGET', tag .. 'n', unpack(names))
for at, name in ipairs(names) do
  local changes = era .. (counters[at] or '0')
  answer[at + 1] = changes ~= ARGV[1 + 2 * at] and changes .. ':' .. list_of(name)
end
return answer
