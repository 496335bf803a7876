import { Connection, type ConnectionParts } from "./connection.ts";
import { ConnectError } from "./errors.ts";
import type { Place } from "./negotiate.ts";

/**
 * Connects, unless the signal ends first.
 *
 * @throws ConnectError
 */
export async function openConnection(
  place: Place,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Connection> {
  const connection = create(place, parts);
  const leave = (): void => connection.leave();
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  try {
    await connection.opened;
    return connection;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

function create(place: Place, parts: ConnectionParts): Connection {
  try {
    return new Connection(place, parts);
  } catch {
    // No cause: it would quote the URL, and with it the token.
    throw new ConnectError(place.endpoint, "has a URL that the platform's WebSocket does not take");
  }
}
