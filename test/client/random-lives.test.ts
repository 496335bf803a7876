import fc from "fast-check";
import { patience } from "../emulator/support/fuzz.ts";
import { runs } from "../support/runs.ts";
import { until } from "../support/until.ts";
import { type MadeClient, makeClient } from "./support/make-client.ts";
import { Places } from "./support/places.ts";
import { ScriptedService } from "./support/scripted-service.ts";

/* Whatever happens in whatever order, every promise settles, and the client is what it says it is. */

jest.setTimeout(patience);

interface Life extends MadeClient {
  readonly east: ScriptedService;
  readonly west: ScriptedService;
  readonly places: Places;
  readonly promises: Promise<unknown>[];
}

const keep = (life: Life, promise: Promise<unknown>): void => {
  // Settled is all that is asked for, and a rejection must have a code.
  life.promises.push(
    promise.catch((error: { code?: string; name?: string }) => {
      if (error.name !== "AbortError") expect(error.code).toMatch(/^ERR_/);
    }),
  );
};

const steps: Record<string, (life: Life) => unknown> = {
  start: (life) => keep(life, life.client.start()),
  "start, and give up": (life) => {
    const controller = new AbortController();
    keep(life, life.client.start({ abortSignal: controller.signal }));
    queueMicrotask(() => controller.abort());
  },
  stop: ({ client }) => client.stop(),
  join: (life) => keep(life, life.client.joinGroup("g")),
  leave: (life) => keep(life, life.client.leaveGroup("g")),
  send: (life) => keep(life, life.client.sendToGroup("g", 1, "json")),
  "send, and forget": (life) =>
    keep(life, life.client.sendEvent("e", 1, "json", { fireAndForget: true })),
  "send with an id": (life) => keep(life, life.client.sendEvent("e", 1, "json", { ackId: 5 })),
  invoke: (life) => keep(life, life.client.invokeEvent("e", 1, "json")),
  "send, and abort": (life) => {
    const controller = new AbortController();
    keep(life, life.client.invokeEvent("e", 1, "json", { abortSignal: controller.signal }));
    setImmediate(() => controller.abort());
  },
  cut: ({ east, west }) => {
    for (const socket of [...east.clients, ...west.clients]) socket.cut();
  },
  close: ({ east, west }) => {
    for (const socket of [...east.clients, ...west.clients]) socket.close(1000);
  },
  "go away": ({ east }) => {
    for (const socket of east.clients) socket.close(1001);
  },
  "forget sessions": ({ east, west }) => {
    east.manners = west.manners = { recover: (socket) => socket.close(1008) };
  },
  "fall silent": ({ east }) => {
    east.manners = { recover: () => {}, answer: () => {} };
  },
  "turn away": ({ east, west }) => {
    east.manners = west.manners = { greet: (socket) => socket.cut(), recover: (s) => s.cut() };
  },
  "be well": ({ east, west }) => {
    east.manners = west.manners = {};
  },
  "send to west": ({ places }) => places.go("west"),
  "send to east": ({ places }) => places.go("east"),
  "send nowhere": ({ places }) => places.go("nowhere"),
  "agree anew": ({ places }) => {
    places.epoch = Number(places.epoch ?? 0) + 1;
  },
  "lag behind": ({ places }) => {
    places.epoch = 1;
  },
  "let some time pass": () => new Promise((resolve) => setTimeout(resolve, 5)),
  "wait for a turn": () => new Promise((resolve) => setImmediate(resolve)),
  "wait for a microtask": () => Promise.resolve(),
};

it("any order of starts, stops, calls and faults settles every promise", async () => {
  const names = Object.keys(steps);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 25 }),
      async (chosen) => {
        const east = await ScriptedService.start();
        const west = await ScriptedService.start();
        const places = new Places({ east, west });
        const made = makeClient(places.negotiate, {
          handshakeTimeoutInMs: 30,
          keepAliveIntervalInMs: 20,
          keepAliveTimeoutInMs: 60,
          recoveryTimeoutInMs: 50,
        });
        const life: Life = { ...made, east, west, places, promises: [] };
        keep(life, made.client.start());
        for (const name of chosen) await steps[name]?.(life);

        // However it got there, it comes up again, and works.
        steps["be well"]?.(life);
        places.go("west");
        if (made.client.state === "stopped") await made.client.start();
        await until(() => made.client.sendEvent("e", 1, "json").then(Boolean, () => false));
        expect(made.client.state).toBe("connected");
        made.client.stop();
        await Promise.all(life.promises);
        await until(() => [...east.clients, ...west.clients].every(({ closeCode }) => closeCode));
        expectSense(made);
        await Promise.all([east.close(), west.close()]);
      },
    ),
    runs(60),
  );
});

/** What is told of a client's life makes sense by itself. */
function expectSense({ log, events }: MadeClient): void {
  let isUp = false;
  for (const line of log) {
    if (line.startsWith("connected ")) {
      expect(isUp).toBe(false);
      isUp = true;
    } else if (line === "disconnected") {
      expect(isUp).toBe(true);
      isUp = false;
    } else if (line.startsWith("stopped")) expect(isUp).toBe(false);
    else if (line.startsWith("moved")) expect(isUp).toBe(true);
  }
  let { previous } = events["state-changed"][0] ?? { previous: undefined };
  expect(previous).toBe("stopped");
  for (const change of events["state-changed"]) {
    expect(change.previous).toBe(previous);
    expect(change.state).not.toBe(previous);
    previous = change.state;
  }
  for (const { from, to, epoch = 1, downtimeInMs } of events.moved) {
    // Only from a second agreement on.
    if (epoch === 1) expect(from).not.toBe(to);
    expect(downtimeInMs).toBeGreaterThanOrEqual(0);
  }
}
