import {
  type ClientClientDrillOptions,
  runClientClientDrill,
} from "../../demo-app/drill/client-client/client-client-drill.ts";
import { linesOf } from "../../demo-app/drill/client-client/result.ts";
import { isRedisInstalled, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";

const never = new AbortController().signal;

/** Everything as in a real one, but less of it. */
const short: Omit<ClientClientDrillOptions, "store"> = {
  clients: 12,
  pollIntervalInMs: 200,
  leaseInMs: 1500,
  speakEveryInMs: 300,
  watchInMs: 1000,
  client: { keepAliveIntervalInMs: 500, keepAliveTimeoutInMs: 1500 },
};

function collect() {
  const lines: string[] = [];
  return { lines, print: (line: string) => void lines.push(line) };
}

const countChildren = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap").length;

const CAUSES = ["active killed", "active and leader killed", "switchTo", "active frozen and back"];

describe("three app servers in processes of their own, of which one leads", () => {
  const withRedis = isRedisInstalled ? it : it.skip;
  const cases = [
    [it, "Azurite", "azure-blob"],
    [withRedis, REDIS_OR_ITS_ABSENCE, "redis"],
  ] as const;
  for (const [test, title, store] of cases) {
    test(`move all clients together when the active endpoint dies, and else nobody: ${title}`, async () => {
      const { lines, print } = collect();

      const result = await runClientClientDrill({ ...short, store }, print, never);

      expect(lines.join("\n")).not.toContain("FAILED");
      expect(result.isPassed).toBe(true);
      expect(result.moves.map(({ cause, to, epoch }) => [cause, to, epoch])).toEqual([
        [CAUSES[0], "westus", 2],
        [CAUSES[1], "eastus", 3],
        [CAUSES[2], "westus", 4],
        [CAUSES[3], "eastus", 5],
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
    }, 90_000);
  }

  it("end early when they are interrupted, and leave nothing behind", async () => {
    const { lines, print } = collect();
    const childrenBefore = countChildren();
    const interruption = new AbortController();
    const interruptingPrint = (line: string) => {
      print(line);
      if (line.includes("ACTIVE KILLED")) interruption.abort();
    };

    const result = await runClientClientDrill(
      { ...short, store: "azure-blob" },
      interruptingPrint,
      interruption.signal,
    );

    expect(result).toMatchObject({ isPassed: false, moves: [] });
    expect(lines).toContainEqual(expect.stringContaining("FAILED: interrupted"));
    expect(linesOf(result).at(-1)).toBe("FAILED");
    expect(countChildren()).toBeLessThanOrEqual(childrenBefore);
  }, 60_000);
});
