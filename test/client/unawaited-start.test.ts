import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

// An unhandled rejection fails the test in which it comes up.
const afterRejections = () => new Promise((resolve) => setTimeout(resolve, 20));

async function make() {
  const east = await ScriptedService.start();
  return { east, ...makeClient(new ScriptedNegotiate({ east }).negotiate) };
}

describe("a start that nobody awaits", () => {
  it("twice is no unhandled rejection", async () => {
    const { client } = await make();
    void client.start();
    void client.start();
    await until(() => client.state === "connected");
    await afterRejections();
    expect(client.state).toBe("connected");
  });

  it("then a stop and a start, as in React's strict mode, is no unhandled rejection", async () => {
    const { client, east } = await make();
    void client.start();
    client.stop();
    void client.start();
    await until(() => client.state === "connected");
    await afterRejections();
    expect(east.clients.filter(({ closeCode }) => closeCode === undefined)).toHaveLength(1);
  });

  it("stopped by its own listener is no unhandled rejection", async () => {
    const { client } = await make();
    client.on("state-changed", () => client.stop());
    void client.start();
    await afterRejections();
    expect(client.state).toBe("stopped");
  });
});

it("a start that is awaited rejects as ever", async () => {
  const { client } = await make();
  const starting = client.start();
  await expect(client.start()).rejects.toMatchObject({ code: "ERR_CLIENT_STARTED" });
  client.stop();
  await expect(starting).rejects.toMatchObject({ code: "ERR_CLIENT_STOPPED" });
});
