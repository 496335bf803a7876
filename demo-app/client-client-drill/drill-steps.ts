import { setTimeout as delay } from "node:timers/promises";
import type { AppServer, Region } from "./cluster.ts";
import {
  awaitAllPairs,
  type ClusterDrillContext,
  clientCountsText,
  DEADLINE_IN_MS,
  messageTimesOf,
  printLastMessages,
  runningServers,
} from "./cluster-drill-context.ts";
import { measureFreeze, measureMove } from "./measured-move.ts";
import { localTimeOf, type ServerMessage } from "./process-messages.ts";
import type { MoveResult, QuietCalls, StayResult } from "./result.ts";

/** What has been measured so far. */
export interface Measurements {
  readonly moves: MoveResult[];
  readonly stays: StayResult[];
  readonly quietCalls: QuietCalls[];
  leadTakenInMs: number | undefined;
}

/** @throws MissedStepError as soon as something has not happened in time, or has and must not */
export async function runDrillSteps(
  context: ClusterDrillContext,
  measurements: Measurements,
): Promise<void> {
  const { clients } = context;
  const { eastus, westus, store } = context.cluster;
  const { moves } = measurements;
  await connectClients(context, eastus);
  moves.push(await measureMove(context, eastus, westus, "active killed", () => eastus.kill()));

  await eastus.revive();
  measurements.quietCalls.push(
    ...(await countCalls(context, () => watchNobodyMoves(context, measurements, "it is back"))),
  );

  const leader = await leaderOf(context);
  const killedAt = performance.now();
  await leader.kill();
  context.log.print(`SIGKILL of ${leader.name}`, "which leads");
  measurements.leadTakenInMs = await awaitNewLeader(context, killedAt);
  await watchNobodyMoves(context, measurements, "leader killed");
  await leader.revive();
  await watchNobodyMoves(context, measurements, "and started again");

  const nextLeader = await leaderOf(context);
  moves.push(
    await measureMove(context, westus, eastus, "active and leader killed", async () => {
      await Promise.all([westus.kill(), nextLeader.kill()]);
    }),
  );
  await Promise.all([westus.revive(), nextLeader.revive()]);
  await watchNobodyMoves(context, measurements, "both started again");

  store.pause();
  context.log.print(`SIGSTOP of ${store.name}`);
  await awaitMessageOfAll(context, "store-lost", "servers miss the store");
  clients.startRound(eastus.name);
  await awaitAllPairs(context, () => "meanwhile");
  await watchNobodyMoves(context, measurements, "store stopped");
  store.resume();
  context.log.print(`SIGCONT of ${store.name}`);
  await awaitMessageOfAll(context, "store-restored", "servers have the store");
  await watchNobodyMoves(context, measurements, "store resumed");

  const [operated] = runningServers(context) as [AppServer];
  moves.push(
    await measureMove(context, eastus, westus, "switchTo", () => operated.switchTo(westus.name), {
      isDown: false,
    }),
  );

  moves.push(await measureFreeze(context, westus, eastus));
  await watchNobodyMoves(context, measurements, "afterwards");
}

async function connectClients(context: ClusterDrillContext, region: Region): Promise<void> {
  const { log, clients, cluster } = context;
  clients.startRound(region.name);
  await log.step("clients are connected", {
    deadlineInMs: DEADLINE_IN_MS,
    promise: clients.start().then(() => ({})),
    detail: () => clientCountsText(clients),
  });
  await awaitAllPairs(context, () => `on ${region.name}, ${cluster.servers.length} app servers`);
}

/** @throws MissedStepError when somebody moves, or the servers agree anew */
async function watchNobodyMoves(
  context: ClusterDrillContext,
  measurements: Measurements,
  cause: string,
): Promise<void> {
  const { log, clients, watchInMs, signal } = context;
  // The first agreement, and one more for each move.
  const epoch = 1 + measurements.moves.length;
  const from = performance.now();
  const arrivalsBefore = clients.arrivals.entries.length;
  const watched = delay(watchInMs, undefined, { signal }).then(async () => {
    const movedClients = clients.arrivals.entries
      .slice(arrivalsBefore)
      .filter(({ isMove }) => isMove).length;
    const after = await epochs(context);
    const newAgreements = Math.max(...after) - epoch;
    measurements.stays.push({
      cause,
      watchedInMs: performance.now() - from,
      movedClients,
      newAgreements,
    });
    if (movedClients > 0 || newAgreements > 0) printLastMessages(context);
    if (movedClients > 0) throw new Error(`${movedClients} clients have moved`);
    if (newAgreements > 0) throw new Error("the servers have agreed anew");
    return {};
  });
  await log.step(cause, {
    deadlineInMs: DEADLINE_IN_MS,
    promise: watched,
    detail: () => `nobody moves: ${clientCountsText(clients)}, epoch ${epoch}`,
  });
}

async function awaitNewLeader(context: ClusterDrillContext, since: number): Promise<number> {
  const { at } = await context.log.step("another one leads", {
    deadlineInMs: DEADLINE_IN_MS,
    promise: leaderOf(context).then(({ name }) => ({ name, at: performance.now() })),
    detail: ({ name, at }) => `${name}, ${Math.round(at - since)} ms after it`,
  });
  return at - since;
}

async function awaitMessageOfAll(
  context: ClusterDrillContext,
  kind: ServerMessage["kind"],
  label: string,
): Promise<void> {
  const servers = runningServers(context);
  const startedAt = performance.now();
  const fits = (message: ServerMessage): boolean =>
    message.kind === kind && localTimeOf(message.at) > startedAt;
  await context.log.step(label, {
    deadlineInMs: DEADLINE_IN_MS,
    promise: messageTimesOf(servers, fits, servers.length).then((times) => ({ at: times.at(-1) })),
    detail: ({ at = 0 }) => `all of them, ${Math.round(at - startedAt)} ms after it`,
  });
}

/** Counts what every server asks of the store while something, or nothing, happens. */
async function countCalls(
  context: ClusterDrillContext,
  during: () => Promise<void>,
): Promise<QuietCalls[]> {
  const servers = runningServers(context);
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

async function leaderOf(context: ClusterDrillContext): Promise<AppServer> {
  for (;;) {
    for (const server of runningServers(context)) {
      if ((await server.status()).isLeader) return server;
    }
    await delay(50, undefined, { signal: context.signal });
  }
}

async function epochs(context: ClusterDrillContext): Promise<number[]> {
  return Promise.all(
    runningServers(context).map(async (server) => (await server.status()).epoch ?? 0),
  );
}
