import { cp } from "node:fs/promises";
import path from "node:path";
import { afterFile } from "../support/clean-up.ts";
import { PackedPackage } from "./support/packed-package.ts";
import { run } from "./support/run.ts";

let packed: PackedPackage;
let consumer: string;
beforeAll(async () => {
  packed = await PackedPackage.create();
  afterFile(() => packed.remove());
  const own = Object.fromEntries(
    ["express", "redis", "esbuild", "webpack"].map((name) => [name, name]),
  );
  const modules = { ...(await packed.dependencies()), ...own };
  consumer = await packed.createConsumer(["bundled"], modules);
}, 120_000);

describe("a server with the packed package runs where nothing is installed", () => {
  it.each([
    ["esbuild", "from ESM to ESM", "app.mjs", "server.mjs"],
    ["esbuild", "from ESM to CommonJS", "app.mjs", "server.cjs"],
    ["esbuild", "from CommonJS to ESM", "app.cjs", "server.mjs"],
    ["esbuild", "from CommonJS to CommonJS", "app.cjs", "server.cjs"],
    ["webpack", "from ESM to ESM", "app.mjs", "server.mjs"],
    ["webpack", "from ESM to CommonJS", "app.mjs", "server.cjs"],
    ["webpack", "from CommonJS to CommonJS", "app.cjs", "server.cjs"],
  ])(
    "when %s has bundled it %s",
    async (bundler, how, entry, program) => {
      const built = path.join(consumer, "dist", bundler, how);
      const format = program.endsWith(".mjs") ? "esm" : "cjs";
      const parameters = [`${bundler}.cjs`, `./${entry}`, path.join(built, program), format];
      const build = await run(consumer, parameters);
      expect(build.stderr).not.toContain("express-resilient-pubsub");

      const deployed = path.join(packed.home, "deployed", bundler, how);
      await cp(built, deployed, { recursive: true });
      const { stdout, stderr } = await run(deployed, [program]);
      expect(stderr).toBe("");
      expect(stdout.trim()).toBe("eastus | eastus | redis at 127.0.0.1:6379");
    },
    90_000,
  );
});
