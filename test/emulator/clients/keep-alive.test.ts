import { WebSocket } from "ws";
import { KeepAlive } from "../../../src/emulator/clients/keep-alive.ts";
import { createScene } from "../support/scene.ts";
import { clientUrl } from "../support/tokens.ts";

const scene = createScene();

describe("keep-alive", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const member = (answers = true) => {
    const log: string[] = [];
    return {
      log,
      ping: () => {
        log.push("ping");
        return answers;
      },
      drop: () => void log.push("drop"),
    };
  };

  test("keep-alive pings at each member's own interval", () => {
    const keepAlive = new KeepAlive();
    const [slow, fast] = [member(), member()];
    keepAlive.add(slow, 3);
    keepAlive.add(fast, 1);
    jest.advanceTimersByTime(3000);
    expect([slow.log.length, fast.log.length]).toEqual([1, 3]);
  });

  test("keep-alive drops clients that do not answer", () => {
    const silent = member(false);
    new KeepAlive().add(silent, 1);
    jest.advanceTimersByTime(1000);
    expect(silent.log).toEqual(["ping", "drop"]);
  });

  test("keep-alive leaves no timer when the last member has left", () => {
    const keepAlive = new KeepAlive();
    const members = [member(), member()];
    for (const one of members) keepAlive.add(one, 1);
    for (const one of members) keepAlive.remove(one, 1);
    expect(jest.getTimerCount()).toBe(0);
    const late = member();
    keepAlive.add(late, 1);
    keepAlive.remove(member(), 1);
    expect(jest.getTimerCount()).toBe(1);
    keepAlive.remove(late, 1);
    expect(jest.getTimerCount()).toBe(0);
  });
});

test.each([
  ["is cut without a close frame", false, 1006],
  ["stays", true, 1000],
])("a client whose pongs are %s", async (_what, autoPong, code) => {
  const emulator = await scene.emulator({
    hubs: { chat: { webSocketKeepAliveIntervalInSeconds: 1 } },
  });
  const socket = new WebSocket(clientUrl(emulator, "chat"), { autoPong });
  scene.defer(() => socket.terminate());
  let pings = 0;
  socket.on("ping", () => {
    pings += 1;
    if (autoPong && pings === 3) socket.close(1000);
  });
  const closed = await new Promise((resolve) => socket.once("close", resolve));
  expect(closed).toBe(code);
  expect(pings).toBe(autoPong ? 3 : 1);
});
