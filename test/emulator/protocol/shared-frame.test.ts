import { Broadcast } from "../../../src/emulator/protocol/broadcast.ts";
import { jsonCodec } from "../../../src/emulator/protocol/json-codec.ts";
import { shareFrame } from "../../../src/emulator/protocol/shared-frame.ts";
import { sendToAll } from "../support/rest.ts";
import { createScene, jsonProtocol } from "../support/scene.ts";

const scene = createScene();

describe("a frame that is shared", () => {
  test.each([
    [0, false, "8100"],
    [125, true, "827d"],
    [126, false, "817e007e"],
    [65_535, true, "827effff"],
    [65_536, false, "817f0000000000010000"],
  ])("of %d bytes, binary: %s, has the header %s", (length, isBinary, header) => {
    const data = Buffer.alloc(length, "x");
    const frame = shareFrame({ data, isBinary });
    expect(frame.wire?.toString("hex")).toBe(header + data.toString("hex"));
    expect(frame.data.equals(data)).toBe(true);
    expect(frame.isBinary).toBe(isBinary);
  });

  test.each([0, 70, 200, 65_535, 65_536])("brings %d characters to clients", async (length) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator, { protocols: [jsonProtocol] });
    const data = "x".repeat(length);
    await sendToAll(emulator, data);
    expect(await client.nextJson()).toMatchObject({ type: "message", data });
  });

  test("a shared frame has the number of its receiver, whatever the receiver before had", () => {
    const broadcast = new Broadcast({ from: "server", payload: { dataType: "text", text: "hi" } });
    const numberOf = (sequenceId: number): unknown =>
      JSON.parse(String(broadcast.numbered(jsonCodec, sequenceId).data)).sequenceId;
    expect([7, 7, 8, 7].map(numberOf)).toEqual([7, 7, 8, 7]);
    expect(broadcast.numbered(jsonCodec, 9)).toBe(broadcast.numbered(jsonCodec, 9));
  });
});
