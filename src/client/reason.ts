// What may hold a token: what is quoted, URLs, and what tokens begin with.
const SECRETS = /".*"|\b(?:\w+:\/\/|(?:bearer|basic) |eyj|access_token=)\S*/gis;
const maxLength = 300;
const maxDepth = 5;

interface Failure {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  /** Of an event. */
  readonly error?: unknown;
  /** Of several addresses, each of which failed. */
  readonly errors?: readonly unknown[];
}

/**
 * What a platform says of a failure, be it an error, an event or a text: its message and those of its
 * causes, on one line, with nothing in it that could be a token. Empty when it says nothing.
 */
export function reasonOf(failure: unknown): string {
  const said: string[] = [];
  let next = failure;
  for (let depth = 0; next && depth < maxDepth; depth += 1) {
    const { message, code, cause, error, errors }: Failure = next;
    const text = [next, message, code].find((each) => typeof each === "string" && each !== "");
    if (typeof text === "string" && !said.some((each) => each.includes(text))) said.push(text);
    next = cause ?? error ?? errors?.[0];
  }
  const line = said.join(": ").replace(SECRETS, "[hidden]").replace(/\s+/g, " ").trim();
  return line.slice(0, maxLength).replace(/\.$/, "");
}
