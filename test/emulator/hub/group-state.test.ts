import { GroupStates } from "../../../src/emulator/hub/group-states.ts";
import type { GroupStateItem, ServiceFrame } from "../../../src/emulator/protocol/service-frame.ts";

function createClient(id: string, userId: string | null = null) {
  const told: ServiceFrame[] = [];
  return { id, userId, told, send: (frame: ServiceFrame) => told.push(frame) };
}

const setUp = () => ({
  states: new GroupStates(),
  ann: createClient("c1", "ann"),
  bob: createClient("c2"),
});

const updatedAt = expect.any(Number);
const annItem = (state?: GroupStateItem["state"]) => ({
  connectionId: "c1",
  userId: "ann",
  ...(state && { state }),
  updatedAt,
});
const snapshot = (items: unknown[], group = "g") => ({ kind: "groupStateSnapshot", group, items });
const update = (item: unknown, group = "g") => ({ kind: "groupStateUpdate", group, items: [item] });

describe("a subscriber", () => {
  test("a subscriber hears of every change of state, its own included", () => {
    const { states, ann, bob } = setUp();
    states.subscribe(bob, "g");
    states.subscribe(ann, "g");
    states.set(ann, "g", { mood: "fine" });
    states.set(ann, "g", {});
    states.set(ann, "g", undefined);
    const expected = [update(annItem({ mood: "fine" })), update(annItem({})), update(annItem())];
    expect(bob.told).toEqual(expected);
    expect(ann.told).toEqual(expected);
    expect(bob.told.at(-1)).not.toHaveProperty("items.0.state");
  });

  test("a subscriber is told no user id of an anonymous connection", () => {
    const { states, ann, bob } = setUp();
    states.subscribe(ann, "g");
    states.set(bob, "g", { a: "b" });
    expect(ann.told).toEqual([update({ connectionId: "c2", state: { a: "b" }, updatedAt })]);
    expect(ann.told[0]).not.toHaveProperty("items.0.userId");
  });

  test.each<[string, (scene: ReturnType<typeof setUp>) => void]>([
    ["of another group", ({ states, ann }) => states.set(ann, "other", { a: "b" })],
    ["of a state cleared that never was", ({ states, ann }) => states.set(ann, "g", undefined)],
    ["of a connection that ends without a state", ({ states }) => states.remove("c1")],
  ])("a subscriber hears nothing %s", (_title, act) => {
    const scene = setUp();
    scene.states.subscribe(scene.bob, "g");
    act(scene);
    expect(scene.bob.told).toEqual([]);
  });

  test.each<[string, (scene: ReturnType<typeof setUp>) => void]>([
    ["unsubscribed", ({ states }) => states.unsubscribe("c2", "g")],
    ["ended", ({ states }) => states.remove("c2")],
  ])("a subscriber hears nothing more once it has %s", (_title, act) => {
    const scene = setUp();
    scene.states.subscribe(scene.bob, "g");
    act(scene);
    scene.states.set(scene.ann, "g", { a: "b" });
    expect(scene.bob.told).toEqual([]);
  });

  test("a subscriber hears that a connection with a state has ended", () => {
    const { states, ann, bob } = setUp();
    states.set(ann, "g", { a: "b" });
    states.set(ann, "other", { a: "b" });
    states.subscribe(ann, "g");
    states.subscribe(bob, "g");
    states.remove("c1");
    expect(bob.told).toEqual([update(annItem())]);
    expect(ann.told).toEqual([]);
    expect(states.snapshot("other")).toEqual(snapshot([], "other"));
  });
});

describe("a snapshot", () => {
  test("a snapshot shows the latest state of each connection in the group", () => {
    const { states, ann, bob } = setUp();
    states.set(ann, "g", { a: "1" });
    states.set(bob, "g", { b: "1" });
    states.set(ann, "g", { a: "2" });
    states.set(bob, "other", { b: "2" });
    expect(states.snapshot("g")).toEqual(
      snapshot([annItem({ a: "2" }), { connectionId: "c2", state: { b: "1" }, updatedAt }]),
    );
  });

  test.each<[string, (scene: ReturnType<typeof setUp>) => void]>([
    ["was cleared", ({ states, ann }) => states.set(ann, "g", undefined)],
    ["ended with its connection", ({ states }) => states.remove("c1")],
  ])("a snapshot does not show a state that %s", (_title, act) => {
    const scene = setUp();
    scene.states.set(scene.ann, "g", { a: "b" });
    act(scene);
    expect(scene.states.snapshot("g")).toEqual(snapshot([]));
  });

  test("a snapshot of a group that nobody uses is empty", () => {
    expect(setUp().states.snapshot("g")).toEqual(snapshot([]));
  });

  test("a snapshot does not change when the caller changes its own object", () => {
    const { states, ann } = setUp();
    const state: Record<string, string> = { a: "1" };
    states.set(ann, "g", state);
    state.a = "2";
    expect(states.snapshot("g")).toEqual(snapshot([annItem({ a: "1" })]));
  });
});

test("an update is newer than every one before it, even in the same millisecond", () => {
  jest.useFakeTimers({ now: 5000 });
  try {
    const { states, ann, bob } = setUp();
    states.subscribe(bob, "g");
    states.set(ann, "g", { a: "1" });
    states.set(ann, "g", undefined);
    states.set(ann, "g", { a: "2" });
    jest.setSystemTime(9000);
    states.set(ann, "g", { a: "3" });
    const times = bob.told.flatMap((frame) =>
      "items" in frame ? frame.items.map((item) => item.updatedAt) : [],
    );
    expect(times).toEqual([5000, 5001, 5002, 9000]);
  } finally {
    jest.useRealTimers();
  }
});

describe("bounds", () => {
  const entries = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, ""]));

  test.each([
    ["64 entries", entries(64), true],
    ["65 entries", entries(65), false],
    ["8 KiB", { k: "v".repeat(8191) }, true],
    ["a byte more than 8 KiB", { k: "v".repeat(8192) }, false],
    ["few characters of many bytes", { k: "☃".repeat(2731) }, false],
  ])("a state with %s is taken: %#", (_title, state, isTaken) => {
    const { states, ann, bob } = setUp();
    states.subscribe(bob, "g");
    states.set(ann, "g", { before: "" });
    const error = states.set(ann, "g", state);
    expect(error).toEqual(
      isTaken ? undefined : { name: "BadRequest", message: expect.any(String) },
    );
    expect(states.snapshot("g")).toEqual(snapshot([annItem(isTaken ? state : { before: "" })]));
    expect(bob.told).toHaveLength(isTaken ? 2 : 1);
  });

  test("a connection uses the states of at most 100 groups at a time", () => {
    const { states, ann } = setUp();
    for (let index = 0; index < 50; index += 1) {
      states.subscribe(ann, `looks ${index}`);
      states.set(ann, `shows ${index}`, {});
    }
    const refusal = { name: "BadRequest", message: expect.any(String) };
    expect(states.subscribe(ann, "g")).toEqual(refusal);
    expect(states.set(ann, "g", {})).toEqual(refusal);
    expect(states.set(ann, "looks 0", {})).toBeUndefined();
    states.unsubscribe("c1", "looks 0");
    expect(states.subscribe(ann, "g")).toEqual(refusal);
    states.set(ann, "looks 0", undefined);
    expect(states.subscribe(ann, "g")).toBeUndefined();
  });
});
