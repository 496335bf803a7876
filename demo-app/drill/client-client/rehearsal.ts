import { setTimeout as delay } from "node:timers/promises";
import { distributionOf } from "../distribution.ts";
import type { Timeline } from "../timeline.ts";
import type { AppServer, Cluster, Region } from "./cluster.ts";
import type { Crowd } from "./crowd.ts";
import type { MoveResult, QuietCalls, StayResult } from "./result.ts";
import { hereAt, type ServerTold } from "./told.ts";

const DEADLINE_IN_MS = 60_000;

export interface Cast {
  readonly timeline: Timeline;
  readonly cluster: Cluster;
  readonly crowd: Crowd;
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  /** For how long it is watched that nobody moves. */
  readonly watchInMs: number;
  readonly signal: AbortSignal;
}

/** What has been measured so far. */
export interface Findings {
  readonly moves: MoveResult[];
  readonly stays: StayResult[];
  readonly quietCalls: QuietCalls[];
  leadTakenInMs: number | undefined;
}

/** @throws MissedStepError as soon as something has not happened in time, or has and must not */
export async function rehearse(cast: Cast, findings: Findings): Promise<void> {
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

  store.pause();
  cast.timeline.say(`SIGSTOP of ${store.name}`);
  await tellAll(cast, "store-lost", "servers miss the store");
  await hearAll(cast, eastus, "clients hear each other");
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

async function gather({ timeline, crowd, cluster }: Cast, region: Region): Promise<void> {
  crowd.begin(region.name);
  const conversation = nextCompleted(crowd);
  await timeline.step("clients are connected", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: crowd.start().then(() => ({})),
    detail: () => tally(crowd),
  });
  await timeline.step("all hear each other", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: conversation,
    detail: () => `on ${region.name}, ${cluster.servers.length} app servers`,
  });
}

interface MoveOptions {
  /** The active endpoint is down for the servers. */
  readonly isDown?: boolean;
  /** What is done once all servers have agreed. */
  readonly agreed?: () => void;
}

async function move(
  cast: Cast,
  from: Region,
  to: Region,
  cause: string,
  inflict: () => Promise<void>,
  { isDown = true, agreed = () => {} }: MoveOptions = {},
): Promise<MoveResult> {
  const { timeline, crowd } = cast;
  const beganAt = performance.now();
  const since = (at: number): string => `${Math.round(at - beganAt)} ms after it`;
  const conversation = crowd.begin(to.name);
  const completed = nextCompleted(crowd);
  const back = allArrive(crowd, to.name, beganAt);
  timeline.say(`${cause.toUpperCase()}: ${from.name}`);
  await inflict();
  const servers = running(cast);

  let seenInMs: number | undefined;
  if (isDown) {
    const majority = Math.floor(servers.length / 2);
    const isSeen = (told: ServerTold): boolean =>
      told.kind === "down" && told.endpoint === from.name && hereAt(told.at) > beganAt;
    const seen = await timeline.step("most servers see it", {
      deadlineInMs: DEADLINE_IN_MS,
      happening: timesOf(servers, isSeen, majority + 1).then((times) => ({ at: times[majority] })),
      detail: ({ at = 0 }) => since(at),
    });
    seenInMs = (seen.at ?? 0) - beganAt;
  }

  const isNew = (told: ServerTold): boolean =>
    told.kind === "agreed" && told.active === to.name && hereAt(told.at) > beganAt;
  const { times } = await timeline.step("all servers agree", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: timesOf(servers, isNew, servers.length).then((all) => ({
      at: all.at(-1),
      times: all,
    })),
    detail: ({ at = 0 }) => since(at),
  });
  agreed();
  const arrivals = await timeline.step("all clients are back", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: back,
    detail: ({ at }) => `${tally(crowd)}, ${since(at)}`,
  });
  await timeline.step("all hear each other", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: completed,
    detail: ({ at }) => since(at),
  });
  const { epoch = 0 } = await (servers[0] as AppServer).status();
  return {
    cause,
    to: to.name,
    epoch,
    seenInMs,
    agreedInMs: (times[0] ?? 0) - beganAt,
    allAgreedInMs: (times.at(-1) ?? 0) - beganAt,
    backInMs: distributionOf(arrivals.times.map((at) => at - beganAt)),
    talkingInMs: distributionOf(conversation.delays),
    splitInMs: crowd.takeSplit(),
  };
}

/** It answers nothing, and is back with all its clients just when all servers have left it. */
async function freeze(cast: Cast, from: Region, to: Region): Promise<MoveResult> {
  const inflict = async (): Promise<void> => from.pause();
  try {
    return await move(cast, from, to, "active frozen and back", inflict, {
      agreed: () => from.resume(),
    });
  } finally {
    from.resume();
  }
}

/** @throws MissedStepError when somebody moves, or the servers agree anew */
async function stay(cast: Cast, findings: Findings, cause: string): Promise<void> {
  const { timeline, crowd, watchInMs, signal } = cast;
  const before = await epochs(cast);
  const from = performance.now();
  const arrivalsBefore = crowd.arrivals.entries.length;
  const watched = delay(watchInMs, undefined, { signal }).then(async () => {
    const movedClients = crowd.arrivals.entries.length - arrivalsBefore;
    const after = await epochs(cast);
    const newAgreements = Math.max(...after) - Math.min(...before);
    findings.stays.push({
      cause,
      watchedInMs: performance.now() - from,
      movedClients,
      newAgreements,
    });
    if (movedClients > 0) throw new Error(`${movedClients} clients have moved`);
    if (newAgreements > 0) throw new Error("the servers have agreed anew");
    return {};
  });
  await timeline.step(cause, {
    deadlineInMs: DEADLINE_IN_MS,
    happening: watched,
    detail: () => `nobody moves: ${tally(crowd)}, epoch ${before[0]}`,
  });
}

async function hearAll({ timeline, crowd }: Cast, on: Region, label: string): Promise<void> {
  crowd.begin(on.name);
  await timeline.step(label, {
    deadlineInMs: DEADLINE_IN_MS,
    happening: nextCompleted(crowd),
    detail: () => "all of them, meanwhile",
  });
}

async function takeLead(cast: Cast, since: number): Promise<number> {
  const { at } = await cast.timeline.step("another one leads", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: leaderOf(cast).then(({ name }) => ({ name, at: performance.now() })),
    detail: ({ name, at }) => `${name}, ${Math.round(at - since)} ms after it`,
  });
  return at - since;
}

async function tellAll(cast: Cast, kind: ServerTold["kind"], label: string): Promise<void> {
  const servers = running(cast);
  const beganAt = performance.now();
  const fits = (told: ServerTold): boolean =>
    told.kind === kind && "at" in told && hereAt(told.at) > beganAt;
  await cast.timeline.step(label, {
    deadlineInMs: DEADLINE_IN_MS,
    happening: timesOf(servers, fits, servers.length).then((times) => ({ at: times.at(-1) })),
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

/** When the first so many servers told something that fits: ascending, by this process's clock. */
async function timesOf(
  servers: readonly AppServer[],
  fits: (told: ServerTold) => boolean,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  return new Promise((resolve) => {
    for (const { told } of servers) {
      void told.first(fits).then((found) => {
        times.push("at" in found ? hereAt(found.at) : performance.now());
        if (times.length === count) resolve(times.sort((a, b) => a - b));
      });
    }
  });
}

/** When each client arrived at an endpoint for the first time since. */
async function allArrive(
  { arrivals, size }: Crowd,
  endpoint: string,
  since: number,
): Promise<{ at: number; times: number[] }> {
  const times = await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const arrival = await arrivals.first(
        ({ at, member, ...it }) => member === index && it.endpoint === endpoint && at > since,
      );
      return arrival.at;
    }),
  );
  return { at: Math.max(...times), times };
}

async function nextCompleted({ completed, conversation }: Crowd): Promise<{ at: number }> {
  return completed.first((it) => it.conversation === conversation);
}

async function leaderOf(cast: Cast): Promise<AppServer> {
  for (;;) {
    for (const server of running(cast)) {
      if ((await server.status()).isLeader) return server;
    }
    await delay(50, undefined, { signal: cast.signal });
  }
}

function running({ cluster }: Cast): AppServer[] {
  return cluster.servers.filter(({ isRunning }) => isRunning);
}

async function epochs(cast: Cast): Promise<number[]> {
  return Promise.all(running(cast).map(async (server) => (await server.status()).epoch ?? 0));
}

function tally({ places }: Crowd): string {
  return Object.entries(places)
    .filter(([, count]) => count > 0)
    .map(([endpoint, count]) => `${count} on ${endpoint}`)
    .join(", ");
}
