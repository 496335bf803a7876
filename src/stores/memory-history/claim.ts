import type { HistoryLimits, OutboxTask } from "../../contract/history-store.ts";
import { isCurrent, oweEverywhere, wasRenewed } from "./hub.ts";
import { entryAt } from "./log.ts";
import { becomeCheck, dueTasks, lease, unsettledKey } from "./outbox.ts";
import { ALL_STREAMS, type HubState, type UnsettledMessage } from "./state.ts";

/**
 * Takes messages of which nobody has told how their first send went, a task for each stream. Where
 * they are too many, or one is not there any more, clients of all endpoints are to look instead.
 */
export function claimUnsettled(
  hub: HubState,
  limit: number,
  leasedUntil: number,
  limits: HistoryLimits,
  now: number,
): OutboxTask[] {
  const tasks: OutboxTask[] = [];
  for (const [stream, messages] of dueByStream(hub, now)) {
    const open = messages.filter((message) => isOpen(hub, message));
    if (needCheck(hub, messages, open, limits, now)) {
      for (const message of messages) forget(hub, message);
      oweEverywhere(hub, stream, now);
      continue;
    }
    for (const message of messages) if (!open.includes(message)) forget(hub, message);
    if (open.length > 0 && tasks.length < limit) {
      tasks.push(taskOf(hub, stream, open, leasedUntil));
    }
  }
  return tasks;
}

/** What was forgotten with its stream, or is not kept any more, nobody can be sent again. */
function needCheck(
  hub: HubState,
  messages: readonly UnsettledMessage[],
  open: readonly UnsettledMessage[],
  limits: HistoryLimits,
  now: number,
): boolean {
  if (open.length > limits.maxResends) return true;
  return messages.some((message) =>
    open.includes(message)
      ? !isStillThere(hub, message, limits, now)
      : !wasRenewed(hub.streams.get(message.stream), message.position.epoch),
  );
}

function taskOf(
  hub: HubState,
  stream: string,
  open: readonly UnsettledMessage[],
  leasedUntil: number,
): OutboxTask {
  for (const message of open) message.dueAt = leasedUntil;
  const offsets = sorted(open.map(({ position }) => position.offset));
  const epoch = open[0]?.position.epoch;
  return { endpoint: undefined, stream, epoch, offsets, claim: hub.generation };
}

/** Takes what endpoints have still to be sent. A message that is not there any more makes a check of it. */
export function claimTasks(
  hub: HubState,
  endpoints: readonly string[],
  limit: number,
  leasedUntil: number,
  limits: HistoryLimits,
  now: number,
): OutboxTask[] {
  const due = endpoints.flatMap((name) => {
    const endpoint = hub.endpoints.get(name);
    return endpoint
      ? dueTasks(endpoint, now).map(([stream, task]) => ({ name, stream, task }))
      : [];
  });
  return due.slice(0, Math.max(limit, 0)).map(({ name, stream, task }) => {
    const position = (offset: number) => ({ epoch: task.epoch, offset });
    const isComplete = task.offsets.every((offset) =>
      isStillThere(hub, { stream, position: position(offset) }, limits, now),
    );
    if (!isComplete) becomeCheck(task);
    return {
      endpoint: name,
      stream: stream === ALL_STREAMS ? undefined : stream,
      epoch: task.epoch === "" ? undefined : task.epoch,
      offsets: sorted(task.offsets),
      claim: lease(hub, task, leasedUntil),
    };
  });
}

function dueByStream(hub: HubState, now: number): Map<string, UnsettledMessage[]> {
  const due = new Map<string, UnsettledMessage[]>();
  for (const message of hub.unsettled.values()) {
    if (message.dueAt > now) continue;
    const others = due.get(message.stream);
    if (others) others.push(message);
    else due.set(message.stream, [message]);
  }
  return due;
}

type Place = Pick<UnsettledMessage, "stream" | "position">;

const isOpen = (hub: HubState, { stream, position }: Place): boolean =>
  isCurrent(hub, hub.streams.get(stream), position.epoch);

function forget(hub: HubState, { stream, position }: UnsettledMessage): void {
  hub.unsettled.delete(unsettledKey(stream, position));
}

function isStillThere(hub: HubState, place: Place, limits: HistoryLimits, now: number): boolean {
  const { stream: name, position } = place;
  const stream = hub.streams.get(name);
  if (!isCurrent(hub, stream, position.epoch)) return false;
  return entryAt(stream, position.offset, limits, now) !== undefined;
}

const sorted = (offsets: readonly number[]): number[] =>
  [...offsets].sort((one, other) => one - other);
