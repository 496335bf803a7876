/**
 * A stream: a hash with its epoch, and a Redis stream of its messages, whose ids are the offsets. The
 * rules of epochs are those of `memory-history/stream-record.ts`.
 */
export const STREAMS = `
local FIELDS = { "epoch", "top", "generation", "closings", "lastId", "touchedAt", "first", "firstAt", "bytes" }

local function key_of(name) return HUB .. ":stream:" .. name end
local function log_of(name) return HUB .. ":log:" .. name end

local function load_stream(name)
  local values = redis.call("HMGET", key_of(name), unpack(FIELDS))
  local top = tonumber(values[2])
  if not values[1] or not top then return nil end
  return {
    epoch = values[1], top = top, generation = values[3], closings = values[4] or "", lastId = values[5],
    touchedAt = tonumber(values[6]) or 0, first = tonumber(values[7]) or top + 1,
    firstAt = tonumber(values[8]) or 0, bytes = tonumber(values[9]) or 0,
  }
end

local function is_current(stream, epoch)
  return stream and stream.epoch == epoch and stream.generation == GENERATION
end

-- The fields of an entry stand in the order i, y, t, d, and what is optional.
local function entry_at(name, offset)
  local found = redis.call("XRANGE", log_of(name), offset, offset)
  return found[1] and found[1][2]
end

local function has_date(fields) return fields and fields[5] == "t" and tonumber(fields[6]) end

local function is_kept(fields)
  local at = has_date(fields)
  return at and at + TTL > NOW
end

local function closing_of(closings, epoch)
  for ended, offset in string.gmatch(closings, "([^:,]+):(%d+)") do
    if ended == epoch then return tonumber(offset) end
  end
end

local function with_closing(closings, epoch, offset)
  local kept = {}
  for ended, at in string.gmatch(closings, "([^:,]+):(%d+)") do
    if ended == epoch then offset = math.max(offset, tonumber(at)) else table.insert(kept, ended .. ":" .. at) end
  end
  table.insert(kept, epoch .. ":" .. int(offset))
  while #kept > MAX_CLOSINGS do table.remove(kept, 1) end
  return table.concat(kept, ",")
end

local function id_at(name, stream, offset)
  if offset == stream.top then return stream.lastId end
  local fields = entry_at(name, int(offset))
  return fields and fields[1] == "i" and fields[2]
end

local function is_accounted_for(name, stream, known)
  if not stream then return false end
  if stream.epoch ~= known.epoch then
    local closing = closing_of(stream.closings, known.epoch)
    return closing and closing >= known.offset
  end
  if known.offset > stream.top then return false end
  if not known.id then return true end
  local found = id_at(name, stream, known.offset)
  return not found or found == "" or found == known.id
end

local function start_epoch(name, epoch, closings)
  redis.call("HSET", key_of(name), "epoch", epoch, "top", "0", "generation", GENERATION, "closings", closings,
    "lastId", "", "touchedAt", int(NOW), "first", "1", "firstAt", "0", "bytes", "0")
  redis.call("DEL", log_of(name))
  redis.call("PEXPIRE", key_of(name), int(LIFE))
  return {
    epoch = epoch, top = 0, generation = GENERATION, closings = closings, lastId = "",
    touchedAt = NOW, first = 1, firstAt = 0, bytes = 0,
  }
end

local function is_same(known, other)
  return other and known.epoch == other.epoch and known.offset == other.offset and known.id == other.id
end

-- Streams as this call has left them: it may name one for many messages, with what is known of it each time.
local touched = {}
-- Drops what has to go for messages that were added; given by those who add some.
local make_room

local function touch(name, known, fresh)
  local stream = touched[name] or load_stream(name)
  local is_open = known and not (stream and is_same(known, stream.known))
  -- What has to go is not looked at any more, as if each message had come in a call of its own.
  if is_open and stream and stream.added then make_room(name, stream) end
  local needs_check = is_open and not is_accounted_for(name, stream, known)
  if stream and stream.generation == GENERATION and not needs_check then
    if NOW - stream.touchedAt > LIFE / 10 then
      local written = redis.pcall("HSET", key_of(name), "touchedAt", int(NOW))
      if type(written) == "number" then redis.call("PEXPIRE", key_of(name), int(LIFE)) end
      stream.touchedAt = NOW
    end
    stream.known = known or stream.known
    touched[name] = stream
    return stream
  end
  local closings = stream and stream.closings or ""
  if needs_check then closings = with_closing(closings, known.epoch, known.offset) end
  if stream then closings = with_closing(closings, stream.epoch, stream.top) end
  stream = start_epoch(name, fresh, closings)
  if needs_check then owe_everywhere(name) end
  touched[name] = stream
  return stream
end

-- Name, fresh epoch, and what is known of the stream: epoch, offset, id.
local function touched_argument()
  local name, fresh, epoch = argument(), argument(), optional()
  local offset, id = tonumber(argument()), optional()
  local known = epoch and { epoch = epoch, offset = offset, id = id }
  return name, touch(name, known, fresh)
end
`;
