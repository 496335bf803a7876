import type { Request } from "express";

/**
 * The path of a request below what is fixed of the path that a middleware is mounted at. A wildcard
 * at its end, as in `app.use("/*splat", pubsub)` or NestJS's `forRoutes("*")`, takes the rest of the
 * path with it, and Express leaves "/".
 */
export function pathBelowMount(req: Request): string {
  const { path } = req;
  // Nearly every request ends here, and each look at one of Express takes its time.
  if (path !== "/") return path;
  const { baseUrl, params } = req;
  if (!baseUrl) return path;
  const taken = takenByWildcard(params ?? {});
  if (taken === undefined) return path;
  const hasSlash = taken.endsWith("/");
  return rawEnding(baseUrl, hasSlash ? taken.slice(0, -1) : taken, hasSlash ? "/" : "") ?? path;
}

/** Decoded: by Express 5 as a list of segments, by Express 4 as a text with a number for a name. */
function takenByWildcard(params: object): string | undefined {
  for (const [name, value] of Object.entries(params).reverse()) {
    if (Array.isArray(value)) return value.join("/");
    if (/^\d+$/.test(name) && typeof value === "string") return value.replace(/^\//, "");
  }
  return undefined;
}

/** The end of the mount path that is the text when it is decoded, as the client wrote it. */
function rawEnding(baseUrl: string, text: string, slash: string): string | undefined {
  for (let at = baseUrl.lastIndexOf("/"); at >= 0; at = baseUrl.lastIndexOf("/", at - 1)) {
    if (isDecoded(baseUrl.slice(at + 1), text)) return baseUrl.slice(at) + slash;
    if (at === 0) break;
  }
  return undefined;
}

function isDecoded(raw: string, text: string): boolean {
  try {
    return decodeURIComponent(raw) === text;
  } catch {
    return false;
  }
}
