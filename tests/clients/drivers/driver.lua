-- What the tests tell the Lua client: `driver.lua URL FOLDER COMMAND...`.
package.path = arg[0]:gsub("tests/clients/drivers/driver.lua$", "clients/?.lua;") .. package.path
local GameServer = require "gameserver"
local socket = require "socket"

local PATIENCE = 10

local function say(...) print(table.concat({ ... }, " ")) end

local server = GameServer.new(arg[1], arg[2], function(post, answer)
  say("went", post.level, post.body.score, answer.error or answer.best)
end)

-- What `ask` gives to the function that it is given.
local function result_of(ask)
  local result
  ask(function(answer) result = answer end)
  while not result do
    server:update()
    socket.sleep(0.002)
  end
  return result
end

local function say_answer(command, answer, ...)
  if answer.error then return say(command, "error", answer.error) end
  if answer.queued then return say(command, "queued", answer.queued, answer.reason or "") end
  local words = { command }
  for _, member in ipairs { ... } do words[#words + 1] = answer[member] end
  say(unpack(words))
end

local commands = {}

function commands.user()
  say_answer("user", result_of(function(on) server:user(on) end), "user")
end

function commands.name(name)
  say_answer("name", result_of(function(on) server:rename(name, on) end), "name")
end

function commands.post(level, score)
  local answer = result_of(function(on) server:post(tonumber(level), tonumber(score), nil, on) end)
  say_answer("post", answer, "best", "rank")
end

function commands.two(level, first, second)
  result_of(function(on)
    server:post(tonumber(level), tonumber(first))
    server:post(tonumber(level), tonumber(second), nil, on)
  end)
end

function commands.flush()
  server:update()
  say_answer("flush", server:waiting())
end

function commands.drain()
  local give_up = socket.gettime() + PATIENCE
  while server:waiting().queued > 0 and socket.gettime() < give_up do
    server:update()
    socket.sleep(0.002)
  end
  commands.flush()
end

function commands.top(level)
  local words = { "top" }
  local board = result_of(function(on) server:top(tonumber(level), 3, on) end)
  for _, entry in ipairs(board.entries) do
    words[#words + 1] = tostring(entry.name) .. "=" .. entry.score
  end
  say(unpack(words))
end

function commands.around(level)
  say_answer("around", result_of(function(on) server:around(tonumber(level), 1, on) end), "rank")
end

function commands.watch(level, score)
  local stop
  result_of(function(on)
    stop = server:watch(tonumber(level), function(board)
      if board.entries[1] and board.entries[1].score == tonumber(score) then on(board) end
    end, 0.1)
  end)
  stop()
  say("watch", score)
end

for index = 3, #arg do
  local words = {}
  for word in arg[index]:gmatch("[^:]+") do words[#words + 1] = word end
  commands[table.remove(words, 1)](unpack(words))
end
