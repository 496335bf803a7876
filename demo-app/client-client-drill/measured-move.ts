import { distributionOf } from "../kit/distribution.ts";
import type { AppServer, Region } from "./cluster.ts";
import {
  awaitAllPairs,
  type ClusterDrillContext,
  clientCountsText,
  DEADLINE_IN_MS,
  messageTimesOf,
  runningServers,
} from "./cluster-drill-context.ts";
import type { GroupClients } from "./group-clients.ts";
import { localTimeOf, type ServerMessage } from "./process-messages.ts";
import type { MoveResult } from "./result.ts";

interface MoveOptions {
  /** The active endpoint is down for the servers. */
  readonly isDown?: boolean;
  /** What is done once all servers have agreed. */
  readonly agreed?: () => void;
}

/** Does something that moves all clients, and measures how they do. @throws MissedStepError */
export async function measureMove(
  context: ClusterDrillContext,
  from: Region,
  to: Region,
  cause: string,
  inflict: () => Promise<void>,
  { isDown = true, agreed = () => {} }: MoveOptions = {},
): Promise<MoveResult> {
  const { log, clients } = context;
  const startedAt = performance.now();
  const since = (at: number): string => `${Math.round(at - startedAt)} ms after it`;
  const pairDeliveries = clients.startRound(to.name);
  const back = allArrive(clients, to.name, startedAt);
  log.print(cause.toUpperCase(), `${from.name} -> ${to.name}`);
  await inflict();
  const servers = runningServers(context);

  let seenInMs: number | undefined;
  if (isDown) {
    const majority = Math.floor(servers.length / 2);
    const isSeen = (message: ServerMessage): boolean =>
      message.kind === "down" &&
      message.endpoint === from.name &&
      localTimeOf(message.at) > startedAt;
    const seen = await log.step("most servers see it", {
      deadlineInMs: DEADLINE_IN_MS,
      promise: messageTimesOf(servers, isSeen, majority + 1).then((times) => ({
        at: times[majority],
      })),
      detail: ({ at = 0 }) => since(at),
    });
    seenInMs = (seen.at ?? 0) - startedAt;
  }

  const isNew = (message: ServerMessage): boolean =>
    message.kind === "agreed" && message.active === to.name && localTimeOf(message.at) > startedAt;
  const { times } = await log.step("all servers agree", {
    deadlineInMs: DEADLINE_IN_MS,
    promise: messageTimesOf(servers, isNew, servers.length).then((all) => ({
      at: all.at(-1),
      times: all,
    })),
    detail: ({ at = 0 }) => since(at),
  });
  agreed();
  const arrivals = await log.step("all clients are back", {
    deadlineInMs: DEADLINE_IN_MS,
    promise: back,
    detail: ({ at }) => `${clientCountsText(clients)}, ${since(at)}`,
  });
  await awaitAllPairs(context, ({ at }) => since(at));
  const { epoch = 0 } = await (servers[0] as AppServer).status();
  return {
    cause,
    to: to.name,
    epoch,
    seenInMs,
    agreedInMs: (times[0] ?? 0) - startedAt,
    allAgreedInMs: (times.at(-1) ?? 0) - startedAt,
    backInMs: distributionOf(arrivals.times.map((at) => at - startedAt)),
    talkingInMs: distributionOf(pairDeliveries.delays),
    splitInMs: clients.takeSplit(),
  };
}

/** It answers nothing, and is back with all its clients just when all servers have left it. */
export async function measureFreeze(
  context: ClusterDrillContext,
  from: Region,
  to: Region,
): Promise<MoveResult> {
  const inflict = async (): Promise<void> => from.pause();
  try {
    return await measureMove(context, from, to, "active frozen and back", inflict, {
      agreed: () => from.resume(),
    });
  } finally {
    from.resume();
  }
}

/** When each client arrived at an endpoint for the first time since. */
async function allArrive(
  { arrivals, size }: GroupClients,
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
