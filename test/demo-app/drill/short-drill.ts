import {
  type ClientClientDrillOptions,
  runClientClientDrill,
} from "../../../demo-app/drill/client-client/client-client-drill.ts";
import type { StoreKind } from "../../../demo-app/drill/client-client/stores.ts";

const never = new AbortController().signal;

/** Everything as in a real one, but less of it. */
export const short: Omit<ClientClientDrillOptions, "store"> = {
  clients: 12,
  pollIntervalInMs: 200,
  leaseInMs: 1500,
  speakEveryInMs: 300,
  watchInMs: 500,
  health: { schedule: "* * * * * *", timeoutInMs: 500 },
  client: { keepAliveIntervalInMs: 500, keepAliveTimeoutInMs: 1500, handshakeTimeoutInMs: 1000 },
};

export function collect() {
  const lines: string[] = [];
  return { lines, print: (line: string) => void lines.push(line) };
}

/** Three app servers that agree over this store move all clients together when they must, and else nobody. */
export async function expectMovesAndStays(store: StoreKind): Promise<void> {
  const { lines, print } = collect();

  const result = await runClientClientDrill({ ...short, store }, print, never);

  expect(lines.join("\n")).not.toContain("FAILED");
  expect(result.isPassed).toBe(true);
  expect(result.moves.map(({ cause, to, epoch }) => [cause, to, epoch])).toEqual([
    ["active killed", "westus", 2],
    ["active and leader killed", "eastus", 3],
    ["switchTo", "westus", 4],
    ["active frozen and back", "eastus", 5],
  ]);
  expect(result.stays.length).toBeGreaterThanOrEqual(6);
  for (const stay of result.stays)
    expect(stay).toMatchObject({ movedClients: 0, newAgreements: 0 });
  expect(result.mostCallsInOnePoll).toBeLessThanOrEqual(3);
  for (const { isLeader, byOperation } of result.quietCalls) {
    const { readObservations, replaceRecord, ...everyone } = byOperation;
    if (!isLeader) expect([readObservations, replaceRecord]).toEqual([undefined, undefined]);
    expect(Object.keys(everyone).sort()).toEqual(["readRecord", "writeObservation"]);
  }
}
