import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { SocketClient } from "../emulator/support/socket-client.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import { runCli } from "./support/run-cli.ts";

jest.setTimeout(60_000);

const serviceOf = (connectionString: string, hub = "chat") =>
  new WebPubSubServiceClient(connectionString, hub, { allowInsecureConnection: true });

const endpointOf = (connectionString: string): string =>
  /Endpoint=([^;]+)/.exec(connectionString)?.[1] ?? "";

async function openClient(connectionString: string, userId: string): Promise<SocketClient> {
  const { url } = await serviceOf(connectionString).getClientAccessToken({ userId });
  const client = new SocketClient(url);
  closeAfterTest({ close: () => client.terminate() });
  await client.opened;
  return client;
}

test("the emulator's command prints a connection string with which Microsoft's client reaches it", async () => {
  const cli = runCli(["emulator", "--port", "0", "--hub", "chat", "--access-key", "my-key"]);
  const connectionString = await cli.connectionString();
  expect(connectionString).toMatch(/^Endpoint=http:\/\/127\.0\.0\.1:\d+;AccessKey=my-key;/);
  const client = await openClient(connectionString, "ada");
  await serviceOf(connectionString).sendToAll("hello", { contentType: "text/plain" });
  expect(await client.nextText()).toBe("hello");
  expect(cli.stderr).toBe("");
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s makes the command close clients, free the port and end with 0",
  async (signal) => {
    const cli = runCli(["emulator", "--port", "0"]);
    const connectionString = await cli.connectionString();
    const client = await openClient(connectionString, "ada");
    cli.child.kill(signal);
    expect(await cli.ended).toBe(0);
    await client.closed;
    expect(cli.stdout).toMatch(/Stopping\.\n$/);
    expect(cli.stderr).toBe("");
    const { port } = new URL(endpointOf(connectionString));
    closeAfterTest(await startEmulator({ port: Number(port) }));
  },
);

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)(
  "a second %s ends a command that does not close by itself, with %d",
  async (signal, code) => {
    const preload = [path.join(__dirname, "support/never-closes.cjs")];
    const cli = runCli(["emulator", "--port", "0"], { preload });
    await cli.connectionString();
    cli.child.kill(signal);
    await until(() => cli.stdout.includes("Stopping."));
    await until(() => cli.child.exitCode !== null || !cli.child.kill(signal));
    expect(await cli.ended).toBe(code);
  },
);

test("a taken port is one line on stderr, and exit code 1", async () => {
  const owner: Emulator = closeAfterTest(await startEmulator());
  const cli = runCli(["emulator", "--port", String(owner.port)]);
  expect(await cli.ended).toBe(1);
  expect(cli.stdout).toBe("");
  expect(cli.stderr).toMatch(
    new RegExp(`^resilient-pubsub: ERR_PORT_IN_USE: Port ${owner.port} .*\\n$`),
  );
});

test("a wrong command line is one line on stderr, and exit code 2", async () => {
  const cli = runCli(["emulator", "--prot", "1"]);
  expect(await cli.ended).toBe(2);
  expect([cli.stdout, cli.stderr.split("\n").length]).toEqual(["", 2]);
});

test("a command whose reader has gone ends without a stack", async () => {
  const cli = runCli(["emulator", "--port", "0", "--verbose"]);
  const connectionString = await cli.connectionString();
  cli.child.stdout?.destroy();
  await until(async () => {
    await serviceOf(connectionString)
      .sendToAll("x", { contentType: "text/plain" })
      .catch(() => {});
    return cli.child.exitCode !== null;
  });
  expect([await cli.ended, cli.stderr]).toEqual([0, ""]);
});

test("--verbose writes a line for every connection and its end, and never a token", async () => {
  const cli = runCli(["emulator", "--port", "0", "--verbose"]);
  const connectionString = await cli.connectionString();
  const client = await openClient(connectionString, "ada lovelace");
  await until(() =>
    /^[\d:.]+ +connected +chat +\S+ +user="ada lovelace" +simple$/m.test(cli.stdout),
  );
  client.terminate();
  await until(() => cli.stdout.includes("disconnected"));
  const [, key = ""] = /AccessKey=([^;]+)/.exec(connectionString) ?? [];
  const told = cli.stdout.slice(cli.stdout.indexOf("Ctrl-C"));
  expect(told).not.toMatch(/access_token|eyJ/);
  expect(told).not.toContain("\x1b");
  expect(told).not.toContain(key);
});

test("a crashed emulator keeps its process running, and comes back", async () => {
  const cli = runCli(["emulator", "--port", "0", "--admin"]);
  await cli.connectionString();
  const admin = await until(() => /^ +Admin +(\S+)$/m.exec(cli.stdout)?.[1]);
  await fetch(`${admin}/faults`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "crash", durationInMs: 200 }),
  });
  await until(() =>
    fetch(admin).then(
      () => false,
      () => true,
    ),
  );
  await until(() =>
    fetch(admin).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  cli.child.kill("SIGINT");
  expect(await cli.ended).toBe(0);
});

test("the doctor's command takes options from a module of ES, and ends with 1 for what fails", async () => {
  const eastus = closeAfterTest(await startEmulator());
  await eastus.inject({ kind: "gray" });
  const folder = await mkdtemp(path.join(tmpdir(), "doctor-"));
  afterTest(() => rm(folder, { recursive: true, force: true }));
  const options = {
    hub: "chat",
    endpoints: [{ name: "eastus", role: "primary", connectionString: eastus.connectionString }],
    negotiate: { allowAnonymous: true },
  };
  const file = path.join(folder, "options.mjs");
  await writeFile(file, `export default async () => (${JSON.stringify(options)});\n`);
  const cli = runCli(["doctor", "--options", file]);
  expect(await cli.ended).toBe(1);
  expect(cli.stdout).toMatch(/^FAIL {2}calls +eastus {2}6 of 6 .* status 500$/m);
  expect(cli.stderr).toBe("");
});
