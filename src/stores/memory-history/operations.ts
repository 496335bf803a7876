import type {
  AppendResult,
  ClaimQuestion,
  HistoryAppend,
  HistoryEntry,
  HistoryLimits,
  OutboxTask,
  RangeQuestion,
  Settlement,
  StreamPosition,
  StreamQuestion,
} from "../../contract/history-store.ts";
import { lifeInMs, maxUnsettled } from "../history-bounds.ts";
import { claimTasks, claimUnsettled } from "./claim.ts";
import {
  beginGeneration,
  enterHub,
  isCurrent,
  renewStream,
  touchStream,
  wasRenewed,
} from "./hub.ts";
import { entryAt, findPublication, logMessage, makeRoom, rememberPublication } from "./log.ts";
import { addToTask, finishTask, nameEndpoints, oweAll, oweCheck, unsettledKey } from "./outbox.ts";
import type { EndpointState, HubState, StepInputs } from "./state.ts";

/** How much a history in memory keeps. */
export interface MemoryLimits extends HistoryLimits {
  /** Over all streams of the hub. */
  readonly maxBytes: number;
}

// Each function is one step of a hub's history: it changes the state, and nothing else.

export function append(
  hub: HubState,
  appends: readonly HistoryAppend[],
  limits: MemoryLimits,
  inputs: StepInputs,
): AppendResult[] {
  enterHub(hub, inputs);
  return appends.map((one) => appendOne(hub, one, limits, inputs));
}

function appendOne(
  hub: HubState,
  { stream: name, known, message, key, dueInMs }: HistoryAppend,
  limits: MemoryLimits,
  inputs: StepInputs,
): AppendResult {
  const { now } = inputs;
  const stream = touchStream(hub, name, known, inputs);
  const repeated = key === undefined ? undefined : findPublication(hub, stream, key, limits, now);
  if (repeated) return { position: repeated, isRepeated: true };
  const position = logMessage(hub, name, stream, message, limits, now);
  if (key !== undefined) rememberPublication(hub, stream, key, position, now);
  hub.unsettled.set(unsettledKey(name, position), { stream: name, position, dueAt: now + dueInMs });
  if (hub.unsettled.size > maxUnsettled) {
    hub.unsettled.clear();
    for (const endpoint of hub.endpoints.values()) oweAll(hub, endpoint, now);
  }
  makeRoomIn(hub, limits, now);
  return { position, isRepeated: false };
}

export function tops(
  hub: HubState,
  questions: readonly StreamQuestion[],
  limits: MemoryLimits,
  inputs: StepInputs,
): StreamPosition[] {
  enterHub(hub, inputs);
  return questions.map(({ stream, known }) => {
    const { epoch, top } = touchStream(hub, stream, known, inputs).record;
    makeRoomIn(hub, limits, inputs.now);
    return { epoch, offset: top };
  });
}

export function ranges(
  hub: HubState,
  questions: readonly RangeQuestion[],
  limits: MemoryLimits,
  inputs: StepInputs,
): (HistoryEntry[] | undefined)[] {
  enterHub(hub, inputs);
  return questions.map((question) => rangeOf(hub, question, limits, inputs.now));
}

function rangeOf(
  hub: HubState,
  { stream: name, epoch, from, to }: RangeQuestion,
  limits: HistoryLimits,
  now: number,
): HistoryEntry[] | undefined {
  const stream = hub.streams.get(name);
  if (!isCurrent(hub, stream, epoch) || to > stream.record.top) return undefined;
  const entries: HistoryEntry[] = [];
  for (let offset = from; offset <= to; offset += 1) {
    const entry = entryAt(stream, offset, limits, now);
    if (!entry) return undefined;
    entries.push(entry);
  }
  return entries;
}

export function renewEpochs(
  hub: HubState,
  streams: readonly string[] | "all",
  inputs: StepInputs,
): void {
  enterHub(hub, inputs);
  if (streams === "all") beginGeneration(hub, inputs);
  else for (const name of streams) renewStream(hub, name, inputs);
}

export function settle(
  hub: HubState,
  settlements: readonly Settlement[],
  limits: HistoryLimits,
  inputs: StepInputs,
): void {
  enterHub(hub, inputs);
  for (const settlement of settlements) settleOne(hub, settlement, limits, inputs.now);
}

function settleOne(
  hub: HubState,
  { stream: name, position, undelivered, retryInMs }: Settlement,
  limits: HistoryLimits,
  now: number,
): void {
  hub.unsettled.delete(unsettledKey(name, position));
  nameEndpoints(hub, undelivered, limits, now);
  const stream = hub.streams.get(name);
  const isOpen = isCurrent(hub, stream, position.epoch);
  if (!isOpen && wasRenewed(stream, position.epoch)) return;
  const addition = isOpen ? position : "check";
  for (const endpoint of endpointsOf(hub, undelivered)) {
    addToTask(hub, endpoint, name, addition, now + retryInMs, limits.maxResends);
  }
}

export function owe(
  hub: HubState,
  endpoints: readonly string[],
  streams: readonly string[] | "all",
  limits: HistoryLimits,
  inputs: StepInputs,
): void {
  const { now } = inputs;
  enterHub(hub, inputs);
  nameEndpoints(hub, endpoints, limits, now);
  for (const endpoint of endpointsOf(hub, endpoints)) {
    if (streams === "all") oweAll(hub, endpoint, now);
    else for (const stream of streams) oweCheck(hub, endpoint, stream, now);
  }
}

export function claim(
  hub: HubState,
  { endpoints, limit, leaseInMs }: ClaimQuestion,
  limits: HistoryLimits,
  inputs: StepInputs,
): OutboxTask[] {
  const { now } = inputs;
  enterHub(hub, inputs);
  nameEndpoints(hub, endpoints, limits, now);
  const leasedUntil = now + leaseInMs;
  const unsettled = claimUnsettled(hub, limit, leasedUntil, limits, now);
  const left = limit - unsettled.length;
  return [...unsettled, ...claimTasks(hub, endpoints, left, leasedUntil, limits, now)];
}

export function finish(
  hub: HubState,
  task: OutboxTask,
  result: "done" | { readonly retryInMs: number },
  inputs: StepInputs,
): void {
  const { now } = inputs;
  enterHub(hub, inputs);
  const retryAt = result === "done" ? undefined : now + result.retryInMs;
  if (task.endpoint === undefined) finishUnsettled(hub, task, retryAt);
  else finishTask(hub, task, retryAt, now);
}

function finishUnsettled(
  hub: HubState,
  { stream, epoch, offsets }: OutboxTask,
  retryAt: number | undefined,
): void {
  if (stream === undefined || epoch === undefined) return;
  for (const offset of offsets) {
    const key = unsettledKey(stream, { epoch, offset });
    const message = hub.unsettled.get(key);
    if (retryAt === undefined) hub.unsettled.delete(key);
    else if (message) message.dueAt = retryAt;
  }
}

function endpointsOf(hub: HubState, names: readonly string[]): EndpointState[] {
  return names.flatMap((name) => hub.endpoints.get(name) ?? []);
}

function makeRoomIn(hub: HubState, { maxBytes, ttlInMs }: MemoryLimits, now: number): void {
  makeRoom(hub, { maxBytes, ttlInMs, lifeInMs: lifeInMs(ttlInMs) }, now);
}
