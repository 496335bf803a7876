import { until } from "../support/until.ts";
import {
  asEnv,
  freePort,
  isHeardBy,
  startRegionsForSnippets,
  twoRegions,
  useSnippets,
} from "./support/snippets.ts";

// Each snippet is a process of its own, which takes its time to start on a busy machine.
jest.setTimeout(30_000);

const { run } = useSnippets(
  "docs/reference.md",
  "docs/operations.md",
  "docs/upstream.md",
  "docs/client.md",
);

describe("the client page's snippet", () => {
  it.each(["official-client", "bare-websocket"])(
    "%s connects by negotiate and prints what the server says, after a crash as well",
    async (name) => {
      const { pubsub, eastus, url } = await startRegionsForSnippets();
      const client = await run(name, {}, new URL(url).port);
      await isHeardBy(client, pubsub, "hello client");
      await eastus.inject({ kind: "crash" });
      await isHeardBy(client, pubsub, "still there?");
    },
  );
});

describe("the reference's snippet", () => {
  it("outside-a-request broadcasts, shows the endpoints and ends by itself", async () => {
    const running = await run("outside-a-request", asEnv(await twoRegions()));
    expect(await running.ended).toBe(0);
    expect(running.output).toContain("delivered to eastus, westus");
    expect(running.output).toContain("eastus -> westus: drained");
    expect(running.output).toContain("westus -> eastus: recovered");
  });
});

describe("the operations page's snippet", () => {
  it("start-and-stop serves negotiate until SIGTERM, and then ends by itself", async () => {
    const PORT = await freePort();
    const running = await run("start-and-stop", { ...asEnv(await twoRegions()), PORT });
    const negotiate = () => fetch(`http://127.0.0.1:${PORT}/negotiate`).catch(() => undefined);
    expect((await until(negotiate)).status).toBe(200);
    running.kill("SIGTERM");
    expect([await running.ended, running.output]).toEqual([0, ""]);
  });
});

describe("the upstream page's snippet", () => {
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
});
