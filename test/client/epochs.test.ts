import type { NegotiateAnswer } from "express-resilient-pubsub/client";
import { WebSocket } from "ws";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { type Behaviour, ScriptedService } from "./support/scripted-service.ts";

/** What a client is answered; `epoch` is missing where negotiate tells none. */
interface Answer {
  readonly endpoint: string;
  readonly epoch?: unknown;
}

interface Case {
  readonly title: string;
  /** Of the connection to the east that the client has. Default 2. */
  readonly first?: Answer["epoch"] | "none";
  readonly told: Answer;
}

const RECOVERS = ["state reconnecting", "state connected"];
const movesTo = (endpoint: string) => [
  "state reconnecting",
  "disconnected",
  "state connected",
  `connected ${endpoint}`,
  `moved east -> ${endpoint}`,
];

const newer: Case[] = [
  { title: "a newer epoch with another endpoint", told: { endpoint: "west", epoch: 3 } },
  { title: "a newer epoch with the same endpoint", told: { endpoint: "east", epoch: 3 } },
  { title: "a much newer epoch", told: { endpoint: "east", epoch: Number.MAX_SAFE_INTEGER } },
];

const notNewer: Case[] = [
  { title: "the same epoch", told: { endpoint: "east", epoch: 2 } },
  { title: "an older epoch", told: { endpoint: "east", epoch: 1 } },
  { title: "no epoch any more", told: { endpoint: "east" } },
  { title: "an epoch for the first time", first: "none", told: { endpoint: "east", epoch: 3 } },
  { title: "no epoch, as ever", first: "none", told: { endpoint: "east" } },
];

const malformed: [string, unknown][] = [
  ["a text", "3"],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["a negative number", -3],
  ["0", 0],
  ["a fraction", 3.5],
  ["1e300", 1e300],
  ["a bigint", 3n],
  ["true", true],
  ["null", null],
  ["an array", [3]],
  ["an object", { valueOf: () => 3 }],
];

/** A client in a group of the east, whose answers from now on are as in the case. */
async function connect({ first = 2, told }: Pick<Case, "first" | "told">) {
  const east = await ScriptedService.start();
  const west = await ScriptedService.start();
  const routing = new ScriptedNegotiate({ east, west });
  routing.epoch = first === "none" ? undefined : first;
  const made = makeClient(routing.negotiate);
  await made.client.start();
  await made.client.joinGroup("g");
  made.log.length = 0;
  routing.sendTo(told.endpoint);
  routing.epoch = told.epoch;
  const sockets = () => [...east.clients, ...west.clients];
  /** The one that began after the first, as a connection of its own. */
  const newcomer = () => sockets().find((one) => one !== east.clients[0] && !one.isRecovery);
  /** The one that goes on with the first. */
  const recovery = () => east.clients.find(({ isRecovery }) => isRecovery);
  return { east, west, routing, newcomer, recovery, ...made };
}

type Connected = Awaited<ReturnType<typeof connect>>;

const silent: Behaviour = { greet: () => {}, answer: () => {} };

/** Cut, and answered by negotiate; neither endpoint has said a word to anybody who came since. */
async function cutSlowly({ east, west, routing }: Connected): Promise<void> {
  east.behaviour = west.behaviour = silent;
  east.latest?.cut();
  await until(() => routing.asked.length === 2);
}

/** Cut, recovered, and answered by negotiate, which it was asked afterwards. */
async function cutBriefly(service: ScriptedService, { client, routing }: Connected): Promise<void> {
  let askedBefore = Number.POSITIVE_INFINITY;
  client.on("state-changed", ({ state }) => {
    if (state === "connected") askedBefore = routing.asked.length;
  });
  service.latest?.cut();
  await until(() => routing.asked.length > askedBefore);
}

describe("a client that could be recovered, but slowly, and is answered", () => {
  it.each(newer)("$title gives that up and goes there anew", async ({ told }) => {
    const connected = await connect({ told });
    const { client, east, west, log, events, newcomer, recovery } = connected;
    await cutSlowly(connected);
    const begun = await until(newcomer);
    recovery()?.send({ type: "pong" });
    await until(() => recovery()?.closeCode || client.state === "connected");
    expect(log).toEqual(["state reconnecting", "disconnected"]);
    east.behaviour = west.behaviour = {};
    begun.greet("new");
    await until(() => events.moved.length);
    expect(log).toEqual(movesTo(told.endpoint));
    expect(begun.receivedOf("joinGroup")).toMatchObject([{ group: "g" }]);
    expect(events.connected.at(-1)).toMatchObject({ connectionId: "new" });
    expect(events.moved).toStrictEqual([
      { from: "east", to: told.endpoint, epoch: told.epoch, downtimeInMs: expect.any(Number) },
    ]);
  });

  it.each(notNewer)("$title is recovered", async ({ first, told }) => {
    const connected = await connect({ first, told });
    const { client, log, newcomer, recovery } = connected;
    await cutSlowly(connected);
    recovery()?.send({ type: "pong" });
    await until(() => client.state === "connected");
    expect(log).toEqual(RECOVERS);
    expect(newcomer()).toBeUndefined();
  });

  it("a newer epoch is not recovered later when the first connection there fails", async () => {
    const connected = await connect({ told: { endpoint: "east", epoch: 3 } });
    const { east, log, events, routing, newcomer, recovery } = connected;
    await cutSlowly(connected);
    const begun = await until(newcomer);
    // The next to answer is a server that lags behind.
    routing.epoch = 2;
    east.behaviour = {};
    begun.cut();
    await until(() => log.includes("connected east"));
    expect(events["connect-failed"]).toMatchObject([{ endpoint: "east" }]);
    expect(east.clients.filter(({ isRecovery }) => isRecovery)).toEqual([recovery()]);
    expect(log).not.toContain("moved east -> east");
  });
});

describe("a client that is recovered at once and asks afterwards, answered", () => {
  it.each(newer)("$title, leaves and goes there anew", async ({ told }) => {
    const { east, log, events, newcomer, recovery } = await connect({ told });
    east.latest?.cut();
    await until(() => events.moved.length);
    expect(log).toEqual([...RECOVERS, ...movesTo(told.endpoint)]);
    expect(newcomer()?.receivedOf("joinGroup")).toMatchObject([{ group: "g" }]);
    expect(events.moved).toMatchObject([{ from: "east", to: told.endpoint, epoch: told.epoch }]);
    await until(() => recovery()?.closeCode === 1000);
  });

  it.each(notNewer)("$title, stays", async ({ first, told }) => {
    const connected = await connect({ first, told });
    const { client, east, log, newcomer } = connected;
    await cutBriefly(east, connected);
    await client.sendEvent("e", 1, "json");
    expect(log).toEqual(RECOVERS);
    expect(newcomer()).toBeUndefined();
  });

  it("the next agreement after each cut, moves each time", async () => {
    const { east, events, routing } = await connect({ told: { endpoint: "east", epoch: 3 } });
    for (const epoch of [3, 4, 6]) {
      routing.epoch = epoch;
      east.latest?.cut();
      await until(() => events.moved.at(-1)?.epoch === epoch);
    }
    expect(events.moved).toHaveLength(3);
  });
});

describe("a client that follows an older epoch to another endpoint", () => {
  const told = { endpoint: "west", epoch: 1 };

  it("a client follows an older epoch when it asks after a recovery, and is brought back by a newer one", async () => {
    const { east, west, log, events, routing } = await connect({ told });
    east.latest?.cut();
    await until(() => events.moved.length === 1);
    expect(log).toEqual([...RECOVERS, ...movesTo("west")]);
    routing.sendTo("east");
    routing.epoch = 2;
    west.latest?.close(1000);
    await until(() => events.moved.length === 2);
    expect(events.moved).toMatchObject([
      { from: "east", to: "west", epoch: 1 },
      { from: "west", to: "east", epoch: 2 },
    ]);
  });

  it("a client follows an older epoch beside a recovery that does not work", async () => {
    const { east, log, events } = await connect({ told });
    east.behaviour = silent;
    east.latest?.cut();
    await until(() => events.moved.length);
    expect(log).toEqual(movesTo("west"));
  });
});

describe("a client that is closed for good and comes back to the same endpoint", () => {
  it.each([
    { how: "with a newer epoch", epoch: 4, moves: [{ from: "east", to: "east", epoch: 4 }] },
    { how: "with the same epoch", epoch: 2, moves: [] },
    { how: "with an older epoch", epoch: 1, moves: [] },
    { how: "without an epoch", epoch: undefined, moves: [] },
  ])("$how is told of $moves.length moves", async ({ epoch, moves }) => {
    const { client, east, events } = await connect({ told: { endpoint: "east", epoch } });
    east.latest?.close(1000);
    await until(() => events.connected.length === 2);
    await client.sendEvent("e", 1, "json");
    expect(events.moved).toMatchObject(moves);
  });
});

describe("a newer epoch that is told in the instant of the recovery", () => {
  /** Lets the test say when a frame is delivered. */
  class HeldWebSocket extends WebSocket {
    static all: HeldWebSocket[] = [];
    static hold = (deliver: () => void): void => deliver();

    constructor(url: string, protocol: string) {
      super(url, protocol, { perMessageDeflate: false });
      HeldWebSocket.all.push(this);
    }

    override emit(...event: Parameters<WebSocket["emit"]>): boolean {
      if (event[0] !== "message") return super.emit(...event);
      HeldWebSocket.hold(() => super.emit(...event));
      return true;
    }
  }

  const isOneOpen = () =>
    HeldWebSocket.all.filter(({ readyState }) => readyState === WebSocket.OPEN).length === 1;

  // Each is another place in what follows from the frame, and from the answer.
  it.each([-12, -8, -4, -3, -2, -1, 0, 1, 2, 3, 4, 8, 12])(
    "%d microtasks after its frame, is not missed",
    async (microtasks) => {
      HeldWebSocket.all = [];
      const atOnce = HeldWebSocket.hold;
      const random = jest.spyOn(Math, "random").mockReturnValue(0);
      const east = await ScriptedService.start();
      let answer: ((told: NegotiateAnswer) => void) | undefined;
      const here = { url: east.url, endpoint: "east", epoch: 2 };
      let next: () => NegotiateAnswer | Promise<NegotiateAnswer> = () => here;
      const { client, log, events } = makeClient(() => next(), { webSocket: HeldWebSocket });
      await client.start();
      log.length = 0;

      next = () => {
        next = () => ({ ...here, epoch: 3 });
        return new Promise((resolve) => {
          answer = resolve;
        });
      };
      // The first attempt fails, so that negotiate is asked while the second is on.
      let attempts = 0;
      east.behaviour = {
        answer: () => {},
        recover: (socket) => {
          attempts += 1;
          if (attempts === 1) socket.cut();
        },
      };
      east.latest?.cut();
      await until(() => attempts === 2 && answer && isOneOpen());
      const isOpenWhenConnected: boolean[] = [];
      client.on("state-changed", ({ state }) => {
        if (state === "connected") isOpenWhenConnected.push(isOneOpen());
      });
      const tell = () => answer?.({ ...here, epoch: 3 });
      HeldWebSocket.hold = async (deliver) => {
        HeldWebSocket.hold = atOnce;
        const [first, second] = microtasks < 0 ? [tell, deliver] : [deliver, tell];
        first();
        for (let count = Math.abs(microtasks); count > 0; count -= 1) await undefined;
        second();
      };
      east.behaviour = {};
      east.latest?.send({ type: "pong" });
      await until(() => events.moved.length);
      random.mockRestore();
      expect([movesTo("east"), [...RECOVERS, ...movesTo("east")]]).toContainEqual(log);
      expect(events.moved).toMatchObject([{ from: "east", to: "east", epoch: 3 }]);
      expect(isOpenWhenConnected).not.toContain(false);
      await until(isOneOpen);
    },
  );
});

describe("an epoch that is no epoch counts as none:", () => {
  it.each(malformed)("%s", async (_, epoch) => {
    const connected = await connect({ told: { endpoint: "east", epoch } });
    const { client, east, west, log, events, routing, newcomer } = connected;
    await cutBriefly(east, connected);
    await client.sendEvent("e", 1, "json");
    expect(log).toEqual(RECOVERS);
    expect(newcomer()).toBeUndefined();
    routing.sendTo("west");
    east.latest?.close(1000);
    await until(() => events.moved.length);
    // Nothing is newer than what was none.
    routing.epoch = 9;
    await cutBriefly(west, connected);
    await client.sendEvent("e", 1, "json");
    expect(events.moved).toStrictEqual([
      { from: "east", to: "west", downtimeInMs: expect.any(Number) },
    ]);
    expect(events["connect-failed"]).toEqual([]);
  });
});
