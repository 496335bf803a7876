import { distributionOf } from "../kit/distribution.ts";
import type { AppServer, Region } from "./cluster.ts";
import {
  allHear,
  type Cast,
  DEADLINE_IN_MS,
  running,
  tally,
  timesOf,
} from "./cluster-drill-context.ts";
import type { Crowd } from "./group-clients.ts";
import { hereAt, type ServerTold } from "./process-messages.ts";
import type { MoveResult } from "./result.ts";

interface MoveOptions {
  /** The active endpoint is down for the servers. */
  readonly isDown?: boolean;
  /** What is done once all servers have agreed. */
  readonly agreed?: () => void;
}

/** Does something that moves all clients, and measures how they do. @throws MissedStepError */
export async function move(
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
  const back = allArrive(crowd, to.name, beganAt);
  timeline.say(cause.toUpperCase(), `${from.name} -> ${to.name}`);
  await inflict();
  const servers = running(cast);

  let seenInMs: number | undefined;
  if (isDown) {
    const majority = Math.floor(servers.length / 2);
    const isSeen = (told: ServerTold): boolean =>
      told.kind === "down" && told.endpoint === from.name && hereAt(told.at) > beganAt;
    const seen = await timeline.step("most servers see it", {
      deadlineInMs: DEADLINE_IN_MS,
      promise: timesOf(servers, isSeen, majority + 1).then((times) => ({ at: times[majority] })),
      detail: ({ at = 0 }) => since(at),
    });
    seenInMs = (seen.at ?? 0) - beganAt;
  }

  const isNew = (told: ServerTold): boolean =>
    told.kind === "agreed" && told.active === to.name && hereAt(told.at) > beganAt;
  const { times } = await timeline.step("all servers agree", {
    deadlineInMs: DEADLINE_IN_MS,
    promise: timesOf(servers, isNew, servers.length).then((all) => ({
      at: all.at(-1),
      times: all,
    })),
    detail: ({ at = 0 }) => since(at),
  });
  agreed();
  const arrivals = await timeline.step("all clients are back", {
    deadlineInMs: DEADLINE_IN_MS,
    promise: back,
    detail: ({ at }) => `${tally(crowd)}, ${since(at)}`,
  });
  await allHear(cast, ({ at }) => since(at));
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
export async function freeze(cast: Cast, from: Region, to: Region): Promise<MoveResult> {
  const inflict = async (): Promise<void> => from.pause();
  try {
    return await move(cast, from, to, "active frozen and back", inflict, {
      agreed: () => from.resume(),
    });
  } finally {
    from.resume();
  }
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
