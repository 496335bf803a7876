import { until } from "../../support/until.ts";
import { connectionExists, sendToAll } from "../support/rest.ts";
import { createScene, jsonProtocol, reliableProtocol } from "../support/scene.ts";

const scene = createScene();

// Together beyond what kernels keep for a socket whose owner does not read, within what may wait.
const heavy = "x".repeat(1_000_000);
const countToClog = 15;

describe("a client that never reads", () => {
  test.each([
    ["too many messages", jsonProtocol, { waitingMessages: 3 }],
    ["too many bytes", jsonProtocol, { waitingBytes: 3_000_000 }],
    ["too many messages, though reliable", reliableProtocol, { waitingMessages: 3 }],
  ])(
    "a client that never reads is closed by 1008 when %s wait for it",
    async (_what, protocol, limits) => {
      const emulator = await scene.emulator({ limits });
      const client = await scene.connectJson(emulator, { protocols: [protocol] });
      const bystander = await scene.connectJson(emulator);
      client.socket.pause();
      await until(async () => {
        await sendToAll(emulator, heavy);
        return !(await connectionExists(emulator, client.connectionId));
      });
      client.socket.resume();
      expect((await client.closed).code).toBe(1008);
      expect(await connectionExists(emulator, bystander.connectionId)).toBe(true);
    },
  );

  test("a client that reads again misses the expired messages, and nothing else", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    client.socket.pause();
    for (let i = 0; i < countToClog; i++) await sendToAll(emulator, heavy);
    await sendToAll(emulator, "short-lived", "&messageTtlSeconds=1");
    await sendToAll(emulator, "lasting", "&messageTtlSeconds=300");
    const now = Date.now();
    jest.spyOn(Date, "now").mockImplementation(() => now + 2000);
    scene.defer(() => jest.restoreAllMocks());
    client.socket.resume();
    for (let i = 0; i < countToClog; i++)
      expect(await client.nextJson()).toMatchObject({ data: heavy });
    expect(await client.nextJson()).toMatchObject({ data: "lasting" });
  });
});
