import { pause } from "../../src/client/pause.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

const settings = { reconnectSpreadInMs: 0, maxRetryDelayInMs: 1e9 };

/** As in a browser, where the page tells about its network and whether it is looked at. */
let page: EventTarget;
let document: EventTarget & { visibilityState?: string };
const put = (name: string, value: unknown) =>
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
const original = Object.getOwnPropertyDescriptor(globalThis, "navigator");

beforeEach(() => {
  page = new EventTarget();
  document = new EventTarget();
  put("addEventListener", page.addEventListener.bind(page));
  put("removeEventListener", page.removeEventListener.bind(page));
  put("document", document);
});

afterEach(() => {
  for (const name of ["addEventListener", "removeEventListener", "document", "navigator"]) {
    Reflect.deleteProperty(globalThis, name);
  }
  if (original) Object.defineProperty(globalThis, "navigator", original);
});

/** What becomes of a pause, without waiting for it. */
function begin(inMs: number, leastInMs?: number) {
  const state = { isOver: false, end: () => {} };
  const onOver = () => {
    state.isOver = true;
  };
  state.end = pause(inMs, settings, onOver, leastInMs);
  return state;
}

/** Timers come in order, so this one comes after a pause of no time that began before. */
const nextTimer = () => new Promise((resolve) => setTimeout(resolve, 1));

describe("a pause", () => {
  it("a pause of no time lasts longer without a network, and ends when there is one", async () => {
    put("navigator", { onLine: false });
    const state = begin(0);
    await nextTimer();
    expect(state.isOver).toBe(false);
    page.dispatchEvent(new Event("online"));
    await until(() => state.isOver);
  });

  it("a pause of a required length is not cut short when the network is back", async () => {
    const state = begin(1e8, 1e8);
    page.dispatchEvent(new Event("online"));
    await nextTimer();
    expect(state.isOver).toBe(false);
    state.end();
    expect(state.isOver).toBe(true);
  });
});

it("a client that was stopped listens to nothing any more", async () => {
  const added = [jest.spyOn(page, "addEventListener"), jest.spyOn(document, "addEventListener")];
  const removed = [
    jest.spyOn(page, "removeEventListener"),
    jest.spyOn(document, "removeEventListener"),
  ];
  put("addEventListener", page.addEventListener.bind(page));
  put("removeEventListener", page.removeEventListener.bind(page));
  const service = await ScriptedService.start();
  const { client } = makeClient(new ScriptedNegotiate({ east: service }).negotiate);
  await client.start();
  client.stop();
  const listenersOf = (spies: typeof added) => spies.flatMap(({ mock }) => mock.calls);
  expect(listenersOf(removed)).toEqual(expect.arrayContaining(listenersOf(added)));
  expect(listenersOf(added).length).toBeGreaterThan(0);
  expect(listenersOf(removed)).toHaveLength(listenersOf(added).length);
});

it("a client whose endpoint died while it was offline moves at once when it is online", async () => {
  const east = await ScriptedService.start();
  const west = await ScriptedService.start();
  const routing = new ScriptedNegotiate({ east: { url: east.url }, west });
  const hour = { retryDelayInMs: 3_600_000, maxRetryDelayInMs: 3_600_000 };
  const { client, log } = makeClient(routing.negotiate, { reconnectRetryOptions: hour });
  await client.start();

  put("navigator", { onLine: false });
  await east.close();
  await until(() => client.state === "reconnecting");
  // The first answer still names the endpoint that is gone.
  routing.sendTo("east", "west");
  put("navigator", { onLine: true });
  page.dispatchEvent(new Event("online"));

  await until(() => client.endpoint === "west");
  // It cannot know why it was cut, but why it is not let in.
  expect(routing.asked).toEqual(["", "", "east"]);
  expect(log).toContain("moved east -> west");
});

describe("a connected client asks for a sign of life at once when", () => {
  it.each<[string, () => void]>([
    ["the network is back", () => page.dispatchEvent(new Event("online"))],
    ["the network is gone", () => page.dispatchEvent(new Event("offline"))],
    ["the page is shown again", () => page.dispatchEvent(new Event("pageshow"))],
    ["the page wakes up", () => document.dispatchEvent(new Event("resume"))],
    [
      "the page is looked at",
      () => {
        document.visibilityState = "visible";
        document.dispatchEvent(new Event("visibilitychange"));
      },
    ],
  ])("%s", async (_, happen) => {
    const service = await ScriptedService.start();
    const { client } = makeClient(new ScriptedNegotiate({ east: service }).negotiate);
    await client.start();
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    happen();
    await client.joinGroup("g");
    expect(service.latest?.received.map(({ type }) => type)).toEqual(["ping", "joinGroup"]);
    // And no longer when it is stopped.
    client.stop();
    happen();
  });
});
