import { catchUpPath, isSameRoute, reviewPath } from "../http/route-path.ts";
import { describeValue } from "../kit/describe-value.ts";
import type { OptionProblem } from "../kit/errors.ts";
import { withOneLoopbackName } from "../kit/loopback.ts";
import { parseConnectionString } from "./connection-string.ts";
import { whyNoneInEnv } from "./endpoints-from-env.ts";
import { plainHttpProblems, plainHttpStoreProblems } from "./plain-http.ts";

type Loose = Record<string, unknown>;

/**
 * Rules about the endpoints as a set. They read the raw options, so that they are reported
 * together with problems of single options.
 */
export function endpointSetProblems(options: unknown): OptionProblem[] {
  const endpoints = looseEndpointsOf(options);
  if (endpoints === undefined) return [];
  if (endpoints.length === 0) {
    const why = whyNoneInEnv((options as Loose).endpoints as object) ?? "got an empty array";
    return [{ path: "endpoints", message: `${why}; give at least one endpoint` }];
  }
  return [
    ...repetitions(endpoints, "name", ({ name }) => typeof name === "string" && name.trim()),
    ...repetitions(endpoints, "URL", urlOf),
    ...primaryProblems(endpoints),
  ];
}

/** Upstream events of an endpoint without a key cannot be verified: the application must say how. */
export function verificationProblems(options: unknown): OptionProblem[] {
  const upstream = (options as Loose | undefined)?.upstream as Loose | undefined;
  if (!upstream || upstream.authorize || upstream.verifySignature === false) return [];
  return (looseEndpointsOf(options) ?? []).flatMap((endpoint, index) => {
    const hasKey = Boolean(endpoint.connectionString) || isNonEmptyArray(endpoint.accessKeys);
    if (hasKey || !endpoint.credential) return [];
    const message =
      "is missing, and upstream events of an endpoint given by credential cannot be verified without; give accessKeys, upstream.authorize, or say upstream.verifySignature: false";
    return [{ path: `endpoints[${index}].accessKeys`, message }];
  });
}

/** Plain http beyond this machine must be said aloud. */
export function insecureProblems(options: unknown): OptionProblem[] {
  const { service, coordination, history } = (options ?? {}) as Record<string, Loose | undefined>;
  const rules = { allowInsecure: service?.allowInsecure === true };
  return [
    ...(looseEndpointsOf(options) ?? []).flatMap((endpoint, index) =>
      plainHttpProblems(endpoint, `endpoints[${index}].`, rules),
    ),
    ...plainHttpStoreProblems("coordination.store", coordination?.store, rules),
    ...plainHttpStoreProblems("history.store", history?.store, rules),
  ];
}

/** Options that mean nothing, or something else, in the other topology. */
export function topologyProblems(options: unknown): OptionProblem[] {
  const { topology = "client-server", coordination, router, failback } = (options ?? {}) as Loose;
  if (topology === "client-server") {
    const message = 'is for topology: "client-client" only; give that, or leave it out';
    return coordination === undefined ? [] : [{ path: "coordination", message }];
  }
  if (topology !== "client-client") return [];
  const problems: OptionProblem[] = [];
  if (router !== undefined) {
    const message =
      'cannot choose in topology: "client-client", where all clients are on the endpoint that the servers agreed on; leave it out';
    problems.push({ path: "router", message });
  }
  if ((failback as Loose | undefined)?.close) {
    const message =
      'cannot call clients home one by one in topology: "client-client"; give coordination.failback: true, or leave it out';
    problems.push({ path: "failback.close", message });
  }
  return problems;
}

/** A limit that nobody counts for, or that no server can keep to, is none. */
export function capacityProblems(options: unknown): OptionProblem[] {
  const { topology, negotiate } = (options ?? {}) as Loose;
  const isCounted = (negotiate as Loose | undefined)?.reviewAfterInMs !== false;
  const isChosen = topology !== "client-client";
  if (isCounted && isChosen) return [];
  const message = isChosen
    ? "is counted by reviews, which negotiate.reviewAfterInMs: false turns off; leave one of them out"
    : 'cannot hold in topology: "client-client", where all clients are on one endpoint; leave it out';
  return (looseEndpointsOf(options) ?? []).flatMap(({ maxClients }, index) =>
    maxClients === undefined ? [] : [{ path: `endpoints[${index}].maxClients`, message }],
  );
}

/** A route answers a request once: of two at one path, the upstream one would never hear of an event. */
export function routeProblems(options: {
  hub: string;
  negotiate: { path: string };
  upstream: { path: string };
  history?: unknown;
}): OptionProblem[] {
  const { hub, negotiate, upstream, history } = options;
  const routes = [
    { path: negotiate.path, what: "which is" },
    { path: reviewPath(negotiate.path), what: "below which reviews are answered, at" },
    ...(history ? [{ path: catchUpPath(negotiate.path), what: CATCH_UP }] : []),
  ];
  const taken = routes.find(({ path }) => isSameRoute(path, upstream.path, hub));
  if (taken === undefined) return [];
  const { what } = taken;
  const message = `got ${describeValue(negotiate.path)}, ${what} upstream.path as well; give each a path of its own`;
  return [{ path: "negotiate.path", message }];
}

const CATCH_UP = "below which clients catch up, at";

function looseEndpointsOf(options: unknown): Loose[] | undefined {
  const endpoints = (options as Loose | undefined)?.endpoints;
  if (!Array.isArray(endpoints)) return undefined;
  return endpoints.map((endpoint) => (typeof endpoint === "object" && endpoint ? endpoint : {}));
}

function primaryProblems(endpoints: Loose[]): OptionProblem[] {
  if (endpoints.some(({ role }) => role === "primary")) return [];
  const message = `got ${endpoints.length} without a primary; give one endpoint role: "primary"`;
  return [{ path: "endpoints", message }];
}

function repetitions(
  endpoints: Loose[],
  what: string,
  keyOf: (endpoint: Loose) => unknown,
): OptionProblem[] {
  const firstAt = new Map<string, number>();
  return endpoints.flatMap((endpoint, index) => {
    const key = keyOf(endpoint);
    if (typeof key !== "string") return [];
    const first = firstAt.get(key);
    if (first === undefined) {
      firstAt.set(key, index);
      return [];
    }
    const message = `has the ${what} ${describeValue(key)} of endpoints[${first}]; give each endpoint its own`;
    return [{ path: `endpoints[${index}]`, message }];
  });
}

function urlOf({ connectionString, endpoint }: Loose): string | undefined {
  try {
    const url =
      typeof connectionString === "string"
        ? parseConnectionString(connectionString).endpoint
        : new URL(String(endpoint)).origin;
    return withOneLoopbackName(url);
  } catch {
    // Not a URL: that is reported where the option is parsed.
    return undefined;
  }
}

function isNonEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
