import type { Fault } from "express-resilient-pubsub/emulator";
import { createFaultScene, health } from "../support/fault-scene.ts";
import { sendToAll } from "../support/rest.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene, handshakeStatus } = createFaultScene();

describe("unhealthy", () => {
  test.each<[Fault, number, string | undefined]>([
    [{ kind: "unhealthy" }, 503, undefined],
    [{ kind: "unhealthy", status: 500 }, 500, undefined],
    [{ kind: "unhealthy", status: 503, retryAfterInSeconds: 20 }, 503, "20"],
  ])("%j answers health, REST and handshakes", async (fault, status, retryAfter) => {
    const emulator = await scene.emulator();
    await emulator.inject(fault);
    const expected = { status, headers: expect.objectContaining({}) };
    const answers = await Promise.all([
      health(emulator),
      sendToAll(emulator, "x"),
      new SocketClient(clientUrl(emulator, "chat")).refused,
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject(expected);
      expect(answer.headers["retry-after"]).toBe(retryAfter);
    }
  });

  test("leaves open clients alone", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "unhealthy" });
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    await emulator.clear();
    expect((await health(emulator)).status).toBe(200);
  });
});

describe("throttle, accessDenied and gray", () => {
  test.each<[Fault, number, number, number]>([
    [{ kind: "throttle", retryAfterInSeconds: 1 }, 200, 429, 429],
    [{ kind: "accessDenied" }, 200, 403, 403],
    [{ kind: "accessDenied", requestTypes: ["Health", "RESTAPI"] }, 403, 403, 101],
    [{ kind: "gray" }, 200, 500, 101],
  ])("%j answers as it should and leaves open clients alone", async (fault, ...expected) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject(fault);
    const statuses = [
      (await health(emulator)).status,
      (await sendToAll(emulator, "x")).status,
      await handshakeStatus(emulator),
    ];
    expect(statuses).toEqual(expected);
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    await emulator.clear();
    expect((await sendToAll(emulator, "back")).status).toBe(202);
    expect(await client.nextJson()).toMatchObject({ data: "back" });
  });

  test("a refused handshake says that its connection ends", async () => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind: "throttle", retryAfterInSeconds: 3 });
    const { headers } = await new SocketClient(clientUrl(emulator, "chat")).refused;
    expect(headers).toMatchObject({ connection: "close", "retry-after": "3" });
  });
});
