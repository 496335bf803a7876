/**
 * The tasks of an endpoint: a hash with one text for each stream, \`version lease epoch offsets\`, and
 * a sorted set that says when each is due. A check has no epoch.
 */
export const OUTBOX = `
local function tasks_of(endpoint) return HUB .. ":tasks:" .. endpoint end
local function due_of(endpoint) return HUB .. ":due:" .. endpoint end

local function load_task(endpoint, stream)
  local text = redis.call("HGET", tasks_of(endpoint), stream)
  if not text then return nil end
  local version, lease, epoch, offsets = string.match(text, "^(%d+) (%d+) (%S+) (.*)$")
  return { version = version, lease = lease, epoch = epoch, offsets = offsets }
end

local function save_task(endpoint, stream, task)
  local text = table.concat({ task.version, task.lease, task.epoch, task.offsets }, " ")
  redis.call("HSET", tasks_of(endpoint), stream, text)
end

local function remove_task(endpoint, stream)
  redis.call("HDEL", tasks_of(endpoint), stream)
  redis.call("ZREM", due_of(endpoint), stream)
end

local function expire_tasks(endpoint)
  redis.call("PEXPIRE", tasks_of(endpoint), int(LIFE))
  redis.call("PEXPIRE", due_of(endpoint), int(LIFE))
end

-- One check of all streams takes the place of whatever there was.
local function collapse(endpoint, due)
  local task = load_task(endpoint, ALL) or { lease = "0", epoch = CHECK, offsets = "" }
  local at = redis.call("ZSCORE", due_of(endpoint), ALL) or int(due)
  task.version = next_number()
  redis.call("DEL", tasks_of(endpoint), due_of(endpoint))
  save_task(endpoint, ALL, task)
  redis.call("ZADD", due_of(endpoint), at, ALL)
  expire_tasks(endpoint)
end

local function owe_all(endpoint) collapse(endpoint, NOW) end

local function become_check(task)
  task.epoch = CHECK
  task.offsets = ""
end

local function extend(task, epoch, offset)
  if task.epoch == CHECK then return end
  if not epoch or task.epoch ~= epoch then return become_check(task) end
  local padded = "," .. task.offsets .. ","
  if string.find(padded, "," .. offset .. ",", 1, true) then return end
  task.offsets = task.offsets .. "," .. offset
  local _, commas = string.gsub(task.offsets, ",", ",")
  if commas + 1 > MAX_RESENDS then become_check(task) end
end

-- Without an epoch it is a check. A task that there is keeps the time when it is due.
local function add_to_task(endpoint, stream, epoch, offset, due)
  local target, task = ALL, load_task(endpoint, ALL)
  if not task then
    target, task = stream, load_task(endpoint, stream)
    if task then
      extend(task, epoch, offset)
    else
      task = { lease = "0", epoch = epoch or CHECK, offsets = offset or "" }
      if epoch and MAX_RESENDS < 1 then become_check(task) end
      redis.call("ZADD", due_of(endpoint), int(due), stream)
    end
  end
  task.version = next_number()
  save_task(endpoint, target, task)
  if redis.call("ZCARD", due_of(endpoint)) > MAX_TASKS then collapse(endpoint, due) end
  expire_tasks(endpoint)
end

local function owe_check(endpoint, stream) add_to_task(endpoint, stream, nil, nil, NOW) end

local function owe_everywhere(stream)
  for _, endpoint in ipairs(redis.call("ZRANGE", ENDPOINTS, 0, -1)) do owe_check(endpoint, stream) end
end

-- One that is new has clients of all streams look: whether somebody knew it before cannot be told.
local function name_endpoint(endpoint)
  local before = redis.call("ZSCORE", ENDPOINTS, endpoint)
  if before and NOW - tonumber(before) < LIFE / 10 then return end
  for _, old in ipairs(redis.call("ZRANGEBYSCORE", ENDPOINTS, "-inf", int(NOW - LIFE))) do
    redis.call("ZREM", ENDPOINTS, old)
    redis.call("DEL", tasks_of(old), due_of(old))
    if old == endpoint then before = nil end
  end
  redis.call("ZADD", ENDPOINTS, int(NOW), endpoint)
  redis.call("PEXPIRE", ENDPOINTS, int(LIFE * 2))
  if not before then owe_all(endpoint) end
  if before then expire_tasks(endpoint) end
end
`;
