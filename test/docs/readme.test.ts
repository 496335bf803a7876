import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { WebSocket } from "ws";
import { startAzurite } from "../../demo-app/processes/azurite.ts";
import { resolveOptions, type WebSocketConstructor } from "../../src/client/options.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { startWorld as startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

const execute = promisify(execFile);
// Each snippet is a process of its own, which takes its time to start on a busy machine.
jest.setTimeout(30_000);

const root = path.join(__dirname, "../..");
const SNIPPET = /<!-- snippet: ([\w-]+) -->\n```ts\n([\s\S]*?)```/g;

let readme: string;
let emulatorPage: string;
let fanOutPage: string;
let clientPage: string;
let clientClientPage: string;
let folder: string;
const snippets = new Map<string, string>();

beforeAll(async () => {
  readme = await readFile(path.join(root, "README.md"), "utf8");
  emulatorPage = await readFile(path.join(root, "docs/emulator.md"), "utf8");
  fanOutPage = await readFile(path.join(root, "docs/fan-out.md"), "utf8");
  clientPage = await readFile(path.join(root, "docs/client.md"), "utf8");
  clientClientPage = await readFile(path.join(root, "docs/client-client.md"), "utf8");
  for (const page of [readme, emulatorPage, fanOutPage, clientPage, clientClientPage]) {
    for (const [, name = "", code = ""] of page.matchAll(SNIPPET)) snippets.set(name, code);
  }
  folder = await mkdtemp(path.join(__dirname, ".snippets-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a snippet as a program of its own; it is killed after the test at the latest. */
async function run(name: string, env: Record<string, string> = {}, port = "3000") {
  const file = path.join(folder, `${name}.ts`);
  await writeFile(file, (snippets.get(name) ?? "").replaceAll(":3000", `:${port}`));
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  closeAfterTest({ close: () => child.kill("SIGKILL") });
  const running = { output: "", ended: new Promise((resolve) => child.on("close", resolve)) };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      running.output += chunk;
    });
  }
  return running;
}

async function twoRegions(): Promise<Emulator[]> {
  return [closeAfterTest(await startEmulator()), closeAfterTest(await startEmulator())];
}

function asEnv([eastus, westus]: Emulator[]): Record<string, string> {
  return {
    WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY: eastus?.connectionString ?? "",
    WEB_PUBSUB_CONNECTION_STRING__WESTUS__SECONDARY: westus?.connectionString ?? "",
  };
}

type WorldOverrides = Parameters<typeof startRegions>[0];

function startWorld(overrides: WorldOverrides = {}) {
  const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  return startRegions({ negotiate: { authenticate: () => ({ roles }) }, ...overrides });
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

describe("the README's snippet", () => {
  it("quick-start serves negotiate and broadcasts", async () => {
    const [eastus, westus] = await twoRegions();
    const PORT = await freePort();
    await run("quick-start", {
      PORT,
      WPS_EAST: eastus?.connectionString ?? "",
      WPS_WEST: westus?.connectionString ?? "",
    });
    const answer = await until(() =>
      fetch(`http://127.0.0.1:${PORT}/negotiate`).catch(() => undefined),
    );
    expect(await answer.json()).toMatchObject({ endpoint: "eastus", role: "primary" });
    const notified = await fetch(`http://127.0.0.1:${PORT}/notify`, { method: "POST" });
    expect(await notified.json()).toMatchObject({ delivered: ["eastus", "westus"] });
  });

  it.each(["client", "official-client", "bare-websocket"])(
    "%s connects by negotiate and prints what the server says, after a crash as well",
    async (name) => {
      const { pubsub, eastus, url } = await startWorld();
      const client = await run(name, {}, new URL(url).port);
      const hears = (text: string) =>
        until(async () => {
          await pubsub.broadcast({ text });
          return client.output.includes(text);
        });
      await hears("hello client");
      await eastus.inject({ kind: "crash" });
      await hears("still there?");
    },
    30_000,
  );

  it("outside-a-request broadcasts, shows the endpoints and ends by itself", async () => {
    const { output, ended } = await run("outside-a-request", asEnv(await twoRegions())).then(
      async (running) => ({ ended: await running.ended, output: running.output }),
    );
    expect(output).toContain("delivered to eastus, westus");
    expect(output).toContain("eastus -> westus: drained");
    expect(output).toContain("westus -> eastus: recovered");
    expect(ended).toBe(0);
  });

  it("operations reaches both endpoints, tells what became of each and ends by itself", async () => {
    const running = await run("operations", asEnv(await twoRegions()));
    expect(await running.ended).toBe(0);
    expect(running.output).toMatch(
      /^ada is on no endpoint\neastus: 204, 1 attempt, \d+ ms\nwestus: 204, 1 attempt, \d+ ms\n$/,
    );
  });

  it("upstream admits the endpoints to its route", async () => {
    const regions = await twoRegions();
    const PORT = await freePort();
    await run("upstream", { ...asEnv(regions), PORT });
    const origin = new URL(regions[0]?.endpoint ?? "").host;
    const answer = await until(() =>
      fetch(`http://127.0.0.1:${PORT}/api/webpubsub/hubs/chat/`, {
        method: "OPTIONS",
        headers: { "ce-awpsversion": "1.0", "WebHook-Request-Origin": origin },
      }).catch(() => undefined),
    );
    expect(answer.headers.get("webhook-allowed-origin")).toBe(origin);
  });

  it("emulator breaks, heals and ends by itself", async () => {
    const running = await run("emulator");
    expect(await running.ended).toBe(0);
    expect(running.output).toMatch(/^Endpoint=http:\/\/127\.0\.0\.1:\d+;AccessKey=/);
  });
});

describe("the emulator page's snippet", () => {
  it.each(["emulator-with-service-client", "emulator-faults"])(
    "%s ends by itself",
    async (name) => {
      const running = await run(name);
      expect([await running.ended, running.output]).toEqual([0, ""]);
    },
  );
});

describe("the fan-out page's snippet", () => {
  it("fan-out-commands shows what became of each endpoint", async () => {
    const running = await run("fan-out-commands", asEnv(await twoRegions()));
    expect([await running.ended, running.output]).toEqual([
      0,
      "eastus: delivered (attempts: 1)\nwestus: delivered (attempts: 1)\n",
    ]);
  });

  it("fan-out-questions lists who is connected", async () => {
    const regions = await twoRegions();
    const [, westus] = regions;
    const options = { allowInsecureConnection: true };
    const service = new WebPubSubServiceClient(westus?.connectionString ?? "", "chat", options);
    const { url } = await service.getClientAccessToken({ userId: "ada", groups: ["lobby"] });
    await connectClient(url);
    const running = await run("fan-out-questions", asEnv(regions));
    expect(await running.ended).toBe(0);
    expect(running.output).toMatch(
      /^ada is connected to westus\n(a page of [01]\n)*bob may connect/,
    );
  });
});

describe("the client page's snippet", () => {
  it("client-events joins a group, tells what it hears and moves", async () => {
    const { eastus, url } = await startWorld();
    const client = await run("client-events", {}, new URL(url).port);
    await until(() => client.output.includes("news { headline: 'hi' }"));
    await eastus.inject({ kind: "crash" });
    await until(() => client.output.includes("on westus"));
    expect(client.output).toMatch(/^on eastus\nnews .*\n(.*\n)*eastus -> westus in \d+ ms\n/m);
  });

  it("client-negotiate asks with a token", async () => {
    const { pubsub, url } = await startWorld({
      negotiate: {
        authenticate: (req) =>
          req.get("authorization") === "Bearer letmein" ? { userId: "ada" } : null,
      },
    });
    const env = { APP_TOKEN: "letmein" };
    const client = await run("client-negotiate", env, new URL(url).port);
    await until(async () => {
      await pubsub.sendToUser("ada", "for ada", { contentType: "text/plain" });
      return client.output.includes("for ada");
    });
  });
});

it("the client-client page's snippet agrees over blob storage, also when it is run twice", async () => {
  const [eastus, westus] = await twoRegions();
  const { connectionString } = closeAfterTest(await startAzurite());
  const env = {
    ...asEnv([eastus, westus] as Emulator[]),
    STORAGE_CONNECTION_STRING: connectionString,
  };
  const ports = [await freePort(), await freePort()];
  const servers = await Promise.all(ports.map((PORT) => run("client-client", { ...env, PORT })));
  await until(() => servers.every(({ output }) => output === "1 eastus\n"));
  for (const port of ports) {
    const answer = await until(() =>
      fetch(`http://127.0.0.1:${port}/negotiate`).catch(() => undefined),
    );
    expect(await answer.json()).toMatchObject({ endpoint: "eastus", epoch: 1 });
  }
  await eastus?.inject({ kind: "crash" });
  await until(() => servers.every(({ output }) => output === "1 eastus\n2 westus\n"));
}, 60_000);

it("every TypeScript snippet of all pages compiles and is run above", async () => {
  expect([...snippets.keys()]).toEqual([
    "quick-start",
    "client",
    "official-client",
    "bare-websocket",
    "operations",
    "outside-a-request",
    "upstream",
    "emulator",
    "emulator-with-service-client",
    "emulator-faults",
    "fan-out-commands",
    "fan-out-questions",
    "client-events",
    "client-negotiate",
    "client-client",
  ]);
  const pages = [readme, emulatorPage, fanOutPage, clientPage, clientClientPage];
  expect(pages.join("").match(/```ts\n/g)).toHaveLength(snippets.size);
  for (const [name, code] of snippets) await writeFile(path.join(folder, `${name}.ts`), code);
  const config = path.join(folder, "tsconfig.json");
  await writeFile(config, JSON.stringify({ extends: "../../../tsconfig.json", include: ["*.ts"] }));
  const compiler = path.join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await execute(process.execPath, [compiler, "-p", config]).catch((e) => e);
  expect(stdout).toBe("");
}, 60_000);

it("the README's table of options has every option, with its default", () => {
  const configuration = parseOptions({
    hub: "chat",
    endpoints: [
      { name: "a", role: "primary", connectionString: "Endpoint=https://a.example;AccessKey=k" },
    ],
    negotiate: { authenticate: () => null },
  });
  const rows = readme.split("\n").filter((line) => line.startsWith("| `"));
  const sections = [
    "negotiate",
    "upstream",
    "health",
    "fanOut",
    "failback",
    "coordination",
  ] as const;
  for (const section of sections) {
    for (const [option, value] of Object.entries(configuration[section])) {
      const row = rows.find((line) => line.split(" | ")[0]?.includes(`\`${section}.${option}\``));
      const isPlain = typeof value !== "object" && typeof value !== "function";
      const shown = isPlain ? String(value).replace("/hubs/chat/", "/hubs/{hub}/") : option;
      expect(row ?? `${section}.${option} is not listed`).toContain(shown);
    }
  }
});

it("the client page's table of options has every option, with its default", () => {
  const { retryDelayInMs, maxRetryDelayInMs, ...options } = resolveOptions({
    webSocket: WebSocket as unknown as WebSocketConstructor,
  });
  const documented = {
    ...options,
    "reconnectRetryOptions.retryDelayInMs": retryDelayInMs,
    "reconnectRetryOptions.maxRetryDelayInMs": maxRetryDelayInMs,
  };
  const rows = clientPage.split("\n").filter((line) => line.startsWith("| `"));
  for (const [option, value] of Object.entries(documented)) {
    const row = rows.find((line) => line.startsWith(`| \`${option}\` `));
    const shown = typeof value === "function" || value === undefined ? option : String(value);
    expect(row ?? `${option} is not listed`).toContain(shown);
  }
});
