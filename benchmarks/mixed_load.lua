-- wrk script: 10 % logins, 60 % scores, 30 % high score lists.
-- Arguments after "--": a file with one "user key" per line, how many levels there are, how many
-- requests are made in advance, a seed, the number that the new bests of this run start above,
-- N: every Nth score is a new best, and how many requests are sent at a time (more than one are
-- pipelined).
--
-- The requests are strings made in advance and request() takes the next one: wrk shares the
-- machine with the server, so it must cost little. For the same reason nothing looks at responses;
-- wrk itself counts statuses above 399 and socket errors.
--
-- A fixed list of requests would improve no score from its second pass on, and the first pass of a
-- fast server is over in the warm-up. So every Nth score request is cut before its body, and each
-- time gets a score above all before it: a fixed share of the requests are a new best that changes
-- a list, however fast the server is (with N = 10, 6 % of all requests).

local RANDOM_BELOW = 2 ^ 30 -- random scores; the new bests are above, so they have ten digits
local levels, total, pipelined, next_best, at = 0, 0, 1, 0, 0
local requests, cut = {}, {}

local function read_sessions(path)
   local sessions = {}
   for line in io.lines(path) do
      local user, key = line:match("^(%d+) (%S+)$")
      sessions[#sessions + 1] = { user = user, key = key }
   end
   return sessions
end

local function make(kind, session)
   local level = math.random(levels)
   if kind == 1 then
      return wrk.format("GET", "/" .. session.user .. "/login")
   elseif kind <= 7 then
      local score = string.format("%d", math.random(0, RANDOM_BELOW - 1))
      return wrk.format("POST", "/" .. level .. "/score?sessionkey=" .. session.key, nil, score)
   end
   return wrk.format("GET", "/" .. level .. "/highscorelist")
end

local function make_cut_score(session)
   local path = "/" .. math.random(levels) .. "/score?sessionkey=" .. session.key
   return wrk.format("POST", path, nil, "1234567890"):sub(1, -11)
end

function init(args)
   local sessions = read_sessions(args[1])
   levels, total = tonumber(args[2]), tonumber(args[3])
   math.randomseed(tonumber(args[4]))
   next_best = tonumber(args[5])
   local every = tonumber(args[6])
   pipelined = tonumber(args[7])
   local scores = 0
   for i = 1, total do
      local kind, session = math.random(10), sessions[math.random(#sessions)]
      if kind > 1 and kind <= 7 then scores = scores + 1 end
      cut[i] = kind > 1 and kind <= 7 and scores % every == 0
      requests[i] = cut[i] and make_cut_score(session) or make(kind, session)
   end
end

local function next_request()
   at = at % total + 1
   if cut[at] then
      next_best = next_best + 1
      return requests[at] .. next_best
   end
   return requests[at]
end

-- wrk counts the requests in what this returns at the start, and expects as many responses each
-- time; summary.requests are the responses.
function request()
   if pipelined == 1 then return next_request() end
   local batch = {}
   for i = 1, pipelined do batch[i] = next_request() end
   return table.concat(batch)
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      "RESULT requests=%d microseconds=%d p50=%d p99=%d bad_statuses=%d socket_errors=%d\n",
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
