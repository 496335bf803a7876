import { apiVersion, callRest } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";

const scene = createScene();

async function setUp() {
  const emulator = await scene.emulator();
  const ann = await scene.connectJson(emulator, { userId: "ann", groups: ["a", "x"] });
  const bob = await scene.connectJson(emulator, { userId: "bob", groups: ["x"] });
  const nobody = await scene.connectJson(emulator);
  await scene.connectJson(emulator, { hub: "other", userId: "ann" });
  const names = new Map([
    [ann.connectionId, "ann"],
    [bob.connectionId, "bob"],
    [nobody.connectionId, "nobody"],
  ]);
  const change = (operation: string, body: unknown) =>
    callRest(emulator, {
      method: "POST",
      path: `/api/hubs/chat/:${operation}?${apiVersion}`,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  const membersOf = async (group: string) => {
    const path = `/api/hubs/chat/groups/${group}/connections?${apiVersion}`;
    const { value } = JSON.parse((await callRest(emulator, { method: "GET", path })).body);
    return value.map(({ connectionId }: never) => names.get(connectionId)).sort();
  };
  return { change, membersOf };
}

test.each<[string, object, string[], string[]]>([
  ["addToGroups", { groups: ["a", "b"], filter: "userId eq 'bob'" }, ["ann", "bob"], ["bob"]],
  ["addToGroups", { groups: ["b"], filter: "userId eq null" }, ["ann"], ["nobody"]],
  ["addToGroups", { groups: ["b"], filter: "'x' in groups" }, ["ann"], ["ann", "bob"]],
  [
    "addToGroups",
    { groups: ["a", "b"], filter: "not ('a' in groups)" },
    ["ann", "bob", "nobody"],
    ["bob", "nobody"],
  ],
  ["addToGroups", { groups: ["b"] }, ["ann"], ["ann", "bob", "nobody"]],
  ["addToGroups", { groups: ["b"], filter: null }, ["ann"], ["ann", "bob", "nobody"]],
  ["addToGroups", { groups: ["b"], filter: "" }, ["ann"], ["ann", "bob", "nobody"]],
  ["addToGroups", { groups: ["b"], filter: "false" }, ["ann"], []],
  ["removeFromGroups", { groups: ["a", "ghost"], filter: "userId eq 'ann'" }, [], []],
  ["removeFromGroups", { groups: ["a"], filter: "userId eq 'bob'" }, ["ann"], []],
  ["removeFromGroups", { groups: ["a"] }, [], []],
])("%s with %j leaves %j in group a and %j in group b", async (operation, body, a, b) => {
  const { change, membersOf } = await setUp();
  expect(await change(operation, body)).toMatchObject({ status: 200, body: "" });
  expect(await membersOf("a")).toEqual(a);
  expect(await membersOf("b")).toEqual(b);
});

describe.each(["addToGroups", "removeFromGroups"])("%s", (operation) => {
  test.each([
    ["no groups", { filter: "true" }, "Groups"],
    ["an empty list", { groups: [] }, "Groups"],
    ["a list of one that is blank", { groups: ["a", " "] }, "Groups"],
    ["a list of one that is too long", { groups: ["g".repeat(1025)] }, "Groups"],
    ["groups that are numbers", { groups: [1] }, "Groups"],
    ["a group instead of a list", { groups: "a" }, "Groups"],
    ["a list instead of an object", ["a"], "Groups"],
    ["null", null, "Groups"],
    ["a filter that is none", { groups: ["a"], filter: "invalid filter" }, "Filter"],
    ["a filter of a wrong type", { groups: ["a"], filter: "userId" }, "Filter"],
    ["a filter that is no text", { groups: ["a"], filter: 1 }, "Filter"],
  ])("with %s changes nothing", async (_what, body, target) => {
    const { change, membersOf } = await setUp();
    const answer = await change(operation, body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "Error.BadRequest", target });
    expect(await membersOf("a")).toEqual(["ann"]);
  });
});
