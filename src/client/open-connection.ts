import { Connection, type ConnectionOptions } from "./connection.ts";
import { connectError } from "./connection-ending.ts";
import { ConnectError } from "./errors.ts";
import type { NegotiatedEndpoint } from "./negotiated-endpoint.ts";

/**
 * Connects, unless the signal ends first.
 *
 * @throws ConnectError
 */
export async function openConnection(
  target: NegotiatedEndpoint,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const connection = create(target, options);
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

function create(target: NegotiatedEndpoint, options: ConnectionOptions): Connection {
  try {
    return new Connection(target, options);
  } catch (error) {
    // What a page may not connect to, such as ws: from https:, some browsers refuse by throwing.
    if ((error as Error)?.name === "SecurityError") {
      throw connectError(target.endpoint, { cause: "forbidden" });
    }
    // No cause: it would quote the URL, and with it the token.
    throw new ConnectError(
      target.endpoint,
      "has a URL that the platform's WebSocket does not take",
    );
  }
}
