/**
 * What the store asks of redis. Each script works on one key, so a cluster can run it; whatever
 * takes more than one command would not be one step without.
 */

/** @returns Version and text, both null when there is no record. */
export const READ_RECORD = `return redis.call("HMGET", KEYS[1], "version", "text")`;

/** Takes the expected version (empty when there is to be none), the new one, and the text. */
export const REPLACE_RECORD = `
if (redis.call("HGET", KEYS[1], "version") or "") ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "version", ARGV[2], "text", ARGV[3])
return 1`;

// Fields of a hash expire by themselves only from redis 7.4 on.
const NOW = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** @returns Servers and texts in turns. What has expired by the clock of redis is dropped. */
export const READ_OBSERVATIONS = `${NOW}
local all = redis.call("HGETALL", KEYS[1])
local fresh = {}
for i = 1, #all, 2 do
  local expiry, text = string.match(all[i + 1], "^(%d+) (.*)$")
  if not expiry then return redis.error_reply("UNREADABLE " .. all[i]) end
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
