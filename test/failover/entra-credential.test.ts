import type { TokenCredential } from "@azure/core-auth";
import express from "express";
import type { PubSubEvents } from "express-resilient-pubsub";
import type { Fault } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { entraCredential } from "../support/entra-credential.ts";
import { startEntraRegions } from "../support/entra-regions.ts";
import { logEvents } from "../support/event-log.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

afterEach(() => jest.restoreAllMocks());

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
  it.each<[string, Fault, string]>([
    ["that is never answered", { kind: "blackhole", requestTypes: ["RESTAPI"] }, "failing-calls"],
    ["that gets a 500", { kind: "gray" }, "failing-calls"],
    ["that gets a 403", { kind: "accessDenied" }, "credentials-rejected"],
  ])("%s, until the endpoint is out", async (_, fault, reason) => {
    const timeoutInMs = fault.kind === "blackhole" ? 300 : undefined;
    const { east, pubsub, log, negotiate } = await startWorld({ timeoutInMs });
    await pubsub.ready();
    log.length = 0;
    await east.inject(fault);
    await until(async () => {
      const { status, body } = await negotiate();
      expect({ status, endpoint: body.endpoint }).toEqual({ status: 200, endpoint: "west" });
      return pubsub.endpoints.snapshot()[0]?.state === "unhealthy";
    });
    expect([...new Set(log)]).toEqual([
      "tokenFailed east",
      `endpointDown east (${reason})`,
      `failover east -> west (${reason})`,
    ]);
  });

  it("that gets a 429, and the endpoint stays in use", async () => {
    const { east, pubsub, log, negotiate } = await startWorld();
    await pubsub.ready();
    log.length = 0;
    await east.inject({ kind: "throttle" });
    for (let i = 0; i < 3; i++) expect((await negotiate()).body.endpoint).toBe("west");
    expect(log).toEqual(["tokenFailed east", "tokenFailed east", "tokenFailed east"]);
  });
});

describe("a token request that fails is told with whose fault it is, the status and the code:", () => {
  type Told = Partial<PubSubEvents["tokenFailed"]>;

  it.each<[string, Fault, Told]>([
    ["a 500", { kind: "gray" }, { reason: "endpoint", status: 500, code: undefined }],
    ["a 403", { kind: "accessDenied" }, { reason: "endpoint", status: 403, code: undefined }],
    ["a 429", { kind: "throttle" }, { reason: "endpoint", status: 429, code: undefined }],
    [
      "no answer",
      { kind: "blackhole", requestTypes: ["RESTAPI"] },
      { reason: "endpoint", status: undefined, code: "ERR_DEADLINE_EXCEEDED" },
    ],
  ])("%s", async (_, fault, told) => {
    const { east, pubsub, negotiate } = await startWorld({ timeoutInMs: 300 });
    const heard: unknown[] = [];
    pubsub.events.on("tokenFailed", (event) => void heard.push(event));
    await pubsub.ready();
    await east.inject(fault);
    expect((await negotiate()).body.endpoint).toBe("west");
    expect(heard).toEqual([{ endpoint: "east", ...told, error: expect.any(Error) }]);
  });

  it("a refusal by the identity provider, which is no answer of the service", async () => {
    let isRefused = false;
    const good = entraCredential();
    const credential: TokenCredential = {
      getToken: async (...args) => {
        if (isRefused) throw Object.assign(new Error("unknown identity"), { statusCode: 401 });
        const token = await good.getToken(...args);
        return token && { ...token, expiresOnTimestamp: Date.now() + 1050 };
      },
    };
    const { pubsub, negotiate } = await startWorld({ credential });
    const heard: unknown[] = [];
    pubsub.events.on("tokenFailed", (event) => void heard.push(event));
    await pubsub.ready();
    isRefused = true;
    await until(async () => {
      await negotiate();
      return heard.length > 0;
    });
    expect(heard[0]).toMatchObject({
      endpoint: "east",
      reason: "endpoint",
      status: 401,
      code: "ERR_CREDENTIAL_FAILED",
    });
  });
});

describe("a credential that", () => {
  const rejecting = (reason: unknown): TokenCredential => ({
    getToken: () => Promise.reject(reason),
  });
  it.each<[string, TokenCredential]>([
    ["fails", rejecting(new Error("no managed identity here"))],
    ["rejects with nothing", rejecting(undefined)],
    ["never answers", { getToken: () => new Promise(() => {}) }],
    ["answers nonsense", { getToken: async () => ({ token: 7 }) as never }],
  ])(
    "%s at the start costs no client its connection: its endpoint is never used",
    async (_, credential) => {
      const { pubsub, log, negotiate } = await startWorld({ credential, timeoutInMs: 300 });
      await pubsub.ready();
      for (let i = 0; i < 3; i++) {
        const { status, body } = await negotiate();
        expect({ status, endpoint: body.endpoint }).toEqual({ status: 200, endpoint: "west" });
      }
      expect(log).toEqual([
        "endpointUp west",
        "endpointDown east (failing-calls)",
        "failover east -> west (failing-calls)",
      ]);
    },
  );

  it("fails later takes its endpoint out with the calls that need it", async () => {
    const good = entraCredential();
    let isBroken = false;
    const { pubsub, log, negotiate } = await startWorld({
      credential: {
        getToken: async (...args) => {
          if (isBroken) throw new Error("no managed identity here");
          const token = await good.getToken(...args);
          return token && { ...token, expiresOnTimestamp: Date.now() + 500 };
        },
      },
    });
    await pubsub.ready();
    expect((await negotiate()).body.endpoint).toBe("east");
    isBroken = true;
    await until(async () => {
      expect((await negotiate()).status).toBe(200);
      return log.includes("endpointDown east (failing-calls)");
    });
  });
});
