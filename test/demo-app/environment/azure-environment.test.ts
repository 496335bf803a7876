import type { EndpointOptions } from "express-resilient-pubsub";
import {
  regionEndpointsOf,
  startAzureEnvironment,
} from "../../../demo-app/environment/azure-environment.ts";
import { startupMessage } from "../../../demo-app/startup/startup-message.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { startEmulator } from "../../support/emulator.ts";
import { until } from "../../support/until.ts";
import { nextPorts } from "../support/start-demo.ts";

const endpoint = (name: string, role: EndpointOptions["role"]): EndpointOptions => ({
  name,
  role,
  connectionString: `Endpoint=https://${name}.webpubsub.azure.com;AccessKey=k;Version=1.0;`,
});

function rolesOf(endpoints: EndpointOptions[]) {
  return regionEndpointsOf(endpoints).map((regionEndpoints) => [
    regionEndpoints.region,
    Object.fromEntries(regionEndpoints.endpoints.map(({ name, role }) => [name, role])),
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

  it("the demo on real instances does everything but inject faults", async () => {
    const [eastus, westus] = [await startEmulator(), await startEmulator()].map(closeAfterTest);
    if (!eastus || !westus) throw new Error("there must be two");
    const environment = closeAfterTest(
      await startAzureEnvironment(
        [
          { name: "eastus", role: "primary", connectionString: eastus.connectionString },
          { name: "westus", role: "secondary", connectionString: westus.connectionString },
        ],
        { firstPort: nextPorts() },
      ),
    );
    await environment.clients.resize(2);

    expect(environment.view).toMatchObject({ mode: "azure", clientCounts: { connected: 2 } });
    await expect(environment.setFault("eastus", "crash")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("portal"),
    });
    await environment.operate("eastus", "drain");
    expect(await environment.negotiate("eastus")).toMatchObject({ endpoint: "westus" });
    // What somebody breaks in the portal shows all the same.
    await eastus.inject({ kind: "crash" });
    await until(() => environment.view.servers[0]?.links[0]?.health === "unhealthy");
    expect(environment.view.endpoints[0]?.fault).toBeNull();
  }, 30_000);

  it("prints the public URL to which each instance must send its events", () => {
    const servers = [{ region: "eastus", url: "http://127.0.0.1:3001" }];

    const text = startupMessage({ pageUrl: "http://127.0.0.1:3000", servers, mode: "azure" }, 3000);

    expect(text).toContain("Open http://127.0.0.1:3000");
    expect(text).toMatch(/eastus: .*port 3001.*\/api\/webpubsub\/hubs\/demo\//);
    expect(text).not.toContain("taken");
  });
});

describe("the message that the demo prints when it starts", () => {
  it("names the port in use when the wanted one is taken", () => {
    const servers = [{ region: "eastus", url: "http://127.0.0.1:3003" }];

    const text = startupMessage(
      { pageUrl: "http://127.0.0.1:3002", servers, mode: "emulated" },
      3000,
    );

    expect(text).toContain("Port 3000 is taken, so it is 3002.");
  });
});
