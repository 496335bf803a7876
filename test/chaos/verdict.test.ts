import type { Answer, AppServer, Broadcast } from "./app-server.ts";
import type { Kind, RegionName } from "./plan.ts";
import type { Region } from "./region.ts";
import { violationsOf } from "./verdict.ts";

const expectations = { staleBounds: { crash: 1000, blackhole: 2500 }, spared: "south" } as const;

/** West is down from 10 s to 20 s; every client hears everything but "lost". */
function regions(kind: Kind): ReadonlyMap<RegionName, Region> {
  const outage = { cycle: 5, kind, from: 9_990, since: 10_000, healedFrom: 20_000, to: 20_010 };
  const region = (name: RegionName): [RegionName, Region] => {
    const outages = name === "west" ? [outage] : [];
    const fake: Partial<Region> = {
      name,
      outages,
      isUpThroughout: (start, end) => !outages.some(({ from, to }) => from <= end && to >= start),
      isListenedToThroughout: () => true,
      hasHeard: (message) => message !== "lost",
    };
    return [name, fake as Region];
  };
  return new Map((["east", "west", "south"] as const).map(region));
}

function violations(kind: Kind, record: { answers?: Answer[]; broadcasts?: Broadcast[] }) {
  const server = { name: "newcomer", answers: [], broadcasts: [], warnings: [], ...record };
  return violationsOf(server as unknown as AppServer, regions(kind), expectations);
}

const answer = (sentAt: number, at: number, endpoint?: string): Answer => ({
  sentAt,
  at,
  endpoint,
  problem: endpoint ? undefined : "503 ERR_NO_HEALTHY_ENDPOINT",
});

const broadcast = (message: string, startedAt: number, healthy: string[]): Broadcast => ({
  message,
  startedAt,
  endedAt: startedAt + 100,
  healthy,
  report: { delivered: healthy, failed: [], skipped: [], outcomes: [] },
  problem: undefined,
});

it.each<[string, Kind, Answer, number]>([
  ["names an endpoint that is up", "crash", answer(15_000, 15_010, "east"), 0],
  ["names it just before its second is over", "crash", answer(10_990, 11_010, "west"), 0],
  ["names it 1.1 s after its crash", "crash", answer(11_100, 11_110, "west"), 1],
  ["names it 2.4 s after its blackhole", "blackhole", answer(12_400, 12_410, "west"), 0],
  ["names it 2.6 s after its blackhole", "blackhole", answer(12_600, 12_610, "west"), 1],
  ["comes when it has been healed", "crash", answer(19_990, 20_020, "west"), 0],
  ["is a 503", "crash", answer(15_000, 15_010), 1],
])("the verdict on an answer that %s (%s) names each violation", (_, kind, one, count) => {
  const found = violations(kind, { answers: [one] });
  expect(found).toHaveLength(count);
  expect(found.every(({ cycle }) => cycle === 5)).toBe(true);
});

it.each<[string, Broadcast, string[]]>([
  ["is heard everywhere", broadcast("heard", 1000, ["east", "west", "south"]), []],
  [
    "is lost while all are up",
    broadcast("lost", 1000, ["east", "west", "south"]),
    ["east", "west", "south"],
  ],
  ["is lost where it is down", broadcast("lost", 9950, ["west"]), ["south"]],
  ["is lost on its way back", broadcast("lost", 30_000, ["east", "south"]), ["east", "south"]],
  ["skips the endpoint that is never down", broadcast("lost", 30_000, []), ["south"]],
])("the verdict on a broadcast that %s names each violation", (_, one, missing) => {
  const found = violations("crash", { broadcasts: [one] }).map(({ what }) => what);
  expect(found).toEqual(missing.map((name) => expect.stringContaining(`did not reach ${name},`)));
});
