import { runClientClientDrill } from "../../../demo-app/client-client-drill/client-client-drill.ts";
import { collect, short } from "../support/short-drill.ts";

const never = new AbortController().signal;

describe("the client-client drill with three app servers in processes of their own", () => {
  it("moves all clients together when the active endpoint dies, and nobody otherwise", async () => {
    const { lines, print } = collect();

    const result = await runClientClientDrill(short, print, never);

    expect(lines.join("\n")).not.toContain("FAILED");
    expect(result.isPassed).toBe(true);
    expect(result.moves.map(({ cause, to, epoch }) => [cause, to, epoch])).toEqual([
      ["active killed", "westus", 2],
      ["active and leader killed", "eastus", 3],
      ["switchTo", "westus", 4],
      ["active frozen and back", "eastus", 5],
    ]);
    expect(result.stays.length).toBeGreaterThanOrEqual(6);
    for (const watchNobodyMoves of result.stays)
      expect(watchNobodyMoves).toMatchObject({ movedClients: 0, newAgreements: 0 });
    expect(result.mostCallsInOnePoll).toBeLessThanOrEqual(3);
    for (const { isLeader, byOperation } of result.quietCalls) {
      const { readObservations, replaceRecord, ...everyone } = byOperation;
      if (!isLeader) expect([readObservations, replaceRecord]).toEqual([undefined, undefined]);
      const usual = ["readRecord", "writeObservation"];
      expect(Object.keys(everyone).filter((name) => !usual.includes(name))).toEqual([]);
    }
  }, 180_000);
});
