import { DisplacedClients } from "../../src/endpoints/displaced-clients.ts";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";

const west = { name: "west" } as RegisteredEndpoint;
const north = { name: "north" } as RegisteredEndpoint;

it("displaced clients are remembered by where they are and where they belong", () => {
  const displaced = new DisplacedClients();
  displaced.add("a", west, "east");
  displaced.add("b", west, "south");
  displaced.add("c", north, "east");
  expect(displaced.of(west, "east")).toEqual(["a"]);
  expect(displaced.of(west, "south")).toEqual(["b"]);
  expect(displaced.of(north, "south")).toEqual([]);
});

it("a client is forgotten when the endpoint says so that it is on, and not when another one does", () => {
  const displaced = new DisplacedClients();
  displaced.add("a", west, "east");
  displaced.forget("a", north);
  expect(displaced.of(west, "east")).toEqual(["a"]);
  displaced.forget("a", west);
  expect(displaced.of(west, "east")).toEqual([]);
});

it("of each endpoint so many are remembered, and a flood of one takes nothing from another", () => {
  const displaced = new DisplacedClients(3);
  displaced.add("a", west, "east");
  for (let id = 0; id < 100; id += 1) displaced.add(`n${id}`, north, "east");
  expect(displaced.of(north, "east")).toEqual(["n97", "n98", "n99"]);
  expect(displaced.of(west, "east")).toEqual(["a"]);
});
