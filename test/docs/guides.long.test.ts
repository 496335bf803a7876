import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket } from "ws";
import { createSelfSignedCertificate } from "../../src/emulator/http/self-signed-certificate.ts";
import { clientUrl } from "../emulator/support/tokens.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import { programOf, runProgram } from "./support/page-program.ts";
import { asEnv, freePort, startRegionsForSnippets } from "./support/snippets.ts";

// Each program is a process of its own, which takes its time to start on a busy machine.
jest.setTimeout(60_000);

interface Frame {
  readonly type: string;
  readonly event?: string;
  readonly data?: unknown;
}

/** A client without any logic of its own, and what it has heard. */
async function connect(url: string, ca?: string) {
  const socket = new WebSocket(url, "json.webpubsub.azure.v1", { ca });
  closeAfterTest({ close: () => socket.terminate() });
  socket.on("error", () => {});
  const frames: Frame[] = [];
  socket.on("message", (frame) => frames.push(JSON.parse(String(frame))));
  await until(() => frames.some(({ event }) => event === "connected"));
  const heard = () => frames.filter(({ type }) => type === "message").map(({ data }) => data);
  const say = (data: string) =>
    socket.send(JSON.stringify({ type: "event", event: "say", dataType: "text", data }));
  return { heard, say };
}

/** A program of a page, once it listens. @returns Where. */
async function serve(page: string, name: string, env: Record<string, string>, port?: string) {
  const PORT = port ?? (await freePort());
  const url = `http://127.0.0.1:${PORT}`;
  await runProgram(programOf(page, name), { env: { ...env, PORT } });
  await until(() => fetch(`${url}/nowhere`).catch(() => undefined));
  return url;
}

const negotiate = async (app: string, query = "") => {
  const response = await fetch(`${app}/negotiate${query}`);
  return {
    status: response.status,
    ...((await response.json()) as { url: string; endpoint?: string }),
  };
};

describe("docs/topologies.md", () => {
  it("the same program serves its own region first, and events land where the connection is", async () => {
    const ports = { eastus: await freePort(), westus: await freePort() };
    const start = async (region: "eastus" | "westus") => {
      const urlTemplate = `http://127.0.0.1:${ports[region]}/api/webpubsub/hubs/{hub}/`;
      const hubs = { chat: { eventHandlers: [{ urlTemplate, userEventPattern: "*" }] } };
      return closeAfterTest(await startEmulator({ hubs }));
    };
    const [eastus, westus] = [await start("eastus"), await start("westus")];
    const connectionStrings = {
      WPS_EASTUS: eastus.connectionString,
      WPS_WESTUS: westus.connectionString,
    };
    const run = (REGION: "eastus" | "westus") =>
      serve("docs/topologies.md", "both-regions", { ...connectionStrings, REGION }, ports[REGION]);
    const [app, other] = [await run("eastus"), await run("westus")];
    expect(await negotiate(app)).toMatchObject({ endpoint: "eastus" });
    expect(await negotiate(other)).toMatchObject({ endpoint: "westus" });

    const before = await connect((await negotiate(app)).url);
    before.say("hello");
    await until(() => before.heard().length > 0);
    await eastus.inject({ kind: "crash" });
    const moved = await until(async () => {
      const answer = await negotiate(app);
      return answer.endpoint === "westus" ? answer : undefined;
    });
    const after = await connect(moved.url);
    after.say("hello");
    await until(() => after.heard().length > 0);
    expect([before.heard(), after.heard()]).toEqual([["heard in eastus"], ["heard in westus"]]);
  });
});

describe("docs/coming-from.md", () => {
  const PAGE = "docs/coming-from.md";

  it.each(["negotiate-before", "negotiate-after"])(
    "%s lets a client hear the news",
    async (name) => {
      const tls = createSelfSignedCertificate(["127.0.0.1"], new Date());
      const folder = await mkdtemp(path.join(tmpdir(), "guides-"));
      afterTest(() => rm(folder, { recursive: true, force: true }));
      const NODE_EXTRA_CA_CERTS = path.join(folder, "certificate.pem");
      await writeFile(NODE_EXTRA_CA_CERTS, tls.cert);
      const eastus = closeAfterTest(await startEmulator({ tls }));
      const westus = closeAfterTest(await startEmulator({ tls }));
      const app = await serve(PAGE, name, {
        WPS_EAST: eastus.connectionString,
        WPS_WEST: westus.connectionString,
        NODE_EXTRA_CA_CERTS,
      });
      const { url } = await negotiate(app, "?user=ada");
      const client = await connect(url, tls.cert);
      expect((await fetch(`${app}/news`, { method: "POST" })).status).toBe(204);
      await until(() => client.heard().length > 0);
      expect(client.heard()).toEqual([{ headline: "hi" }]);
      expect((await negotiate(app)).status).toBe(name === "negotiate-after" ? 401 : 200);
    },
  );

  it.each(["events-before", "events-after"])("%s answers the events of a client", async (name) => {
    const port = await freePort();
    const urlTemplate = `http://127.0.0.1:${port}/eventhandler`;
    const eventHandlers = [
      { urlTemplate, systemEvents: ["connect" as const], userEventPattern: "*" },
    ];
    const eastus = closeAfterTest(await startEmulator({ hubs: { chat: { eventHandlers } } }));
    const westus = closeAfterTest(await startEmulator());
    await serve(
      PAGE,
      name,
      { ...asEnv([eastus, westus]), WPS_EAST_ENDPOINT: eastus.endpoint },
      port,
    );
    const client = await connect(clientUrl(eastus, "chat"));
    client.say("hello");
    await until(() => client.heard().length > 0);
    expect(client.heard()).toEqual(["heard hello"]);
  });

  it.each(["client-before", "client-after"])("%s hears what is broadcast", async (name) => {
    const { pubsub, url } = await startRegionsForSnippets();
    const NEGOTIATE = `${url}/negotiate`;
    const client = await runProgram(programOf(PAGE, name), { env: { NEGOTIATE } });
    await until(async () => {
      await pubsub.broadcast("hello", { contentType: "text/plain" });
      return client.output.includes("hello");
    });
  });
});
