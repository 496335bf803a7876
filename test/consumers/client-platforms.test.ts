import path from "node:path";
import type { Browser } from "playwright-core";
import { afterFile, closeAfterFile } from "../support/clean-up.ts";
import { launchBrowser } from "../support/launch-browser.ts";
import { EmulatedRegions } from "./support/emulated-regions.ts";
import { fetchPackage } from "./support/npm-package.ts";
import { modulesOfRoot, PackedPackage } from "./support/packed-package.ts";
import { run } from "./support/run.ts";
import { bun, deno, fetchRuntime, runBy } from "./support/runtimes.ts";
import { titleOf } from "./support/title-of.ts";

// Connected, heard a broadcast, moved, heard another.
const STEPS = "eastus | hi | westus | hi";

let packed: PackedPackage;
let worlds: EmulatedRegions;
beforeAll(async () => {
  packed = await PackedPackage.create();
  afterFile(() => packed.remove());
  worlds = await EmulatedRegions.create(packed);
}, 120_000);

afterEach(() => worlds.end());

/** As `createConsumer` takes it: where a package is that was fetched, seen from those of the root. */
async function fetched(name: string, version: string): Promise<Record<string, string>> {
  const modules = await fetchPackage(name, version);
  return { [name]: path.relative(modulesOfRoot, path.join(modules, name)) };
}

describe("the client is found for every platform:", () => {
  const neutral = ["client.browser.js", "client.browser.cjs"];
  const node = ["client.mjs", "client.cjs"];
  it.each<[string, string[], string[]]>([
    ["Node", ["node", "module-sync"], node],
    ["Deno", ["deno", "node"], node],
    ["Bun", ["bun", "node"], node],
    ["Vite on the server", ["node", "module"], node],
    ["Vite in the browser", ["browser", "module", "default"], neutral],
    ["webpack for the web", ["webpack", "module", "browser", "production"], neutral],
    ["webpack for workers", ["webpack", "module", "worker", "browser"], neutral],
    ["webpack for Electron's pages", ["webpack", "node", "electron", "browser"], neutral],
    ["Rollup", ["module", "default"], neutral],
    ["esbuild, neutral", [], neutral],
    ["Metro for phones", ["react-native"], neutral],
    ["Next.js at the edge", ["edge-light", "worker"], neutral],
    ["workerd", ["workerd", "worker", "browser"], neutral],
    ["Jest with jsdom", ["browser"], neutral],
  ])("%s", async (_, conditions, files) => {
    const consumer = await packed.createConsumer(["conditions"], {
      "enhanced-resolve": "enhanced-resolve",
    });
    const resolve = async (kind: string) =>
      (await run(consumer, ["resolve.cjs", ...conditions, kind])).stdout.trim();
    expect([await resolve("import"), await resolve("require")]).toEqual(files);
  });

  it.each([
    ["imports", "true", "client.browser.js"],
    ["requires", "false", "client.browser.cjs"],
  ])(
    "Metro's own resolver, for what %s",
    async (_, isImport, file) => {
      const modules = await fetched("metro-resolver", "0.83");
      const consumer = await packed.createConsumer(["neutral"], modules);
      const { stdout, stderr } = await run(consumer, ["metro.cjs", isImport]);
      expect([stdout.trim(), stderr]).toEqual([file, ""]);
    },
    120_000,
  );
});

describe("the packed client moves in a browser, bundled for no platform in particular", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = closeAfterFile(await launchBrowser());
  }, 60_000);

  it.each<[string, string, () => Promise<Record<string, string>>]>([
    ["by esbuild", "esbuild.cjs", async () => ({ esbuild: "esbuild" })],
    [
      "by Rollup",
      "rollup.mjs",
      async () => ({
        ...(await fetched("rollup", "4")),
        ...(await fetched("@rollup/plugin-node-resolve", "16")),
      }),
    ],
  ])(
    "%s",
    async (_, program, modules) => {
      const page = await packed.createConsumer(["flow", "page", "neutral"], await modules());
      expect((await run(page, [program])).stderr).toBe("");
      expect(await titleOf(browser, await worlds.start(page))).toBe(STEPS);
    },
    120_000,
  );
});

describe("the packed client moves", () => {
  it.each([
    ["Vue's ref", "@vue/reactivity", "3"],
    ["MobX", "mobx", "6"],
    ["Immer", "immer", "10"],
  ])(
    "inside of %s",
    async (_, library, version) => {
      const modules = { ws: "ws", ...(await fetched(library, version)) };
      const consumer = await packed.createConsumer(["flow", "reactive"], modules);
      const { stdout, stderr } = await run(consumer, [
        "reactive.mjs",
        library,
        await worlds.start(),
      ]);
      expect([stdout.trim(), stderr]).toEqual([STEPS, ""]);
    },
    120_000,
  );

  it.each([
    { runtime: bun, file: "esm.mjs" },
    { runtime: bun, file: "commonjs.cjs" },
    { runtime: deno, file: "esm.mjs" },
    { runtime: deno, file: "commonjs.cjs" },
  ])(
    "in $runtime.name, $file",
    async ({ runtime, file }) => {
      const program = await fetchRuntime(runtime);
      if (!program) return;
      const consumer = await packed.createConsumer(["flow", "node"], { ws: "ws" });
      const parameters = [...runtime.flags, file, await worlds.start()];
      const { stdout, stderr } = await runBy(program, parameters, consumer);
      expect([stdout.trim(), stderr]).toEqual([STEPS, ""]);
    },
    300_000,
  );
});
