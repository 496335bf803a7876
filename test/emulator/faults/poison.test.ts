import { type IncomingMessage, request as openRequest } from "node:http";
import { Readable } from "node:stream";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Fault } from "express-resilient-pubsub/emulator";
import { readUpTo } from "../../../src/emulator/http/request-content.ts";
import { createFaultScene, health } from "../support/fault-scene.ts";
import { apiVersion, callRest, openTcp, restToken, sendToAll } from "../support/rest.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene, handshakeStatus, letTimePass } = createFaultScene();

const text = "' OR 1=1 --";
const poison: Fault = { kind: "poison", text };

const post = (path: string, body: string | Buffer, type = "text/plain") => ({
  method: "POST",
  path: `/api/hubs/chat/${path}?${apiVersion}`,
  headers: { "Content-Type": type },
  body,
});

describe("a poisonous text", () => {
  test.each([
    ["a text", post(":send", `a ${text} b`), 403],
    ["JSON", post(":send", JSON.stringify({ q: text }), "application/json"), 403],
    ["bytes", post(":send", Buffer.from(`\0${text}\0`), "application/octet-stream"), 403],
    ["the name of a group", post(`groups/${encodeURIComponent(text)}/:send`, "x"), 403],
    ["a query", { method: "GET", path: `/api/hubs/chat?a=${encodeURIComponent(text)}` }, 403],
    ["a request without a good token", { ...post(":send", text), token: null }, 403],
    ["what is not quite it", post(":send", "' or 1=1 --"), 202],
    ["half of it", post(":send", text.slice(1)), 202],
    [
      "what looks like it in JSON only",
      post(":send", '"\\u0027 OR 1=1 --"', "application/json"),
      202,
    ],
  ])("in %s: %#", async (_where, call, status) => {
    const emulator = await scene.emulator();
    await emulator.inject(poison);
    expect((await callRest(emulator, call)).status).toBe(status);
  });

  test("refuses that one call only, and nobody gets it", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject(poison);
    expect((await sendToAll(emulator, text)).status).toBe(403);
    expect((await sendToAll(emulator, "innocent")).status).toBe(202);
    expect(await client.nextJson()).toMatchObject({ data: "innocent" });
    expect((await health(emulator)).status).toBe(200);
    await emulator.clear();
    expect((await sendToAll(emulator, text)).status).toBe(202);
    expect(await client.nextJson()).toMatchObject({ data: text });
  });

  test.each([
    ["all of a large one", 1024 * 1024, 202],
    ["the end of a large one", 1024 * 1024 - text.length, 403],
  ])("looks through %s", async (_what, length, status) => {
    const emulator = await scene.emulator();
    await emulator.inject(poison);
    const body = "x".repeat(length) + (status === 403 ? text : "");
    expect((await sendToAll(emulator, body)).status).toBe(status);
  });

  test.each([
    ["a body that is too large", { body: "x".repeat(1024 * 1024 + 1) }, 400],
    ["a body that is no JSON", post(":send", "{", "application/json"), 400],
    ["no body", { body: "" }, 202],
  ])("leaves it to the service to judge %s", async (_what, call, status) => {
    const emulator = await scene.emulator();
    await emulator.inject(poison);
    expect((await callRest(emulator, { ...post(":send", ""), ...call })).status).toBe(status);
  });

  test.each([
    [text, 403],
    ["innocent", 202],
  ])(
    "is looked for in a body that waits for 100 Continue, which comes once: %s",
    async (body, status) => {
      const emulator = await scene.emulator();
      await emulator.inject(poison);
      const { method, path, headers } = post(":send", body);
      const token = `Bearer ${restToken(emulator, path)}`;
      const length = String(body.length);
      let continued = 0;
      const answer = new Promise((resolve, reject) => {
        const call = openRequest({
          ...{ host: "127.0.0.1", port: emulator.port, agent: false, method, path },
          headers: {
            ...headers,
            Authorization: token,
            "Content-Length": length,
            Expect: "100-continue",
          },
        });
        call.on("continue", () => {
          continued += 1;
          call.end(body);
        });
        call.on("error", reject).on("response", (it) => resolve(it.resume().statusCode));
        call.flushHeaders();
      });
      expect(await answer).toBe(status);
      expect(continued).toBe(1);
    },
  );

  test.each([
    [0, 0],
    [250, 300],
    [1000, 1000],
  ])("is looked for in no more than %p bytes, and what is in their chunk", async (max, length) => {
    const body = Readable.from(Array.from({ length: 10 }, () => Buffer.alloc(100)));
    const read = await readUpTo(body as IncomingMessage, max);
    expect(read).toHaveLength(length);
    expect(body.readableEnded).toBe(true);
  });

  test("in the URL of a handshake is refused, in a frame it passes", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator, {
      roles: ["webpubsub.sendToGroup"],
      groups: ["g"],
    });
    await emulator.inject(poison);
    const url = `${clientUrl(emulator, "chat")}&q=${encodeURIComponent(text)}`;
    expect((await new SocketClient(url).refused).status).toBe(403);
    expect(await handshakeStatus(emulator)).toBe(101);
    client.send({ type: "sendToGroup", group: "g", dataType: "text", data: text });
    expect(await client.nextJson()).toMatchObject({ data: text });
  });

  test.each<[Partial<Fault>, number]>([
    [{ status: 406 } as Partial<Fault>, 406],
    [{ requestTypes: ["ClientConnection"] }, 202],
    [{ share: 1 } as Partial<Fault>, 403],
  ])("with %j is answered %p", async (options, status) => {
    const emulator = await scene.emulator();
    await emulator.inject({ ...poison, ...options } as Fault);
    expect((await sendToAll(emulator, text)).status).toBe(status);
  });

  test("a caller that goes away in the middle of its body does no harm", async () => {
    const emulator = await scene.emulator();
    await emulator.inject(poison);
    const socket = await openTcp(emulator.port);
    socket.write("POST /api/hubs/chat/:send HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    await letTimePass();
    socket.resetAndDestroy();
    expect((await sendToAll(emulator, "x")).status).toBe(202);
  });

  test("Microsoft's SDK hears the status, and sends the next one", async () => {
    const emulator = await scene.emulator();
    const service = new WebPubSubServiceClient(emulator.connectionString, "chat", {
      allowInsecureConnection: true,
    });
    await emulator.inject(poison);
    await expect(service.sendToAll({ q: text })).rejects.toMatchObject({ statusCode: 403 });
    await service.sendToAll({ q: "innocent" });
  });
});
