import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterFile } from "../support/clean-up.ts";
import { unpackChromium } from "../support/unpacked-chromium.ts";
import { fetchPackage } from "./support/npm-package.ts";
import { modulesOfRoot, PackedPackage } from "./support/packed-package.ts";

const execute = promisify(execFile);

const examples = new Map(
  [
    ...readFileSync(path.join(__dirname, "../../docs/testing.md"), "utf8").matchAll(
      /<!-- example: (\S+) -->\n```js\n([\s\S]*?)```/g,
    ),
  ].map(([, file = "", code = ""]) => [file, code]),
);

/** As of somebody who does not tidy up. */
const forgetful = (code: string): string =>
  code
    .replace(/^after(All)?\([\s\S]*?^\}\);\n/m, "")
    .replace(/^ *await emulator\.close\(\);\n/m, "");

interface Runner {
  readonly name: string;
  readonly example: string;
  /** What is fetched, where the root does not have it. */
  readonly fetched?: readonly [name: string, version: string];
  readonly modules?: Readonly<Record<string, string>>;
  /** Runs the two files at once. */
  readonly argv: (consumer: string) => readonly string[];
  readonly config?: () => Promise<{ readonly file: string; readonly text: string }>;
  readonly passed: RegExp;
}

const RUNNERS: readonly Runner[] = [
  {
    name: "node:test",
    example: "regions.test.mjs",
    argv: () => ["--test"],
    passed: /^\S+ pass 2$/m,
  },
  {
    name: "Jest",
    example: "regions.test.cjs",
    modules: { jest: "jest" },
    argv: (consumer) => [
      path.join(modulesOfRoot, "jest/bin/jest.js"),
      "--config={}",
      `--rootDir=${consumer}`,
      "--maxWorkers=2",
    ],
    passed: /^Tests: +2 passed, 2 total$/m,
  },
  {
    name: "Vitest",
    example: "regions.test.js",
    fetched: ["vitest", "3"],
    argv: () => ["node_modules/vitest/vitest.mjs", "run"],
    passed: /^ +Tests +2 passed \(2\)$/m,
  },
  {
    name: "Playwright",
    example: "page.spec.mjs",
    fetched: ["@playwright/test", "1"],
    argv: () => ["node_modules/@playwright/test/cli.js", "test", "--workers=2"],
    config: async () => {
      const { CHROME_PATH } = process.env;
      const browser = CHROME_PATH ? { executablePath: CHROME_PATH } : await unpackChromium();
      // The sandbox refuses to run as root, which is what containers do.
      const launchOptions = { ...browser, args: ["--no-sandbox"] };
      const text = `export default ${JSON.stringify({ use: { launchOptions } })};\n`;
      return { file: "playwright.config.mjs", text };
    },
    passed: /^ +2 passed/m,
  },
];

let packed: PackedPackage;
beforeAll(async () => {
  packed = await PackedPackage.create();
  afterFile(() => packed.remove());
}, 120_000);

it("every runner of the page is run here", () => {
  expect([...examples.keys()]).toEqual(RUNNERS.map(({ example }) => example));
});

describe.each(RUNNERS)("the example for $name", (runner) => {
  let fetched: Record<string, string> = {};
  beforeAll(async () => {
    if (!runner.fetched) return;
    const [name, version] = runner.fetched;
    const home = await fetchPackage(name, version);
    fetched = { [name]: path.relative(modulesOfRoot, path.join(home, name)) };
  }, 300_000);

  it.each([
    ["passes in two workers at once", (code: string) => code],
    ["ends although it closes nothing", forgetful],
  ])(
    "%s",
    async (_, edit) => {
      const code = examples.get(runner.example) ?? "";
      const consumer = await packed.createConsumer([], {
        ...(await packed.dependencies()),
        express: "express",
        ...runner.modules,
        ...fetched,
      });
      const config = await runner.config?.();
      if (config) await writeFile(path.join(consumer, config.file), config.text);
      // What is to be forgotten must be there.
      if (edit === forgetful) expect(edit(code)).not.toBe(code);
      for (const copy of ["one", "other"]) {
        await writeFile(path.join(consumer, `${copy}-${runner.example}`), edit(code));
      }
      const { NODE_ENV: _env, JEST_WORKER_ID: _id, ...env } = process.env;
      const { stdout, stderr } = await execute(process.execPath, [...runner.argv(consumer)], {
        cwd: consumer,
        env: { ...env, NO_COLOR: "1", CI: "1" },
        timeout: 60_000,
      });
      expect(stdout + stderr).toMatch(runner.passed);
      expect(stdout + stderr).not.toMatch(/did not exit|open handle|force exit/i);
    },
    90_000,
  );
});
