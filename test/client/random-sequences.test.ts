import fc from "fast-check";
import { patience } from "../emulator/support/fuzz.ts";
import { runs } from "../support/runs.ts";
import { until } from "../support/until.ts";
import { type MadeClient, makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

/* Whatever happens in whatever order, every promise settles, and the client is what it says it is. */

jest.setTimeout(patience);

interface SequenceRun extends MadeClient {
  readonly east: ScriptedService;
  readonly west: ScriptedService;
  readonly routing: ScriptedNegotiate;
  readonly promises: Promise<unknown>[];
}

const track = (run: SequenceRun, promise: Promise<unknown>): void => {
  // Settled is all that is asked for, and a rejection must have a code.
  run.promises.push(
    promise.catch((error: { code?: string; name?: string }) => {
      if (error.name !== "AbortError") expect(error.code).toMatch(/^ERR_/);
    }),
  );
};

const steps: Record<string, (run: SequenceRun) => unknown> = {
  start: (run) => track(run, run.client.start()),
  "start, and give up": (run) => {
    const controller = new AbortController();
    track(run, run.client.start({ abortSignal: controller.signal }));
    queueMicrotask(() => controller.abort());
  },
  stop: ({ client }) => client.stop(),
  join: (run) => track(run, run.client.joinGroup("g")),
  leave: (run) => track(run, run.client.leaveGroup("g")),
  send: (run) => track(run, run.client.sendToGroup("g", 1, "json")),
  "send, and forget": (run) =>
    track(run, run.client.sendEvent("e", 1, "json", { fireAndForget: true })),
  "send with an id": (run) => track(run, run.client.sendEvent("e", 1, "json", { ackId: 5 })),
  invoke: (run) => track(run, run.client.invokeEvent("e", 1, "json")),
  "send, and abort": (run) => {
    const controller = new AbortController();
    track(run, run.client.invokeEvent("e", 1, "json", { abortSignal: controller.signal }));
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
    east.behaviour = west.behaviour = { recover: (socket) => socket.close(1008) };
  },
  "fall silent": ({ east }) => {
    east.behaviour = { recover: () => {}, answer: () => {} };
  },
  "turn away": ({ east, west }) => {
    east.behaviour = west.behaviour = { greet: (socket) => socket.cut(), recover: (s) => s.cut() };
  },
  "be well": ({ east, west }) => {
    east.behaviour = west.behaviour = {};
  },
  "send to west": ({ routing }) => routing.sendTo("west"),
  "send to east": ({ routing }) => routing.sendTo("east"),
  "send nowhere": ({ routing }) => routing.sendTo("nowhere"),
  "agree anew": ({ routing }) => {
    routing.epoch = Number(routing.epoch ?? 0) + 1;
  },
  "lag behind": ({ routing }) => {
    routing.epoch = 1;
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
        const routing = new ScriptedNegotiate({ east, west });
        const made = makeClient(routing.negotiate, {
          handshakeTimeoutInMs: 30,
          keepAliveIntervalInMs: 20,
          keepAliveTimeoutInMs: 60,
          recoveryTimeoutInMs: 50,
        });
        const run: SequenceRun = { ...made, east, west, routing, promises: [] };
        track(run, made.client.start());
        for (const name of chosen) await steps[name]?.(run);

        // However it got there, it comes up again, and works.
        steps["be well"]?.(run);
        routing.sendTo("west");
        if (made.client.state === "stopped") await made.client.start();
        await until(() => made.client.sendEvent("e", 1, "json").then(Boolean, () => false));
        expect(made.client.state).toBe("connected");
        made.client.stop();
        await Promise.all(run.promises);
        await until(() => [...east.clients, ...west.clients].every(({ closeCode }) => closeCode));
        expectConsistentEvents(made);
        await Promise.all([east.close(), west.close()]);
      },
    ),
    runs(60),
  );
});

/** What is told of a client's run makes sense by itself. */
function expectConsistentEvents({ log, events }: MadeClient): void {
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
