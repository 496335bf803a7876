import { z } from "zod";
import type { Observation, SeenEndpoint, SeenState } from "../contract/coordination.ts";
import type { EndpointRole } from "../contract/endpoint.ts";

const FORMAT = 1;

/** What a server has told the others. */
export interface Report {
  /** Grows from one time to the next, so that others see that the server lives. */
  readonly beat: number;
  readonly endpoints: Observation;
}

const reportSchema = z.object({
  format: z.literal(FORMAT),
  beat: z.int().nonnegative(),
  endpoints: z.array(
    z.object({
      name: z.string().min(1),
      url: z.string().min(1),
      role: z.enum(["primary", "secondary"]),
      state: z.enum(["up", "down", "out", "unknown"]),
    }),
  ),
});

export function writeReport(endpoints: Observation, beat: number): string {
  return JSON.stringify({ format: FORMAT, beat, endpoints });
}

/**
 * What another server said. What this version does not understand counts as knowing no endpoint, so
 * that nobody is moved over the head of a server that is of another version.
 */
export function parseReport(text: string): Report {
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch {
    return { beat: Number.NaN, endpoints: [] };
  }
}

interface Observable {
  readonly name: string;
  readonly role: EndpointRole;
  readonly state: "healthy" | "unhealthy" | "unknown";
  readonly isUsable: boolean;
  readonly endpoint: { readonly config: { readonly url: string } };
}

/** Primaries first, else in the order of configuration. */
export function observe(endpoints: readonly Observable[]): Observation {
  const primaries = endpoints.filter(({ role }) => role === "primary");
  const secondaries = endpoints.filter(({ role }) => role === "secondary");
  return [...primaries, ...secondaries].map((seen) => ({
    name: seen.name,
    url: seen.endpoint.config.url,
    role: seen.role,
    state: stateOf(seen),
  }));
}

function stateOf({ state, isUsable }: Observable): SeenState {
  if (state === "unhealthy") return "down";
  if (state === "unknown") return "unknown";
  return isUsable ? "up" : "out";
}

export interface EndpointIdentity {
  readonly name: string;
  readonly url: string;
}

/** What this observation says of that very endpoint; undefined when its server does not know it. */
export function seenIn(
  observation: Observation,
  { name, url }: EndpointIdentity,
): SeenEndpoint | undefined {
  return observation.find((seen) => seen.name === name && seen.url === url);
}
