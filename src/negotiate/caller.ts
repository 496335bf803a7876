import { createHash } from "node:crypto";
import type { Request } from "express";

/**
 * Who asks, for the rate limit: the user, else the address, which behind a proxy is the client's only
 * if the app's `trust proxy` says so. Undefined when there is neither, as on a Unix socket. It is a
 * digest, because names may be long, or parts of long texts that would be kept alive with them.
 */
export function callerOf(req: Request, userId: string | undefined): string | undefined {
  if (userId !== undefined) return digestOf(`user ${userId}`);
  const address = addressOf(req);
  return address === undefined ? undefined : digestOf(`address ${address}`);
}

/** An injected request may have no socket to have an address. */
function addressOf(req: Request): string | undefined {
  try {
    return req.ip;
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return createHash("sha1").update(text).digest("base64url");
}
