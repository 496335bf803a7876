import { KeyObject } from "node:crypto";
import { resilientPubSub } from "express-resilient-pubsub";
import { sendCanary } from "../../src/health/canary.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint, type Endpoint } from "../../src/service/endpoint.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { entraCredential } from "../support/entra-credential.ts";
import { startRawService } from "../support/raw-service.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

it("the SDK is given an access key as a KeyObject, which prints no secret", () => {
  const connectionString = "Endpoint=https://a.example;AccessKey=k";
  const config = parseEndpoint({ name: "a", role: "primary", connectionString });
  const { client } = closeAfterTest(createEndpoint(config, "chat"));
  const { credential } = client as unknown as { credential: { key: unknown } };
  expect(credential.key).toBeInstanceOf(KeyObject);
});

it("calls and canaries ask a credential for one token between them", async () => {
  const { url, requests } = await startRawService();
  const { getToken } = entraCredential();
  const credential = { getToken: jest.fn(getToken) };
  const endpoint = closeAfterTest(
    createEndpoint(
      parseEndpoint({
        name: "a",
        role: "primary",
        endpoint: "https://a.example",
        reverseProxyEndpoint: url,
        credential,
      }),
      "chat",
    ),
  );
  const signal = new AbortController().signal;
  expect(await sendCanary(endpoint, { timeoutInMs: 5000, signal })).toEqual({ kind: "passed" });
  await endpoint.client.sendToAll("hi", { contentType: "text/plain" });
  expect(requests).toHaveLength(1);
  expect(credential.getToken).toHaveBeenCalledTimes(1);
});

it("an answer that has no end is not read to memory", async () => {
  let written = 0;
  const { url } = closeAfterTest(
    await serve((_req, res) => {
      const timer = setInterval(() => {
        written += 1024 * 1024;
        res.write(Buffer.alloc(1024 * 1024, " "));
      }, 1);
      res.on("close", () => clearInterval(timer));
    }),
  );
  const connectionString = `Endpoint=${url};AccessKey=k`;
  const config = parseEndpoint({ name: "a", role: "primary", connectionString });
  const { client } = closeAfterTest(createEndpoint(config, "chat"));
  const members = await client.group("news").listConnections();
  await expect(members.next()).rejects.toMatchObject({ code: "UND_ERR_RES_EXCEEDED_MAX_SIZE" });
  expect(written).toBeGreaterThan(4 * 1024 * 1024);
});

it("closing an endpoint releases the connections that were kept for the next call", async () => {
  const { server, url } = closeAfterTest(
    await serve(
      (req, res) => {
        res.statusCode = req.method === "HEAD" ? 200 : 202;
        res.setHeader("Content-Length", 0).end();
      },
      { keepAliveTimeout: 60_000 },
    ),
  );
  const connections = () =>
    new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  const connectionString = `Endpoint=${url};AccessKey=k`;
  const pubsub = resilientPubSub({
    hub: "chat",
    endpoints: [{ name: "a", role: "primary", connectionString }],
    negotiate: { allowAnonymous: true },
  });
  await pubsub.broadcast("hi");
  expect(await connections()).toBeGreaterThan(0);
  await pubsub.close();
  await until(async () => (await connections()) === 0);
});

it("calls and canaries of an endpoint have one token, which both give up when it is refused", async () => {
  const seen: (string | undefined)[] = [];
  const { url } = closeAfterTest(
    await serve((req, res) => {
      seen.push(req.headers.authorization);
      res.statusCode = req.headers.authorization === "Bearer t1" && seen.length > 2 ? 401 : 202;
      res.end();
    }),
  );
  let asked = 0;
  const credential = {
    getToken: async () => {
      asked += 1;
      return { token: `t${asked}`, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  const config = parseEndpoint({
    name: "a",
    role: "primary",
    endpoint: "https://a.example",
    credential,
    reverseProxyEndpoint: url,
  });
  const { client, checkClient } = closeAfterTest(createEndpoint(config, "chat"));
  const send = (by: typeof client) => by.sendToAll("hi", { contentType: "text/plain" });
  await send(client);
  await send(checkClient);
  await expect(send(client)).rejects.toMatchObject({ statusCode: 401 });
  await send(checkClient);
  expect(seen).toEqual(["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"]);
});

describe("when the HTTP library cannot be loaded,", () => {
  const lost = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=k";
  const config = parseEndpoint({ name: "a", role: "primary", connectionString });
  const withoutLibrary = () => createEndpoint(config, "chat", 1, () => Promise.reject(lost));

  it("calls fail with the reason, and health checks do not wait", async () => {
    const { client, checkClient, opened } = closeAfterTest(withoutLibrary());
    await opened;
    for (const caller of [client, checkClient]) {
      const sending = caller.sendToAll("hi", { contentType: "text/plain" });
      await expect(sending).rejects.toMatchObject({ code: "ERR_MODULE_NOT_FOUND" });
    }
  });

  it.each<[string, (endpoint: Endpoint) => unknown]>([
    ["nobody calls", () => {}],
    ["the endpoint goes down", (endpoint) => endpoint.giveUp()],
    ["the endpoint is closed", (endpoint) => endpoint.close()],
  ])("no rejection is left unhandled when %s", async (_, act) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    const before = process.rawListeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", note);
    await act(withoutLibrary());
    await new Promise(setImmediate);
    process.off("unhandledRejection", note);
    for (const listener of before) process.on("unhandledRejection", listener as () => void);
    expect(unhandled).toEqual([]);
  });
});
