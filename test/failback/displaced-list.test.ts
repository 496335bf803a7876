import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { Failback } from "../../src/failback/failback.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import type { Endpoint } from "../../src/service/endpoint.ts";
import { assemble } from "../support/assemble.ts";

/** A secondary that has these connections, of which some are in the marker group. */
function setUp({ members, connected }: { members: string[]; connected: string[] }) {
  const asked: string[] = [];
  const client = {
    group: () => ({
      async listConnections({ top }: { top: number }) {
        return {
          async *byPage() {
            yield members.slice(0, top).map((connectionId) => ({ connectionId }));
          },
        };
      },
    }),
    async connectionExists(id: string) {
      asked.push(id);
      return connected.includes(id);
    },
  };
  const configuration = parseOptions({
    hub: "chat",
    endpoints: ["eastus", "westus"].map((name, index) => ({
      name,
      role: index === 0 ? "primary" : "secondary",
      connectionString: `Endpoint=https://${name}.example;AccessKey=k`,
    })),
    negotiate: { allowAnonymous: true },
    failback: { close: { connectionsPerSecond: 10 } },
  });
  const endpoints = configuration.endpoints.map(
    (config) => ({ name: config.name, config, client }) as unknown as Endpoint,
  );
  const context = assemble(configuration, { endpoints });
  const [group] = new Failback(context).groups();
  if (group === undefined) throw new Error("there is no group");
  const list = (atMost: number) =>
    new Failback(context).list(group, atMost, {
      timeoutInMs: 1000,
      signal: new AbortController().signal,
    });
  const westus = group.endpoint as RegisteredEndpoint;
  return { list, asked, westus, displaced: context.displaced };
}

describe("the displaced clients of a secondary are", () => {
  it("those in the marker group, and then those that have left it and are still there", async () => {
    const { list, westus, displaced } = setUp({ members: ["m"], connected: ["m", "x", "y"] });
    for (const id of ["m", "x", "gone", "y"]) displaced.add(id, westus, "eastus");
    displaced.add("other", westus, "northus");
    expect(await list(10)).toEqual(["m", "x", "y"]);
    expect(displaced.of(westus, "eastus")).toEqual(["m", "x", "y"]);
  });

  it("no more than may be closed, and no more are asked for", async () => {
    const { list, asked, westus, displaced } = setUp({
      members: ["m", "n"],
      connected: ["x", "y", "z"],
    });
    for (const id of ["x", "y", "z"]) displaced.add(id, westus, "eastus");
    expect(await list(2)).toEqual(["m", "n"]);
    expect(asked).toEqual([]);
    expect(await list(4)).toEqual(["m", "n", "x", "y"]);
    expect(asked).toEqual(["x", "y"]);
  });

  it("nobody where nobody is left", async () => {
    const { list, westus, displaced } = setUp({ members: [], connected: [] });
    displaced.add("gone", westus, "eastus");
    expect(await list(10)).toEqual([]);
    expect(displaced.of(westus, "eastus")).toEqual([]);
  });
});
