import {
  type ClientClientDrillOptions,
  runClientClientDrill,
} from "../../../demo-app/client-client-drill/client-client-drill.ts";
import { linesOf } from "../../../demo-app/client-client-drill/result.ts";

const never = new AbortController().signal;

/** Everything as in a real one, but less of it. */
const short: ClientClientDrillOptions = {
  store: "azure-blob",
  clients: 12,
  pollIntervalInMs: 200,
  leaseInMs: 1500,
  sendEveryInMs: 300,
  watchInMs: 500,
  health: { schedule: "* * * * * *", timeoutInMs: 500 },
  client: { keepAliveIntervalInMs: 500, keepAliveTimeoutInMs: 1500, handshakeTimeoutInMs: 1000 },
};

function collect() {
  const lines: string[] = [];
  return { lines, print: (line: string) => void lines.push(line) };
}

const countChildren = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap").length;

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
  }, 90_000);

  it("ends early when it is interrupted, and leaves no process behind", async () => {
    const { lines, print } = collect();
    const childrenBefore = countChildren();
    const interruption = new AbortController();
    const interruptingPrint = (line: string) => {
      print(line);
      if (line.includes("ACTIVE KILLED")) interruption.abort();
    };

    const result = await runClientClientDrill(short, interruptingPrint, interruption.signal);

    expect(result).toMatchObject({ isPassed: false, moves: [] });
    expect(lines).toContainEqual(expect.stringContaining("FAILED: interrupted"));
    expect(linesOf(result).at(-1)).toBe("FAILED");
    expect(countChildren()).toBeLessThanOrEqual(childrenBefore);
  }, 60_000);
});
