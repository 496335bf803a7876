import express from "express";
import {
  type FanOutError,
  type FanOutReport,
  type HealthOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import type { Emulator, Fault } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { logEvents } from "../support/event-log.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

// A busy machine may take its time; nothing is measured here.
jest.setTimeout(30_000);

/*
 * Every fault over the wire, as seen by an app server whose primary is `east`. What takes time is
 * in fault-timing.test.ts. Every negotiate checks its choice here, so the first one tells.
 */
interface Case {
  readonly fault: string;
  /** Injected into east, or whatever else breaks it. */
  readonly inject: Fault | ((east: Emulator, west: Emulator) => unknown);
  /** What negotiates and broadcasts come to: before, during and (if it can be healed here) after. */
  readonly routes: string;
  /** One of them, if there are several. */
  readonly events: string | readonly string[];
  /** Broadcasts during the fault, before the negotiate that counts. Default none. */
  readonly broadcasts?: number;
  /** What the last of them reported, as a pattern. */
  readonly report?: string;
}

const gone = (reason: string) => `endpointDown east (${reason}), failover east -> west (${reason})`;
const goneAndBack = (reason: string, last = reason) =>
  `${gone(reason)}, endpointUp east (${last}), failback west -> east`;
// A check that is under way when it heals is cut off.
const silentAndBack = [goneAndBack("timeout"), goneAndBack("timeout", "refused")];
// Whose check or canary comes back first is found out first.
const bothGone = (reason: string) => [
  `${gone(reason)}, endpointDown west (${reason}), allDown`,
  `endpointDown west (${reason}), endpointDown east (${reason}), allDown`,
];
const home = "east, west, east";
const stay = "east, east, east";

// biome-ignore format: one line for the case and one for what is expected of it
const cases: Case[] = [
  { fault: "crash", inject: { kind: "crash" },
    routes: home, events: goneAndBack("refused") },
  { fault: "crash, and a broadcast is what meets it", inject: { kind: "crash" }, broadcasts: 1,
    report: "west; east failed (ECONN|UND_ERR_SOCKET)", routes: home, events: goneAndBack("refused") },
  { fault: "blackhole", inject: { kind: "blackhole" },
    routes: home, events: silentAndBack },
  { fault: "half-open", inject: { kind: "half-open" },
    routes: "east, west", events: gone("timeout") },
  { fault: "a link on which nothing gets through in time", inject: { kind: "slow-link", bytesPerSecond: 50 },
    routes: home, events: goneAndBack("timeout") },
  { fault: "a slow link on which everything gets through", inject: { kind: "slow-link", bytesPerSecond: 50_000 }, broadcasts: 2,
    report: "east west", routes: stay, events: "" },
  { fault: "a firewall that refuses one text", inject: { kind: "poison", text: "hi" }, broadcasts: 3,
    report: "west; east failed 403", routes: stay, events: "" },
  { fault: "slow, but within the deadline", inject: { kind: "latency", delayInMs: 100 }, broadcasts: 2,
    report: "east west", routes: stay, events: "" },
  { fault: "slower than the deadline", inject: { kind: "latency", delayInMs: 5000 },
    routes: home, events: goneAndBack("timeout") },
  { fault: "500 of everything", inject: { kind: "unhealthy", status: 500 },
    routes: home, events: goneAndBack("status(500)") },
  { fault: "503 with Retry-After of everything", inject: { kind: "unhealthy", retryAfterInSeconds: 20 },
    routes: home, events: goneAndBack("status(503)") },
  { fault: "503 of the health check, sends fine", inject: { kind: "unhealthy", requestTypes: ["Health"] },
    routes: home, events: goneAndBack("status(503)") },
  { fault: "blackhole of the health check, sends fine", inject: { kind: "blackhole", requestTypes: ["Health"] },
    routes: home, events: silentAndBack },
  { fault: "429 of calls", inject: { kind: "throttle", retryAfterInSeconds: 1 }, broadcasts: 3,
    report: "west; east failed 429", routes: stay, events: "" },
  { fault: "429 of the health check too", inject: { kind: "throttle", requestTypes: ["Health"] },
    routes: home, events: goneAndBack("status(429)") },
  { fault: "403 of calls, health green", inject: { kind: "accessDenied" }, broadcasts: 1,
    report: "west; east failed 403", routes: home, events: `credentialsRejected east, ${goneAndBack("credentials-rejected")}` },
  { fault: "403 of everything", inject: { kind: "accessDenied", requestTypes: ["RESTAPI", "ClientConnection", "Health"] },
    routes: home, events: goneAndBack("status(403)") },
  { fault: "key rotated away, health green", inject: (east) => { east.rotateKey("primary"); }, broadcasts: 1,
    report: "west; east failed 401", routes: "east, west", events: `credentialsRejected east, ${gone("credentials-rejected")}` },
  { fault: "gray: sends get 500, health green", inject: { kind: "gray" }, broadcasts: 2,
    report: "west; east failed 500", routes: "east, west", events: gone("failing-calls") },
  { fault: "gray, met by one call only: canaries go on", inject: { kind: "gray" }, broadcasts: 1,
    report: "west; east failed 500", routes: "east, west", events: gone("failing-calls") },
  { fault: "gray: sends are never answered, health green", inject: { kind: "blackhole", requestTypes: ["RESTAPI"] }, broadcasts: 2,
    report: "west; east failed ERR_DEADLINE_EXCEEDED", routes: "east, west", events: gone("failing-calls") },
  { fault: "clients are refused, and nobody says so", inject: { kind: "accessDenied", requestTypes: ["ClientConnection"] }, broadcasts: 2,
    report: "east west", routes: stay, events: "" },
  { fault: "all sockets of clients dropped", inject: (east) => east.dropSockets(), broadcasts: 2,
    report: "east west", routes: stay, events: "" },
  { fault: "restart", inject: (east) => east.restart({ keepState: false }), broadcasts: 2,
    report: "east west", routes: stay, events: "" },
  { fault: "both crash", inject: both({ kind: "crash" }),
    routes: "east, ERR_NO_HEALTHY_ENDPOINT", events: bothGone("refused") },
  { fault: "both gray", inject: both({ kind: "gray" }), broadcasts: 2,
    report: "; east failed 500; west failed 500", routes: "east, east", events: bothGone("failing-calls") },
];

function both(fault: Fault): Case["inject"] {
  return (east, west) => Promise.all([east.inject(fault), west.inject(fault)]);
}

const health: HealthOptions = {
  schedule: false,
  timeoutInMs: 300,
  transitionIntervalInMs: 20,
  onDemandMaxAgeInMs: 0,
  onDemandBudgetInMs: 5000,
};

async function startWorld(eastAt?: (east: Emulator) => string, overrides: HealthOptions = {}) {
  const [east, west] = await Promise.all([startEmulator(), startEmulator()]);
  closeAfterTest(east);
  closeAfterTest(west);
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        {
          name: "east",
          role: "primary",
          connectionString: eastAt?.(east) ?? east.connectionString,
        },
        { name: "west", role: "secondary", connectionString: west.connectionString },
      ],
      negotiate: { allowAnonymous: true },
      fanOut: { timeoutInMs: 300 },
      health: { ...health, ...overrides },
    }),
  );
  const log = logEvents(pubsub.events);
  pubsub.events.on("credentialsRejected", ({ endpoint }) => {
    log.push(`credentialsRejected ${endpoint}`);
  });
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  const route = async () => {
    const { body } = await fetchAnswer(`${url}/negotiate`);
    return String(body.endpoint ?? body.code);
  };
  return { east, west, pubsub, log, route };
}

describe("the fault and what becomes of it:", () => {
  it.each(cases)("$fault: $routes", async (example) => {
    const { east, west, pubsub, log, route } = await startWorld();
    await pubsub.ready();
    const [before, during, after] = example.routes.split(", ");
    expect(await route()).toBe(before);
    log.length = 0;

    const { inject, broadcasts = 0 } = example;
    await (typeof inject === "function" ? inject(east, west) : east.inject(inject));
    let report: FanOutReport | undefined;
    for (let i = 0; i < broadcasts; i++) {
      report = await pubsub.broadcast("hi").catch(({ report }: FanOutError) => report);
    }
    if (example.report) expect(lineOf(report)).toMatch(new RegExp(example.report));
    const events = [example.events].flat();
    // Canaries have the last word, and take their time.
    if (events[0]?.includes("failing-calls")) await until(() => events.includes(log.join(", ")));
    expect(await route()).toBe(during);

    if (after) {
      await Promise.all([east.clear(), west.clear()]);
      await until(async () => (await route()) === after);
    }
    expect(events).toContain(log.join(", "));
  });
});

/** `west; east failed 403` */
function lineOf(report: FanOutReport | undefined): string {
  const failed = report?.failed.map(({ endpoint, error }) => {
    const { statusCode, code } = error as { statusCode?: number; code?: string };
    return `; ${endpoint} failed ${statusCode ?? code}`;
  });
  return [report?.delivered.join(" "), ...(failed ?? [])].join("");
}

describe("an app server that starts while its primary", () => {
  const keyOf = ({ connectionString }: Emulator) => /AccessKey=[^;]+/.exec(connectionString)?.[0];
  it.each<[string, (east: Emulator) => string, string]>([
    [
      "has a name that does not resolve",
      (east) => `Endpoint=https://east.invalid;${keyOf(east)}`,
      "dns",
    ],
    ["does not speak TLS", (east) => east.connectionString.replace("http:", "https:"), "tls"],
    [
      "refuses our key, its health check being green",
      ({ endpoint }) => `Endpoint=${endpoint};AccessKey=${Buffer.alloc(32).toString("base64")}`,
      "credentials-rejected",
    ],
  ])("%s serves from the secondary", async (_, eastAt, reason) => {
    const { pubsub, log, route } = await startWorld(eastAt);
    expect(await route()).toBe("west");
    await pubsub.ready();
    expect(log.filter((line) => line.endsWith(`(${reason})`)).sort()).toEqual([
      `endpointDown east (${reason})`,
      `failover east -> west (${reason})`,
    ]);
  });
});

it("an event loop that was blocked for 3 s takes no endpoint down", async () => {
  const { pubsub, log, route } = await startWorld(undefined, { schedule: "* * * * * *", fall: 1 });
  await pubsub.ready();
  log.length = 0;
  // Whatever is under way now misses its deadline before its answer can be read.
  const negotiating = route();
  const sending = pubsub.broadcast("hi").catch(({ report }: FanOutError) => report);
  await new Promise(setImmediate);
  const blockedUntil = performance.now() + 3000;
  while (performance.now() < blockedUntil);
  expect(await negotiating).toBe("east");
  await sending;
  expect(await route()).toBe("east");
  expect(log).toEqual([]);
});
