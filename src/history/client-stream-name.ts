import { readStreamName, userStream } from "../context/stream-name.ts";
import { maxGroupNameLength } from "../kit/service-limits.ts";

/** A client's name for the stream of its own user, whose id the app server knows. */
const OWN_STREAM = "u";

/**
 * A stream by the name that a client has for it.
 *
 * @returns undefined for what names no stream
 */
export function streamOf(name: string, userId: string): string | undefined {
  if (name === OWN_STREAM) return userStream(userId);
  const subject = readStreamName(name);
  if (subject?.kind === "group") {
    return subject.group.length <= maxGroupNameLength ? name : undefined;
  }
  return subject?.kind === "hub" ? name : undefined;
}

/** The name that a client of the user has for a stream. */
export const clientNameOf = (stream: string): string =>
  readStreamName(stream)?.kind === "user" ? OWN_STREAM : stream;

/** The group whose stream it is; undefined for any other stream. */
export function groupOf(stream: string): string | undefined {
  const subject = readStreamName(stream);
  return subject?.kind === "group" ? subject.group : undefined;
}
