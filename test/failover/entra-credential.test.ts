import type { TokenCredential } from "@azure/core-auth";
import express from "express";
import type { Fault } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEntraRegions } from "../support/entra-regions.ts";
import { logEvents } from "../support/event-log.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";

afterEach(() => jest.restoreAllMocks());

const unavailable: TokenCredential = {
  getToken: () => Promise.reject(new Error("no managed identity here")),
};
const silent: TokenCredential = { getToken: () => new Promise(() => {}) };

async function startWorld(options?: Parameters<typeof startEntraRegions>[0]) {
  const { east, pubsub } = await startEntraRegions(options);
  const log = logEvents(pubsub.events);
  pubsub.events.on("tokenFailed", ({ endpoint }) => void log.push(`tokenFailed ${endpoint}`));
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  return { east, pubsub, log, negotiate: () => fetchAnswer(`${url}/negotiate`) };
}

it("an endpoint given by Entra credential serves: its health check needs no token, its client token is asked for", async () => {
  const { east, pubsub, log, negotiate } = await startWorld();
  await pubsub.ready();
  const { status, body } = await negotiate();
  expect({ status, endpoint: body.endpoint }).toEqual({ status: 200, endpoint: "east" });
  expect(body.url).toMatch(`${east.endpoint.replace("https", "wss")}/client/hubs/chat?`);
  expect((await pubsub.broadcast("hi")).delivered).toEqual(["east", "west"]);
  expect(log).toEqual(["endpointUp west", "endpointUp east"]);
});

describe("a token request moves on to the next endpoint within the same negotiate", () => {
  it.each<[string, Fault, string[]]>([
    [
      "that is never answered",
      { kind: "blackhole", requestTypes: ["RESTAPI"] },
      [
        "tokenFailed east",
        "tokenFailed east",
        "endpointDown east (failing-calls)",
        "failover east -> west (failing-calls)",
      ],
    ],
    [
      "that gets a 500",
      { kind: "gray" },
      [
        "tokenFailed east",
        "tokenFailed east",
        "endpointDown east (failing-calls)",
        "failover east -> west (failing-calls)",
      ],
    ],
    ["that gets a 429", { kind: "throttle" }, ["tokenFailed east", "tokenFailed east"]],
    [
      "that gets a 403",
      { kind: "accessDenied" },
      [
        "tokenFailed east",
        "endpointDown east (credentials-rejected)",
        "failover east -> west (credentials-rejected)",
      ],
    ],
  ])("%s", async (_, fault, events) => {
    const timeoutInMs = fault.kind === "blackhole" ? 300 : undefined;
    const { east, pubsub, log, negotiate } = await startWorld({ timeoutInMs });
    await pubsub.ready();
    log.length = 0;
    await east.inject(fault);
    for (let i = 0; i < 3 - (fault.kind === "throttle" ? 1 : 0); i++) {
      const { status, body } = await negotiate();
      expect({ status, endpoint: body.endpoint }).toEqual({ status: 200, endpoint: "west" });
    }
    expect(log).toEqual(events);
  });
});

describe("a credential that gives no token", () => {
  it.each([
    ["because it fails", unavailable],
    ["because it never answers", silent],
  ])("%s costs no client its connection", async (_, credential) => {
    const { pubsub, log, negotiate } = await startWorld({ credential, timeoutInMs: 300 });
    await pubsub.ready();
    for (let i = 0; i < 3; i++) {
      const { status, body } = await negotiate();
      expect({ status, endpoint: body.endpoint }).toEqual({ status: 200, endpoint: "west" });
    }
    expect(log).toContain("tokenFailed east");
  });
});
