import type { Fault } from "express-resilient-pubsub/emulator";
import { afterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";
import { type ClientPage, useClientPage } from "./support.ts";

jest.setTimeout(60_000);

const open = useClientPage();

async function openWithHistory() {
  const world = await open(undefined, { history: { appendTimeoutInMs: 5000 } });
  await world.pubsub.ready();
  return world;
}

/** Sends 0, 1, 2 and so on, whoever is there to hear it. */
function keepBroadcasting(broadcast: (number: number) => Promise<unknown>) {
  const state = { sent: 0, isOver: false };
  const send = async (): Promise<void> => {
    while (!state.isOver) {
      await broadcast(state.sent);
      state.sent += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const sending = send();
  const end = async (): Promise<number> => {
    state.isOver = true;
    await sending;
    return state.sent;
  };
  afterTest(end);
  return { state, end };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function hearsAll(page: ClientPage, sent: number): Promise<void> {
  await until(async () => (await page.heard("server-message")).at(-1) === sent - 1);
  expect(await page.heard("server-message")).toEqual(upTo(sent));
}

describe("a page with continuity, in Chromium,", () => {
  it.each<[string, Fault, object]>([
    ["crashes", { kind: "crash" }, {}],
    [
      "answers nothing any more",
      { kind: "blackhole" },
      { keepAliveIntervalInMs: 400, keepAliveTimeoutInMs: 1200 },
    ],
  ])(
    "that moves since its region %s hears once and in order what is sent meanwhile",
    async (_, fault, options) => {
      const { eastus, page, pubsub } = await openWithHistory();
      await page.begin({ ...options, continuity: {} });
      const { state, end } = keepBroadcasting((number) => pubsub.broadcast(number));
      await until(() => state.sent > 10);
      await eastus.inject(fault);
      await until(async () => (await page.seen("moved")).length === 1);
      const sentBefore = state.sent;
      await until(() => state.sent > sentBefore + 10);
      await hearsAll(page, await end());
      expect(await page.seen("moved")).toMatchObject([{ recovered: true }]);
      expect((await page.seen("continuity")).every(({ recovered }) => recovered)).toBe(true);
    },
  );

  it("that is loaded anew goes on from the positions that it has kept", async () => {
    const { page, pubsub } = await openWithHistory();
    await page.begin({ continuity: {} });
    for (const number of [0, 1, 2]) await pubsub.broadcast(number);
    await hearsAll(page, 3);
    await page.run(`sessionStorage.setItem("positions", JSON.stringify(client.positions))`);
    await page.run("client.stop()");
    for (const number of [3, 4, 5]) await pubsub.broadcast(number);
    await page.tab.page.reload();
    const since = JSON.parse(await page.run(`sessionStorage.getItem("positions")`));
    await page.begin({ continuity: { since } });
    await until(async () => (await page.heard("server-message")).length === 3);
    expect(await page.heard("server-message")).toEqual([3, 4, 5]);
    expect(await page.seen("continuity")).toMatchObject([{ recovered: true }]);
    expect(page.errors).toEqual([]);
  });
});
