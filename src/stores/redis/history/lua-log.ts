/** Messages at the top of a stream, and what has to go for them. */
export const LOG = `
-- Drops what is too old, too many or too much, from the first that is kept on.
local function trim(name, stream)
  -- Mostly as many have to go as came.
  local log, step = log_of(name), stream.added + 1
  while true do
    local entries = redis.call("XRANGE", log, int(stream.first), "+", "COUNT", step)
    for _, entry in ipairs(entries) do
      local offset, fields = tonumber(string.match(entry[1], "^%d+")), entry[2]
      local size = fields[7] == "d" and #fields[8] or 0
      -- Redis has evicted the messages before.
      if offset > stream.first and offset == stream.top - stream.added + 1 then stream.bytes = stream.added_bytes end
      local is_over = stream.top - offset + 1 > MAX_MESSAGES or stream.bytes > MAX_BYTES
      if not is_over and is_kept(fields) then
        stream.first, stream.firstAt = offset, tonumber(fields[6])
        redis.call("XTRIM", log, "MAXLEN", int(stream.top - offset + 1))
        return
      end
      stream.first, stream.bytes = offset + 1, stream.bytes - size
    end
    if #entries < step then break end
    step = 32
  end
  stream.first, stream.firstAt, stream.bytes = stream.top + 1, NOW, 0
  redis.call("DEL", log)
end

-- What it makes of the stream is written down by \`save_log\`, once for all messages of a call.
local function log_message(name, stream, message)
  local top = stream.top + 1
  local entry = { "i", message.id, "y", message.type, "t", int(NOW), "d", message.data }
  for field, value in pairs({ x = message.excluded, u = message.user }) do
    table.insert(entry, field)
    table.insert(entry, value)
  end
  redis.call("XADD", log_of(name), int(top) .. "-0", unpack(entry))
  if stream.first == top then stream.firstAt = NOW end
  stream.top, stream.lastId, stream.bytes = top, message.id, stream.bytes + #message.data
  stream.added, stream.added_bytes = (stream.added or 0) + 1, (stream.added_bytes or 0) + #message.data
  return int(top)
end

function make_room(name, stream)
  local is_over = stream.top - stream.first + 1 > MAX_MESSAGES or stream.bytes > MAX_BYTES
  if is_over or stream.firstAt + TTL <= NOW then trim(name, stream) end
end

local function save_log(name, stream)
  redis.call("PEXPIRE", log_of(name), int(TTL))
  make_room(name, stream)
  redis.call("HSET", key_of(name), "top", int(stream.top), "lastId", stream.lastId, "first", int(stream.first),
    "firstAt", int(stream.firstAt), "bytes", int(stream.bytes))
end

local function publication_key(name, key) return HUB .. ":key:" .. #name .. ":" .. name .. ":" .. key end
`;
