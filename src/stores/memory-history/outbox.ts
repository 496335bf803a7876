import type {
  HistoryLimits,
  OutboxBacklog,
  OutboxTask,
  StreamPosition,
} from "../../contract/history-store.ts";
import { lifeInMs, maxTasksOfEndpoint } from "../history-bounds.ts";
import { ALL_STREAMS, type EndpointState, type HubState, type Task } from "./state.ts";

/** What comes to a task: a message, or nothing, which makes it a check. */
type Addition = StreamPosition | "check";

/**
 * Keeps note of endpoints. One that is new has clients of all streams look: whether somebody knew it
 * before the store lost what it had, or forgot the endpoint, cannot be told.
 */
export function nameEndpoints(
  hub: HubState,
  names: readonly string[],
  { ttlInMs }: HistoryLimits,
  now: number,
): void {
  for (const [name, { namedAt }] of hub.endpoints) {
    if (namedAt + lifeInMs(ttlInMs) <= now) hub.endpoints.delete(name);
  }
  for (const name of names) {
    const endpoint = hub.endpoints.get(name);
    if (endpoint) endpoint.namedAt = now;
    else {
      const added: EndpointState = { namedAt: now, tasks: new Map() };
      hub.endpoints.set(name, added);
      oweAll(hub, added, now);
    }
  }
}

/** Has the endpoint sent one check of all streams, in place of all that it was to be sent. */
export function oweAll(hub: HubState, { tasks }: EndpointState, now: number): void {
  const before = tasks.get(ALL_STREAMS);
  tasks.clear();
  tasks.set(ALL_STREAMS, changed(hub, before ?? newTask(now)));
}

/** As `oweAll`, of one stream. */
export function oweCheck(
  hub: HubState,
  endpoint: EndpointState,
  stream: string,
  now: number,
): void {
  addToTask(hub, endpoint, stream, "check", now, 0);
}

/**
 * Adds to what an endpoint has still to be sent of a stream. A task that there is keeps the time
 * when it is due: somebody is at it, or has found that the endpoint needs a pause.
 */
export function addToTask(
  hub: HubState,
  endpoint: EndpointState,
  stream: string,
  addition: Addition,
  dueAt: number,
  maxResends: number,
): void {
  const { tasks } = endpoint;
  const all = tasks.get(ALL_STREAMS);
  if (all) return void changed(hub, all);
  const before = tasks.get(stream);
  if (before) changed(hub, extended(before, addition, maxResends));
  else tasks.set(stream, changed(hub, begun(addition, dueAt, maxResends)));
  if (tasks.size > maxTasksOfEndpoint) {
    tasks.clear();
    tasks.set(ALL_STREAMS, changed(hub, newTask(dueAt)));
  }
}

/** The tasks of an endpoint that are due, the one that has been due for longest first. */
export function dueTasks({ tasks }: EndpointState, now: number): [stream: string, task: Task][] {
  return [...tasks]
    .filter(([, { dueAt }]) => dueAt <= now)
    .sort(([, { dueAt: one }], [, { dueAt: other }]) => one - other);
}

/** Makes a check of a task, because one of its messages is not there any more. */
export function becomeCheck(task: Task): void {
  task.epoch = "";
  task.offsets = [];
}

/** Takes a task for a while. */
export function lease(hub: HubState, task: Task, dueAt: number): string {
  hub.sequence += 1;
  task.lease = hub.sequence;
  task.dueAt = dueAt;
  return `${hub.generation}.${task.version}.${task.lease}`;
}

/** Ends a claimed task, or has it due again; whatever was added meanwhile remains, and is due now. */
export function finishTask(
  hub: HubState,
  { endpoint, stream = ALL_STREAMS, epoch, offsets, claim }: OutboxTask,
  retryAt: number | undefined,
  now: number,
): void {
  const tasks = hub.endpoints.get(endpoint ?? "")?.tasks;
  const task = tasks?.get(stream);
  const [generation, version, leased] = claim.split(".");
  if (!task || generation !== hub.generation) return;
  const isLeased = task.lease === Number(leased);
  if (retryAt !== undefined) {
    if (isLeased) task.dueAt = retryAt;
    return;
  }
  const left =
    task.epoch === epoch
      ? task.offsets.filter((offset) => !offsets.includes(offset))
      : task.offsets;
  const isEmpty = task.offsets.length > 0 && left.length === 0;
  if (task.version === Number(version) || isEmpty) tasks?.delete(stream);
  else {
    task.offsets = left;
    if (isLeased) task.dueAt = now;
  }
}

/** How much there is to be claimed, now or later. */
export function backlogOf({ endpoints, unsettled }: HubState, now: number): OutboxBacklog {
  const lists = [...endpoints.values()].map(({ tasks }) => [...tasks.values()]);
  const late = [...unsettled.values()].filter(({ dueAt }) => dueAt <= now);
  const all = [...lists.flat(), ...late];
  const first = all.reduce((earliest, { dueAt }) => Math.min(earliest, dueAt), now);
  return { tasks: all.length, overdueInMs: now - first };
}

export function unsettledKey(stream: string, { epoch, offset }: StreamPosition): string {
  return `${epoch}:${offset}:${stream}`;
}

function newTask(dueAt: number): Task {
  return { epoch: "", offsets: [], dueAt, version: 0, lease: 0 };
}

function begun(addition: Addition, dueAt: number, maxResends: number): Task {
  const task = newTask(dueAt);
  if (addition === "check" || maxResends < 1) return task;
  return { ...task, epoch: addition.epoch, offsets: [addition.offset] };
}

function extended(task: Task, addition: Addition, maxResends: number): Task {
  const isCheck = task.offsets.length === 0;
  if (isCheck) return task;
  if (addition === "check" || addition.epoch !== task.epoch) becomeCheck(task);
  else if (!task.offsets.includes(addition.offset)) task.offsets.push(addition.offset);
  if (task.offsets.length > maxResends) becomeCheck(task);
  return task;
}

function changed(hub: HubState, task: Task): Task {
  hub.sequence += 1;
  task.version = hub.sequence;
  return task;
}
