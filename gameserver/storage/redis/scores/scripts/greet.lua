-- Notes that this is another Redis than the one that was greeted last: started again, or a replica
-- that has taken over. It may have lost what was written last, so numbers of changes may come
-- again, and mean something else: they are told apart by when this one was greeted first.
local book, call = KEYS[1] .. 'book', redis.call
local run = string.match(call('INFO', 'server'), 'run_id:(%x+)')
if call('HGET', book, 'run') ~= run then
  local now = call('TIME')
  call('HSET', book, 'run', run, 'born', string.format('%x%05x', now[1], now[2]))
end
