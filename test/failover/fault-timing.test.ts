import { useFakeTime } from "../support/clean-up.ts";
import { type BehaviourName, ScriptedEndpoints } from "../support/scripted-endpoints.ts";

/*
 * The faults whose story takes time, on a fake clock. East is the primary. A negotiate comes every
 * 100 ms and a broadcast every 100 ms unless the case says otherwise; times are in milliseconds.
 * `routes` has a line whenever negotiate began to answer with another endpoint.
 */
interface Case {
  readonly name: string;
  /** Such as `1000 east crashed, 5000 east well`; the last time is the end. */
  readonly script: string;
  readonly routes: string;
  readonly events: string;
  readonly traffic?: "both" | "negotiates" | "broadcasts" | "none";
}

const start = "20 endpointUp east, 20 endpointUp west";

/** East down and up for so long each, from 1 s to `until`. */
function flapping(halfPeriodInMs: number, until: number): string {
  const steps: string[] = [];
  for (let at = 1000; at < until; at += 2 * halfPeriodInMs) {
    steps.push(`${at} east crashed`, `${at + halfPeriodInMs} east well`);
  }
  return steps.join(", ");
}

const cases: Case[] = [
  {
    name: "crash under traffic: out with the second failing call, back about a second after it heals",
    script: "1000 east crashed, 5000 east well, 8000 end",
    routes: "100 east, 1310 west, 6200 east",
    events: `${start}, 1201 endpointDown east (failing-calls), 1201 failover east -> west (failing-calls), 6170 endpointUp east (refused), 6170 failback west -> east`,
  },
  {
    name: "crash without any traffic: the next run of the job and one transition interval",
    script: "2000 east crashed, 8000 east well, 14000 end",
    routes: "",
    events: `${start}, 6751 endpointDown east (refused), 6751 failover east -> west (refused), 11770 endpointUp east (refused), 11770 failback west -> east`,
    traffic: "none",
  },
  {
    name: "crash with negotiates alone: the negotiates find it",
    script: "1000 east crashed, 5000 east well, 8000 end",
    routes: "100 east, 1461 west, 6200 east",
    events: `${start}, 1451 endpointDown east (refused), 1451 failover east -> west (refused), 6170 endpointUp east (refused), 6170 failback west -> east`,
    traffic: "negotiates",
  },
  {
    name: "blackhole with negotiates alone: clients go elsewhere soon, out it is a deadline and an interval later",
    script: "1000 east silent, 7000 east well, 10000 end",
    routes: "100 east, 1700 west, 7800 east",
    events: `${start}, 3450 endpointDown east (timeout), 3450 failover east -> west (timeout), 7770 endpointUp east (timeout), 7770 failback west -> east`,
    traffic: "negotiates",
  },
  {
    name: "blackhole right after a check: nobody is sent there for longer than 0.6 s all the same",
    script: "1110 east silent, 5000 end",
    routes: "100 east, 1700 west",
    events: `${start}, 3450 endpointDown east (timeout), 3450 failover east -> west (timeout)`,
    traffic: "negotiates",
  },
  {
    name: "blackhole under traffic, and calls that time out when it is back: they speak of the time before",
    script: "1000 east silent, 4000 east well, 12000 end",
    routes: "100 east, 1700 west, 5800 east",
    events: `${start}, 3450 endpointDown east (timeout), 3450 failover east -> west (timeout), 5770 endpointUp east (timeout), 5770 failback west -> east`,
  },
  {
    name: "slow: late answers are answers; until the first of them clients go elsewhere",
    script: "1000 east slow, 9000 end",
    routes: "100 east, 1700 west, 2700 east",
    events: start,
  },
  {
    name: "503 of the health route, sends fine: out all the same",
    script: "1000 east red, 5000 east well, 8000 end",
    routes: "100 east, 1470 west, 6200 east",
    events: `${start}, 1460 endpointDown east (status(503)), 1460 failover east -> west (status(503)), 6170 endpointUp east (status(503)), 6170 failback west -> east`,
  },
  {
    name: "429 of every call: no evidence against the endpoint",
    script: "1000 east throttled, 9000 end",
    routes: "100 east",
    events: start,
  },
  {
    name: "403 of every call: out with the first, home when a check with credentials passes",
    script: "1000 east denied, 5000 east well, 8000 end",
    routes: "100 east, 1210 west, 6200 east",
    events: `${start}, 1120 credentialsRejected east, 1120 endpointDown east (credentials-rejected), 1120 failover east -> west (credentials-rejected), 6170 endpointUp east (credentials-rejected), 6170 failback west -> east`,
  },
  {
    name: "403 without traffic: nothing can see it, and nobody is hurt",
    script: "1000 east denied, 9000 end",
    routes: "",
    events: start,
    traffic: "none",
  },
  {
    name: "key rotated before the start: never used",
    script: "0 east denied, 5000 east well, 8000 end",
    routes: "100 west, 6200 east",
    events:
      "20 credentialsRejected east, 20 endpointDown east (credentials-rejected), 20 endpointUp west, 20 failover east -> west (credentials-rejected), 6170 endpointUp east (credentials-rejected), 6170 failback west -> east",
  },
  {
    name: "gray: ejected for 10 s, and the check at its end failing, for 20 s more",
    script: "1000 east gray, 25000 east well, 33000 end",
    routes: "100 east, 1310 west, 31310 east",
    events: `${start}, 1210 endpointDown east (failing-calls), 1210 failover east -> west (failing-calls), 31230 endpointUp east (failing-calls), 31230 failback west -> east`,
  },
  {
    name: "gray that heals during the first ejection: home when it ends",
    script: "1000 east gray, 5000 east well, 20000 end",
    routes: "100 east, 1310 west, 11310 east",
    events: `${start}, 1210 endpointDown east (failing-calls), 1210 failover east -> west (failing-calls), 11220 endpointUp east (failing-calls), 11220 failback west -> east`,
  },
  {
    name: "gray again after that check: half-open, one failure suffices, and costs 20 s",
    script: "1000 east gray, 9000 east well, 11250 east gray, 12000 east well, 33000 end",
    routes: "100 east, 1310 west, 11310 east, 11500 west, 31510 east",
    events: `${start}, 1210 endpointDown east (failing-calls), 1210 failover east -> west (failing-calls), 11220 endpointUp east (failing-calls), 11220 failback west -> east, 11470 endpointDown east (failing-calls), 11470 failover east -> west (failing-calls), 31480 endpointUp east (failing-calls), 31480 failback west -> east`,
  },
  {
    name: "gray from the start: never used",
    script: "0 east gray, 9000 end",
    routes: "270 west",
    events:
      "20 endpointUp west, 270 endpointDown east (failing-calls), 270 failover east -> west (failing-calls)",
  },
  {
    name: "gray and silent: the health checks are green, the calls meet their deadline",
    script: "1000 east grayAndSilent, 9000 end",
    routes: "100 east, 8110 west",
    events: `${start}, 8100 endpointDown east (failing-calls), 8100 failover east -> west (failing-calls)`,
  },
  {
    name: "gray, then crashed: the check waits for the recovery and does not add up",
    script: "1000 east gray, 5000 east crashed, 45000 east well, 48000 end",
    routes: "100 east, 1310 west, 46200 east",
    events: `${start}, 1210 endpointDown east (failing-calls), 1210 failover east -> west (failing-calls), 46170 endpointUp east (refused), 46170 failback west -> east`,
  },
  {
    name: "gray without broadcasts: nothing can see it",
    script: "1000 east gray, 9000 end",
    routes: "100 east",
    events: start,
    traffic: "negotiates",
  },
  {
    name: "both gray: used all the same, primary first",
    script: "1000 east gray, 1000 west gray, 9000 end",
    routes: "100 east",
    events: `${start}, 1210 endpointDown east (failing-calls), 1210 failover east -> west (failing-calls), 1210 endpointDown west (failing-calls), 1210 allDown`,
  },
  {
    name: "both crash: nobody, until one is back",
    script: "1000 east crashed, 1000 west crashed, 5000 west well, 9000 east well, 12000 end",
    routes: "100 east, 1401 none, 6200 west, 10100 east",
    events: `${start}, 1201 endpointDown east (failing-calls), 1201 failover east -> west (failing-calls), 1201 endpointDown west (failing-calls), 1201 allDown, 6170 endpointUp west (refused), 10070 endpointUp east (refused), 10070 failback west -> east`,
  },
  {
    name: "primary gray, secondary crashes: the ejected primary is better than nobody",
    script: "1000 east gray, 3000 west crashed, 9000 end",
    routes: "100 east, 1310 west, 3300 east",
    events: `${start}, 1210 endpointDown east (failing-calls), 1210 failover east -> west (failing-calls), 3201 endpointDown west (failing-calls), 3201 allDown`,
  },
  {
    name: "app server started while its primary is down",
    script: "0 east crashed, 5000 east well, 8000 end",
    routes: "251 west, 6200 east",
    events:
      "20 endpointUp west, 251 endpointDown east (refused), 251 failover east -> west (refused), 6170 endpointUp east (refused), 6170 failback west -> east",
  },
  {
    name: "app server started while its primary is silent",
    script: "0 east silent, 5000 east well, 8000 end",
    routes: "500 west, 6600 east",
    events:
      "20 endpointUp west, 2250 endpointDown east (timeout), 2250 failover east -> west (timeout), 6570 endpointUp east (timeout), 6570 failback west -> east",
  },
  {
    name: "app server started while all are down",
    script: "0 east crashed, 0 west crashed, 5000 west well, 9000 east well, 12000 end",
    routes: "251 none, 6200 west, 10100 east",
    events:
      "251 endpointDown east (refused), 251 endpointDown west (refused), 251 allDown, 6170 endpointUp west (refused), 6170 failover east -> west (refused), 10070 endpointUp east (refused), 10070 failback west -> east",
  },
  {
    name: "drain during a crash: the way home is open only after undrain",
    script: "1000 east crashed, 2000 drain east, 5000 east well, 9000 undrain east, 11000 end",
    routes: "100 east, 1310 west, 9110 east",
    events: `${start}, 1201 endpointDown east (failing-calls), 1201 failover east -> west (failing-calls), 2000 endpointDrained east, 6170 endpointUp east (refused), 9000 endpointUndrained east, 9000 failback west -> east`,
  },
  {
    name: "drain of the primary, then the secondary crashes: the drained one gets nobody",
    script: "1000 drain east, 3000 west crashed, 6000 undrain east, 8000 end",
    routes: "100 east, 1110 west, 3600 none, 6110 east",
    events: `${start}, 1000 endpointDrained east, 1000 failover east -> west (drained), 3201 endpointDown west (failing-calls), 3201 allDown, 6000 endpointUndrained east, 6000 failback west -> east`,
  },
  {
    name: "clock an hour forward during an outage",
    script: "1000 east crashed, 2000 clock 3600000, 5000 east well, 8000 end",
    routes: "100 east, 1310 west, 6200 east",
    events: `${start}, 1201 endpointDown east (failing-calls), 1201 failover east -> west (failing-calls), 6170 endpointUp east (refused), 6170 failback west -> east`,
  },
  {
    name: "clock an hour back during an ejection",
    script: "1000 east gray, 2000 clock -3600000, 5000 east well, 14000 end",
    routes: "100 east, 1310 west, 11310 east",
    events: `${start}, 1210 endpointDown east (failing-calls), 1210 failover east -> west (failing-calls), 11220 endpointUp east (failing-calls), 11220 failback west -> east`,
  },
  {
    name: "clock an hour back without traffic: the job goes on",
    script: "2000 clock -3600000, 4000 east crashed, 8000 east well, 14000 end",
    routes: "",
    events: `${start}, 6751 endpointDown east (refused), 6751 failover east -> west (refused), 11770 endpointUp east (refused), 11770 failback west -> east`,
    traffic: "none",
  },
  {
    name: "clock an hour forward without traffic: the job goes on",
    script: "2000 clock 3600000, 4000 east crashed, 8000 east well, 14000 end",
    routes: "",
    events: `${start}, 6751 endpointDown east (refused), 6751 failover east -> west (refused), 11770 endpointUp east (refused), 11770 failback west -> east`,
    traffic: "none",
  },
  {
    name: "flapping every 600 ms: after the first return it is not well for long enough",
    script: `${flapping(600, 90_000)}, 91000 end`,
    routes: "100 east, 1310 west, 6800 east, 7300 west",
    events: `${start}, 1201 endpointDown east (failing-calls), 1201 failover east -> west (failing-calls), 6770 endpointUp east (refused), 6770 failback west -> east, 7201 endpointDown east (failing-calls), 7201 failover east -> west (failing-calls)`,
  },
  {
    name: "flapping every 200 ms: the calls tell, and the health checks once they meet it",
    script: `${flapping(200, 20_000)}, 21000 end`,
    routes: "100 east, 1310 west, 11310 east, 12251 west, 20500 east",
    events: `${start}, 1201 endpointDown east (failing-calls), 1201 failover east -> west (failing-calls), 11211 endpointUp east (failing-calls), 11211 failback west -> east, 12251 endpointDown east (refused), 12251 failover east -> west (refused), 20470 endpointUp east (refused), 20470 failback west -> east`,
  },
  {
    name: "flapping every 30 s: each return takes twice as long, until there is none",
    script: `${flapping(30_000, 400_000)}, 401000 end`,
    routes:
      "100 east, 1461 west, 31800 east, 61551 west, 93600 east, 121551 west, 155600 east, 181551 west, 219600 east, 241551 west, 287600 east, 301551 west",
    events: `${start}, 1451 endpointDown east (refused), 1451 failover east -> west (refused), 31770 endpointUp east (refused), 31770 failback west -> east, 61551 endpointDown east (refused), 61551 failover east -> west (refused), 93520 endpointUp east (refused), 93520 failback west -> east, 121551 endpointDown east (refused), 121551 failover east -> west (refused), 155520 endpointUp east (refused), 155520 failback west -> east, 181551 endpointDown east (refused), 181551 failover east -> west (refused), 219520 endpointUp east (refused), 219520 failback west -> east, 241551 endpointDown east (refused), 241551 failover east -> west (refused), 287520 endpointUp east (refused), 287520 failback west -> east, 301551 endpointDown east (refused), 301551 failover east -> west (refused)`,
    traffic: "negotiates",
  },
];

useFakeTime({ now: new Date("2026-03-29T00:59:58.500Z") });

async function play({ script, traffic = "both" }: Case): Promise<ScriptedEndpoints> {
  const world = new ScriptedEndpoints(["east", "west"]);
  const steps = script.split(", ").map((step) => step.split(" ") as [string, string, string]);
  for (const [, name, action] of steps.filter(([at]) => at === "0")) act(world, name, action);
  void world.monitor.start();
  const timers = startTraffic(world, traffic);
  for (const [at, name, action] of steps.filter(([at]) => at !== "0")) {
    await jest.advanceTimersByTimeAsync(Number(at) - world.now());
    if (name !== "end") act(world, name, action);
  }
  for (const timer of timers) clearInterval(timer);
  await world.monitor.close();
  await jest.advanceTimersByTimeAsync(5000);
  expect(jest.getTimerCount()).toBe(0);
  return world;
}

function startTraffic(world: ScriptedEndpoints, traffic: Case["traffic"]): NodeJS.Timeout[] {
  const timers: NodeJS.Timeout[] = [];
  const hasTraffic = (kind: Case["traffic"]) => traffic === "both" || traffic === kind;
  if (hasTraffic("negotiates")) timers.push(setInterval(() => void world.negotiate(), 100));
  if (hasTraffic("broadcasts")) timers.push(setInterval(() => void world.call(), 100));
  return timers;
}

function act(world: ScriptedEndpoints, name: string, action: string): void {
  if (name === "drain") world.registry.drain(action);
  else if (name === "undrain") world.registry.undrain(action);
  else if (name === "clock") jest.setSystemTime(Date.now() + Number(action));
  else world.set(name, action as BehaviourName);
}

it.each(cases)("$name", async (example) => {
  const { routes, log } = await play(example);
  expect(routes.join(", ")).toBe(example.routes);
  expect(log.join(", ")).toBe(example.events);
});
