-- A client of gameserver for LÖVE, and wherever else Lua 5.1 or LuaJIT has LuaSocket. Copy this
-- file; it needs nothing else.
-- Copyright (c) 2026 the gameserver authors. SPDX-License-Identifier: MIT
--
--     local GameServer = require "gameserver"
--     love.filesystem.createDirectory("scores")
--     local folder = love.filesystem.getSaveDirectory() .. "/scores"
--     local server = GameServer.new("http://scores.example.org:8080", folder)
--     server:post(7, 1500, nil, function(answer) print(answer.rank or answer.message) end)
--     function love.update() server:update() end
--
-- No call blocks: whatever is asked goes on in `update`, and the answer comes to the function that
-- the call was given (or to nobody). It is a table: the server's JSON, or an error as
-- {error = code, message = text, status = of HTTP or 0, final = whether it would fail again}.
-- LuaSocket has no TLS, so the address begins with http://. A host's name is looked up once, by the
-- first request, and that does block.

local socket = require "socket"

local TIMEOUT = 10 -- seconds, for each request
local LONGEST_WAIT = 300 -- seconds between two tries: a wrong secret is not tried too often, either
local NOT_FINAL = { [408] = true, [425] = true, [429] = true } -- they say nothing about the post

local GameServer = {}
GameServer.__index = GameServer

-- These are at the end of this file.
local json, read_lines, write_lines, read_response, error_of, wait_for, new_id

-- A player on one server. `folder` is where the game keeps its saves, and has to be there.
-- `on_post(post, answer)` is called once for each post that leaves the queue: with the server's
-- answer, or with the error for which it was dropped.
function GameServer.new(url, folder, on_post)
  local host, port = url:match("^http://([^/:]+):?(%d*)")
  local self = setmetatable({}, GameServer)
  self.host, self.port = assert(host, "the address begins with http://"), tonumber(port) or 80
  self.prefix = url:gsub("^http://[^/]+", ""):gsub("/+$", "")
  self.on_post = on_post or function() end
  self.user_file = folder .. "/gameserver-user.json"
  self.queue_file = folder .. "/gameserver-queue.json"
  self.saved_user = read_lines(self.user_file, "secret")[1]
  self.queue = read_lines(self.queue_file, "body")
  self.awaited = {} -- the functions that wait for the answers to their posts, by id
  self.tasks = {} -- coroutines that `update` goes on with
  self.speaker = nil -- the coroutine that talks to the server as the player: one at a time
  self.failures, self.not_before, self.reason = 0, 0, ""
  return self
end

-- What a game calls

-- Goes on with whatever is under way, and sends what waits when it is time. Call it each frame.
function GameServer:update()
  if #self.queue > 0 and not self.speaker and socket.gettime() >= self.not_before then
    self:start(function() self:in_turn(function() self:send_queue() end) end)
  end
  local tasks, failure = self.tasks, nil
  self.tasks = {}
  for _, task in ipairs(tasks) do
    local ok, why = coroutine.resume(task)
    if coroutine.status(task) ~= "dead" then
      table.insert(self.tasks, task)
    elseif self.speaker == task then
      self.speaker = nil
    end
    if not ok then failure = debug.traceback(task, why) end
  end
  if failure then error(failure, 0) end -- it comes from a function of the game's
end

-- The player's `user`: kept from the first call on, with the secret that proves it.
function GameServer:user(on_answer)
  self:answer(on_answer, function() return self:in_turn(self.get_user) end)
end

-- Gives the player a name, 1 to 32 characters.
function GameServer:rename(name, on_answer)
  self:answer(on_answer, function()
    return self:in_turn(function()
      return self:ask_as_player("/api/users/{user}?_method=PUT", { name = name })
    end)
  end)
end

-- Posts a score: its `rank`, `best` …; {queued = n, reason = code} if it has to wait. `more` are
-- `meta`, `run` or `key`, as the server knows them, or nil.
function GameServer:post(level, score, more, on_answer)
  local body = { id = new_id(), score = score }
  for name, value in pairs(more or {}) do body[name] = value end
  self.queue[#self.queue + 1] = { level = level, body = body }
  write_lines(self.queue_file, self.queue)
  self.awaited[body.id] = on_answer
  self:start(function()
    self:in_turn(function() self:send_queue() end)
    local waits = self.awaited[body.id]
    self.awaited[body.id] = nil
    if waits then waits(self:waiting()) end
  end)
end

-- How many posts are `queued`, and the `reason`. `update` sends them: nothing is sent before a wait
-- that the server asked for, or that follows a failure, is over.
function GameServer:waiting()
  return { queued = #self.queue, reason = #self.queue > 0 and self.reason or nil }
end

-- The first `entries` of a level's list.
function GameServer:top(level, limit, on_answer)
  local path = ("/api/levels/%d?limit=%d"):format(level, limit)
  self:answer(on_answer, function() return self:ask("GET", path) end)
end

-- The player's `rank`, and `entries` with as many neighbours on each side.
function GameServer:around(level, around, on_answer)
  self:answer(on_answer, function()
    local user = self:in_turn(self.get_user)
    if user.error then return user end
    return self:ask("GET", ("/api/levels/%d/users/%d?around=%d"):format(level, user.user, around))
  end)
end

-- Calls `on_board` with a level's list, as `top` gives it: at once and after every change. It asks
-- every `seconds` (5), and is told in one line if nothing is new. Returns a function that ends it.
function GameServer:watch(level, on_board, seconds)
  local ended = false
  self:start(function()
    local path, etag, failures = self.prefix .. ("/api/levels/%d"):format(level), nil, 0
    while not ended do
      local status, wait, text, new_etag = self:request("GET", path, nil, etag)
      local board = status == 200 and json.decode(text)
      if board and not ended then on_board(board) end
      if board then etag = new_etag end
      failures = (board or status == 304) and 0 or failures + 1
      self:sleep(failures > 0 and wait_for(failures, wait) or seconds or 5)
    end
  end)
  return function() ended = true end
end

-- The queue

-- Sends posts, in order, until one has to wait.
function GameServer:send_queue()
  while self.queue[1] and socket.gettime() >= self.not_before do
    local post = self.queue[1]
    local answer = self:ask_as_player(("/api/levels/%d/scores"):format(post.level), post.body)
    if answer.error and not answer.final then
      self.failures, self.reason = self.failures + 1, answer.error
      self.not_before = socket.gettime() + wait_for(self.failures, answer.retry_after)
      return
    end
    self.failures = 0
    table.remove(self.queue, 1)
    write_lines(self.queue_file, self.queue)
    self.on_post(post, answer)
    local waits = self.awaited[post.body.id]
    self.awaited[post.body.id] = nil
    if waits then waits(answer) end
  end
end

-- Requests. These run in a coroutine.

function GameServer:get_user()
  if not self.saved_user then
    local drawn = self:ask("POST", "/api/users", {})
    if drawn.error then return drawn end
    self.saved_user = { user = drawn.user, secret = drawn.secret }
    write_lines(self.user_file, { self.saved_user })
  end
  return { user = self.saved_user.user }
end

-- Asks with a session key; if the key has expired, once more with a new one.
function GameServer:ask_as_player(path, body)
  local answer
  for _ = 1, 2 do
    local refused = not self.key and self:log_in()
    if refused then
      refused.final = false -- it says nothing about what was to be asked
      return refused
    end
    path = path:gsub("{user}", ("%d"):format(self.saved_user.user))
    local said = { sessionkey = self.key }
    for name, value in pairs(body) do said[name] = value end
    answer = self:ask("POST", path, said)
    if answer.status ~= 401 then break end
    self.key = nil
  end
  return answer
end

-- Gets a session key; returns the error if there is none.
function GameServer:log_in()
  local user = self:get_user()
  if user.error then return user end
  local path = ("%s/%d/login"):format(self.prefix, user.user)
  local status, wait, text = self:request("POST", path, self.saved_user.secret)
  self.key = status == 200 and text:match("^(%w+)%s*$") or nil
  return not self.key and error_of(status, wait, text)
end

-- A request with JSON, and its answer.
function GameServer:ask(method, path, body)
  local sent = body and json.encode(body)
  local status, wait, text = self:request(method, self.prefix .. path, sent)
  local answer = json.decode(text)
  if type(answer) ~= "table" then answer = nil end
  if answer and status >= 200 and status < 300 then return answer end
  return error_of(status, wait, text, answer)
end

-- The status, the seconds of Retry-After, the body and the ETag. 0 if there was no answer.
function GameServer:request(method, path, body, etag)
  local connection, give_up = socket.tcp(), socket.gettime() + TIMEOUT
  local function fail(why)
    connection:close()
    return 0, 0, why
  end
  self.ip = self.ip or socket.dns.toip(self.host)
  if not self.ip then return fail("the host's name is not known") end
  connection:settimeout(0)
  connection:connect(self.ip, self.port)
  local head = ("%s %s HTTP/1.0\r\nHost: %s:%d\r\nContent-Type: text/plain\r\n"):format(
    method, path, self.host, self.port)
  if etag then head = head .. "If-None-Match: " .. etag .. "\r\n" end
  if body then head = head .. ("Content-Length: %d\r\n"):format(#body) end
  local data, sent, pieces = head .. "\r\n" .. (body or ""), 0, {}
  while sent < #data do
    local last, why, partly = connection:send(data, sent + 1)
    sent = last or partly
    -- Windows says "not connected" where others say "timeout": while it connects.
    if why and why ~= "timeout" and not why:find("not connected") then return fail(why) end
    if sent < #data then
      if socket.gettime() > give_up then return fail("timeout") end
      coroutine.yield()
    end
  end
  repeat
    local all, why, piece = connection:receive("*a")
    pieces[#pieces + 1] = all or piece
    if not all and why ~= "timeout" and why ~= "closed" then return fail(why) end
    if socket.gettime() > give_up then return fail("timeout") end
    if not all and why == "timeout" then coroutine.yield() end
  until all or why == "closed"
  connection:close()
  return read_response(table.concat(pieces))
end

function GameServer:sleep(seconds)
  local until_then = socket.gettime() + seconds
  while socket.gettime() < until_then do coroutine.yield() end
end

-- Runs `talk` when all that was to be said before has been said.
function GameServer:in_turn(talk)
  while self.speaker do coroutine.yield() end
  self.speaker = coroutine.running()
  local answer = talk(self)
  self.speaker = nil
  return answer
end

function GameServer:answer(on_answer, talk)
  self:start(function()
    local answer = talk()
    if on_answer then on_answer(answer) end
  end)
end

function GameServer:start(talk)
  table.insert(self.tasks, coroutine.create(talk))
end

-- An error as a value. What no gameserver can have said (`no_answer`) is a network's page.
function error_of(status, retry_after, text, problem)
  local code = status >= 300 and "http_" .. status or status > 0 and "no_answer" or "offline"
  local said = problem and problem.error and problem or {}
  return {
    error = said.error or code,
    message = said.message or text:match("^[^\r\n]*"):sub(1, 200),
    errors = said.errors,
    status = status,
    final = status >= 400 and status < 500 and not NOT_FINAL[status],
    retry_after = retry_after,
  }
end

-- The parts of a response. One that has been cut off is none.
function read_response(response)
  local head, text = response:match("^(HTTP/1%.%d .-\r\n)\r\n(.*)$")
  local status, fields = head and tonumber(head:match("^%S+ (%d%d%d)")), {}
  for name, value in (head or ""):gmatch("\n([^:\r\n]+): *([^\r\n]*)") do
    fields[name:lower()] = value
  end
  local length = status ~= 304 and tonumber(fields["content-length"]) or 0
  if not status or #text < length then return 0, 0, "the answer was cut off" end
  return status, tonumber(fields["retry-after"]) or 0, text, fields.etag
end

-- Seconds until the next try; at random, so that not all players come back at once.
function wait_for(failures, retry_after)
  if retry_after > 0 then return retry_after * (1 + math.random() / 4) end
  return math.min(LONGEST_WAIT, 2 ^ (failures - 1)) * (0.5 + math.random() / 2)
end

-- Unlike that of any other post of the player: the moment, and where memory happens to be.
local last_id = 0
function new_id()
  last_id = last_id + 1
  local place = tostring({}):match("%w+$")
  return ("%.0f-%s-%d"):format(socket.gettime() * 1e6, place, last_id)
end

-- Files: an object a line. A line that was not written to its end is left out.

function read_lines(file, member)
  local objects = {}
  local stream = io.open(file) or io.open(file .. ".new")
  for line in stream and stream:lines() or function() end do
    local object = json.decode(line)
    if type(object) == "table" and object[member] then objects[#objects + 1] = object end
  end
  if stream then stream:close() end
  return objects
end

-- Replaces the file as a whole. A full disk does not stop the game: the objects are in memory, and
-- go out as long as it runs.
function write_lines(file, objects)
  local stream, why = io.open(file .. ".new", "w")
  if not stream then return io.stderr:write("gameserver: ", why, "\n") end
  local is_written = true
  for _, object in ipairs(objects) do
    is_written = is_written and stream:write(json.encode(object), "\n")
  end
  if not (stream:close() and is_written) then return end
  if not os.rename(file .. ".new", file) then -- Windows replaces no file
    os.remove(file)
    os.rename(file .. ".new", file)
  end
end

-- JSON, as much of it as is needed here. null is nil; a table with [1] is an
-- array, any other an object.

json = {}
local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

function json.encode(value)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  elseif type(value) == "number" then
    return ("%.14g"):format(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  if value[1] ~= nil then
    for index, each in ipairs(value) do parts[index] = json.encode(each) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for name, each in pairs(value) do
    parts[#parts + 1] = json.encode(name) .. ":" .. json.encode(each)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function utf8_of(code)
  if code < 0x80 then return string.char(code) end
  local tail, limit = "", 0x40
  repeat
    tail = string.char(0x80 + code % 0x40) .. tail
    code, limit = math.floor(code / 0x40), limit / 2
  until code < limit
  return string.char(256 - limit * 2 + code) .. tail
end

-- The string that begins at `at`, behind its quote, and the place behind it.
local function read_string(text, at)
  local parts = {}
  while true do
    local plain, stop, mark = text:match('^([^"\\]*)()(["\\])', at)
    parts[#parts + 1] = assert(plain, "a string without an end")
    if mark == '"' then return table.concat(parts), stop + 1 end
    local letter = text:sub(stop + 1, stop + 1)
    at = stop + 2
    if letter == "u" then
      local code, low = tonumber(text:sub(at, at + 3), 16), text:match("^\\u([dD]%x%x%x)", at + 4)
      at = at + 4
      if low and code >= 0xD800 and code < 0xDC00 then
        code, at = 0x10000 + (code - 0xD800) * 0x400 + tonumber(low, 16) - 0xDC00, at + 6
      end
      letter = utf8_of(code)
    end
    parts[#parts + 1] = ESCAPES[letter] or letter
  end
end

local read_value

-- What stands between the brackets, behind `at`, and the place behind them.
local function read_items(text, at, close, read_item)
  local items = {}
  at = text:match("^%s*()", at)
  if text:sub(at, at) == close then return items, at + 1 end
  while true do
    at = read_item(items, at)
    local mark
    mark, at = text:match("^%s*(.)()", at)
    if mark == close then return items, at end
    assert(mark == ",", "no comma")
  end
end

function read_value(text, at)
  local first, after
  first, after = text:match("^%s*(.)()", at)
  if first == '"' then
    return read_string(text, after)
  elseif first == "{" then
    return read_items(text, after, "}", function(items, place)
      local name, value
      name, place = read_string(text, assert(text:match('^%s*"()', place), "no name"))
      value, place = read_value(text, assert(text:match("^%s*:()", place), "no colon"))
      items[name] = value
      return place
    end)
  elseif first == "[" then
    local count = 0
    return read_items(text, after, "]", function(items, place)
      count = count + 1
      items[count], place = read_value(text, place)
      return place
    end)
  end
  local word, rest = text:match("^%s*([%w+.-]+)()", at)
  if word == "true" or word == "false" then return word == "true", rest end
  if word == "null" then return nil, rest end
  return assert(tonumber(word), "no value"), rest
end

-- The value of a text; nil if it is not JSON.
function json.decode(text)
  local ok, value, rest = pcall(read_value, text, 1)
  return ok and text:match("^%s*$", rest) and value or nil
end

return GameServer
