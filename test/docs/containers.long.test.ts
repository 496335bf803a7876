import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { parse } from "yaml";
import { freePort, startRedis } from "../../demo-app/processes/redis-server.ts";
import { type RunningCli, runCli } from "../cli/support/run-cli.ts";
import { bundledProgram } from "../support/bundled-program.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { until } from "../support/until.ts";

jest.setTimeout(60_000);

const folder = path.join(__dirname, "../../docs/containers");
const preload = path.join(__dirname, "support/container-names.cjs");
const textOf = (file: string): string => readFileSync(path.join(folder, file), "utf8");

interface ContainerService {
  readonly command: string;
  readonly build?: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[];
}

const services: Record<string, ContainerService> = parse(textOf("compose.yaml")).services;
const serviceOf = (name: string): ContainerService => services[name] as ContainerService;
const portsOf = (name: string): string[][] =>
  (serviceOf(name).ports ?? []).map((mapping) => mapping.split(":"));

/** Containers may listen on the same port; here each of their ports is another one. */
class OneMachine {
  readonly #ports = new Map<string, number>();

  async assign(): Promise<void> {
    for (const port of ["eastus:8080", "eastus:9080", "westus:8080", "westus:9080", "app:3000"]) {
      this.#ports.set(port, await freePort());
    }
  }

  setPort(place: string, port: number): void {
    this.#ports.set(place, port);
  }

  /** Of a port as it is within a container. */
  port(name: string, port: string | number): number {
    const found = this.#ports.get(`${name}:${port}`);
    if (found === undefined) throw new Error(`nobody listens on ${name}:${port}`);
    return found;
  }

  /** A text that names services, or ports that are published to `localhost`. */
  translate(text: string): string {
    return text
      .replace(/\b(eastus|westus|redis|app):(\d+)/g, (_, name, port) => {
        return `${name}:${this.port(name, port)}`;
      })
      .replace(/\blocalhost:(\d+)/g, (_, published) => {
        const owner = Object.keys(services).find((name) =>
          portsOf(name).some(([outside]) => outside === published),
        );
        const [, inside = ""] = portsOf(owner ?? "").find(([port]) => port === published) ?? [];
        return `localhost:${this.port(owner ?? "", inside)}`;
      });
  }
}

function startEmulatorOf(name: string, machine: OneMachine): RunningCli {
  const [npx, command, ...argv] = serviceOf(name).command.trim().split(/\s+/);
  expect([npx, command]).toEqual(["npx", "resilient-pubsub"]);
  const placed = argv.map((word, index) =>
    /^--(admin-)?port$/.test(argv[index - 1] ?? "")
      ? String(machine.port(name, word))
      : machine.translate(word),
  );
  return runCli(placed, { preload: [preload] });
}

function startApp(machine: OneMachine): ChildProcess {
  const [node, file = "", ...others] = serviceOf("app").command.split(" ");
  expect([node, others]).toEqual(["node", []]);
  const environment = Object.entries(serviceOf("app").environment ?? {}).map(([name, value]) => [
    name,
    name === "PORT" ? String(machine.port("app", value)) : machine.translate(value),
  ]);
  const program = bundledProgram(path.join(folder, file));
  const app = spawn(process.execPath, ["--import", preload, program], {
    env: { PATH: process.env.PATH, ...Object.fromEntries(environment) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  closeAfterTest({ close: () => app.kill("SIGKILL") });
  return app;
}

test("the image contains what the services of compose.yaml are started with", () => {
  const dockerfile = textOf("Dockerfile");
  expect(Object.keys(services)).toEqual(["eastus", "westus", "redis", "app"]);
  expect(dockerfile).toMatch(/^CMD \["node", "app\.mjs"\]$/m);
  expect(dockerfile).toMatch(/^COPY app\.mjs /m);
  const [, installed = ""] = /npm install (.+)$/m.exec(dockerfile) ?? [];
  const imported = [...textOf("app.mjs").matchAll(/ from "([\w-]+)/g)].map(([, name]) => name);
  expect(installed.split(" ")).toEqual(expect.arrayContaining([...imported, "redis"]));
  for (const name of serviceOf("app").depends_on ?? []) expect(services).toHaveProperty(name);
});

describeWithRedis(`with ${REDIS_OR_ITS_ABSENCE}, what compose.yaml starts`, () => {
  it("serves clients from two emulators, one of which breaks on command", async () => {
    const machine = new OneMachine();
    await machine.assign();
    machine.setPort("redis:6379", closeAfterTest(await startRedis()).port);

    const emulators = ["eastus", "westus"].map((name) => startEmulatorOf(name, machine));
    const printed = await Promise.all(emulators.map((emulator) => emulator.connectionString()));
    const configured = Object.entries(serviceOf("app").environment ?? {})
      .filter(([name]) => name.startsWith("WEB_PUBSUB_CONNECTION_STRING__"))
      .map(([, value]) => machine.translate(value));
    expect(configured).toEqual(printed);

    const app = startApp(machine);
    const negotiate = machine.translate("http://localhost:3000/negotiate");
    const answer = await until(async () => {
      const response = await fetch(negotiate).catch(() => undefined);
      return response?.ok && response.json();
    });
    expect(answer).toMatchObject({
      endpoint: "eastus",
      url: expect.stringMatching(machine.translate("^ws://localhost:8080/client/hubs/chat")),
    });

    const client = new ResilientPubSubClient(negotiate);
    closeAfterTest({ close: () => client.stop() });
    const heard: unknown[] = [];
    client.on("server-message", ({ message }) => heard.push(message.data));
    await client.start();
    await client.sendEvent("say", "hello", "text");
    await until(() => heard.length === 1);

    // As the guide has it with curl in the container, where the control port is a loopback one.
    const faults = `http://127.0.0.1:${machine.port("eastus", 9080)}/_emulator/faults`;
    await fetch(faults, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ kind: "crash" }),
    });
    await until(() => client.endpoint === "westus");
    await client.sendEvent("say", "hello again", "text");
    await until(() => heard.length === 2);
    expect(heard).toEqual([{ said: "hello" }, { said: "hello again" }]);

    await client.stop();
    const ended = new Promise((resolve) => app.once("close", resolve));
    app.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(emulators.map(({ stderr }) => stderr)).toEqual(["", ""]);
  });
});
