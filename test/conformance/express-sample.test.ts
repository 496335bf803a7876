import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { WebSocket } from "ws";
import { Inbox } from "../emulator/support/inbox.ts";
import { allRoles, createScene } from "../emulator/support/scene.ts";
import { clientUrl } from "../emulator/support/tokens.ts";

const scene = createScene();

/** Starts a sample in a process of its own, with nothing but its environment changed. */
function spawnSample(emulator: Emulator, name: string, args: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), "sample-"));
  scene.defer(() => rmSync(folder, { recursive: true }));
  const certificateFile = join(folder, "emulator.pem");
  writeFileSync(certificateFile, emulator.certificate ?? "");
  const sample = spawn(process.execPath, [join(__dirname, "sample", name), ...args], {
    env: {
      ...process.env,
      WebPubSubConnectionString: emulator.connectionString,
      NODE_EXTRA_CA_CERTS: certificateFile,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  scene.defer(async () => {
    sample.kill();
    if (sample.exitCode === null) await once(sample, "exit");
  });
  return createInterface(sample.stdout);
}

async function startSample(emulator: Emulator): Promise<string> {
  for await (const line of spawnSample(emulator, "server.mjs")) {
    const [, port] = /^listening on (\d+)$/.exec(line) ?? [];
    if (port) return `http://127.0.0.1:${port}`;
  }
  throw new Error("The sample did not start.");
}

async function connect(emulator: Emulator, sample: string, id: string) {
  const { url } = (await (await fetch(`${sample}/negotiate?id=${id}`)).json()) as { url: string };
  const socket = new WebSocket(url, { ca: emulator.certificate });
  scene.defer(() => socket.terminate());
  const inbox = new Inbox<unknown>();
  socket.on("message", (data) => inbox.put(data.toString()));
  await once(socket, "open");
  return { socket, next: () => inbox.take() };
}

test("an Express sample written for Azure runs here, told only another connection string", async () => {
  const emulator = await scene.emulator({ tls: true });
  const sample = await startSample(emulator);
  emulator.setHub("sample_chat", {
    eventHandlers: [
      {
        urlTemplate: `${sample}/eventhandler`,
        systemEvents: ["connect", "connected", "disconnected"],
        userEventPattern: "*",
      },
    ],
  });

  const ada = await connect(emulator, sample, "ada");
  expect(await ada.next()).toBe('{"type":"system","message":"ada joined"}');
  const bob = await connect(emulator, sample, "bob");
  for (const { next } of [ada, bob]) {
    expect(await next()).toBe('{"type":"system","message":"bob joined"}');
  }
  for (const spoken of [1, 2]) {
    ada.socket.send("hello");
    const heard = JSON.stringify({ from: "ada", message: "hello", spoken });
    expect(await bob.next()).toBe(heard);
    expect([await ada.next(), await ada.next()]).toEqual([
      heard,
      `You have spoken ${spoken} times.`,
    ]);
  }
  bob.socket.close();
  expect(await ada.next()).toBe('{"type":"system","message":"bob left"}');

  const { url } = (await (await fetch(`${sample}/negotiate`)).json()) as { url: string };
  const stranger = new WebSocket(url, { ca: emulator.certificate });
  const [error] = await once(stranger, "error").catch((refusal) => [refusal]);
  expect(String(error)).toContain("401");
});

// Row 1 of the differences: the official client's `end` rejects when `streamClosed` is there before
// its own write has been reported.
test("streams of the official client end well over TLS, ten times in a row", async () => {
  const emulator = await scene.emulator({ tls: true });
  const url = clientUrl(emulator, "chat", { roles: allRoles });
  const lines: string[] = [];
  for await (const line of spawnSample(emulator, "streams.mjs", [url, url])) lines.push(line);
  const turns = Array.from({ length: 10 }, (_, index) => `stream ${index + 1}`);
  expect(lines).toEqual([...turns, "ended"]);
});
