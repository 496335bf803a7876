import { CLAIM } from "./lua-claim.ts";
import { ENTER, HUB } from "./lua-hub.ts";
import { LOG } from "./lua-log.ts";
import { OUTBOX } from "./lua-outbox.ts";
import { STREAMS } from "./lua-streams.ts";

/** What a call of the script is for. */
export type Operation =
  | "probe"
  | "append"
  | "tops"
  | "ranges"
  | "renew"
  | "settle"
  | "owe"
  | "claim"
  | "finish"
  | "backlog";

// What each operation takes after its name, and what it answers, is written down in `wire.ts`.

/**
 * Tries what the others do. A database that is active in several regions at once takes no ids that
 * its clients choose, or takes them twice.
 */
const PROBE = `
function run()
  local probe = HUB .. ":probe"
  local info = redis.pcall("INFO")
  local is_active_active = type(info) == "string" and string.find(string.lower(info), "crd[tb]")
  redis.call("HINCRBY", HUB, "sequence", 1)
  local added = redis.pcall("XADD", probe, "1-0", "i", "probe")
  redis.pcall("DEL", probe)
  if type(added) == "table" and added.err then
    local is_known = string.find(added.err, "OOM") or string.find(added.err, "READONLY") or
      string.find(added.err, "NOPERM") or string.find(added.err, "permission") or string.find(added.err, "MISCONF")
    if is_known then return redis.error_reply(added.err) end
    return redis.error_reply("ACTIVEACTIVE the id of an entry was refused: " .. added.err)
  end
  if is_active_active then return redis.error_reply("ACTIVEACTIVE the server says that it is") end
  return "OK"
end
`;

const APPEND = `
function run()
  local results = {}
  while cursor < #ARGV do
    local name, stream = touched_argument()
    local key, due = optional(), tonumber(argument())
    local message = { id = argument(), type = argument(), data = argument(), excluded = optional(), user = optional() }
    local publication = key and publication_key(name, key)
    local earlier = publication and redis.call("GET", publication)
    if earlier then
      local epoch, offset = string.match(earlier, "^([^:]+):(%d+)$")
      table.insert(results, { epoch, offset, "1" })
    else
      local offset = log_message(name, stream, message)
      local position = stream.epoch .. ":" .. offset
      if publication then redis.call("SET", publication, position, "PX", int(TTL)) end
      redis.call("ZADD", UNSETTLED, int(NOW + due), position .. ":" .. name)
      table.insert(results, { stream.epoch, offset, "0" })
    end
  end
  for name, stream in pairs(touched) do
    if stream.added then save_log(name, stream) end
  end
  redis.call("PEXPIRE", UNSETTLED, int(LIFE))
  if redis.call("ZCARD", UNSETTLED) > MAX_UNSETTLED then
    for _, endpoint in ipairs(redis.call("ZRANGE", ENDPOINTS, 0, -1)) do owe_all(endpoint) end
    redis.call("DEL", UNSETTLED)
  end
  return results
end
`;

const TOPS = `
function run()
  local results = {}
  while cursor < #ARGV do
    local _, stream = touched_argument()
    table.insert(results, { stream.epoch, int(stream.top) })
  end
  return results
end
`;

const RANGES = `
function run()
  local function range(name, epoch, from, to)
    local stream = load_stream(name)
    if not is_current(stream, epoch) or to > stream.top then return 0 end
    local wanted = math.max(to - from + 1, 0)
    if wanted == 0 then return {} end
    local entries = redis.call("XRANGE", log_of(name), int(from), int(to), "COUNT", int(wanted))
    if #entries < wanted then return 0 end
    for _, entry in ipairs(entries) do
      -- What cannot be read is left to the reader, who can tell it from what is not there.
      if has_date(entry[2]) and not is_kept(entry[2]) then return 0 end
    end
    return entries
  end
  local results = {}
  while cursor < #ARGV do
    table.insert(results, range(argument(), argument(), tonumber(argument()), tonumber(argument())))
  end
  return results
end
`;

const RENEW_EPOCHS = `
function run()
  if argument() == "all" then
    if GENERATION ~= ARGV[1] then begin_generation() end
    return 1
  end
  while cursor < #ARGV do
    local name, fresh = argument(), argument()
    local stream = load_stream(name)
    if stream then
      start_epoch(name, fresh, with_closing(stream.closings, stream.epoch, stream.top))
      owe_everywhere(name)
    end
  end
  return 1
end
`;

const SETTLE = `
function run()
  while cursor < #ARGV do
    local name, epoch, offset = argument(), argument(), argument()
    local due, count = NOW + tonumber(argument()), tonumber(argument())
    local undelivered = {}
    for _ = 1, count do table.insert(undelivered, argument()) end
    for _, endpoint in ipairs(undelivered) do name_endpoint(endpoint) end
    if count > 0 then
      local is_open = is_current(stream_of(name), epoch)
      if is_open or not was_renewed(name, epoch) then
        for _, endpoint in ipairs(undelivered) do
          add_to_task(endpoint, name, is_open and epoch or nil, is_open and offset or nil, due)
        end
      end
    end
    redis.call("ZREM", UNSETTLED, epoch .. ":" .. offset .. ":" .. name)
  end
  return 1
end
`;

const OWE = `
function run()
  local is_all, count = argument() == "all", tonumber(argument())
  local endpoints = {}
  for _ = 1, count do table.insert(endpoints, argument()) end
  for _, endpoint in ipairs(endpoints) do
    name_endpoint(endpoint)
    if is_all then owe_all(endpoint) end
    for at = cursor + 1, #ARGV do owe_check(endpoint, ARGV[at]) end
  end
  return 1
end
`;

const CLAIM_TASKS = `
function run()
  local limit, leased_until = tonumber(argument()), NOW + tonumber(argument())
  local tasks = {}
  for at = cursor + 1, #ARGV do name_endpoint(ARGV[at]) end
  claim_unsettled(tasks, limit, leased_until)
  for at = cursor + 1, #ARGV do claim_tasks(tasks, ARGV[at], limit, leased_until) end
  return tasks
end
`;

const FINISH = `
function run()
  local endpoint, name, epoch, offsets = optional(), argument(), argument(), argument()
  local claim, retry = argument(), tonumber(optional() or "")
  local retry_at = retry and int(NOW + retry)

  local function finish_unsettled()
    for offset in string.gmatch(offsets, "%d+") do
      local member = epoch .. ":" .. offset .. ":" .. name
      if retry_at then redis.call("ZADD", UNSETTLED, "XX", retry_at, member) else redis.call("ZREM", UNSETTLED, member) end
    end
  end

  local function remaining(task)
    if task.epoch ~= epoch then return task.offsets end
    local left, padded = {}, "," .. offsets .. ","
    for offset in string.gmatch(task.offsets, "%d+") do
      if not string.find(padded, "," .. offset .. ",", 1, true) then table.insert(left, offset) end
    end
    return table.concat(left, ",")
  end

  local function finish_task()
    local generation, version, lease = string.match(claim, "^([^.]+)%.(%d+)%.(%d+)$")
    local task = load_task(endpoint, name)
    if not task or generation ~= GENERATION then return end
    local is_leased = task.lease == lease
    if retry_at then
      if is_leased then redis.call("ZADD", due_of(endpoint), retry_at, name) end
      return
    end
    local left = remaining(task)
    if task.version == version or (task.epoch ~= CHECK and left == "") then return remove_task(endpoint, name) end
    task.offsets = left
    save_task(endpoint, name, task)
    if is_leased then redis.call("ZADD", due_of(endpoint), int(NOW), name) end
  end

  if endpoint then finish_task() else finish_unsettled() end
  return 1
end
`;

const BACKLOG = `
function run()
  local tasks, first = redis.call("ZCOUNT", UNSETTLED, "-inf", int(NOW)), NOW
  local function look(key)
    local due = redis.call("ZRANGE", key, 0, 0, "WITHSCORES")[2]
    if due then first = math.min(first, tonumber(due)) end
  end
  look(UNSETTLED)
  for _, endpoint in ipairs(redis.call("ZRANGE", ENDPOINTS, 0, -1)) do
    tasks = tasks + redis.call("ZCARD", due_of(endpoint))
    look(due_of(endpoint))
  end
  return { int(tasks), int(NOW - first) }
end
`;

/** What adds messages and streams is refused where redis is full; what only keeps books, which have a bound, is not. */
const BEGIN_OPERATION = `
local GROWING = { append = true, tops = true, probe = true }
local operation = argument()
local run
if not GROWING[operation] then write_nothing() end
`;

const END_OPERATION = `
local result = run()
if type(result) == "table" and result.err then return result end
if GROWING[operation] then write_nothing() end
return { RUN, result }
`;

/** Redis would make the functions of all operations in each call, if they did not stand apart. */
const OPERATIONS: Readonly<Record<Operation, string>> = {
  probe: PROBE,
  append: `${LOG}${APPEND}`,
  tops: TOPS,
  ranges: RANGES,
  renew: RENEW_EPOCHS,
  settle: `${CLAIM}${SETTLE}`,
  owe: OWE,
  claim: `${CLAIM}${CLAIM_TASKS}`,
  finish: FINISH,
  backlog: BACKLOG,
};

/**
 * All operations are one script: then redis knows either all of them or none, and calls that find
 * none are made again in their order.
 */
export const HISTORY = [
  HUB,
  OUTBOX,
  ENTER,
  STREAMS,
  BEGIN_OPERATION,
  ...Object.entries(OPERATIONS).map(([name, text]) => `if operation == "${name}" then${text}end`),
  END_OPERATION,
].join("\n");
