import { once } from "node:events";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { UpstreamOptions } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import WebSocket from "ws";
import { closeAfterTest } from "../support/clean-up.ts";
import { connectClient } from "../support/official-client.ts";
import { until } from "../support/until.ts";
import { accessKeyOf, digest, type EventRequest } from "../support/upstream-request.ts";
import { setUp } from "./support/upstream-regions.ts";

const toWest = {
  delivered: ["westus"],
  failed: [],
  skipped: [{ endpoint: "eastus", reason: "other-endpoint" }],
};
/** Nobody knows where it is, so everybody is asked. */
const toAll = { delivered: ["eastus", "westus"], failed: [], skipped: [] };

/** With one client, on westus, of which the plugin has not been told: events are about it. */
async function setUpReady(upstream?: UpstreamOptions) {
  const world = await setUp(upstream);
  await world.pubsub.ready();
  const options = { allowInsecureConnection: true };
  const service = new WebPubSubServiceClient(world.westus.connectionString, "chat", options);
  const { url } = await service.getClientAccessToken();
  const { connectionIds } = await connectClient(url, { autoReconnect: false });
  const id = await until(() => connectionIds[0]);
  const post = (event: EventRequest = {}, from: Emulator = world.westus) =>
    world.post({ connectionId: id, ...event }, from);
  return { ...world, service, id, post };
}

const system = (name: string, body: object = {}): EventRequest => ({
  type: `sys.${name}`,
  contentType: "application/json",
  body: JSON.stringify(body),
});

describe("what is sent to a connection goes only to the endpoint that a verified event came from:", () => {
  it.each<[string, EventRequest]>([
    ["an event of its own", {}],
    ["an event of its own, in JSON", { contentType: "application/json", body: "{}" }],
    ["that it has connected", system("connected")],
    ["one that nobody here handles", { type: "user.unheard-of" }],
  ])("%s", async (_, event) => {
    const { pubsub, post, id } = await setUpReady();
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toAll);
    await post(event);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toWest);
    expect((await pubsub.sendToConnection("connection-2", "hi")).delivered).toHaveLength(2);
  });

  it("the official client's, through the service itself", async () => {
    const { pubsub, eastus, westus, url, negotiate, calls } = await setUpReady();
    for (const region of [eastus, westus]) {
      region.setHub("chat", {
        eventHandlers: [
          {
            urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`,
            systemEvents: ["connected"],
            userEventPattern: "*",
          },
        ],
      });
    }
    const west = await connectClient((await negotiate("?user=bob&failed=eastus")).body.url);
    await west.client.sendEvent("echo", "hello", "text");
    expect(calls).toEqual(["hello"]);
    const [connectionId = ""] = west.connectionIds;
    expect(await pubsub.sendToConnection(connectionId, "hi")).toEqual(toWest);
    await until(() => west.received.length > 1);
    expect(west.received).toEqual(["heard hello", "hi"]);
  });

  it("the endpoint of a connection is no longer known after that endpoint has been removed", async () => {
    const { pubsub, post, id } = await setUpReady();
    await post();
    await pubsub.endpoints.remove("westus", { fanOutForInMs: 0 });
    const report = await pubsub.sendToConnection(id, "hi");
    expect(report).toEqual({ delivered: ["eastus"], failed: [], skipped: [] });
  });

  it.each([true, false])(
    "what is sent to a connection goes to no other endpoint while its endpoint is out of use (asked before: %s)",
    async (isAskedBefore) => {
      const { pubsub, post, westus, id } = await setUpReady();
      await post();
      if (isAskedBefore) await pubsub.sendToConnection(id, "hi");
      await westus.inject({ kind: "crash" });
      // One failed call makes the checks begin; a second one might be faster than they, with another reason.
      await pubsub.broadcast("hi");
      await until(() => pubsub.endpoints.snapshot()[1]?.state === "unhealthy");
      await expect(pubsub.sendToConnection(id, "hi")).rejects.toMatchObject({
        report: {
          delivered: [],
          skipped: [
            { endpoint: "eastus", reason: "other-endpoint" },
            { endpoint: "westus", reason: "refused" },
          ],
        },
      });
    },
  );

  it("the service is asked once, and not for every message", async () => {
    const { pubsub, post, service, id } = await setUpReady();
    await post();
    await pubsub.sendToConnection(id, "hi");
    // If it were asked again, it would say no, and all would get the message.
    await service.closeConnection(id);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toWest);
  });
});

describe("the endpoint of a connection does not become known", () => {
  it.each<[string, number, (id: string, west: Emulator, east: Emulator) => EventRequest]>([
    ["without a signature", 401, () => ({ headers: { "ce-signature": null } })],
    [
      "from a forged signature",
      401,
      (id) => ({ headers: { "ce-signature": `sha256=${digest("guess", id)}` } }),
    ],
    [
      "from the signature of another endpoint",
      401,
      (id, _, east) => ({ headers: { "ce-signature": `sha256=${digest(accessKeyOf(east), id)}` } }),
    ],
    [
      "from the signature of another connection",
      401,
      (_, west) => ({
        headers: { "ce-signature": `sha256=${digest(accessKeyOf(west), "other")}` },
      }),
    ],
    ["from another origin", 403, () => ({ headers: { "WebHook-Request-Origin": "evil.example" } })],
    ["for another hub", 404, () => ({ headers: { "ce-hub": "news" } })],
    [
      "from a body that cannot be",
      400,
      () => ({ type: "sys.connected", contentType: "application/json", body: "[" }),
    ],
    ["before there is a connection", 200, () => system("connect", { claims: {} })],
  ])("%s", async (_, expected, forge) => {
    const { pubsub, post, eastus, westus, id } = await setUpReady();
    const { status } = await post(forge(id, westus, eastus));
    expect(expected === 200 ? status < 300 : status).toBe(expected === 200 ? true : expected);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toAll);
  });
});

describe("the known endpoint of a connection is forgotten", () => {
  it.each([true, false])("when the connection has ended (asked before: %s)", async (isAsked) => {
    const { pubsub, post, id } = await setUpReady();
    await post();
    if (isAsked) expect(await pubsub.sendToConnection(id, "hi")).toEqual(toWest);
    expect((await post(system("disconnected", { reason: "" }))).status).toBeLessThan(300);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toAll);
  });

  it("except by a forged event", async () => {
    const { pubsub, post, id } = await setUpReady();
    await post();
    const forged = { ...system("disconnected"), headers: { "ce-signature": null } };
    expect((await post(forged)).status).toBe(401);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toWest);
  });

  it("with the disconnected event of a real client that goes", async () => {
    const { pubsub, westus, url, negotiate } = await setUpReady();
    westus.setHub("chat", {
      eventHandlers: [
        {
          urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`,
          systemEvents: ["connected", "disconnected"],
        },
      ],
    });
    const { body } = await negotiate("?user=bob&failed=eastus");
    const socket = closeAfterTest(new WebSocket(body.url, "json.webpubsub.azure.v1"));
    const [frame] = await once(socket, "message");
    const { connectionId } = JSON.parse(String(frame));
    const isKnown = async () =>
      (await pubsub.sendToConnection(connectionId, "hi")).skipped.length === 1;
    await until(isKnown);
    socket.close();
    await until(async () => !(await isKnown()));
  });
});

describe("behind a custom domain, which does not tell the endpoints apart,", () => {
  const domain = "pubsub.example.com";
  const from = { "WebHook-Request-Origin": domain };

  it("the key tells which one sent an event", async () => {
    const { pubsub, post, id } = await setUpReady({ allowedOrigins: [domain] });
    expect((await post({ headers: from })).status).toBe(200);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toWest);
  });

  it("an event that no key verifies has no sender", async () => {
    const { pubsub, post, id } = await setUpReady({ allowedOrigins: [domain] });
    const headers = { ...from, "ce-signature": `sha256=${digest("guess", id)}` };
    expect((await post({ headers })).status).toBe(401);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toAll);
  });

  it("upstream.authorize does not tell the sender, and no connection's endpoint becomes known", async () => {
    const { pubsub, post, id } = await setUpReady({
      allowedOrigins: [domain],
      authorize: () => true,
    });
    expect((await post({ headers: { ...from, "ce-signature": null } })).status).toBe(200);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toAll);
  });
});

describe("upstream.authorize", () => {
  it("makes the connection's endpoint known by the origin", async () => {
    const { pubsub, post, id } = await setUpReady({ authorize: async () => true });
    expect((await post({ headers: { "ce-signature": null } })).status).toBe(200);
    expect(await pubsub.sendToConnection(id, "hi")).toEqual(toWest);
  });

  it.each<[string, number, () => boolean]>([
    ["that says no", 401, () => false],
    [
      "that fails",
      500,
      () => {
        throw new Error("boom");
      },
    ],
  ])(
    "with %s makes no connection's endpoint known, whatever the signature",
    async (_, status, authorize) => {
      const { pubsub, post, id } = await setUpReady({ authorize });
      expect((await post()).status).toBe(status);
      expect(await pubsub.sendToConnection(id, "hi")).toEqual(toAll);
    },
  );
});
