import { ConnectionLocations } from "../../src/endpoints/connection-locations.ts";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";

const east = { name: "east" } as RegisteredEndpoint;
const west = { name: "west" } as RegisteredEndpoint;

const known = (locations: ConnectionLocations, ids: string) =>
  [...ids].filter((id) => locations.locationOf(id) !== undefined).join("");

it("no connection's endpoint is known at first", () => {
  expect(new ConnectionLocations().locationOf("a")).toBeUndefined();
});

it("the endpoint of each connection is remembered", () => {
  const locations = new ConnectionLocations();
  locations.learn("a", east);
  locations.learn("b", west);
  expect([locations.locationOf("a"), locations.locationOf("b"), locations.locationOf("c")]).toEqual(
    [east, west, undefined],
  );
});

it("the latest report of a connection's endpoint replaces an earlier one", () => {
  const locations = new ConnectionLocations();
  locations.learn("a", east);
  locations.learn("a", west);
  expect(locations.locationOf("a")).toBe(west);
});

it("forgetting one connection, however often, leaves the others known", () => {
  const locations = new ConnectionLocations();
  locations.learn("a", east);
  locations.learn("b", east);
  for (let times = 0; times < 2; times += 1) locations.forget("a", east);
  expect(known(locations, "ab")).toBe("b");
  locations.learn("a", west);
  expect(locations.locationOf("a")).toBe(west);
});

it.each(["__proto__", "constructor", "", "a".repeat(128)])(
  "a connection named %.20s is known like any other",
  (id) => {
    const locations = new ConnectionLocations();
    expect(locations.locationOf(id)).toBeUndefined();
    locations.learn(id, east);
    expect(locations.locationOf(id)).toBe(east);
  },
);

it("a connection with a name that the service never gives is not remembered, for the sake of memory", () => {
  const locations = new ConnectionLocations();
  const id = "a".repeat(129);
  locations.learn(id, east);
  locations.claim(id, east);
  expect([locations.locationOf(id), locations.claimedLocationOf(id)]).toEqual([
    undefined,
    undefined,
  ]);
});

describe("what an event says of a connection", () => {
  it("is a claim, and proves nothing", () => {
    const locations = new ConnectionLocations();
    locations.claim("a", east);
    expect(locations.claimedLocationOf("a")).toBe(east);
    expect(locations.locationOf("a")).toBeUndefined();
  });

  it("does not replace what another event has said first", () => {
    const locations = new ConnectionLocations();
    locations.claim("a", east);
    locations.claim("a", west);
    expect(locations.claimedLocationOf("a")).toBe(east);
  });

  it("does not matter against what the service has said, before or after it", () => {
    const locations = new ConnectionLocations();
    locations.claim("a", west);
    locations.learn("a", east);
    locations.claim("a", west);
    expect(locations.locationOf("a")).toBe(east);
    expect(locations.claimedLocationOf("a")).toBeUndefined();
  });

  it.each(["claim", "learn"] as const)(
    "that it has ended is believed of the endpoint that it is on alone (%s)",
    (how) => {
      const locations = new ConnectionLocations();
      const knows = () => locations.locationOf("a") ?? locations.claimedLocationOf("a");
      locations[how]("a", east);
      locations.forget("a", west);
      expect(knows()).toBe(east);
      locations.forget("a", east);
      expect(knows()).toBeUndefined();
    },
  );

  it.each(["claim", "learn"] as const)(
    "replaces what was known of an endpoint that is being removed (%s)",
    (how) => {
      const locations = new ConnectionLocations();
      locations[how]("a", { name: "old", leaving: true } as RegisteredEndpoint);
      locations.claim("a", west);
      expect(locations.claimedLocationOf("a")).toBe(west);
    },
  );

  it("takes bounded room, and none from what the service has said", () => {
    const locations = new ConnectionLocations(3);
    for (const id of "abc") locations.learn(id, east);
    for (let id = 0; id < 1000; id += 1) locations.claim(`invented-${id}`, west);
    expect(known(locations, "abc")).toBe("abc");
    const claimed = Array.from({ length: 1000 }, (_, id) =>
      locations.claimedLocationOf(`invented-${id}`),
    );
    expect(claimed.filter((one) => one !== undefined)).toHaveLength(3);
  });
});

describe("when as many connections are known as may be, the next one replaces the one", () => {
  it.each<[string, (locations: ConnectionLocations) => void, string]>([
    ["that it learnt first", () => {}, "bcd"],
    [
      "that it has not heard of for the longest time",
      (locations) => locations.learn("a", east),
      "acd",
    ],
    [
      "that moved up when the others were heard of",
      (locations) => {
        locations.learn("a", west);
        locations.learn("b", west);
      },
      "abd",
    ],
    [
      "that nobody asked about, or that somebody did: asking does not count",
      (locations) => void locations.locationOf("a"),
      "bcd",
    ],
    ["least: none, when there is room again", (locations) => locations.forget("b", east), "acd"],
  ])("%s", (_, change, expected) => {
    const locations = new ConnectionLocations(3);
    for (const id of "abc") locations.learn(id, east);
    change(locations);
    locations.learn("d", west);
    expect(known(locations, "abcd")).toBe(expected);
  });
});

it("the endpoints of 100 000 connections are known, and no more", () => {
  const locations = new ConnectionLocations();
  for (let id = 0; id <= 100_000; id += 1) locations.learn(`c${id}`, east);
  expect(locations.locationOf("c0")).toBeUndefined();
  expect(locations.locationOf("c1")).toBe(east);
  expect(locations.locationOf("c100000")).toBe(east);
});
