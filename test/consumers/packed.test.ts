import { execFile, spawn } from "node:child_process";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { until } from "../support/until.ts";

const execute = promisify(execFile);
const root = path.join(__dirname, "../..");
const fixtures = path.join(__dirname, "fixtures");
const modulesOfRoot = path.join(root, "node_modules");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "consumer-"));
  await execute("npm", ["run", "build"], { cwd: root });
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const { stdout } = await execute("npm", pack, { cwd: root });
  await execute("tar", ["xzf", stdout.trim()], { cwd: folder });
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A project that has installed the tarball, its dependencies and one version of Express. */
async function createConsumer(express: "express" | "express4"): Promise<string> {
  const consumer = path.join(folder, express);
  const modules = path.join(consumer, "node_modules");
  const { dependencies } = JSON.parse(
    await readFile(path.join(folder, "package/package.json"), "utf8"),
  );
  for (const name of [...Object.keys(dependencies), "@types", "typescript"]) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(modulesOfRoot, name), path.join(modules, name));
  }
  await symlink(path.join(modulesOfRoot, express), path.join(modules, "express"));
  await execute("cp", [
    "-r",
    path.join(folder, "package"),
    path.join(modules, "express-resilient-pubsub"),
  ]);
  await linkCommands(modules);
  for (const file of await readdir(fixtures)) {
    await copyFile(path.join(fixtures, file), path.join(consumer, file));
  }
  return consumer;
}

/** What `npm install` does with the `bin` of a manifest. */
async function linkCommands(modules: string): Promise<void> {
  const installed = path.join(modules, "express-resilient-pubsub");
  const { bin } = JSON.parse(await readFile(path.join(installed, "package.json"), "utf8"));
  await mkdir(path.join(modules, ".bin"));
  for (const [name, file] of Object.entries<string>(bin)) {
    await chmod(path.join(installed, file), 0o755);
    await symlink(path.join(installed, file), path.join(modules, ".bin", name));
  }
}

describe.each(["express", "express4"] as const)(
  "the packed package, with %s, serves a consumer",
  (express) => {
    let consumer: string;
    beforeAll(async () => {
      consumer = await createConsumer(express);
    }, 60_000);

    it.each([
      ["in CommonJS", "commonjs.cjs"],
      ["in ESM", "esm.mjs"],
    ])(
      "%s",
      async (_, program) => {
        const { stdout, stderr } = await execute(process.execPath, [program], {
          cwd: consumer,
          timeout: 30_000,
        });
        expect(stderr).toBe("");
        expect(stdout.trim()).toBe("eastus | westus | eastus,westus");
      },
      40_000,
    );

    it("runs the emulator from the command line until Ctrl-C", async () => {
      const command = path.join(consumer, "node_modules/.bin/resilient-pubsub");
      const child = spawn(command, ["emulator", "--port", "0"], { cwd: consumer });
      const ended = new Promise((resolve) => child.once("close", resolve));
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += chunk;
        });
      }
      try {
        const endpoint = await until(() => /Endpoint=([^;]+);AccessKey=/.exec(output)?.[1]);
        expect((await fetch(`${endpoint}/api/health`)).status).toBe(200);
        child.kill("SIGINT");
        expect(await ended).toBe(0);
        expect(output).toMatch(/Stopping\.\n$/);
      } finally {
        child.kill("SIGKILL");
      }
    }, 40_000);

    it.each([
      ["in CommonJS", "types.cts"],
      ["in ESM", "types.mts"],
    ])(
      "typed %s",
      async (_, file) => {
        await copyFile(path.join(fixtures, "types.ts"), path.join(consumer, file));
        const compilerOptions = {
          strict: true,
          noEmit: true,
          target: "es2022",
          module: "node20",
          types: ["node"],
          esModuleInterop: true,
          // Other packages' declarations are theirs to keep; ours are checked through their use here.
          skipLibCheck: true,
        };
        const config = path.join(consumer, "tsconfig.json");
        await writeFile(config, JSON.stringify({ compilerOptions, files: [file] }));
        const compiler = path.join(modulesOfRoot, "typescript/bin/tsc");
        const { stdout } = await execute(process.execPath, [compiler, "-p", config], {
          cwd: consumer,
        }).catch((error) => error);
        expect(stdout).toBe("");
      },
      60_000,
    );
  },
);

it("the package is published as its manifest says", async () => {
  const publint = path.join(modulesOfRoot, "publint/src/cli.js");
  const { stdout } = await execute(process.execPath, [
    publint,
    "--strict",
    "--pack",
    "false",
    path.join(folder, "package"),
  ]).catch((error) => error);
  expect(stdout).toContain("All good!");
}, 60_000);

it("contains what it needs and no more", async () => {
  expect((await readdir(path.join(folder, "package"))).sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "dist",
    "package.json",
  ]);
});
