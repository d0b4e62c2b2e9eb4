-- Requests that may be repeated: of each user a hash, level -> a list of {id, digest, at, answer},
-- the newest eight; and all of them in a set, user, level and id by their time.
local DAY = 86400000000

local function request_named(user, level, id)
  return cmsgpack.pack({ exactly(user), level, id })
end

local function requests_of(user, level)
  local text = call('HGET', tag .. 'q:' .. exactly(user), level)
  return text and cmsgpack.unpack(text) or {}
end

-- What the same request was answered, or that it is another one; nil if it is new.
local function answer_to(request, requests, now)
  for _, each in ipairs(requests) do
    if each[1] == request.id and each[3] > now - DAY then
      if each[2] ~= request.digest then return '{"refused":"id_reused"}' end
      return each[4]
    end
  end
end

local function keep_requests(user, level, requests)
  local key = tag .. 'q:' .. exactly(user)
  if #requests == 0 then
    call('HDEL', key, level)
  else
    call('HSET', key, level, cmsgpack.pack(requests))
    call('EXPIRE', key, 90000)
  end
end

-- Forgets two at most of the oldest of all, if they are too old or too many.
local function forget_oldest(now, most)
  local all = tag .. 'requests'
  for _ = 1, 2 do
    local oldest = call('ZRANGE', all, 0, 0, 'WITHSCORES')
    if call('ZCARD', all) <= most and tonumber(oldest[2]) > now - DAY then return end
    call('ZREM', all, oldest[1])
    local user, level, id = unpack(cmsgpack.unpack(oldest[1]))
    local kept = {}
    for _, each in ipairs(requests_of(tonumber(user), level)) do
      if each[1] ~= id then kept[#kept + 1] = each end
    end
    keep_requests(tonumber(user), level, kept)
  end
end

local function remember(user, level, requests, new, most)
  local kept = {}
  for at, each in ipairs(requests) do
    if each[3] > new[3] - DAY and at > #requests - 7 and each[1] ~= new[1] then
      kept[#kept + 1] = each
    else
      call('ZREM', tag .. 'requests', request_named(user, level, each[1]))
    end
  end
  kept[#kept + 1] = new
  keep_requests(user, level, kept)
  call('ZADD', tag .. 'requests', new[3], request_named(user, level, new[1]))
  forget_oldest(new[3], most)
end

local function forget_requests(user)
  local found = call('HGETALL', tag .. 'q:' .. exactly(user))
  for i = 1, #found, 2 do
    for _, each in ipairs(cmsgpack.unpack(found[i + 1])) do
      call('ZREM', tag .. 'requests', request_named(user, found[i], each[1]))
    end
  end
  call('DEL', tag .. 'q:' .. exactly(user))
end
