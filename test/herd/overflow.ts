import type { HerdEndpoint } from "./app-server.ts";
import { pauseAfterLossInMs } from "./client-policy.ts";
import { Population } from "./population.ts";
import { count, limitOf, type Sizes, type StoryResult, seconds } from "./story.ts";

/** Of all clients, which are shared by two primaries: each has room for so many. */
const ROOM = 0.75;
/** A census of a million is to within 2 %, and a few are on their way. */
const TOLERANCE = 0.03;
const NOTICED_WITHIN_IN_MS = 1000;
const [DEAD, SURVIVOR, SECONDARY] = ["east-1", "east-2", "west"] as const;

/** One of two primaries dies, and the other has not enough room for its clients. */
export function runOverflow(sizes: Sizes): StoryResult {
  const { clients, servers } = sizes;
  const limit = limitOf(sizes);
  const room = Math.floor(ROOM * clients);
  const primary = { role: "primary", maxClients: Math.floor(room / servers) } as const;
  const endpoints: HerdEndpoint[] = [
    { name: DEAD, ...primary },
    { name: SURVIVOR, ...primary },
    { name: SECONDARY, role: "secondary" },
  ];
  const startOf = (client: number): string => (client % 2 === 0 ? DEAD : SURVIVOR);
  const population = new Population({ sizes, endpoints, startOf });
  population.liveQuietly();
  for (const server of population.servers) server.tell(DEAD, false);
  const { random } = population;
  for (let client = 0; client < clients; client += 2) {
    const now = population.now + random() * NOTICED_WITHIN_IN_MS;
    const spreadInMs = population.spreadInMs[client] as number;
    const pause = pauseAfterLossInMs({ endpoint: DEAD, now, spreadInMs, random });
    population.lose(client, now, pause, [DEAD]);
  }
  const shortest = clients / 2 / limit;
  while (population.waiting > 0 && population.seconds < 60 + 10 * shortest) {
    population.runUntil(population.now + 1000);
  }
  const onSurvivor = population.countOn(SURVIVOR);
  const longest = 1.5 * shortest + NOTICED_WITHIN_IN_MS / 1000;
  const { busiest, movedWithin, waiting } = population;
  const violations = [
    Math.abs(onSurvivor / room - 1) > TOLERANCE &&
      `${onSurvivor} clients are on ${SURVIVOR}, which has room for ${room}`,
    busiest > limit && `an endpoint got ${busiest} clients in one second, over its ${limit}`,
    waiting > 0 && `${waiting} clients were not let in`,
    movedWithin > longest &&
      `all took ${seconds(movedWithin)}, where ${seconds(shortest)} is possible`,
  ].filter((violation) => violation !== false);
  return {
    lines: [
      `overflow: ${count(clients)} clients on two primaries with room for ${count(room)} each, ${servers} app servers; one primary dies`,
      `  ${count(onSurvivor)} are on the other (${((100 * onSurvivor) / room).toFixed(1)} % of its room), ${count(population.countOn(SECONDARY))} on the secondary`,
      `  all are back after ${seconds(movedWithin)}; busiest second of an endpoint: ${count(busiest)}, limit ${count(limit)}`,
    ],
    violations,
  };
}
