import { createFaultScene, health, outcomeOf } from "../support/fault-scene.ts";
import { sendToAll } from "../support/rest.ts";

const { scene, letTimePass } = createFaultScene();

describe("parts of a service", () => {
  test("a blackhole for REST calls only: clients and health go on", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole", requestTypes: ["RESTAPI"] });
    const held = outcomeOf(sendToAll(emulator, "lost"));
    expect((await health(emulator)).status).toBe(200);
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    await emulator.clear();
    expect(await held).toBe("ECONNRESET");
  });

  test("a blackhole for clients only silences the open ones too", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole", requestTypes: ["ClientConnection"] });
    expect((await sendToAll(emulator, "kept back")).status).toBe(202);
    await letTimePass();
    expect(client.unread).toBe(0);
    await emulator.clear();
    expect(await client.nextJson()).toMatchObject({ data: "kept back" });
  });

  test("several faults at once break different parts", async () => {
    const emulator = await scene.emulator();
    await emulator.inject([
      { kind: "throttle", requestTypes: ["RESTAPI"] },
      { kind: "unhealthy", requestTypes: ["Health"] },
    ]);
    expect((await sendToAll(emulator, "x")).status).toBe(429);
    expect((await health(emulator)).status).toBe(503);
    await scene.connect(emulator);
  });

  test("a blackhole does not decide what a fault before it has answered", async () => {
    const emulator = await scene.emulator();
    await emulator.inject([{ kind: "gray" }, { kind: "blackhole" }]);
    expect((await sendToAll(emulator, "x")).status).toBe(500);
  });

  test("a blackhole that follows another lets no frame out in between", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole", requestTypes: ["ClientConnection"] });
    await sendToAll(emulator, "x");
    await emulator.inject({ kind: "blackhole" });
    await letTimePass();
    expect(client.unread).toBe(0);
  });
});
