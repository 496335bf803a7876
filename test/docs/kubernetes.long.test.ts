import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { bundledProgram } from "../support/bundled-program.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { fetchAnswer } from "../support/regions.ts";
import { until } from "../support/until.ts";

const folder = path.join(__dirname, "../../docs/kubernetes");

async function startServer(leaveInMs: number) {
  const [eastus, westus] = await Promise.all([startEmulator(), startEmulator()]);
  for (const region of [eastus, westus]) closeAfterTest(region);
  const child = spawn(process.execPath, [bundledProgram(path.join(folder, "server.mjs"))], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PORT: "0",
      LEAVE_IN_MS: String(leaveInMs),
      WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY: eastus.connectionString,
      WEB_PUBSUB_CONNECTION_STRING__WESTUS__SECONDARY: westus.connectionString,
    },
  });
  afterTest(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const [, port] = await until(() => /listening on (\d+)/.exec(output));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetchAnswer(`${url}/status`)).status === 200);
  return { child, eastus, westus, url };
}

const endOf = (child: ChildProcess): Promise<[number | null, string | null]> =>
  new Promise((resolve) => child.on("exit", (code, signal) => resolve([code, signal])));

it("the server of the recipe loses nothing when it is ended under load, and ends by itself", async () => {
  const { child, url } = await startServer(1000);
  const ended = endOf(child);
  const outcomes: string[] = [];
  let isOver = false;
  const worker = async (): Promise<void> => {
    while (!isOver) {
      const sent = await fetch(`${url}/notify`, { method: "POST" }).then(
        async (response) =>
          `${response.status} ${((await response.json()) as { delivered: string[] }).delivered}`,
        (error) => String(error),
      );
      outcomes.push(sent);
    }
  };
  const workers = Array.from({ length: 4 }, worker);
  await until(() => outcomes.length > 50);
  child.kill("SIGTERM");
  // What the load balancer still sends, until it has heard of it.
  await new Promise((resolve) => setTimeout(resolve, 500));
  isOver = true;
  await Promise.all(workers);
  expect(new Set(outcomes)).toEqual(new Set(["200 eastus,westus"]));
  expect(await ended).toEqual([0, null]);
}, 60_000);

it("in an outage the server of the recipe is not ready, and is not restarted", async () => {
  const { eastus, westus, url } = await startServer(0);
  await Promise.all([eastus, westus].map((region) => region.inject({ kind: "crash" })));
  await until(async () => (await fetchAnswer(`${url}/status`)).status === 503);
  expect((await fetchAnswer(`${url}/status/live`)).status).toBe(200);
}, 60_000);

it("the manifest gives the process more time than its end takes, and probes what the page says", () => {
  const manifest = readFileSync(path.join(folder, "deployment.yaml"), "utf8");
  const figure = (pattern: RegExp): number => Number(pattern.exec(manifest)?.[1]);
  const graceInMs = 1000 * figure(/terminationGracePeriodSeconds: (\d+)/);
  expect(graceInMs).toBeGreaterThan(figure(/LEAVE_IN_MS, value: "(\d+)"/) + 10_000 + 4000);
  expect(manifest).toMatch(/readinessProbe:\s+httpGet: \{ path: \/status, /);
  expect(manifest).toMatch(/livenessProbe:[\s\S]*?path: \/status\/live, /);
});
