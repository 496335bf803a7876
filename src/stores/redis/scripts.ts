/**
 * What the store asks of redis. Each script works on one key, so a cluster can run it; whatever
 * takes more than one command would not be one step without.
 */

// A replica would answer with what it has copied so far. A write is refused there, even of nothing.
const AT_THE_PRIMARY = `redis.call("HDEL", KEYS[1], "")`;

/** Takes the greatest length. @returns Version and text, both null when there is no record. */
export const READ_RECORD = `${AT_THE_PRIMARY}
local length = redis.call("HSTRLEN", KEYS[1], "text") + redis.call("HSTRLEN", KEYS[1], "version")
if length > tonumber(ARGV[1]) then return redis.error_reply("UNREADABLE record of " .. length .. " bytes") end
return redis.call("HMGET", KEYS[1], "version", "text")`;

/** Takes the expected version (empty when there is to be none), the new one, and the text. */
export const REPLACE_RECORD = `
if (redis.call("HGET", KEYS[1], "version") or "") ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "version", ARGV[2], "text", ARGV[3])
return 1`;

// Fields of a hash expire by themselves only from redis 7.4 on.
const NOW = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Takes the greatest length of a text, and how many there may be.
 *
 * @returns Servers and texts in turns. What has expired by the clock of redis is dropped.
 */
export const READ_OBSERVATIONS = `${AT_THE_PRIMARY}
${NOW}
local count = redis.call("HLEN", KEYS[1])
if count > tonumber(ARGV[2]) then return redis.error_reply("UNREADABLE " .. count .. " observations") end
local all = redis.call("HGETALL", KEYS[1])
local fresh = {}
for i = 1, #all, 2 do
  local expiry, text = string.match(all[i + 1], "^(%d+) (.*)$")
  if not expiry or #text > tonumber(ARGV[1]) then return redis.error_reply("UNREADABLE " .. all[i]) end
  if tonumber(expiry) > now then
    table.insert(fresh, all[i])
    table.insert(fresh, text)
  else
    redis.call("HDEL", KEYS[1], all[i])
  end
end
return fresh`;

/** Takes server, text and milliseconds. The whole key goes when the last of its servers has gone. */
export const WRITE_OBSERVATION = `${NOW}
local keep = tonumber(ARGV[3])
redis.call("HSET", KEYS[1], ARGV[1], string.format("%.0f %s", now + keep, ARGV[2]))
if redis.call("PTTL", KEYS[1]) < keep then redis.call("PEXPIRE", KEYS[1], ARGV[3]) end
return 1`;

/** Takes the server. */
export const REMOVE_OBSERVATION = `return redis.call("HDEL", KEYS[1], ARGV[1])`;
