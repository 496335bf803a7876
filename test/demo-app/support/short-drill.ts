import type { ClientClientDrillOptions } from "../../../demo-app/client-client-drill/client-client-drill.ts";

/** Everything as in a real one, but less of it. */
export const short: ClientClientDrillOptions = {
  store: "azure-blob",
  clients: 12,
  pollIntervalInMs: 200,
  leaseInMs: 1500,
  sendEveryInMs: 300,
  watchInMs: 500,
  health: { schedule: "* * * * * *", timeoutInMs: 500 },
  client: { keepAliveIntervalInMs: 500, keepAliveTimeoutInMs: 1500, handshakeTimeoutInMs: 1000 },
};

export function collect() {
  const lines: string[] = [];
  return { lines, print: (line: string) => void lines.push(line) };
}
