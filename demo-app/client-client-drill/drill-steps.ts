import { setTimeout as delay } from "node:timers/promises";
import type { AppServer, Region } from "./cluster.ts";
import {
  allHear,
  type Cast,
  DEADLINE_IN_MS,
  running,
  sayLastTold,
  tally,
  timesOf,
} from "./cluster-drill-context.ts";
import { freeze, move } from "./measured-move.ts";
import { hereAt, type ServerTold } from "./process-messages.ts";
import type { MoveResult, QuietCalls, StayResult } from "./result.ts";

/** What has been measured so far. */
export interface Findings {
  readonly moves: MoveResult[];
  readonly stays: StayResult[];
  readonly quietCalls: QuietCalls[];
  leadTakenInMs: number | undefined;
}

/** @throws MissedStepError as soon as something has not happened in time, or has and must not */
export async function rehearse(cast: Cast, findings: Findings): Promise<void> {
  const { crowd } = cast;
  const { eastus, westus, store } = cast.cluster;
  const { moves } = findings;
  await gather(cast, eastus);
  moves.push(await move(cast, eastus, westus, "active killed", () => eastus.kill()));

  await eastus.revive();
  findings.quietCalls.push(...(await countCalls(cast, () => stay(cast, findings, "it is back"))));

  const leader = await leaderOf(cast);
  const killedAt = performance.now();
  await leader.kill();
  cast.timeline.say(`SIGKILL of ${leader.name}`, "which leads");
  findings.leadTakenInMs = await takeLead(cast, killedAt);
  await stay(cast, findings, "leader killed");
  await leader.revive();
  await stay(cast, findings, "and started again");

  const nextLeader = await leaderOf(cast);
  moves.push(
    await move(cast, westus, eastus, "active and leader killed", async () => {
      await Promise.all([westus.kill(), nextLeader.kill()]);
    }),
  );
  await Promise.all([westus.revive(), nextLeader.revive()]);
  await stay(cast, findings, "both started again");

  store.pause();
  cast.timeline.say(`SIGSTOP of ${store.name}`);
  await tellAll(cast, "store-lost", "servers miss the store");
  crowd.begin(eastus.name);
  await allHear(cast, () => "meanwhile");
  await stay(cast, findings, "store stopped");
  store.resume();
  cast.timeline.say(`SIGCONT of ${store.name}`);
  await tellAll(cast, "store-restored", "servers have the store");
  await stay(cast, findings, "store resumed");

  const [operated] = running(cast) as [AppServer];
  moves.push(
    await move(cast, eastus, westus, "switchTo", () => operated.switchTo(westus.name), {
      isDown: false,
    }),
  );

  moves.push(await freeze(cast, westus, eastus));
  await stay(cast, findings, "afterwards");
}

async function gather(cast: Cast, region: Region): Promise<void> {
  const { timeline, crowd, cluster } = cast;
  crowd.begin(region.name);
  await timeline.step("clients are connected", {
    deadlineInMs: DEADLINE_IN_MS,
    promise: crowd.start().then(() => ({})),
    detail: () => tally(crowd),
  });
  await allHear(cast, () => `on ${region.name}, ${cluster.servers.length} app servers`);
}

/** @throws MissedStepError when somebody moves, or the servers agree anew */
async function stay(cast: Cast, findings: Findings, cause: string): Promise<void> {
  const { timeline, crowd, watchInMs, signal } = cast;
  // The first agreement, and one more for each move.
  const epoch = 1 + findings.moves.length;
  const from = performance.now();
  const arrivalsBefore = crowd.arrivals.entries.length;
  const watched = delay(watchInMs, undefined, { signal }).then(async () => {
    const movedClients = crowd.arrivals.entries
      .slice(arrivalsBefore)
      .filter(({ isMove }) => isMove).length;
    const after = await epochs(cast);
    const newAgreements = Math.max(...after) - epoch;
    findings.stays.push({
      cause,
      watchedInMs: performance.now() - from,
      movedClients,
      newAgreements,
    });
    if (movedClients > 0 || newAgreements > 0) sayLastTold(cast);
    if (movedClients > 0) throw new Error(`${movedClients} clients have moved`);
    if (newAgreements > 0) throw new Error("the servers have agreed anew");
    return {};
  });
  await timeline.step(cause, {
    deadlineInMs: DEADLINE_IN_MS,
    promise: watched,
    detail: () => `nobody moves: ${tally(crowd)}, epoch ${epoch}`,
  });
}

async function takeLead(cast: Cast, since: number): Promise<number> {
  const { at } = await cast.timeline.step("another one leads", {
    deadlineInMs: DEADLINE_IN_MS,
    promise: leaderOf(cast).then(({ name }) => ({ name, at: performance.now() })),
    detail: ({ name, at }) => `${name}, ${Math.round(at - since)} ms after it`,
  });
  return at - since;
}

async function tellAll(cast: Cast, kind: ServerTold["kind"], label: string): Promise<void> {
  const servers = running(cast);
  const beganAt = performance.now();
  const fits = (told: ServerTold): boolean => told.kind === kind && hereAt(told.at) > beganAt;
  await cast.timeline.step(label, {
    deadlineInMs: DEADLINE_IN_MS,
    promise: timesOf(servers, fits, servers.length).then((times) => ({ at: times.at(-1) })),
    detail: ({ at = 0 }) => `all of them, ${Math.round(at - beganAt)} ms after it`,
  });
}

/** Counts what every server asks of the store while something, or nothing, happens. */
async function countCalls(cast: Cast, during: () => Promise<void>): Promise<QuietCalls[]> {
  const servers = running(cast);
  const before = await Promise.all(servers.map((server) => server.status()));
  await during();
  return Promise.all(
    servers.map(async (server, index) => {
      const { isLeader, store } = await server.status();
      const past = before[index]?.store;
      const operations = Object.entries(store.byOperation).map(
        ([name, count]) => [name, count - (past?.byOperation[name] ?? 0)] as const,
      );
      const polls = store.polls - (past?.polls ?? 0);
      return {
        server: server.name,
        isLeader,
        callsPerPoll: (store.calls - (past?.calls ?? 0)) / Math.max(1, polls),
        byOperation: Object.fromEntries(operations.filter(([, count]) => count > 0)),
      };
    }),
  );
}

async function leaderOf(cast: Cast): Promise<AppServer> {
  for (;;) {
    for (const server of running(cast)) {
      if ((await server.status()).isLeader) return server;
    }
    await delay(50, undefined, { signal: cast.signal });
  }
}

async function epochs(cast: Cast): Promise<number[]> {
  return Promise.all(running(cast).map(async (server) => (await server.status()).epoch ?? 0));
}
