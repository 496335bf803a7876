import { EventEmitter } from "node:events";
import { InboundQueue } from "../../src/emulator/clients/inbound-queue.ts";

/** As much of a WebSocket as an inlet uses. */
class Source extends EventEmitter {
  isPaused = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  say(text: string): void {
    this.emit("message", Buffer.from(text), false);
  }
}

/** An inlet whose handler waits until it is let go on. */
function setUp() {
  const source = new Source();
  const handled: string[] = [];
  const blocked: (() => void)[] = [];
  const inlet = new InboundQueue(source as never, ({ data }) => {
    handled.push(data.toString());
    return new Promise((resolve) => blocked.push(resolve));
  });
  const goOn = async () => {
    blocked.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { source, handled, inlet, goOn };
}

test("frames are handled one at a time and in order", async () => {
  const { source, handled, goOn } = setUp();
  for (const text of ["a", "b", "c"]) source.say(text);
  expect(handled).toEqual(["a"]);
  await goOn();
  expect(handled).toEqual(["a", "b"]);
  await goOn();
  expect(handled).toEqual(["a", "b", "c"]);
});

test("the socket is not read while very many wait", async () => {
  const { source, goOn } = setUp();
  for (let index = 0; index < 33; index++) source.say("x");
  expect(source.isPaused).toBe(true);
  await goOn();
  expect(source.isPaused).toBe(false);
});

test("a muted inlet reads and handles nothing until it is unmuted", async () => {
  const { source, handled, inlet, goOn } = setUp();
  source.say("a");
  inlet.mute();
  expect(source.isPaused).toBe(true);
  source.say("b");
  await goOn();
  expect(handled).toEqual(["a"]);
  inlet.unmute();
  expect(source.isPaused).toBe(false);
  expect(handled).toEqual(["a", "b"]);
});

test("a closed inlet forgets what waits, and lets the socket notice its end", async () => {
  const { source, handled, inlet, goOn } = setUp();
  for (let index = 0; index < 40; index++) source.say("x");
  inlet.close();
  expect(source.isPaused).toBe(false);
  await goOn();
  expect(handled).toEqual(["x"]);
});
