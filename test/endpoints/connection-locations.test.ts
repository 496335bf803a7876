import { ConnectionLocations } from "../../src/endpoints/connection-locations.ts";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";

const east = { name: "east" } as RegisteredEndpoint;
const west = { name: "west" } as RegisteredEndpoint;

const known = (homes: ConnectionLocations, ids: string) =>
  [...ids].filter((id) => homes.locationOf(id) !== undefined).join("");

it("knows nobody at first", () => {
  expect(new ConnectionLocations().locationOf("a")).toBeUndefined();
});

it("remembers where each connection lives", () => {
  const homes = new ConnectionLocations();
  homes.learn("a", east);
  homes.learn("b", west);
  expect([homes.locationOf("a"), homes.locationOf("b"), homes.locationOf("c")]).toEqual([
    east,
    west,
    undefined,
  ]);
});

it("takes the last word, since whoever spoke first may have been wrong", () => {
  const homes = new ConnectionLocations();
  homes.learn("a", east);
  homes.learn("a", west);
  expect(homes.locationOf("a")).toBe(west);
});

it("forgets one, and no other, as often as it is told", () => {
  const homes = new ConnectionLocations();
  homes.learn("a", east);
  homes.learn("b", east);
  for (let times = 0; times < 2; times += 1) homes.forget("a");
  expect(known(homes, "ab")).toBe("b");
  homes.learn("a", west);
  expect(homes.locationOf("a")).toBe(west);
});

it.each(["__proto__", "constructor", "", "a".repeat(10_000)])("is not confused by %.20s", (id) => {
  const homes = new ConnectionLocations();
  expect(homes.locationOf(id)).toBeUndefined();
  homes.learn(id, east);
  expect(homes.locationOf(id)).toBe(east);
});

describe("when it is full, it forgets the one", () => {
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

it("holds 100 000, and no more", () => {
  const homes = new ConnectionLocations();
  for (let id = 0; id <= 100_000; id += 1) homes.learn(`c${id}`, east);
  expect(homes.locationOf("c0")).toBeUndefined();
  expect(homes.locationOf("c1")).toBe(east);
  expect(homes.locationOf("c100000")).toBe(east);
});
