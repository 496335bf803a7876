/**
 * What every script of the history begins with. KEYS[1] begins the names of all keys of the hub; its
 * tag keeps them on one server of a cluster. ARGV: a fresh name for a generation, then the limits, then what this connection
 * knows of its server.
 */
export const HUB = `
local HUB = KEYS[1]
local TTL, LIFE = tonumber(ARGV[2]), tonumber(ARGV[3])
local MAX_MESSAGES, MAX_BYTES, MAX_RESENDS = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local MAX_CLOSINGS, MAX_TASKS, MAX_UNSETTLED = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local UNSETTLED, ENDPOINTS = HUB .. ":unsettled", HUB .. ":endpoints"
local ALL, CHECK = "", "-"
local SEEN_RUN, SWITCH = ARGV[10], ARGV[11]
local GENERATION, RUN
local cursor = 11

local function int(number) return string.format("%.0f", number) end

local function argument()
  cursor = cursor + 1
  return ARGV[cursor]
end

-- A text that may be absent comes as "=" and the text, or as nothing.
local function optional()
  local text = argument()
  if text ~= "" then return string.sub(text, 2) end
end

local function now()
  local time = redis.call("TIME")
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local NOW = now()

local function next_number() return int(redis.call("HINCRBY", HUB, "sequence", 1)) end
`;

/**
 * Which run of the server this is. Redis Enterprise lets no script ask: there, what servers know of
 * the streams has to do.
 */
const RUN = `
local function run_of_server()
  local info = redis.pcall("INFO", "server")
  if type(info) == "string" then return string.match(info, "run_id:(%w+)") or "unknown" end
  if string.find(info.err, "NOPERM") or string.find(info.err, "permission") or string.find(info.err, "can't run") then
    return nil, "NOPERM the user may not run INFO, which tells whether this is still the same server"
  end
  return "unknown"
end
`;

/**
 * Compares the run that the data were written in, and the one that this connection saw last, with the
 * server's, in each script. A connection may have been led here from another server unawares, where it
 * has logged or read what these data know nothing of. Its calls that are under way then end the epochs once.
 */
export const ENTER = `${RUN}
local MAX_SWITCHES = 16

local function is_switch(switches)
  if SEEN_RUN == "" or SEEN_RUN == RUN then return false end
  return not string.find("," .. switches .. ",", "," .. SWITCH .. ",", 1, true)
end

local function note_switch(switches)
  local names = { SWITCH }
  for name in string.gmatch(switches, "[^,]+") do
    if #names < MAX_SWITCHES then table.insert(names, name) end
  end
  redis.call("HSET", HUB, "switches", table.concat(names, ","))
end

-- A replica refuses a write, even of nothing, where it would answer with what it has copied so far.
-- A redis that is full refuses none after it, since a script that has begun to write must end.
local function write_nothing() redis.call("HDEL", HUB, "") end

local function begin_generation()
  GENERATION = ARGV[1]
  redis.call("HSET", HUB, "generation", GENERATION)
  for _, endpoint in ipairs(redis.call("ZRANGE", ENDPOINTS, 0, -1)) do owe_all(endpoint) end
  redis.call("DEL", UNSETTLED)
end

local function enter()
  local failure
  RUN, failure = run_of_server()
  if failure then return redis.error_reply(failure) end
  local hub = redis.call("HMGET", HUB, "run", "generation", "renewedAt", "switches")
  GENERATION = hub[2]
  local switches = hub[4] or ""
  local has_switched = is_switch(switches)
  if hub[1] ~= RUN or not GENERATION or has_switched then
    write_nothing()
    redis.call("HSET", HUB, "run", RUN)
    if has_switched then note_switch(switches) end
    begin_generation()
  end
  if NOW - (tonumber(hub[3]) or 0) > LIFE / 10 then
    local written = redis.pcall("HSET", HUB, "renewedAt", int(NOW))
    if type(written) == "number" then
      redis.call("PEXPIRE", HUB, int(LIFE * 2))
      redis.call("PEXPIRE", ENDPOINTS, int(LIFE * 2))
    end
  end
end

local failure = enter()
if failure then return failure end
`;
