import { callUntilAvailable } from "../../../src/emulator/upstream/retries.ts";
import { until } from "../../support/until.ts";
import type { UpstreamAnswer } from "../support/app-server.ts";
import { allButTimeouts } from "../support/fake-timers.ts";
import { createScene } from "../support/scene.ts";
import { createUpstream } from "../support/upstream-scene.ts";

const scene = createScene();

const text = { dataType: "text", text: "hi" } as const;
const unavailable = { status: 503 };

async function setUp(retryDelaysInMs: number[]) {
  const appServer = await scene.appServer();
  const handlers = [
    {
      urlTemplate: `${appServer.url}/{event}`,
      systemEvents: ["connect", "connected"] as const,
      userEventPattern: "*",
    },
  ];
  const world = createUpstream(handlers, { retryDelaysInMs });
  scene.defer(() => world.upstream.close());
  return { appServer, ...world };
}

// E: 503 is retried. What E retries besides may have been handled, and is not sent again here.
describe("an event that is answered", () => {
  test.each<[string, UpstreamAnswer[], string, number]>([
    ["503 once", [unavailable, {}], "handled", 2],
    ["503 as often as there are delays", [unavailable, unavailable, {}], "handled", 3],
    ["503 once more", [unavailable, unavailable, unavailable, {}], "failed", 3],
    ["503 and then 500", [unavailable, { status: 500 }, {}], "failed", 2],
    ["500", [{ status: 500 }, {}], "failed", 1],
    ["429", [{ status: 429 }, {}], "failed", 1],
    ["204", [{ status: 204 }], "handled", 1],
  ])(
    "%s by %j is %s in the end, after so many calls: %i (E)",
    async (_what, answers, kind, calls) => {
      const { appServer, open } = await setUp([1, 1]);
      const left = [...answers];
      appServer.answer = () => left.shift() ?? {};
      expect(await open().userEvent("e", text)).toMatchObject({ kind });
      const sent = await appServer.nextEvents(calls);
      expect(appServer.events.size).toBe(0);
      // The same event each time.
      expect(new Set(sent.map(({ headers }) => headers["ce-id"])).size).toBe(1);
      expect(sent.map(({ body }) => body)).toEqual(Array(calls).fill("hi"));
    },
  );

  test("503 is sent again also when it is connect or a notification (E)", async () => {
    const { appServer, open } = await setUp([1]);
    const asked: string[] = [];
    appServer.answer = ({ event }) => {
      asked.push(event);
      return asked.filter((one) => one === event).length > 1 ? { status: 204 } : unavailable;
    };
    const events = open();
    const request = { claims: {}, query: {}, headers: {}, subprotocols: [] };
    expect(await events.connect(request)).toMatchObject({ kind: "accepted" });
    events.connected();
    await appServer.nextEvents(4);
    expect(asked).toEqual(["sys.connect", "sys.connect", "sys.connected", "sys.connected"]);
  });

  test.each<[string, (world: Awaited<ReturnType<typeof setUp>>, abort: AbortController) => void]>([
    ["it is taken back", (_world, abort) => abort.abort()],
    ["the service crashes", ({ upstream }) => upstream.abort()],
    ["the service closes", ({ upstream }) => upstream.close()],
  ])("503 is not sent again when %s meanwhile", async (_what, end) => {
    const world = await setUp([2 ** 30]);
    const { appServer, open, activities } = world;
    appServer.answer = () => unavailable;
    const abort = new AbortController();
    const outcome = open().userEvent("e", text, undefined, abort.signal);
    await until(() => activities.at(-1)?.kind === "event");
    end(world, abort);
    expect(await outcome).toMatchObject({ kind: "failed" });
    expect(activities.filter(({ kind }) => kind === "event")).toHaveLength(1);
    expect((await appServer.nextEvents(1))[0]?.event).toBe("user.e");
    expect(appServer.events.size).toBe(0);
  });
});

test("an app server that is not available is asked again after each delay", async () => {
  jest.useFakeTimers({ doNotFake: allButTimeouts });
  scene.defer(() => jest.useRealTimers());
  let calls = 0;
  const call = async () => {
    calls += 1;
    return { status: 503, headers: {}, headersDistinct: {}, body: Buffer.alloc(0) };
  };
  const { signal } = new AbortController();
  const answer = callUntilAvailable(call, [1000, 3000, 5000], () => signal);
  const counts: number[] = [];
  for (const step of [0, 999, 1, 2999, 1, 4999, 1]) {
    await jest.advanceTimersByTimeAsync(step);
    counts.push(calls);
  }
  expect(counts).toEqual([1, 1, 2, 2, 3, 3, 4]);
  expect((await answer).status).toBe(503);
});
