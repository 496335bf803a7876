import type { Operation } from "./operation.ts";

export type Route =
  | {
      readonly kind: "operation";
      readonly operation: Operation;
      /** As they stand in the URL, still encoded. */
      readonly hub: string;
      readonly segments: ReadonlyMap<string, string>;
    }
  | { readonly kind: "wrongMethod"; readonly allowed: readonly string[] }
  | { readonly kind: "unknown" };

/** Finds the operation. Segments are compared as they came, so `%2F` stays inside its segment. */
export function findRoute(
  operations: readonly Operation[],
  method: string,
  rawPath: string,
): Route {
  const [, hub, below] = /^\/api\/hubs\/([^/]+)\/(.+)$/.exec(rawPath) ?? [];
  if (hub === undefined || below === undefined) return { kind: "unknown" };
  const allowed: string[] = [];
  for (const operation of operations) {
    const segments = matchPath(operation.path.split("/"), below.split("/"));
    if (!segments) continue;
    if (operation.method === method) return { kind: "operation", operation, hub, segments };
    allowed.push(operation.method);
  }
  return allowed.length > 0 ? { kind: "wrongMethod", allowed } : { kind: "unknown" };
}

function matchPath(pattern: string[], path: string[]): Map<string, string> | undefined {
  if (pattern.length !== path.length) return undefined;
  const segments = new Map<string, string>();
  for (const [index, expected] of pattern.entries()) {
    const actual = path[index] ?? "";
    if (expected.startsWith("{") && actual !== "") segments.set(expected.slice(1, -1), actual);
    else if (expected !== actual) return undefined;
  }
  return segments;
}
