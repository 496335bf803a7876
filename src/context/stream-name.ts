/** The stream of what is sent to everybody. */
export const HUB_STREAM = "a";

export const groupStream = (group: string): string => `g:${group}`;

export const userStream = (userId: string): string => `u:${userId}`;

/** What a stream is of. */
export type StreamSubject =
  | { readonly kind: "hub" }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "user"; readonly userId: string };

export function streamName(subject: StreamSubject): string {
  if (subject.kind === "group") return groupStream(subject.group);
  return subject.kind === "user" ? userStream(subject.userId) : HUB_STREAM;
}

/** Undefined for what is no name of a stream. */
export function readStreamName(name: string): StreamSubject | undefined {
  if (name === HUB_STREAM) return { kind: "hub" };
  const subject = name.slice(2);
  if (subject === "") return undefined;
  if (name.startsWith("g:")) return { kind: "group", group: subject };
  return name.startsWith("u:") ? { kind: "user", userId: subject } : undefined;
}
