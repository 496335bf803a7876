import express, { type Express } from "express";
import {
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import { closeAfterTest } from "../../support/clean-up.ts";
import { startEmulator } from "../../support/emulator.ts";
import { eventRequest } from "../../support/upstream-request.ts";

/** What is sent without a server, and what came back. */
export interface Injected {
  readonly method: "GET" | "HEAD" | "POST" | "OPTIONS";
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}
export type Send = (app: Express, request: Injected) => Promise<Answer>;

/** What must be answered however a request comes in. */
export function describeInjected(send: Send): void {
  async function start(
    mount: (app: Express, pubsub: ResilientPubSub) => void,
    history?: ResilientPubSubOptions["history"],
  ) {
    const emulator = closeAfterTest(await startEmulator());
    const { connectionString } = emulator;
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [{ name: "eastus", role: "primary", connectionString }],
        negotiate: { allowAnonymous: true, maxPerSecond: 0.1 },
        upstream: {
          handleUserEvent: (req, res) => res.success(`heard ${JSON.stringify(req.data)}`, "text"),
        },
        history,
      }),
    );
    await pubsub.ready();
    const app = express();
    mount(app, pubsub);
    return { emulator, app, pubsub };
  }
  const mounted = (app: Express, pubsub: ResilientPubSub): void => void app.use(pubsub);
  const behindParser = (app: Express, pubsub: ResilientPubSub): void =>
    void app.use(express.json()).use(pubsub);

  it.each(["GET", "POST"] as const)(
    "%s of negotiate is answered, and then limited",
    async (method) => {
      const { app } = await start(mounted);
      const { status, headers, body } = await send(app, { method, url: "/negotiate" });
      expect({ status, cacheControl: headers["cache-control"] }).toEqual({
        status: 200,
        cacheControl: "no-store",
      });
      expect(JSON.parse(body)).toMatchObject({ endpoint: "eastus", role: "primary" });
      const again = await send(app, { method, url: "/negotiate" });
      expect(again.status).toBe(503);
      expect(JSON.parse(again.body)).toMatchObject({ code: "ERR_OVERLOADED" });
    },
  );

  it.each([
    ["before any parser", mounted],
    ["behind express.json()", behindParser],
  ])("an event reaches its handler %s", async (_name, mount) => {
    const { app, emulator } = await start(mount);
    const { headers = [] } = eventRequest(emulator, { contentType: "application/json" });
    const event = { method: "POST", url: "/api/webpubsub/hubs/chat/", body: '{"a":1}' } as const;
    const { status, body } = await send(app, {
      ...event,
      headers: { ...Object.fromEntries(new Headers(headers)), "content-length": "7" },
    });
    expect({ status, body }).toEqual({ status: 200, body: 'heard {"a":1}' });
  });

  it.each([
    ["before any parser", mounted],
    ["behind express.json()", behindParser],
  ])("a client is given what it has missed %s", async (_name, mount) => {
    const { app, pubsub } = await start(mount, true);
    const negotiated = await send(app, { method: "GET", url: "/negotiate?history=1" });
    const { grant, history } = JSON.parse(negotiated.body);
    const messages = [{ text: "für dich" }, { text: "und mich" }];
    for (const message of messages) await pubsub.broadcast(message);
    const asked = JSON.stringify({ grant, since: history.positions });
    const headers = { "content-type": "application/json", "content-length": `${asked.length}` };
    const request = { method: "POST", url: "/negotiate/history", headers, body: asked } as const;
    const { status, body } = await send(app, request);
    expect(status).toBe(200);
    const missed: { d: unknown }[] = JSON.parse(body).streams.a.messages;
    expect(missed.map(({ d }) => d)).toEqual(messages);
  });
}
