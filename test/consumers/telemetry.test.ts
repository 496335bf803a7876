import { copyFile } from "node:fs/promises";
import path from "node:path";
import { afterFile } from "../support/clean-up.ts";
import { compile } from "./support/compile.ts";
import { PackedPackage } from "./support/packed-package.ts";
import { run } from "./support/run.ts";

const SDK = [
  "@opentelemetry/context-async-hooks",
  "@opentelemetry/sdk-metrics",
  "@opentelemetry/sdk-trace-base",
  "prom-client",
];

let packed: PackedPackage;
let consumer: string;
beforeAll(async () => {
  packed = await PackedPackage.create();
  afterFile(() => packed.remove());
  const sdk = Object.fromEntries(SDK.map((name) => [name, name]));
  const modules = { ...(await packed.dependencies()), ...sdk, express: "express" };
  consumer = await packed.createConsumer(["telemetry"], { ...modules, "@types": "@types" });
}, 120_000);

it.each([
  ["in CommonJS", "commonjs.cjs"],
  ["in ESM", "esm.mjs"],
])(
  "spans of the packed package join the application's trace %s, and both ways measure",
  async (_, program) => {
    const { stdout, stderr } = await run(consumer, [program]);
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe("1 | pubsub call eastus | pubsub broadcast | app | true | true");
  },
  60_000,
);

it("without an SDK the packed package does not load the API", async () => {
  const program = `
    const { resilientPubSub } = require("express-resilient-pubsub");
    const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=k";
    const endpoints = [{ name: "east", role: "primary", connectionString }];
    const pubsub = resilientPubSub({ hub: "chat", endpoints, negotiate: { allowAnonymous: true }, health: { schedule: false } });
    setTimeout(() => {
      console.log(Object.keys(require.cache).some((file) => file.includes("opentelemetry")));
      void pubsub.close();
    }, 1200);
  `;
  const { stdout } = await run(consumer, ["-e", program]);
  expect(stdout.trim()).toBe("false");
}, 60_000);

it.each([
  ["in CommonJS", "types.cts"],
  ["in ESM", "types.mts"],
])(
  "the collector is typed %s",
  async (_, file) => {
    await copyFile(path.join(consumer, "types.ts"), path.join(consumer, file));
    const options = { module: "node20", types: ["node"], esModuleInterop: true };
    expect(await compile(consumer, [file], { ...options, skipLibCheck: true })).toBe("");
  },
  60_000,
);
