import { z } from "zod";
import type { Observation } from "../contract/coordination.ts";
import { isTooLong, refuseTooLong } from "../stores/text-limit.ts";

const FORMAT = 2;

/** What a server tells its peers, and by which they know that it lives. */
export interface Heartbeat {
  /** Grows from one to the next. */
  readonly sequence: number;
  readonly endpoints: Observation;
  /** The last one of a server that ends in good order: nobody has to wait for it. */
  readonly hasLeft?: true | undefined;
}

const heartbeatSchema = z.object({
  format: z.literal(FORMAT),
  sequence: z.int().nonnegative(),
  endpoints: z.array(
    z.object({
      name: z.string().min(1),
      url: z.string().min(1),
      role: z.enum(["primary", "secondary"]),
      state: z.enum(["healthy", "unhealthy", "drained", "unknown"]),
    }),
  ),
  hasLeft: z.literal(true).optional(),
});

/** @throws ResilientPubSubError `ERR_STORE_REFUSED` when it is longer than servers read */
export function writeHeartbeat(heartbeat: Heartbeat): string {
  const text = JSON.stringify({ format: FORMAT, ...heartbeat });
  refuseTooLong("the observation of this server", text);
  return text;
}

/**
 * The heartbeat of a peer. What this version does not understand counts as knowing no endpoint, so
 * that nobody is moved over the head of a server that is of another version.
 */
export function parseHeartbeat(text: string): Heartbeat {
  try {
    if (isTooLong(text)) throw new RangeError("It is too long.");
    return heartbeatSchema.parse(JSON.parse(text));
  } catch {
    return { sequence: Number.NaN, endpoints: [] };
  }
}
