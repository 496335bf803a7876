import type { FanOutReport } from "express-resilient-pubsub";
import type { AppServer } from "../app-servers.ts";
import type { EmulatedRegion } from "../emulated-region.ts";
import type { NegotiateLoad } from "./negotiate-load.ts";
import type { OfficialClient } from "./official-client.ts";
import type { Timeline } from "./timeline.ts";

export interface Cast {
  readonly timeline: Timeline;
  readonly primary: EmulatedRegion;
  readonly secondary: EmulatedRegion;
  /** The app server whose primary is `primary`. */
  readonly home: AppServer;
  readonly load: NegotiateLoad;
  readonly client: OfficialClient;
  /** Connects only after the primary has been healed. */
  readonly newcomer: OfficialClient;
}

const DEADLINE_IN_MS = 5000;
// While the primary is down it is checked once a second, and must then pass twice.
const WAY_HOME_DEADLINE_IN_MS = 10_000;
// About a second without a fault, so that there is something to compare with.
const ANSWERS_BEFORE_CRASH = 50;

/** @throws MissedStepError as soon as a step has not happened in time */
export async function rehearse(cast: Cast): Promise<void> {
  await beforeTheFault(cast);
  await failOver(cast);
  await failBack(cast);
}

async function beforeTheFault({ timeline, primary, load, client }: Cast): Promise<void> {
  await timeline.step("client connects", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: connection(client, primary),
    detail: ({ endpoint }) => endpoint,
  });
  const { answers } = load;
  await timeline.step("negotiate answers", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: answers.first(
      (answer) => isOn(primary)(answer) && answers.entries.length >= ANSWERS_BEFORE_CRASH,
    ),
    detail: ({ endpoint }) => `${endpoint}, ${answers.entries.length} times so far`,
  });
}

async function failOver(cast: Cast): Promise<void> {
  const { timeline, primary, secondary, load, client } = cast;
  const crashedAt = performance.now();
  timeline.say(`CRASH of ${primary.name}`, "sockets destroyed, port refuses");
  await primary.inject("crash");
  const since = sinceOf(crashedAt, "crash");
  await allOf([
    timeline.step("client is back", {
      deadlineInMs: DEADLINE_IN_MS,
      happening: client.connections.first(isOn(secondary)),
      detail: (event) => `${event.endpoint}, ${since(event)}`,
    }),
    timeline.step("negotiate answers", {
      deadlineInMs: DEADLINE_IN_MS,
      happening: load.answers.first(isOn(secondary)),
      detail: (event) => `${event.endpoint}, ${since(event)}`,
    }),
  ]);
  await broadcast(cast, "while the primary is down", [client]);
  const stale = load.answers.entries.filter((it) => isOn(primary)(it) && it.at > crashedAt);
  const last = stale.at(-1);
  timeline.say(
    `last answer naming ${primary.name}`,
    last ? `${since(last)} (${stale.length} in all)` : "before the crash",
  );
}

async function failBack(cast: Cast): Promise<void> {
  const { timeline, primary, load, client, newcomer } = cast;
  const healedAt = performance.now();
  timeline.say(`HEAL of ${primary.name}`);
  await primary.heal();
  const since = sinceOf(healedAt, "heal");
  await timeline.step("negotiate answers", {
    deadlineInMs: WAY_HOME_DEADLINE_IN_MS,
    happening: load.answers.first((it) => isOn(primary)(it) && it.sentAt > healedAt),
    detail: (event) => `${event.endpoint}, ${since(event)}`,
  });
  await timeline.step("new client connects", {
    deadlineInMs: DEADLINE_IN_MS,
    happening: connection(newcomer, primary),
    detail: ({ endpoint }) => endpoint,
  });
  timeline.say("first client stays", `${client.endpoint}, until it reconnects`);
  await broadcast(cast, "after the failback", [client, newcomer]);
}

/** One message from the app server, which all of these clients must hear. */
async function broadcast(cast: Cast, text: string, hearers: OfficialClient[]): Promise<void> {
  const { timeline, home } = cast;
  const heard = hearers.map(({ messages }) =>
    messages.first(({ data }) => (data as { text?: unknown } | null)?.text === text),
  );
  const reported = home.pubsub
    .broadcast({ kind: "drill", text })
    .then((report) => ({ report, at: performance.now() }));
  await allOf([
    timeline.step("broadcast is heard", {
      deadlineInMs: DEADLINE_IN_MS,
      happening: Promise.all(heard).then((all) => ({ at: Math.max(...all.map(({ at }) => at)) })),
      detail: () => `on ${hearers.map(({ endpoint }) => endpoint).join(" and ")}`,
    }),
    timeline.step("broadcast is reported", {
      deadlineInMs: DEADLINE_IN_MS,
      happening: reported,
      detail: ({ report }) => summaryOf(report),
    }),
  ]);
}

function connection(client: OfficialClient, { name }: EmulatedRegion) {
  const connected = client.connections.first(({ endpoint }) => endpoint === name);
  return client.start().then(() => connected);
}

function isOn({ name }: EmulatedRegion): (event: { endpoint?: string }) => boolean {
  return ({ endpoint }) => endpoint === name;
}

function sinceOf(start: number, what: string): (event: { at: number }) => string {
  return ({ at }) => `${Math.round(at - start)} ms after the ${what}`;
}

function summaryOf({ delivered, failed, skipped }: FanOutReport): string {
  return [
    `delivered to ${delivered.join(" and ")}`,
    ...failed.map(({ endpoint }) => `${endpoint} failed`),
    ...skipped.map(({ endpoint, reason }) => `${endpoint} skipped (${reason})`),
  ].join(", ");
}

/** Waits for all even when one fails, so that none prints after the end. */
async function allOf(steps: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(steps);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
