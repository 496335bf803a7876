import dns from "node:dns";
import { get } from "node:http";
import type { LookupFunction } from "node:net";
import { resilientPubSub } from "express-resilient-pubsub";
import type { Emulator, Fault } from "express-resilient-pubsub/emulator";
import { request, Agent as UndiciAgent } from "undici";
import type { ClientOptions } from "ws";
import { closeAfterTest } from "../../support/clean-up.ts";
import { createFaultScene } from "../support/fault-scene.ts";
import { jsonProtocol } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene, letTimePass } = createFaultScene();

afterEach(() => jest.restoreAllMocks());

/** An address of an own, which no name leads to but by us. */
const host = "127.0.0.5";
const publicEndpoint = "http://eastus.example:8080";

type Answer = { error?: string | undefined; address?: unknown; family?: unknown };

const look = (
  { lookup }: { lookup: LookupFunction },
  name: string,
  options: object = {},
): Promise<Answer> =>
  new Promise((resolve) =>
    lookup(name, options, (error, address, family) =>
      resolve(error ? { error: error.code } : { address, family }),
    ),
  );

async function connect(emulator: Emulator): Promise<SocketClient> {
  const url = new URL(clientUrl(emulator, "chat"));
  url.port = String(emulator.port);
  const { lookup } = emulator;
  const client = new SocketClient(url.href, [jsonProtocol], {}, { lookup } as ClientOptions);
  scene.defer(() => client.terminate());
  await client.nextJson();
  return client;
}

/** One request that resolves its name by the emulator; a status, or the code of the error. */
const ask = (emulator: Emulator, hostname: string): Promise<unknown> =>
  new Promise((resolve) => {
    get({
      hostname,
      port: emulator.port,
      path: "/api/health",
      lookup: emulator.lookup,
      agent: false,
    })
      .on("error", (error: NodeJS.ErrnoException) => resolve(error.code))
      .on("response", (response) => resolve(response.resume().statusCode));
  });

describe("the lookup of an emulator", () => {
  test.each([
    ["eastus.example", {}, { address: host, family: 4 }],
    ["EASTUS.example.", { family: 4 }, { address: host, family: 4 }],
    [
      "eastus.example",
      { all: true },
      { address: [{ address: host, family: 4 }], family: undefined },
    ],
    ["127.0.0.9", {}, { address: "127.0.0.9", family: 4 }],
    ["westus.invalid", {}, { error: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) }],
  ])("resolves %s with %j", async (name, options, expected) => {
    const emulator = await scene.emulator({ host, publicEndpoint });
    expect(await look(emulator, name, options)).toEqual(expected);
  });

  test.each<[object, string, string]>([
    [{ host, publicEndpoint }, "eastus.example", host],
    [{ host }, "localhost", host],
    [{ host: "0.0.0.0", publicEndpoint }, "eastus.example", "127.0.0.1"],
  ])("of one with %j resolves %s to %s", async (options, name, address) => {
    const emulator = await scene.emulator(options);
    expect(await look(emulator, name)).toEqual({ address, family: 4 });
    expect(await ask(emulator, name)).toBe(200);
  });

  test.each(["eastus.example", "localhost"])(
    "can stand in for that of the system: %s",
    async (name) => {
      const emulator = await scene.emulator({ host, publicEndpoint });
      jest.spyOn(dns, "lookup").mockImplementation(emulator.lookup as never);
      const error = await new Promise((resolve) => dns.lookup(name, (it) => resolve(it)));
      expect(error).toBeNull();
    },
  );
});

describe("a dns fault", () => {
  test.each<[Fault, string]>([
    [{ kind: "dns" }, "ENOTFOUND"],
    [{ kind: "dns", answer: "ENOTFOUND" }, "ENOTFOUND"],
    [{ kind: "dns", answer: "EAI_AGAIN" }, "EAI_AGAIN"],
  ])("%j answers the name with %s, and everything else as before", async (fault, code) => {
    const emulator = await scene.emulator({ host, publicEndpoint });
    const client = await connect(emulator);
    await emulator.inject(fault);
    expect(await ask(emulator, "eastus.example")).toBe(code);
    expect(await ask(emulator, host)).toBe(200);
    expect(await look(emulator, "localhost")).toMatchObject({ address: expect.any(String) });
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    await emulator.clear();
    expect(await ask(emulator, "eastus.example")).toBe(200);
  });

  test("reaches a caller by undici that is given the lookup", async () => {
    const emulator = await scene.emulator({ host, publicEndpoint });
    const dispatcher = new UndiciAgent({ connect: { lookup: emulator.lookup } });
    scene.defer(() => dispatcher.destroy());
    const url = `http://eastus.example:${emulator.port}/api/health`;
    await emulator.inject({ kind: "dns" });
    await expect(request(url, { dispatcher })).rejects.toMatchObject({ code: "ENOTFOUND" });
    await emulator.clear();
    expect((await request(url, { dispatcher })).statusCode).toBe(200);
  });

  test("looks as the system's does, and comes no sooner", async () => {
    const emulator = await scene.emulator({ host, publicEndpoint });
    await emulator.inject({ kind: "dns" });
    let isInCall = true;
    const error = new Promise((resolve, reject) => {
      emulator.lookup("eastus.example", {}, (it) => (isInCall ? reject(it) : resolve(it)));
      isInCall = false;
    });
    expect(await error).toMatchObject({
      message: "getaddrinfo ENOTFOUND eastus.example",
      code: "ENOTFOUND",
      syscall: "getaddrinfo",
      hostname: "eastus.example",
    });
  });

  test.each(["clear", "restart", "close"] as const)(
    "without an answer lasts until %s",
    async (how) => {
      const emulator = await scene.emulator({ host, publicEndpoint });
      await emulator.inject({ kind: "dns", answer: "none" });
      const waiting = [look(emulator, "eastus.example"), look(emulator, "eastus.example")];
      await letTimePass();
      expect(await Promise.race([...waiting, "waiting"])).toBe("waiting");
      await emulator[how]();
      expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ address: host, family: 4 })));
    },
  );

  test("hits a share of the lookups, which the seed draws", async () => {
    const errors = async (seed: number) => {
      const emulator = await scene.emulator({ host, publicEndpoint, seed });
      await emulator.inject({ kind: "dns", share: 0.5 });
      const looks = Array.from({ length: 12 }, () => look(emulator, "eastus.example"));
      return (await Promise.all(looks)).map(({ error }) => error);
    };
    const drawn = await errors(1);
    expect(new Set(drawn)).toEqual(new Set(["ENOTFOUND", undefined]));
    expect(await errors(1)).toEqual(drawn);
    expect(await errors(2)).not.toEqual(drawn);
  });

  test.each([
    ["a name that there is not", { kind: "dns" } as Fault, "dns"],
    ["an endpoint that does not answer", { kind: "dns", answer: "none" } as Fault, "timeout"],
  ])("is for the plugin %s", async (_what, fault, reason) => {
    const emulator = await scene.emulator({ host: "localhost" });
    jest.spyOn(dns, "lookup").mockImplementation(emulator.lookup as never);
    await emulator.inject(fault);
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [{ name: "east", role: "primary", connectionString: emulator.connectionString }],
        negotiate: { allowAnonymous: true },
        health: { schedule: false, timeoutInMs: 200, transitionIntervalInMs: 10 },
      }),
    );
    await pubsub.ready().catch(() => {});
    expect(pubsub.endpoints.snapshot()).toMatchObject([{ state: "unhealthy", reason }]);
  });
});
