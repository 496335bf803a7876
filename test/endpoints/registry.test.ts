import type { ProbeOutcome } from "../../src/endpoints/health-state.ts";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { EndpointRegistry } from "../../src/endpoints/registry.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";
import { logEvents } from "../support/event-log.ts";

function endpoint(name: string) {
  const role = name.startsWith("p") ? "primary" : "secondary";
  const connectionString = `Endpoint=https://${name}.example;AccessKey=k`;
  return createEndpoint(parseEndpoint({ name, role, connectionString }), "chat");
}

/** Plays steps such as `p1+` (probe succeeds), `p1-` (fails), `drain p1`; answers the events. */
function play(endpoints: string, steps: string): string[] {
  return start(endpoints, steps).log;
}

function start(endpoints: string, steps: string) {
  const events = new TypedEvents();
  const log = logEvents(events);
  const registry = new EndpointRegistry(
    endpoints.split(" ").map(endpoint),
    { fall: 1, rise: 1 },
    events,
  );
  let sequence = 0;
  // The one that is leaving is found as well.
  const find = (name: string) =>
    registry.all().find((registered) => registered.name === name) as RegisteredEndpoint;
  const probe = (name: string, outcome: ProbeOutcome): void =>
    registry.recordProbe(find(name), ++sequence, outcome, { at: 0, durationInMs: 1 });
  const verbs: Record<string, (name: string) => unknown> = {
    drain: (name) => registry.drain(name),
    undrain: (name) => registry.undrain(name),
    add: (name) => registry.add(endpoint(name)),
    remove: (name) => registry.remove(name),
    release: (name) => registry.release(find(name)),
    force: (name) => registry.force(name),
    clear: () => registry.clearForce(),
    eject: (name) => registry.recordCanary(find(name), false),
  };
  for (const step of steps.split(", ").filter(Boolean)) {
    const [verb = "", name = ""] = step.split(" ");
    if (verbs[verb]) verbs[verb](name);
    else if (step.endsWith("+")) probe(step.slice(0, -1), { ok: true });
    else probe(step.slice(0, -1), { ok: false, reason: "refused" });
  }
  return { log, registry };
}

describe("every change is announced once:", () => {
  it.each<[string, string, string[]]>([
    ["p1 s1", "p1+, s1+, p1+", ["endpointUp p1", "endpointUp s1"]],
    [
      "p1 s1",
      "p1+, s1+, p1-, p1-, p1+",
      [
        "endpointUp p1",
        "endpointUp s1",
        "endpointDown p1 (refused)",
        "failover p1 -> s1 (refused)",
        "endpointUp p1 (refused)",
        "failback s1 -> p1",
      ],
    ],
    [
      "p1 s1",
      "s1+, p1-",
      ["endpointUp s1", "endpointDown p1 (refused)", "failover p1 -> s1 (refused)"],
    ],
    [
      "p1 s1",
      "p1-, s1-, s1+, p1+",
      [
        "endpointDown p1 (refused)",
        "endpointDown s1 (refused)",
        "allDown",
        "endpointUp s1 (refused)",
        "failover p1 -> s1 (refused)",
        "endpointUp p1 (refused)",
        "failback s1 -> p1",
      ],
    ],
    [
      "p1 s1",
      "p1+, s1+, p1-, s1-, p1+",
      [
        "endpointUp p1",
        "endpointUp s1",
        "endpointDown p1 (refused)",
        "failover p1 -> s1 (refused)",
        "endpointDown s1 (refused)",
        "allDown",
        "endpointUp p1 (refused)",
        "failback s1 -> p1",
      ],
    ],
    [
      "p1 s1",
      "p1+, s1+, remove p1",
      ["endpointUp p1", "endpointUp s1", "endpointLeaving p1", "failover p1 -> s1 (removed)"],
    ],
    [
      "p1 s1",
      "p1+, s1+, remove s1, s1-, release s1, p1+, release p1",
      [
        "endpointUp p1",
        "endpointUp s1",
        "endpointLeaving s1",
        "endpointDown s1 (refused)",
        "endpointRemoved s1",
      ],
    ],
    [
      "p1 s1 s2",
      "p1+, s1+, s2+, s1-, p1-",
      [
        "endpointUp p1",
        "endpointUp s1",
        "endpointUp s2",
        "endpointDown s1 (refused)",
        "endpointDown p1 (refused)",
        "failover p1 -> s2 (refused)",
      ],
    ],
    [
      "p1 s1",
      "p1+, s1+, drain p1, drain p1, undrain p1, undrain p1",
      [
        "endpointUp p1",
        "endpointUp s1",
        "endpointDrained p1",
        "failover p1 -> s1 (drained)",
        "endpointUndrained p1",
        "failback s1 -> p1",
      ],
    ],
    [
      "p1 s1",
      "p1+, s1+, add p2, p2+, remove p1",
      [
        "endpointUp p1",
        "endpointUp s1",
        "endpointAdded p2",
        "endpointUp p2",
        "failback p1 -> p2",
        "endpointLeaving p1",
        "failover p1 -> p2 (removed)",
      ],
    ],
    [
      "p1 s1",
      "add p2, p1-, s1+, p2+",
      [
        "endpointAdded p2",
        "endpointDown p1 (refused)",
        "endpointUp s1",
        "failover p1 -> s1 (refused)",
        "endpointUp p2",
        "failback s1 -> p2",
      ],
    ],
    [
      "p1 s1",
      "p1+, s1+, remove p1, add p1, p1+",
      [
        "endpointUp p1",
        "endpointUp s1",
        "endpointLeaving p1",
        "failover p1 -> s1 (removed)",
        "endpointRemoved p1",
        "endpointAdded p1",
        "endpointUp p1",
        "failback s1 -> p1",
      ],
    ],
    [
      "p1 s1",
      "p1+, s1-, remove p1, add p1, s1+",
      [
        "endpointUp p1",
        "endpointDown s1 (refused)",
        "endpointLeaving p1",
        "allDown",
        "endpointRemoved p1",
        "endpointAdded p1",
        "endpointUp s1 (refused)",
        "failover p1 -> s1 (removed)",
      ],
    ],
  ])("%s after %s", (endpoints, steps, expected) => {
    expect(play(endpoints, steps)).toEqual(expected);
  });
});

describe("an operator's force, once all are up, is announced once:", () => {
  it.each<[string, string, string[]]>([
    [
      "p1 s1",
      "force s1, force s1, clear, clear",
      ["failoverForced s1", "failover p1 -> s1 (forced)", "forceCleared s1", "failback s1 -> p1"],
    ],
    ["p1 s1", "force p1, clear", ["failoverForced p1", "forceCleared p1"]],
    [
      "p1 s1 s2",
      "force s1, force s2",
      [
        "failoverForced s1",
        "failover p1 -> s1 (forced)",
        "forceCleared s1",
        "failoverForced s2",
        "failover s1 -> s2 (forced)",
      ],
    ],
    [
      "p1 p2 s1",
      "force p2, clear",
      ["failoverForced p2", "failover p1 -> p2 (forced)", "forceCleared p2", "failback p2 -> p1"],
    ],
    [
      "p1 s1",
      "force s1, s1-, s1+",
      [
        "failoverForced s1",
        "failover p1 -> s1 (forced)",
        "endpointDown s1 (refused)",
        "failback s1 -> p1",
        "endpointUp s1 (refused)",
        "failover p1 -> s1 (forced)",
      ],
    ],
    [
      "p1 s1",
      "s1-, force s1, p1-, s1+",
      [
        "endpointDown s1 (refused)",
        "failoverForced s1",
        "endpointDown p1 (refused)",
        "allDown",
        "endpointUp s1 (refused)",
        "failover p1 -> s1 (refused)",
      ],
    ],
    [
      "p1 s1",
      "force s1, drain s1, undrain s1",
      [
        "failoverForced s1",
        "failover p1 -> s1 (forced)",
        "endpointDrained s1",
        "failback s1 -> p1",
        "endpointUndrained s1",
        "failover p1 -> s1 (forced)",
      ],
    ],
    [
      "p1 s1 s2",
      "force s2, p1-, remove s2, release s2, clear",
      [
        "failoverForced s2",
        "failover p1 -> s2 (forced)",
        "endpointDown p1 (refused)",
        "forceCleared s2",
        "endpointLeaving s2",
        "failover s2 -> s1 (removed)",
        "endpointRemoved s2",
      ],
    ],
    [
      "p1 s1",
      "add s2, force s2, s2+",
      ["endpointAdded s2", "failoverForced s2", "endpointUp s2", "failover p1 -> s2 (forced)"],
    ],
  ])("%s after %s", (endpoints, steps, expected) => {
    const ups = endpoints.split(" ").map((name) => `${name}+`);
    expect(play(endpoints, [...ups, steps].join(", ")).slice(ups.length)).toEqual(expected);
  });
});

it("a failover from an endpoint that is down to the forced one has the fault as its reason", () => {
  expect(play("p1 s1", "p1-, force s1, s1+")).toEqual([
    "endpointDown p1 (refused)",
    "failoverForced s1",
    "endpointUp s1",
    "failover p1 -> s1 (refused)",
  ]);
});

it("an older probe that answers late does not overturn a newer one", () => {
  const registry = new EndpointRegistry([endpoint("p1")], { fall: 1, rise: 1 }, new TypedEvents());
  const p1 = registry.get("p1");
  const timing = { at: 0, durationInMs: 1 };
  registry.recordProbe(p1, 2, { ok: true }, timing);
  registry.recordProbe(p1, 1, { ok: false, reason: "timeout" }, timing);
  expect(p1.health.status).toBe("healthy");
  expect(p1.snapshot(true).lastProbe).toEqual({ at: 0, durationInMs: 1, ok: true });
});

describe("an operator's mistake is named:", () => {
  it.each([
    ["drain p9", "ERR_UNKNOWN_ENDPOINT", 'No endpoint is called "p9"; the endpoints are p1, s1'],
    ["force p9", "ERR_UNKNOWN_ENDPOINT", 'No endpoint is called "p9"; the endpoints are p1, s1'],
    ["remove p1, drain p1", "ERR_UNKNOWN_ENDPOINT", 'called "p1"; the endpoints are s1'],
    ["remove p1, remove p1", "ERR_UNKNOWN_ENDPOINT", 'called "p1"; the endpoints are s1'],
    ["add s1", "ERR_INVALID_OPTIONS", 'name or URL is taken by "s1"'],
    ["remove s1, remove p1", "ERR_INVALID_OPTIONS", "is the last endpoint; add another one first"],
  ])("%s", (step, code, message) => {
    expect(() => play("p1 s1", step)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe("what is sent to all goes to", () => {
  it.each<[string, string, string]>([
    ["the healthy", "p1+, s1+", "p1 s1"],
    ["the healthy only", "p1-, s1+", "s1"],
    ["nobody when nobody is", "p1-, s1-", ""],
    ["the drained as well", "p1+, s1+, drain p1", "p1 s1"],
    ["one that must prove itself", "p1+, s1+, p1-, p1+, p1-, p1+", "p1 s1"],
    ["no ejected one as long as there is another", "p1+, s1+, eject p1", "s1"],
    ["ejected ones when nobody else is left", "p1+, s1+, eject p1, eject s1", "p1 s1"],
    ["ejected ones when all others are drained", "p1+, s1+, eject p1, drain s1", "p1 s1"],
  ])("%s: %s: %s", (_what, steps, expected) => {
    const { registry } = start("p1 s1", steps);
    const names = registry.all().filter((one) => registry.fanOutTargets().has(one));
    expect(names.map(({ name }) => name).join(" ")).toBe(expected);
  });
});
