import type { EndpointOptions } from "express-resilient-pubsub";
import { homesOf } from "../../demo-app/azure-world.ts";

const endpoint = (name: string, role: EndpointOptions["role"]): EndpointOptions => ({
  name,
  role,
  connectionString: `Endpoint=https://${name}.webpubsub.azure.com;AccessKey=k;Version=1.0;`,
});

function rolesOf(endpoints: EndpointOptions[]) {
  return homesOf(endpoints).map((home) => [
    home.region,
    Object.fromEntries(home.endpoints.map(({ name, role }) => [name, role])),
  ]);
}

describe("the demo on real instances", () => {
  it("makes two mirrored regions of a primary and its secondary", () => {
    expect(rolesOf([endpoint("eastus", "primary"), endpoint("westus", "secondary")])).toEqual([
      ["eastus", { eastus: "primary", westus: "secondary" }],
      ["westus", { eastus: "secondary", westus: "primary" }],
    ]);
  });

  it("runs one app server for any other set of endpoints", () => {
    expect(rolesOf([endpoint("eastus", "primary")])).toEqual([["eastus", { eastus: "primary" }]]);
    expect(rolesOf([endpoint("a", "primary"), endpoint("b", "primary")])).toEqual([
      ["a", { a: "primary", b: "primary" }],
    ]);
    expect(
      rolesOf([endpoint("a", "primary"), endpoint("b", "secondary"), endpoint("c", "secondary")]),
    ).toEqual([["a", { a: "primary", b: "secondary", c: "secondary" }]]);
  });
});
