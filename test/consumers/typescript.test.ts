import { cp, readFile } from "node:fs/promises";
import path from "node:path";
import { afterFile } from "../support/clean-up.ts";
import { compile } from "./support/compile.ts";
import { fetchPackage } from "./support/npm-package.ts";
import { fixtures, modulesOfRoot, PackedPackage } from "./support/packed-package.ts";
import { run } from "./support/run.ts";

const PACKAGE = "node_modules/express-resilient-pubsub";

let packed: PackedPackage;
let modules: Record<string, string>;
beforeAll(async () => {
  packed = await PackedPackage.create();
  afterFile(() => packed.remove());
  const stores = { "@azure/storage-blob": "@azure/storage-blob", redis: "redis" };
  modules = { ...(await packed.dependencies()), ...stores, express: "express" };
}, 120_000);

/** A project of the types of several fixture folders, each a file by the name of its folder. */
async function projectOf(folders: readonly string[], typings: Readonly<Record<string, string>>) {
  const consumer = await packed.createConsumer([], { ...modules, ...typings });
  for (const folder of folders) {
    await cp(path.join(fixtures, folder, "types.ts"), path.join(consumer, `${folder}.ts`));
  }
  return { consumer, files: folders.map((folder) => `${folder}.ts`) };
}

/** Without what is wrong in declarations of others, which know only later versions of TypeScript. */
function oursOf(problems: string): string {
  const isOurs = (line: string) =>
    !/^\S*(?:node_modules|lib\.\w+)/.test(line) || line.startsWith(PACKAGE);
  return problems
    .split("\n")
    .filter((line) => /error TS\d+/.test(line) && isOurs(line))
    .join("\n");
}

const strictest = {
  skipLibCheck: false,
  types: ["node"],
  lib: ["es2022", "dom"],
  esModuleInterop: true,
};

describe("the packed package is typed", () => {
  // Others' declarations take most of the time, so not every row looks into all of them.
  it.each([
    { version: "5.0", module: "commonjs", moduleResolution: "node10", skipLibCheck: false },
    { version: "5.0", module: "node16", moduleResolution: "node16", skipLibCheck: true },
    { version: "5.0", module: "esnext", moduleResolution: "bundler", skipLibCheck: true },
    { version: "5", module: "nodenext", moduleResolution: "nodenext", skipLibCheck: true },
    { version: "6", module: "nodenext", moduleResolution: "nodenext", skipLibCheck: false },
    { version: "7", module: "nodenext", moduleResolution: "nodenext", skipLibCheck: false },
    { version: "7", module: "esnext", moduleResolution: "bundler", skipLibCheck: false },
  ])(
    "for TypeScript $version, $moduleResolution",
    async ({ version, ...options }) => {
      const typings = { "@types": "@types" };
      const { consumer, files } = await projectOf(["server", "client-types", "stores"], typings);
      const compiler = version === "6" ? modulesOfRoot : await fetchPackage("typescript", version);
      const problems = await compile(consumer, files, { ...strictest, ...options }, compiler);
      expect(oursOf(problems)).toBe("");
    },
    120_000,
  );

  it.each(["node16", "bundler"])(
    "for exactOptionalPropertyTypes, %s: all that may be left out may be undefined",
    async (moduleResolution) => {
      const { consumer, files } = await projectOf(["exact-optional"], { "@types": "@types" });
      const module = moduleResolution === "bundler" ? "esnext" : moduleResolution;
      const options = { ...strictest, module, moduleResolution, exactOptionalPropertyTypes: true };
      expect(oursOf(await compile(consumer, files, options, await fastest()))).toBe("");
    },
    120_000,
  );

  it.each([
    ["of Express 4", "4", undefined],
    ["of Express 4, with those of Express 5 beside the package", "4", "5"],
    ["of Express 5, with those of Express 4 beside the package", "5", "4"],
    ["of Express 5, with a second copy beside the package", "5", "5.0.0"],
  ])(
    "for an app with the types %s",
    async (_, ofApp, ofPackage) => {
      const { consumer, files } = await projectOf(["server"], {
        "@types/node": "@types/node",
        "@types/express": await typesOfExpress(ofApp),
        ...(ofPackage && {
          "express-resilient-pubsub/node_modules/@types/express": await typesOfExpress(ofPackage),
        }),
      });
      const options = { ...strictest, module: "nodenext" };
      expect(oursOf(await compile(consumer, files, options, await fastest()))).toBe("");
    },
    120_000,
  );
});

/** What it says of types is what the others say, in a fraction of the time. */
const fastest = () => fetchPackage("typescript", "7");

/** As `createConsumer` takes it. */
async function typesOfExpress(version: string): Promise<string> {
  const home = await fetchPackage("@types/express", version);
  return path.relative(modulesOfRoot, path.join(home, "@types/express"));
}

describe("the declarations of the packed package", () => {
  it("import only what the package depends on, or what an app with the entry has", async () => {
    const { dependencies, peerDependencies } = await packed.manifest();
    const known = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
    // Their declarations need a newer TypeScript, or are not installed with ours.
    for (const name of ["zod", "undici", "ws", "protobufjs"]) known.delete(name);
    const imported = (await declarations()).flatMap(({ text }) => importsOf(text));
    const foreign = imported.filter((name) => !/^(?:\.|node:)/.test(name) && !known.has(name));
    expect([...new Set(foreign)]).toEqual([]);
  });

  it("name no maps, and nothing else that is not shipped", async () => {
    const files = new Set(await packed.files());
    for (const { file, text } of await declarations()) {
      expect({ file, hasMap: text.includes("sourceMappingURL") }).toEqual({ file, hasMap: false });
      for (const name of importsOf(text).filter((each) => each.startsWith("."))) {
        const target = path.join(path.dirname(file), name).replace(/\.([cm]?)js$/, ".d.$1ts");
        expect(files).toContain(target);
      }
    }
  });
});

/** Besides those of the examples, which are comments. */
function importsOf(text: string): string[] {
  const found = text.matchAll(/^(?:import|export)\b.*\bfrom "([^"]+)";$|\bimport\("([^"]+)"\)/gm);
  return [...found].map(([, named, inline]) => named ?? inline ?? "");
}

async function declarations() {
  const files = (await packed.files()).filter((file) => /\.d\.[cm]?ts$/.test(file));
  const read = async (file: string) => readFile(path.join(packed.folder, file), "utf8");
  return Promise.all(files.map(async (file) => ({ file, text: await read(file) })));
}

describe("who resolves without exports finds", () => {
  it.each([
    ["the plugin", "", ["main"], "index.cjs"],
    ["the plugin as a module", "", ["module", "main"], "index.mjs"],
    ["the client", "/client", ["main"], "client.cjs"],
    ["the client for browsers", "/client", ["browser", "module", "main"], "client.browser.js"],
    ["the doctor", "/doctor", ["main"], "doctor.cjs"],
    ["the emulator", "/emulator", ["main"], "emulator.cjs"],
    ["the collector for Prometheus", "/prometheus", ["main"], "prometheus.cjs"],
    ["the store in redis", "/stores/redis", ["main"], "stores/redis.cjs"],
    ["the store in blobs", "/stores/azure-blob", ["module", "main"], "stores/azure-blob.mjs"],
  ])("%s", async (_, subPath, mainFields, file) => {
    const consumer = await packed.createConsumer(["old-resolution"], {
      "enhanced-resolve": "enhanced-resolve",
    });
    const parameters = ["resolve.cjs", `express-resilient-pubsub${subPath}`, ...mainFields];
    const { stdout } = await run(consumer, parameters);
    const found = path.relative(path.join(consumer, PACKAGE, "dist"), stdout.trim());
    expect(found.split(path.sep).join("/")).toBe(file);
  });
});
