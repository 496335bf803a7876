import type { IncomingMessage } from "node:http";
import { isIPv4 } from "node:net";
import { splitTarget } from "../http/target.ts";

/** What is looked at of a request before anything of it is done. */
export interface AdminCaller {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly url: string | undefined;
}

const PROXY_HEADER = /^(forwarded|via|x-real-ip|x-forwarded-.*)$/;

/**
 * Why a caller is refused: the admin route is for programs on this machine only, which have no token
 * with them and do not act for somebody else. Undefined for those.
 */
export function findAccessProblem({
  remoteAddress,
  headers,
  url,
}: AdminCaller): string | undefined {
  if (!isLoopbackAddress(remoteAddress)) return "It is for this machine only.";
  // A name of somebody's own that leads to this machine is how a web page would get in.
  if (!isLoopbackHost(headers.host)) return "The Host header is not this machine's.";
  if (headers.origin !== undefined && !isLoopbackOrigin(headers.origin)) {
    return "The page that asks is not this machine's.";
  }
  if (Object.keys(headers).some((name) => PROXY_HEADER.test(name))) {
    return "The request came through a proxy.";
  }
  if (headers.authorization !== undefined || hasToken(url)) {
    return "Tokens of the service open nothing here; leave them away.";
  }
  return undefined;
}

function isLoopbackAddress(address = ""): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."));
}

function isLoopbackHost(host = ""): boolean {
  const [, name = ""] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.toLowerCase()) ?? [];
  return name === "localhost" || name === "[::1]" || (isIPv4(name) && name.startsWith("127."));
}

function isLoopbackOrigin(origin: string): boolean {
  const [, host] = /^https?:\/\/([^/]*)$/i.exec(origin) ?? [];
  return host !== undefined && isLoopbackHost(host);
}

const hasToken = (url: string | undefined): boolean =>
  [...new URLSearchParams(splitTarget(url).rawQuery).keys()].some(
    (name) => name.toLowerCase() === "access_token",
  );
