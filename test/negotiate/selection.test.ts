import type { Request } from "express";
import type { ResilientPubSubOptions, Router } from "../../src/contract/options.ts";
import type { EndpointRegistry } from "../../src/endpoints/registry.ts";
import { selectEndpoint } from "../../src/negotiate/select-endpoint.ts";
import { parseEndpoint, parseOptions } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";
import { assemble } from "../support/assemble.ts";
import { closeAfterTest } from "../support/clean-up.ts";

const never = () => new Promise<never>(() => {});
const state = { since: 0, contradictions: 0, flaps: 0 };
const healthy = { ...state, status: "healthy", recoveredAt: undefined } as const;
const unhealthy = {
  ...state,
  status: "unhealthy",
  reason: "refused",
  provenSince: undefined,
} as const;

/** What a sign behind an endpoint's name means. */
const SIGNS = {
  "+": { health: healthy, joining: false },
  "-": { health: unhealthy },
  // Its health checks succeed and its calls fail.
  "~": { health: healthy, calls: { status: "ejected", ejections: 1, until: 0 } },
  // It has flapped, and has answered well since then.
  "^": { health: { ...unhealthy, contradictions: 2, flaps: 3 } },
  "?": {},
  "%": { drained: true },
  "!": { forced: true },
  "=": {},
} as const;

interface Case {
  /** Names that the client has failed on. */
  failed?: string;
  router?: Router;
  whenNoneHealthy?: "reject" | "primary";
  random?: number;
  /** One that an operator has added, and one that an operator has removed. */
  added?: string;
  removed?: string;
}

/**
 * Endpoints such as `p1+` (a healthy primary), `s1*3-%` (a secondary with weight 3 that is down and
 * drained), `p1+=` (a healthy one that is full); answers the name of the one that is chosen.
 */
async function choose(text: string, options: Case): Promise<string> {
  const { failed = "", router, whenNoneHealthy = "reject", random = 0, added, removed } = options;
  const words = text.split(" ");
  const configuration = parseOptions({
    hub: "chat",
    endpoints: words.map(optionsOf),
    negotiate: { allowAnonymous: true, whenNoneHealthy },
    health: { schedule: false, timeoutInMs: 50 },
    ...(router && { router }),
  } satisfies ResilientPubSubOptions);
  const context = assemble(configuration, { random: () => random });
  const { events, monitor, registry } = context;
  const full = words.filter((word) => word.includes("=")).map((word) => optionsOf(word).name);
  if (context.census) context.census.isFull = ({ name }) => full.includes(name);
  events.on("handlerError", () => {});
  closeAfterTest(monitor);
  for (const word of words) apply(registry, word);
  if (added) {
    registry.add(createEndpoint(parseEndpoint(optionsOf(added)), "chat"));
    apply(registry, added);
  }
  if (removed) registry.remove(removed);
  const avoided = new Set(registry.all().filter(({ name }) => failed.split(" ").includes(name)));
  const request = { query: { region: "s2" } } as unknown as Request;
  const chosen = await selectEndpoint(context, request, avoided, performance.now());
  return chosen?.name ?? "nobody";
}

function optionsOf(word: string) {
  const [, name = "", weight] = /^(\w+)(?:\*([\d.]+))?/.exec(word) ?? [];
  return {
    name,
    role: name.startsWith("p") ? ("primary" as const) : ("secondary" as const),
    connectionString: `Endpoint=https://${name}.example;AccessKey=k`,
    ...(weight && { weight: Number(weight) }),
  };
}

function apply(registry: EndpointRegistry, word: string): void {
  const endpoint = registry.get(optionsOf(word).name);
  for (const sign of word.replace(/^\w+(\*[\d.]+)?/, "")) {
    for (const [name, value] of Object.entries(SIGNS[sign as keyof typeof SIGNS])) {
      Object.defineProperty(endpoint, name, { value, configurable: true });
    }
  }
}

const inPromise = (name: string): Router => (async () => name) as Router;
const byRequest: Router = (req) => req.query.region as string;
const throwing: Router = () => {
  throw new Error("boom");
};
const slow: Router = () => never();

describe("the default rule chooses", () => {
  it.each<[string, string, Case, string]>([
    ["the only endpoint", "p1+", {}, "p1"],
    ["the only one, even if the client has failed on it", "p1+", { failed: "p1" }, "p1"],
    ["nobody when the only one is down", "p1-", {}, "nobody"],
    ["the only one when told to fail open", "p1-", { whenNoneHealthy: "primary" }, "p1"],
    ["a primary before any secondary", "s1+ p1+", {}, "p1"],
    ["one of several primaries by random", "p1+ p2+ s1+", { random: 0.49 }, "p1"],
    ["one of several primaries by random", "p1+ p2+ s1+", { random: 0.5 }, "p2"],
    ["by weight: 3 of 4", "p1*3+ p2+", { random: 0.74 }, "p1"],
    ["by weight: 1 of 4", "p1*3+ p2+", { random: 0.76 }, "p2"],
    ["by weight among those that are up", "p1*98- p2+ p3+", { random: 0.5 }, "p3"],
    ["the other primary when one is down", "p1- p2+ s1+", {}, "p2"],
    ["the other primary when one is drained", "p1+% p2+ s1+", {}, "p2"],
    ["the first secondary when no primary is up", "p1- s1+ s2+", { random: 0.99 }, "s1"],
    ["the next one when that is down too", "p1- s1- s2+", {}, "s2"],
    ["by weight among secondaries that have one", "p1- s1*1+ s2*1+ s3+", { random: 0.6 }, "s2"],
    ["strictly in order while the first has none", "p1- s1+ s2*9+", { random: 0.6 }, "s1"],
    ["another one than where the client failed", "p1+ s1+", { failed: "p1" }, "s1"],
    ["the other primary then", "p1+ p2+ s1+", { failed: "p1" }, "p2"],
    ["the other primary while one is full", "p1+= p2+ s1+", { random: 0 }, "p2"],
    ["a secondary while all primaries are full", "p1+= p2+= s1+", {}, "s1"],
    ["a secondary while the primary that is left is full", "p1- p2+= s1+", {}, "s1"],
    ["a primary when everybody is full", "p1+= s1+=", {}, "p1"],
    ["one that is full before one where it failed", "p1+= s1+", { failed: "s1" }, "p1"],
    ["where it failed, if nobody else is up", "p1+ s1-", { failed: "p1" }, "p1"],
    ["where it failed, if the others failed it as well", "p1+ s1+", { failed: "p1 s1" }, "p1"],
  ])("%s: %s %j: %s", async (_, endpoints, options, expected) => {
    expect(await choose(endpoints, options)).toBe(expected);
  });
});

describe("when nobody is healthy, it chooses", () => {
  it.each<[string, string, Case, string]>([
    ["one that is green and ejected for failing calls", "p1- s1~", {}, "s1"],
    ["the primary among such", "s1~ p1~", {}, "p1"],
    ["one that is on proof", "p1^ s1-", {}, "p1"],
    ["among such in the usual order", "p1- s1^ s2~", {}, "s1"],
    ["such before failing open", "p1- s1~", { whenNoneHealthy: "primary" }, "s1"],
    ["none of them that is drained", "p1~% s1-", {}, "nobody"],
    ["none of them while anybody is healthy", "p1~ s1+", {}, "s1"],
    ["nobody", "p1- s1-", {}, "nobody"],
    ["the primary when told to fail open", "p1- s1-", { whenNoneHealthy: "primary" }, "p1"],
    ["by weight then", "p1- p2*3- s1-", { whenNoneHealthy: "primary", random: 0.3 }, "p2"],
    ["not the drained one then", "p1-% p2-", { whenNoneHealthy: "primary" }, "p2"],
    ["nobody if all primaries are drained", "p1-%", { whenNoneHealthy: "primary" }, "nobody"],
  ])("%s: %s %j: %s", async (_, endpoints, options, expected) => {
    expect(await choose(endpoints, options)).toBe(expected);
  });
});

describe("an operator's force", () => {
  it.each<[string, string, Case, string]>([
    ["beats the role", "p1+ s1+ s2+!", {}, "s2"],
    ["beats the weight", "p1*99+ p2*1+!", { random: 0 }, "p2"],
    ["beats the router", "p1+ s1+! s2+", { router: byRequest }, "s1"],
    ["costs nobody the connection when it is down", "p1+ s1-!", {}, "p1"],
    ["beats that it is full", "p1+ s1+!=", {}, "s1"],
    ["yields to a drain", "p1+ s1+!%", {}, "p1"],
    ["yields to what the client says", "p1+ s1+!", { failed: "s1" }, "p1"],
    ["holds if there is nobody else", "p1- s1+!", { failed: "s1" }, "s1"],
    ["is heard among the last resorts", "p1~ s1~!", {}, "s1"],
    ["does not keep an ejected one in use", "p1+ s1~!", {}, "p1"],
  ])("%s: %s %j: %s", async (_, endpoints, options, expected) => {
    expect(await choose(endpoints, options)).toBe(expected);
  });
});

describe("a router", () => {
  it.each<[string, string, Case, string]>([
    ["chooses by the request", "p1+ s1+ s2+", { router: byRequest }, "s2"],
    ["may be async", "p1+ s1+", { router: inPromise("s1") }, "s1"],
    [
      "that throws leaves it to the default rule",
      "p1+ p2+",
      { router: throwing, random: 0.9 },
      "p2",
    ],
    ["that is too slow, too", "p1+ s1+", { router: slow }, "p1"],
    ["and that names one who is down", "p1+ s1+ s2-", { router: byRequest }, "p1"],
    ["and where the client failed", "p1+ s2+", { router: byRequest, failed: "s2" }, "p1"],
    ["and an unknown one", "p1+ s1+", { router: () => "nowhere" }, "p1"],
    ["and nobody", "p1+ s1+", { router: () => undefined }, "p1"],
    ["may choose one that is full", "p1+ s1+ s2+=", { router: byRequest }, "s2"],
    ["is not asked about last resorts", "p1~ s2~", { router: byRequest }, "p1"],
  ])("%s: %s: %s", async (_, endpoints, options, expected) => {
    expect(await choose(endpoints, options)).toBe(expected);
  });

  it("is shown the candidates only, in the order given, and may hand one back", async () => {
    const seen: string[] = [];
    const router: Router = (_req, candidates) => {
      seen.push(...candidates.map(({ name }) => name));
      return candidates.at(-1);
    };
    expect(await choose("s1+ p1+ p2- s2+% s3~ s4+", { router, failed: "s1" })).toBe("s4");
    expect(seen).toEqual(["p1", "s4"]);
  });
});

describe("at run time", () => {
  it.each<[string, string, Case, string]>([
    ["an added endpoint is not tried while it is unknown", "s1- p1-", { added: "p2?" }, "nobody"],
    ["nor failed open to", "p1-%", { added: "p2?", whenNoneHealthy: "primary" }, "nobody"],
    [
      "nor when its first checks failed",
      "p1-%",
      { added: "p2-", whenNoneHealthy: "primary" },
      "nobody",
    ],
    ["nor as the forced one", "p1+", { added: "p2?!" }, "p1"],
    ["and takes part once it is healthy", "p1- s1+", { added: "p2+" }, "p2"],
    ["a removed endpoint is left at once", "p1+ s1+", { removed: "p1" }, "s1"],
    ["even as a last resort", "p1~ s1-", { removed: "p1" }, "nobody"],
    ["and when failing open", "p1- s1-", { removed: "p1", whenNoneHealthy: "primary" }, "nobody"],
    ["and when it was forced", "p1+! s1+", { removed: "p1" }, "s1"],
    ["whatever a router says", "p1+ s2+", { removed: "s2", router: byRequest }, "p1"],
  ])("%s: %s %j: %s", async (_, endpoints, options, expected) => {
    expect(await choose(endpoints, options)).toBe(expected);
  });
});
