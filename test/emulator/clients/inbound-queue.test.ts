import { InboundQueue } from "../../../src/emulator/clients/inbound-queue.ts";

/** As much of a WebSocket as a queue uses. */
class Source {
  isPaused = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

/** A queue whose handler waits until it is let go on. */
function setUp() {
  const source = new Source();
  const handled: string[] = [];
  const blocked: (() => void)[] = [];
  const atOnce: string[] = [];
  const queue = new InboundQueue(source as never, {
    handle: ({ data }) => {
      handled.push(data.toString());
      return new Promise((resolve) => blocked.push(resolve));
    },
    handleAtOnce: ({ data }) => {
      const needsNoTurn = data.toString() === "ping";
      if (needsNoTurn) atOnce.push("ping");
      return needsNoTurn;
    },
  });
  const goOn = async () => {
    blocked.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const say = (text: string) => queue.add({ data: Buffer.from(text), isBinary: false });
  return { source, say, handled, atOnce, queue, goOn };
}

test("frames are handled one at a time and in order", async () => {
  const { say, handled, goOn } = setUp();
  for (const text of ["a", "b", "c"]) say(text);
  expect(handled).toEqual(["a"]);
  await goOn();
  expect(handled).toEqual(["a", "b"]);
  await goOn();
  expect(handled).toEqual(["a", "b", "c"]);
});

test("a frame that needs no turn does not wait for the others", async () => {
  const { say, handled, atOnce, queue, goOn } = setUp();
  for (const text of ["a", "b", "ping"]) say(text);
  expect([handled, atOnce]).toEqual([["a"], ["ping"]]);
  await goOn();
  expect(handled).toEqual(["a", "b"]);
  queue.close();
  say("ping");
  expect(atOnce).toEqual(["ping"]);
});

test("the socket is not read while very many wait", async () => {
  const { source, say, goOn } = setUp();
  for (let index = 0; index < 33; index++) say("x");
  expect(source.isPaused).toBe(true);
  await goOn();
  expect(source.isPaused).toBe(false);
});

test("a muted queue reads and handles nothing until it is unmuted", async () => {
  const { source, say, handled, queue, goOn } = setUp();
  say("a");
  queue.mute();
  expect(source.isPaused).toBe(true);
  say("b");
  await goOn();
  expect(handled).toEqual(["a"]);
  queue.unmute();
  expect(source.isPaused).toBe(false);
  expect(handled).toEqual(["a", "b"]);
});

test("a closed queue forgets what waits, and lets the socket notice its end", async () => {
  const { source, say, handled, queue, goOn } = setUp();
  for (let index = 0; index < 40; index++) say("x");
  queue.close();
  expect(source.isPaused).toBe(false);
  await goOn();
  expect(handled).toEqual(["x"]);
});
