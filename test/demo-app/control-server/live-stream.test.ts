import { connect as open } from "node:net";
import express from "express";
import { LiveStream } from "../../../demo-app/control-server/live-stream.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { serve } from "../../support/serve.ts";
import { until } from "../../support/until.ts";
import { post } from "../support/http.ts";
import { LiveListener } from "../support/live-listener.ts";
import { startDemo, startEnvironment } from "../support/start-demo.ts";

jest.setTimeout(30_000);

describe("a new listener of the live stream", () => {
  it("receives the environment, all clients, their figures, the last events and log lines, and the drill, in this order", async () => {
    const { environment, url } = await startDemo();
    await environment.clients.resize(3);
    for (let i = 0; i < 60; i++) {
      await environment.operate("eastus", "drain");
      await environment.operate("eastus", "undrain");
    }

    const listener = await LiveListener.open(url);

    expect(listener.contentType).toMatch("text/event-stream");
    expect(listener.all.slice(0, 7).map(({ name }) => name)).toEqual([
      "environment",
      "clients",
      "microsoftClients",
      "figures",
      "events",
      "log",
      "drill",
    ]);
    expect(listener.of("environment")[0]).toMatchObject({
      mode: "emulated",
      clientCounts: { wanted: 3 },
    });
    expect(listener.of("clients")[0]).toEqual([
      [1, 0, 0],
      [2, 1, 1],
      [3, 0, 0],
    ]);
    expect(listener.of("figures")[0]).toEqual(environment.figures);
    expect(listener.of("log")[0]?.at(-1)).toMatchObject({
      level: "info",
      text: expect.stringContaining("eastus"),
    });
    const [events] = listener.of("events");
    expect(events).toEqual(environment.events.entries.slice(-100));
    expect(listener.of("drill")).toEqual([null]);
  });
});

describe("a listener of the live stream", () => {
  it("receives what changes, and nothing that does not", async () => {
    const { environment, url } = await startDemo();
    const listener = await LiveListener.open(url);

    await environment.operate("eastus", "drain");
    await until(() => listener.last("environment")?.endpoints[0]?.isDrained);

    expect(listener.of("environment")).toHaveLength(2);
    expect(listener.of("clients")).toEqual([[]]);
    const received = listener.of("events").flat();
    expect(received).toEqual(environment.events.entries);
    expect(received.map(({ id }) => id)).toEqual(received.map((_, index) => index + 1));
  });

  it("receives clients that start, move and stop", async () => {
    const { environment, url } = await startDemo();
    const listener = await LiveListener.open(url);
    const changes = () => listener.of("clients").flat();

    await environment.clients.resize(2);
    await until(() => changes().some(([id, , endpoint]) => id === 1 && endpoint === 0));
    await environment.setFault("eastus", "crash");
    await until(() => changes().some((change) => String(change) === "1,0,-1"));
    await until(() => changes().some((change) => String(change) === "1,0,1"));
    await environment.clients.resize(1);
    await until(() => changes().some((change) => String(change) === "2,-1,-1"));
  });

  it("receives how broadcasts were heard, when that has changed", async () => {
    const { environment, url } = await startDemo();
    await environment.clients.resize(4);
    const listener = await LiveListener.open(url);

    await environment.broadcast("eastus", "hear me");

    const sent = () => listener.last("figures")?.crowds;
    await until(() => sent()?.withHistory.sent === 2 && sent()?.withoutHistory.sent === 2);
  });

  it("receives the rates of each second, by endpoint", async () => {
    const { url } = await startDemo();
    const listener = await LiveListener.open(url);

    await until(() => listener.of("rates").length >= 2);

    const [first, second] = listener.of("rates");
    expect(first).toMatchObject({ answers: [0, 0], delivered: [0, 0], refused: 0, without: 0 });
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(900);
  });

  it("receives the beginning and the end of the guided drill", async () => {
    const { url } = await startDemo();
    const listener = await LiveListener.open(url);

    expect((await post(`${url}/api/control/drill`, { order: "start" })).status).toBe(204);
    await until(() => listener.last("drill")?.state === "running");
    expect((await post(`${url}/api/control/drill`, { order: "stop" })).status).toBe(204);

    await until(() => listener.last("drill")?.state === "stopped");
  });

  it("receives the same as all others", async () => {
    const { environment, url } = await startDemo();
    const listeners = await Promise.all(Array.from({ length: 5 }, () => LiveListener.open(url)));

    await environment.operate("westus", "drain");

    for (const listener of listeners) {
      await until(() => listener.of("events").flat().length === environment.events.entries.length);
      expect(listener.of("events").flat()).toEqual(environment.events.entries);
    }
  });

  it("is dropped when it disconnects, and receives everything anew when it reconnects", async () => {
    const { controlServer, environment, url } = await startDemo();
    const listener = await LiveListener.open(url);
    expect(controlServer.live.listeners).toBe(1);

    listener.leave();
    await until(() => controlServer.live.listeners === 0);
    await environment.operate("eastus", "drain");
    const again = await LiveListener.open(url);

    expect(again.of("environment")[0]?.endpoints[0]?.isDrained).toBe(true);
    expect(again.of("events")[0]).toEqual(environment.events.entries);
  });

  it("that does not read is cut before what it has missed fills the memory", async () => {
    const { controlServer, environment, url } = await startDemo();
    const { host, port } = new URL(url);
    const socket = open(Number(port), "127.0.0.1").pause();
    closeAfterTest({ close: () => socket.destroy() });
    socket.on("error", () => {}).write(`GET /api/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await until(() => controlServer.live.listeners === 1);

    const large = { at: 0, kind: "test", server: null, endpoint: null, tone: "neutral" } as const;
    await until(() => {
      environment.events.add({ ...large, id: 0, text: "x".repeat(500_000) });
      return controlServer.live.listeners === 0;
    });
  });

  it("receives a heartbeat while nothing changes", async () => {
    const drill = { view: null, onChange: () => () => {} };
    const live = new LiveStream(await startEnvironment(), drill, { heartbeatEveryInMs: 20 });
    closeAfterTest(live);
    const { url } = closeAfterTest(await serve(express().get("/api/live", live.handler)));

    const listener = await LiveListener.open(url);

    await until(() => listener.comments.length >= 2);
  });

  it("is disconnected when the demo ends", async () => {
    const { close, url } = await startDemo();
    const listener = await LiveListener.open(url);

    await close();

    await until(() => listener.hasEnded);
  });
});
