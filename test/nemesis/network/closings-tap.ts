import type { Tap } from "./link.ts";

const CLOSING =
  /(?:POST \/api\/hubs\/[^? ]*\/:closeConnections|DELETE \/api\/hubs\/[^/? ]+\/connections\/)/g;
const TOKEN = /authorization: bearer [^.]+\.([\w-]+)\./i;

/**
 * Tells of requests that close clients.
 *
 * @param onClosing Given how many milliseconds ago the caller had signed it at the latest: a process
 *   may stand still between that and its sending.
 */
export function closingsTap(onClosing: (signedInMsAgo: number) => void): Tap {
  return (chunk) => {
    const text = chunk.toString("latin1");
    for (const _ of text.matchAll(CLOSING)) onClosing(ageOfToken(text));
  };
}

function ageOfToken(text: string): number {
  const [, claims = ""] = TOKEN.exec(text) ?? [];
  if (claims === "") return 0;
  const { iat } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { iat?: number };
  // It counts in seconds, rounded down.
  return iat === undefined ? 0 : Math.max(0, Date.now() - (iat + 1) * 1000);
}
