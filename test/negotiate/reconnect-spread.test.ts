import type { AgreedChoice } from "../../src/context/plugin-context.ts";
import type { NegotiateOptions } from "../../src/contract/options.ts";
import { Census } from "../../src/endpoints/census.ts";
import { ReconnectSpread } from "../../src/negotiate/reconnect-spread.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { assemble } from "../support/assemble.ts";

const names = ["east", "west"];

interface Situation {
  /** Clients that have been counted on each endpoint. */
  readonly counted?: readonly number[];
  /** Those that were told where to connect, since then. */
  readonly arrivals?: number;
  readonly servers?: number;
  readonly negotiate?: NegotiateOptions;
}

/** What a server tells that is taken for one of 8000 a second. */
function spreadOf({ counted = [], arrivals = 0, servers, negotiate }: Situation) {
  const configuration = parseOptions({
    hub: "chat",
    endpoints: names.map((name, index) => ({
      name,
      role: index === 0 ? "primary" : "secondary",
      connectionString: `Endpoint=https://${name}.example;AccessKey=k`,
    })),
    negotiate: { allowAnonymous: true, ...negotiate },
  });
  let now = 0;
  const census = new Census(1000, () => now);
  const context = assemble(configuration);
  context.registry.all().forEach((endpoint, index) => {
    for (let client = 0; client < (counted[index] ?? 0); client += 1)
      census.count(endpoint, client);
  });
  now += 1000;
  const agreed = servers === undefined ? undefined : ({ servers } as AgreedChoice);
  // Fewer than a batch that the rate would be measured by.
  const spread = new ReconnectSpread({ ...context, agreed, census });
  for (let client = 0; client < arrivals; client += 1) census.countArrival();
  return {
    usual: spread.inMs,
    onArrival: spread.onArrivalInMs,
    whileNobodyServes: spread.whileNobodyServesInMs,
  };
}

const expected = (expectedClients: number, more: NegotiateOptions = {}): Situation => ({
  negotiate: { expectedClients, ...more },
});

describe("the spread of reconnects is", () => {
  it.each<[string, Situation, number | undefined]>([
    ["not known while nobody is counted or expected", {}, undefined],
    ["by the clients that are expected", expected(5600), 1000],
    ["by those that are counted, when they are", { ...expected(56_000), counted: [560] }, 100],
    ["by the fullest endpoint", { counted: [56, 1120] }, 200],
    [
      "by what negotiate lets through, if that is less",
      expected(950, { maxPerSecond: 100 }),
      10_000,
    ],
    ["by what this server can do, if that is less", expected(5600, { maxPerSecond: 1e6 }), 1000],
    [
      "less by as many servers as share those that are expected",
      { ...expected(5600), servers: 4 },
      250,
    ],
    ["the same on each server that has counted its share", { counted: [560], servers: 4 }, 100],
  ])("%s", (_, situation, inMs) => {
    const spread = spreadOf(situation).usual;
    const tolerance = 0.02 * (inMs ?? 0);
    if (inMs === undefined) expect(spread).toBeUndefined();
    else expect(Math.abs((spread ?? Number.NaN) - inMs)).toBeLessThanOrEqual(tolerance);
  });
});

describe("a client that arrives is told the spread", () => {
  it.each<[string, Situation, number]>([
    ["of nobody but itself on a new server", {}, 0],
    ["of those who have just arrived while nobody is counted", { arrivals: 559 }, 100],
    [
      "of those who have just arrived when fewer are counted",
      { arrivals: 559, counted: [56] },
      100,
    ],
    ["of those who are counted when fewer have arrived", { arrivals: 56, counted: [560] }, 100],
    [
      "of those who are expected when fewer have arrived",
      { ...expected(5600), arrivals: 56 },
      1000,
    ],
  ])("%s", (_, situation, inMs) => {
    const spread = spreadOf(situation).onArrival ?? Number.NaN;
    expect(Math.abs(spread - inMs)).toBeLessThanOrEqual(0.02 * inMs);
  });

  it("and nobody else is, who may be one of many that need not arrive", () => {
    expect(spreadOf({ arrivals: 559 }).usual).toBeUndefined();
  });
});

describe("while nobody serves, clients spread over", () => {
  it.each<[string, Situation, number | undefined]>([
    ["nothing that is known on a new server", { arrivals: 559 }, undefined],
    ["three times the time in which they can be answered", expected(5600), 3000],
    ["no longer than that where few are let through", expected(5600, { maxPerSecond: 1 }), 3000],
    [
      "less by as many servers as share those that are expected",
      { ...expected(5600), servers: 4 },
      750,
    ],
  ])("%s", (_, situation, inMs) => {
    expect(spreadOf(situation).whileNobodyServes).toBe(inMs);
  });
});
