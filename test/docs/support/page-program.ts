import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { buildSync } from "esbuild";
import { afterTest, closeAfterTest } from "../../support/clean-up.ts";

const root = path.join(__dirname, "../../..");

interface Surroundings {
  /** The package that `express` is. Default: that itself. */
  readonly express?: "express" | "express4";
  /** Default `esm`. */
  readonly format?: "esm" | "cjs";
  readonly env?: Record<string, string>;
  /** Whether it is to complain, which is not shown then. Default: what it says on stderr is shown. */
  readonly isToComplain?: boolean;
  /** Files in the folder that it runs in. */
  readonly files?: Record<string, string>;
}

/** The JavaScript program that a page of the docs has under a name. */
export function programOf(page: string, name: string): string {
  const text = readFileSync(path.join(root, page), "utf8");
  const [, code] =
    new RegExp(`<!-- program: ${name} -->\\n\`\`\`js\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (code === undefined) throw new Error(`${page} has no program ${name}`);
  return code;
}

/** Runs a program as a process of its own; it is killed after the test at the latest. */
export async function runProgram(
  code: string,
  surroundings: Surroundings,
): Promise<{ readonly output: string }> {
  const { express = "express", format = "esm", env = {}, files = {}, isToComplain } = surroundings;
  const folder = await mkdtemp(path.join(__dirname, ".program-"));
  afterTest(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const source = path.join(folder, "source.mjs");
  await writeFile(source, code.replace('from "express";', `from "${express}";`));
  const outfile = path.join(folder, format === "esm" ? "program.mjs" : "program.cjs");
  buildSync({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format,
    packages: "external",
    tsconfig: path.join(root, "tsconfig.json"),
    logLevel: "error",
  });
  const child = spawn(process.execPath, [outfile], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", isToComplain ? "ignore" : "inherit"],
  });
  closeAfterTest({ close: () => child.kill("SIGKILL") });
  const running = { output: "" };
  child.stdout.on("data", (chunk) => {
    running.output += chunk;
  });
  return running;
}
