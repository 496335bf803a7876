import { copyFile } from "node:fs/promises";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterFile, closeAfterFile } from "../support/clean-up.ts";
import { launchBrowser } from "../support/launch-browser.ts";
import { type Bundler, bundle } from "./support/bundle.ts";
import { compile } from "./support/compile.ts";
import { EmulatedRegions } from "./support/emulated-regions.ts";
import { PackedPackage } from "./support/packed-package.ts";
import { run } from "./support/run.ts";
import { titleOf } from "./support/title-of.ts";
import { declarationsOf } from "./support/typescript-resolution.ts";

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

describe("the packed client, with nothing but ws beside it, moves in Node and ends", () => {
  it.each([
    ["in CommonJS", "commonjs.cjs"],
    ["in ESM", "esm.mjs"],
  ])(
    "%s",
    async (_, program) => {
      const consumer = await packed.createConsumer(["flow", "node"], { ws: "ws" });
      const { stdout, stderr } = await run(consumer, [program, await worlds.start()]);
      expect(stderr).toBe("");
      expect(stdout.trim()).toBe(STEPS);
    },
    40_000,
  );
});

describe("the packed client, with nothing beside it, moves in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = closeAfterFile(await launchBrowser());
  }, 60_000);

  it.each<{ how: string; bundler: Bundler; source?: string }>([
    { how: "bundled by Vite", bundler: "vite" },
    { how: "bundled by webpack", bundler: "webpack" },
    {
      how: "required, and bundled by webpack",
      bundler: "webpack",
      source: 'require("./commonjs.js");',
    },
  ])(
    "$how",
    async ({ bundler, source }) => {
      const { complaints, code, gzipSize, page } = await bundle(packed, bundler, source);
      expect(complaints).toBe("");
      expect(code).not.toMatch(
        /\bprocess\b|\bBuffer\b|\brequire\(|\bnode:|not work in the browser/,
      );
      // CommonJS brings continuity with it, whether it is used or not.
      expect(gzipSize).toBeLessThan(19_700);
      expect(await titleOf(browser, await worlds.start(page))).toBe(STEPS);
    },
    40_000,
  );

  it("when its file is served as it is", async () => {
    const page = await packed.createConsumer(["flow", "page", "static"]);
    expect(await titleOf(browser, await worlds.start(page))).toBe(STEPS);
  }, 40_000);
});

describe("a bundle contains no more of the packed client than it uses", () => {
  const bundlers = ["vite", "webpack"] as const;
  const importing = 'import { NegotiateError } from "express-resilient-pubsub/client";';

  it.each(bundlers)(
    "which is nothing, by %s",
    async (bundler) => {
      const empty = await bundle(packed, bundler, "");
      expect(await bundle(packed, bundler, importing)).toMatchObject({
        complaints: "",
        code: empty.code,
      });
    },
    40_000,
  );

  it.each(bundlers)(
    "which is an error, by %s",
    async (bundler) => {
      const source = `${importing} console.log(NegotiateError);`;
      const { complaints, code } = await bundle(packed, bundler, source);
      expect(complaints).toBe("");
      // Names that stay when code is minified.
      const parts = [
        "PubSubClientError",
        "NegotiateError",
        "ConnectError",
        "sequenceAck",
        "joinGroup",
      ];
      expect(parts.filter((part) => code.includes(part))).toEqual(parts.slice(0, 2));
    },
    40_000,
  );
});

describe("the packed client is typed", () => {
  type Options = { types: string[] } & Record<string, unknown>;
  const node = { types: ["node"], lib: ["es2022"] };
  const browser = { types: [], lib: ["es2022", "dom"] };
  const bundled = { ...browser, module: "esnext", moduleResolution: "bundler" };
  const customConditions = ["browser"];
  const both = ["types.cts", "types.mts"];
  it.each<{ how: string; options: Options; files: string[] }>([
    { how: "for Node, by node16", options: { ...node, module: "node16" }, files: both },
    { how: "for Node, by nodenext", options: { ...node, module: "nodenext" }, files: both },
    { how: "for bundlers", options: bundled, files: ["types.ts"] },
    {
      how: "for bundlers that prefer browsers",
      options: { ...bundled, customConditions },
      files: ["types.ts"],
    },
    {
      how: "for simulated browsers",
      options: { ...browser, module: "node16", customConditions },
      files: both,
    },
  ])(
    "$how",
    async ({ options, files }) => {
      const typings = options.types.map((name) => `@types/${name}`);
      const modules = Object.fromEntries(typings.map((name) => [name, name]));
      const consumer = await packed.createConsumer(["client-types"], modules);
      for (const file of files) {
        await copyFile(path.join(consumer, "types.ts"), path.join(consumer, file));
      }
      expect(await compile(consumer, files, options)).toBe("");
    },
    60_000,
  );
});

describe("types and code are found together", () => {
  const clientNames = [
    "ConnectError",
    "FAILBACK_REASON_PREFIX",
    "InvalidArgumentError",
    "InvocationError",
    "MOVE_REASON_PREFIX",
    "NegotiateError",
    "PubSubClientError",
    "ResilientPubSubClient",
    "SendMessageError",
    "closeReasonOf",
    "continuity",
    "isPubSubClientError",
  ];
  it.each<{ what: string; entry: string; conditions: string[]; files: string[]; names: unknown }>([
    {
      what: "the middleware",
      entry: "",
      conditions: [],
      files: ["index.mjs", "index.cjs"],
      names: expect.arrayContaining(["resilientPubSub"]),
    },
    {
      what: "the emulator",
      entry: "/emulator",
      conditions: [],
      files: ["emulator.mjs", "emulator.cjs"],
      names: expect.arrayContaining(["startEmulator"]),
    },
    {
      what: "the client in Node",
      entry: "/client",
      conditions: [],
      files: ["client.mjs", "client.cjs"],
      names: clientNames,
    },
    {
      what: "the client in browsers",
      entry: "/client",
      conditions: ["browser"],
      files: ["client.browser.js", "client.browser.cjs"],
      names: clientNames,
    },
  ])("for $what", async ({ entry, conditions, files, names }) => {
    const name = `express-resilient-pubsub${entry}`;
    const modules = { ...(await packed.dependencies()), express: "express" };
    const consumer = await packed.createConsumer(["resolution"], modules);
    const flags = conditions.map((condition) => `--conditions=${condition}`);
    const { stdout } = await run(consumer, [...flags, "resolve.mjs", name]);
    const { imported, required } = JSON.parse(stdout);
    expect(imported).toEqual({ file: files[0], names });
    expect(required).toEqual({ file: files[1], names });
    const declarations = (["import", "require"] as const).map((kind) =>
      declarationsOf(consumer, name, kind, conditions),
    );
    expect(declarations).toEqual(files.map((file) => file.replace(/\.([cm]?)js$/, ".d.$1ts")));
  });
});
