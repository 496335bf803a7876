import { maxGroupNameLength } from "../kit/service-limits.ts";

/** The stream of all messages to the whole hub. */
export const HUB_STREAM = "a";
const OWN_STREAM = "u";
const GROUP_PREFIX = "g:";

export const groupStream = (group: string): string => GROUP_PREFIX + group;
export const userStream = (userId: string): string => `u:${userId}`;

/** The group whose stream it is; undefined for any other stream. */
export const groupOf = (stream: string): string | undefined =>
  stream.startsWith(GROUP_PREFIX) ? stream.slice(GROUP_PREFIX.length) : undefined;

/**
 * A stream by the name that a client has for it, which does not say which user it is.
 *
 * @returns undefined for what names no stream
 */
export function streamOf(name: string, userId: string): string | undefined {
  if (name === HUB_STREAM) return HUB_STREAM;
  if (name === OWN_STREAM) return userStream(userId);
  return isGroupStream(name) ? name : undefined;
}

/** Whether clients have such a name for a stream. */
export const isStreamName = (name: string): boolean =>
  name === HUB_STREAM || name === OWN_STREAM || isGroupStream(name);

/** The name that the user itself has for the stream. */
export const clientNameOf = (stream: string): string =>
  stream.startsWith("u:") ? OWN_STREAM : stream;

function isGroupStream(name: string): boolean {
  const length = name.length - GROUP_PREFIX.length;
  return name.startsWith(GROUP_PREFIX) && length >= 1 && length <= maxGroupNameLength;
}
