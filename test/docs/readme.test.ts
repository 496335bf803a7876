import { WebSocket } from "ws";
import { resolveOptions, type WebSocketConstructor } from "../../src/client/options.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { until } from "../support/until.ts";
import {
  asEnv,
  freePort,
  startRegionsForSnippets,
  twoRegions,
  useSnippets,
} from "./support/snippets.ts";

// Each snippet is a process of its own, which takes its time to start on a busy machine.
jest.setTimeout(30_000);

const { run, textOf } = useSnippets("README.md", "docs/client.md");

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
      const { pubsub, eastus, url } = await startRegionsForSnippets();
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

  it("start-and-stop serves negotiate until SIGTERM, and then ends by itself", async () => {
    const PORT = await freePort();
    const running = await run("start-and-stop", { ...asEnv(await twoRegions()), PORT });
    const negotiate = () => fetch(`http://127.0.0.1:${PORT}/negotiate`).catch(() => undefined);
    expect((await until(negotiate)).status).toBe(200);
    running.kill("SIGTERM");
    expect([await running.ended, running.output]).toEqual([0, ""]);
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

it("the README's table of options has every option, with its default", () => {
  const configuration = parseOptions({
    hub: "chat",
    endpoints: [
      { name: "a", role: "primary", connectionString: "Endpoint=https://a.example;AccessKey=k" },
    ],
    negotiate: { authenticate: () => null },
  });
  const rows = textOf("README.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
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
  const rows = textOf("docs/client.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  for (const [option, value] of Object.entries(documented)) {
    const row = rows.find((line) => line.startsWith(`| \`${option}\` `));
    const shown = typeof value === "function" || value === undefined ? option : String(value);
    expect(row ?? `${option} is not listed`).toContain(shown);
  }
});
