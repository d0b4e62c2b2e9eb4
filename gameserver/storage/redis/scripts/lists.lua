-- The first 15 of boards, as text. ARGV: the number of the rules, the era that is known; then pairs
-- of a board and the number of its changes that is known, or an empty text.
-- Returns the era and the text of each board as `changes:user=score,…`, false where nothing has
-- changed; or `rules` if they have changed.
local book = call('HMGET', tag .. 'book', 'era', 'born')
if rules_number() ~= ARGV[1] then return MOVED end
local era = (book[2] or '0') .. '.' .. (book[1] or '0')
local names, answer = {}, { era }
for k = 3, #ARGV, 2 do names[#names + 1] = ARGV[k] end
local counters = call('HMGET', tag .. 'n', unpack(names))
for at, name in ipairs(names) do
  local n = counters[at] or '0'
  if n == ARGV[2 + 2 * at] and era == ARGV[2] then
    answer[at + 1] = false
  else
    local lines = call('ZRANGE', tag .. 'b:' .. name, 0, 14, 'WITHSCORES')
    local ascending, entries = string.byte(name, -1) == 97, {}
    for i = 1, #lines, 2 do
      local r = parts_of(tonumber(lines[i + 1]))
      entries[#entries + 1] = string.format('%.0f=%.0f', struct.unpack('>I4', lines[i]),
        ascending and r or MAX - r)
    end
    answer[at + 1] = n .. ':' .. table.concat(entries, ',')
  end
end
return answer
