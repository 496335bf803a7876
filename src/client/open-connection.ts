import { Connection, type ConnectionOptions } from "./connection.ts";
import type { ConnectionEnding } from "./connection-ending.ts";
import type { NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import type { AbortSignalLike } from "./wire-types.ts";

/**
 * Connects, unless the signal ends first.
 *
 * @returns How the attempt ended, if no connection came of it.
 */
export async function openConnection(
  target: NegotiatedEndpoint,
  options: ConnectionOptions,
  signal: AbortSignalLike,
): Promise<Connection | ConnectionEnding> {
  let connection: Connection;
  try {
    connection = new Connection(target, options);
  } catch (error) {
    // What a page may not connect to, such as ws: from https:, some browsers refuse by throwing.
    return { cause: (error as Error)?.name === "SecurityError" ? "forbidden" : "invalid" };
  }
  const leave = (): void => connection.leave();
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  const refusal = await connection.opened;
  signal.removeEventListener("abort", leave);
  return refusal ?? connection;
}
