import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { FAILBACK_REASON_PREFIX } from "express-resilient-pubsub/client";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { startAzurite } from "../../demo-app/processes/azurite.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { connectClient } from "../support/official-client.ts";
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

const PAGES = [
  "docs/reference.md",
  "docs/operations.md",
  "docs/upstream.md",
  "docs/emulator.md",
  "docs/fan-out.md",
  "docs/client.md",
  "docs/client-client.md",
  "docs/doctor.md",
];
const root = path.join(__dirname, "../..");
const execute = promisify(execFile);

const { run, textOf, snippets, folder } = useSnippets(...PAGES);

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

describe("the doctor page's snippet", () => {
  it("doctor-in-code prints a table, and ends with 1 for what fails", async () => {
    const regions = await twoRegions();
    const well = await run("doctor-in-code", asEnv(regions));
    expect(await well.ended).toBe(0);
    expect(well.output).toMatch(/^ok +round-trip +westus +simple: connected, and has heard/m);
    await regions[1]?.inject({ kind: "gray" });
    const gray = await run("doctor-in-code", asEnv(regions));
    expect([await gray.ended, gray.output]).toEqual([
      1,
      expect.stringMatching(/^FAIL +calls +westus .*\n +-> the service fails calls there/m),
    ]);
  });
});

describe("the client page's snippet", () => {
  it("client-events joins a group, tells what it hears and moves", async () => {
    const { eastus, url } = await startRegionsForSnippets();
    const client = await run("client-events", {}, new URL(url).port);
    await until(() => client.output.includes("news { headline: 'hi' }"));
    await eastus.inject({ kind: "crash" });
    await until(() => /^eastus -> westus in \d+ ms$/m.test(client.output));
    expect(client.output).toMatch(/^on eastus\nnews .*\n(.*\n)*eastus -> westus in \d+ ms\n/m);
  });

  it("client-close-reason tells of a failback", async () => {
    const { pubsub, url } = await startRegionsForSnippets();
    const client = await run("client-close-reason", {}, new URL(url).port);
    await until(async () => {
      await pubsub.closeAllConnections({ reason: `${FAILBACK_REASON_PREFIX}eastus` });
      return client.output.includes("called home: failback: eastus");
    });
  });

  it("client-negotiate asks with a token", async () => {
    const { pubsub, url } = await startRegionsForSnippets({
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
    // The crash is logged as well, which is not what is looked at here.
    AZURE_LOG_LEVEL: "error",
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

it("every TypeScript snippet of all pages compiles and is run by a test", async () => {
  expect([...snippets().keys()]).toEqual([
    "outside-a-request",
    "start-and-stop",
    "upstream",
    "emulator-with-service-client",
    "emulator-faults",
    "fan-out-commands",
    "fan-out-questions",
    "client-events",
    "client-close-reason",
    "client-negotiate",
    "official-client",
    "bare-websocket",
    "client-client",
    "doctor-in-code",
  ]);
  expect(
    PAGES.map(textOf)
      .join("")
      .match(/```ts\n/g),
  ).toHaveLength(snippets().size);
  for (const [name, code] of snippets()) await writeFile(path.join(folder(), `${name}.ts`), code);
  const config = path.join(folder(), "tsconfig.json");
  await writeFile(
    config,
    JSON.stringify({ extends: "../../../../tsconfig.json", include: ["*.ts"] }),
  );
  const compiler = path.join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await execute(process.execPath, [compiler, "-p", config]).catch((e) => e);
  expect(stdout).toBe("");
}, 60_000);
