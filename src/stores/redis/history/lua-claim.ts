/** Which tasks somebody gets, as `memory-history/claim.ts` decides. */
export const CLAIM = `
local streams = {}
local function stream_of(name)
  if streams[name] == nil then streams[name] = load_stream(name) or false end
  return streams[name]
end

local function is_there(name, epoch, offset)
  return is_current(stream_of(name), epoch) and is_kept(entry_at(name, offset))
end

local function was_renewed(name, epoch)
  local stream = stream_of(name)
  return stream and (stream.epoch == epoch or closing_of(stream.closings, epoch))
end

local function sorted(offsets)
  table.sort(offsets, function(one, other) return tonumber(one) < tonumber(other) end)
  return table.concat(offsets, ",")
end

local function split(offsets)
  local list = {}
  for offset in string.gmatch(offsets, "%d+") do table.insert(list, offset) end
  return list
end

-- What is due, a list for each stream, in the order in which it is due.
local function due_messages()
  local names, by_name = {}, {}
  for _, member in ipairs(redis.call("ZRANGEBYSCORE", UNSETTLED, "-inf", int(NOW), "LIMIT", 0, 1000)) do
    local epoch, offset, name = string.match(member, "^([^:]+):(%d+):(.*)$")
    if not by_name[name] then
      by_name[name] = {}
      table.insert(names, name)
    end
    table.insert(by_name[name], { member = member, epoch = epoch, offset = offset })
  end
  return names, by_name
end

-- The offsets that can be sent again; nothing when clients have to look instead.
local function open_messages(name, messages)
  local open, epoch = {}, nil
  for _, message in ipairs(messages) do
    if is_current(stream_of(name), message.epoch) then
      if not is_there(name, message.epoch, message.offset) then return nil end
      table.insert(open, message.offset)
      epoch = message.epoch
    elseif not was_renewed(name, message.epoch) then
      return nil
    end
  end
  if #open > MAX_RESENDS then return nil end
  return open, epoch
end

local function claim_unsettled(tasks, limit, leased_until)
  local names, by_name = due_messages()
  for _, name in ipairs(names) do
    local messages = by_name[name]
    local open, epoch = open_messages(name, messages)
    if not open then owe_everywhere(name) end
    local is_taken = open and #open > 0 and #tasks < limit
    for _, message in ipairs(messages) do
      if not open or not is_current(stream_of(name), message.epoch) then
        redis.call("ZREM", UNSETTLED, message.member)
      elseif is_taken then
        redis.call("ZADD", UNSETTLED, int(leased_until), message.member)
      end
    end
    if is_taken then table.insert(tasks, { "", name, epoch, sorted(open), GENERATION }) end
  end
end

local function claim_task(endpoint, name, leased_until)
  local task = load_task(endpoint, name)
  if not task then return redis.call("ZREM", due_of(endpoint), name) and nil end
  local offsets = split(task.offsets)
  for _, offset in ipairs(offsets) do
    if not is_there(name, task.epoch, offset) then
      become_check(task)
      offsets = {}
      break
    end
  end
  task.lease = next_number()
  save_task(endpoint, name, task)
  redis.call("ZADD", due_of(endpoint), int(leased_until), name)
  local epoch = task.epoch ~= CHECK and task.epoch or ""
  local claim = table.concat({ GENERATION, task.version, task.lease }, ".")
  return { "=" .. endpoint, name, epoch, sorted(offsets), claim }
end

local function claim_tasks(tasks, endpoint, limit, leased_until)
  local left = limit - #tasks
  if left < 1 then return end
  local names = redis.call("ZRANGEBYSCORE", due_of(endpoint), "-inf", int(NOW), "LIMIT", 0, left)
  for _, name in ipairs(names) do
    local task = claim_task(endpoint, name, leased_until)
    if task then table.insert(tasks, task) end
  end
end
`;
