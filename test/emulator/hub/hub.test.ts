import {
  isEventName,
  isGroupName,
  isHubName,
  isUserId,
} from "../../../src/emulator/contract/names.ts";
import { type Connection, createConnectionId } from "../../../src/emulator/hub/connection.ts";
import { Hub, publish } from "../../../src/emulator/hub/hub.ts";
import { Hubs } from "../../../src/emulator/hub/hubs.ts";
import { Roles } from "../../../src/emulator/hub/roles.ts";
import type { Broadcast } from "../../../src/emulator/protocol/broadcast.ts";
import { simpleEncoder } from "../../../src/emulator/protocol/simple-frames.ts";

interface Listener extends Connection {
  readonly heard: string[];
  /** The groups entered and left, in order. */
  readonly moves: string[];
}

function listener(id: string, userId: string | null = null): Listener {
  const heard: string[] = [];
  const deliver = (broadcast: Broadcast) =>
    heard.push(String(broadcast.frame(simpleEncoder)?.data));
  const moves: string[] = [];
  return {
    id,
    userId,
    protocol: null,
    roles: new Roles([]),
    groups: new Set(),
    heard,
    moves,
    deliver,
    joined: (group) => void moves.push(`+${group}`),
    left: (group) => void moves.push(`-${group}`),
    end() {},
  };
}

const ids = (connections: Iterable<Connection>) => [...connections].map(({ id }) => id);

describe("Hub", () => {
  const setUp = () => {
    const hub = new Hub("chat");
    const [a1, a2, b] = [listener("a1", "a"), listener("a2", "a"), listener("b", "b")];
    for (const connection of [a1, a2, b]) hub.add(connection);
    hub.join(a1, "g");
    hub.join(b, "g");
    hub.join(b, "h");
    return { hub, a1, a2, b };
  };

  test("finds connections by id, user and group", () => {
    const { hub, a1 } = setUp();
    expect(hub.connection("a1")).toBe(a1);
    expect(hub.connection("c")).toBeUndefined();
    expect(ids(hub.everyone())).toEqual(["a1", "a2", "b"]);
    expect(ids(hub.ofUser("a"))).toEqual(["a1", "a2"]);
    expect(ids(hub.ofUser("c"))).toEqual([]);
    expect(ids(hub.inGroup("g"))).toEqual(["a1", "b"]);
    expect(ids(hub.inGroup("G"))).toEqual([]);
  });

  test("forgets a connection in every place when it is removed", () => {
    const { hub, b } = setUp();
    hub.remove(b);
    hub.remove(b);
    expect(hub.connection("b")).toBeUndefined();
    expect(ids(hub.ofUser("b"))).toEqual([]);
    expect(ids(hub.inGroup("g"))).toEqual(["a1"]);
    expect(ids(hub.inGroup("h"))).toEqual([]);
    expect(b.groups.size).toBe(0);
  });

  test("does not let a removed connection join, which would stay for ever", () => {
    const { hub, b } = setUp();
    hub.remove(b);
    hub.join(b, "g");
    expect(ids(hub.inGroup("g"))).toEqual(["a1"]);
  });

  test("lets a connection leave one group or all", () => {
    const { hub, a1, b } = setUp();
    hub.leave(a1, "g");
    hub.leave(a1, "never joined");
    expect(ids(hub.inGroup("g"))).toEqual(["b"]);
    hub.leaveAll(b);
    expect([...b.groups]).toEqual([]);
    expect(ids(hub.inGroup("g"))).toEqual([]);
  });

  test("tells a connection of each group it enters and leaves, once", () => {
    const { hub, b } = setUp();
    hub.join(b, "g");
    hub.leave(b, "never joined");
    hub.remove(b);
    expect(b.moves).toEqual(["+g", "+h", "-g", "-h"]);
  });

  test("publishes to those that a filter accepts", () => {
    const { hub, a1, a2, b } = setUp();
    const payload = { dataType: "text", text: "hi" } as const;
    publish({ from: "server", payload }, hub.everyone(), { accepts: ({ id }) => id !== "a1" });
    expect([a1.heard, a2.heard, b.heard]).toEqual([[], ["hi"], ["hi"]]);
  });

  test("publishes to all but the excluded", () => {
    const { hub, a1, a2, b } = setUp();
    const payload = { dataType: "text", text: "hi" } as const;
    publish({ from: "server", payload }, hub.everyone(), {
      excluded: new Set(["a2", "unknown"]),
    });
    expect([a1.heard, a2.heard, b.heard]).toEqual([["hi"], [], ["hi"]]);
  });
});

test("hubs ignore the case of their names and are forgotten together", () => {
  const hubs = new Hubs();
  const chat = hubs.get("chat");
  expect(hubs.get("CHAT")).toBe(chat);
  expect(hubs.get("news")).not.toBe(chat);
  hubs.clear();
  expect(hubs.get("chat")).not.toBe(chat);
});

test("of very many hubs only those are kept that somebody is connected to", () => {
  const hubs = new Hubs();
  const busy = hubs.get("busy");
  busy.add(listener("a"));
  for (let i = 0; i < 5000; i++) hubs.get(`hub${i}`);
  expect(hubs.size).toBeLessThanOrEqual(1000);
  expect(hubs.get("busy")).toBe(busy);
});

test.each([
  [isHubName, "a", true],
  [isHubName, "Chat_`,.[]9", true],
  [isHubName, "a".repeat(128), true],
  [isHubName, "a".repeat(129), false],
  [isHubName, "1chat", false],
  [isHubName, "", false],
  [isHubName, "a/b", false],
  [isHubName, "a\n", false],
  [isGroupName, "g".repeat(1024), true],
  [isGroupName, "g".repeat(1025), false],
  [isGroupName, " \t", false],
  [isGroupName, "/ %", true],
  [isEventName, "a.b_c-1", true],
  [isEventName, ".a", false],
  [isUserId, "ünal@example.com", true],
  [isUserId, "a\r\nb", false],
  [isUserId, "", false],
])("names: %p says of %j: %j", (rule, name, expected) => {
  expect(rule(name)).toBe(expected);
});

test("connection ids are 31 URL-safe characters and differ", () => {
  const made = new Set(Array.from({ length: 100 }, createConnectionId));
  expect(made.size).toBe(100);
  for (const id of made) expect(id).toMatch(/^[A-Za-z0-9_-]{31}$/);
});
