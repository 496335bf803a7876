import { ConnectionLocations } from "../../src/endpoints/connection-locations.ts";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";

const east = { name: "east" } as RegisteredEndpoint;
const west = { name: "west" } as RegisteredEndpoint;

const known = (homes: ConnectionLocations, ids: string) =>
  [...ids].filter((id) => homes.locationOf(id) !== undefined).join("");

it("no connection's endpoint is known at first", () => {
  expect(new ConnectionLocations().locationOf("a")).toBeUndefined();
});

it("the endpoint of each connection is remembered", () => {
  const homes = new ConnectionLocations();
  homes.learn("a", east);
  homes.learn("b", west);
  expect([homes.locationOf("a"), homes.locationOf("b"), homes.locationOf("c")]).toEqual([
    east,
    west,
    undefined,
  ]);
});

it("the latest report of a connection's endpoint replaces an earlier one", () => {
  const homes = new ConnectionLocations();
  homes.learn("a", east);
  homes.learn("a", west);
  expect(homes.locationOf("a")).toBe(west);
});

it("forgetting one connection, however often, leaves the others known", () => {
  const homes = new ConnectionLocations();
  homes.learn("a", east);
  homes.learn("b", east);
  for (let times = 0; times < 2; times += 1) homes.forget("a");
  expect(known(homes, "ab")).toBe("b");
  homes.learn("a", west);
  expect(homes.locationOf("a")).toBe(west);
});

it.each(["__proto__", "constructor", "", "a".repeat(10_000)])(
  "a connection named %.20s is known like any other",
  (id) => {
    const homes = new ConnectionLocations();
    expect(homes.locationOf(id)).toBeUndefined();
    homes.learn(id, east);
    expect(homes.locationOf(id)).toBe(east);
  },
);

describe("when as many connections are known as may be, the next one replaces the one", () => {
  it.each<[string, (homes: ConnectionLocations) => void, string]>([
    ["that it learnt first", () => {}, "bcd"],
    ["that it has not heard of for the longest time", (it) => it.learn("a", east), "acd"],
    [
      "that moved up when the others were heard of",
      (it) => {
        it.learn("a", west);
        it.learn("b", west);
      },
      "abd",
    ],
    [
      "that nobody asked about, or that somebody did: asking does not count",
      (it) => void it.locationOf("a"),
      "bcd",
    ],
    ["least: none, when there is room again", (it) => it.forget("b"), "acd"],
  ])("%s", (_, change, expected) => {
    const homes = new ConnectionLocations(3);
    for (const id of "abc") homes.learn(id, east);
    change(homes);
    homes.learn("d", west);
    expect(known(homes, "abcd")).toBe(expected);
  });
});

it("the endpoints of 100 000 connections are known, and no more", () => {
  const homes = new ConnectionLocations();
  for (let id = 0; id <= 100_000; id += 1) homes.learn(`c${id}`, east);
  expect(homes.locationOf("c0")).toBeUndefined();
  expect(homes.locationOf("c1")).toBe(east);
  expect(homes.locationOf("c100000")).toBe(east);
});
