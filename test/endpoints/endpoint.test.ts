import { KeyObject } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resilientPubSub } from "express-resilient-pubsub";
import { createEndpoint } from "../../src/endpoints/endpoint.ts";
import { parseEndpoint } from "../../src/options.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";

it("hands the SDK its key as a KeyObject, with which signing is cheap", () => {
  const connectionString = "Endpoint=https://a.example;AccessKey=k";
  const config = parseEndpoint({ name: "a", role: "primary", connectionString });
  const { credential } = createEndpoint(config, "chat").client as unknown as {
    credential: { key: unknown };
  };
  expect(credential.key).toBeInstanceOf(KeyObject);
});

it("close releases the connections that were kept for the next call", async () => {
  const instance = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    res.statusCode = req.method === "HEAD" ? 200 : 202;
    res.setHeader("Content-Length", 0).end();
  });
  await new Promise<void>((resolve) => instance.listen(0, "127.0.0.1", resolve));
  closeAfterTest({
    close: () => {
      instance.close();
      instance.closeAllConnections();
    },
  });
  const connections = () =>
    new Promise<number>((resolve) => instance.getConnections((_, count) => resolve(count)));
  const { port } = instance.address() as AddressInfo;
  const connectionString = `Endpoint=http://127.0.0.1:${port};AccessKey=k`;
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
