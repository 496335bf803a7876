import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** A bundler looks at NODE_ENV, and Jest sets it. */
const { NODE_ENV: _, ...env } = process.env;

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a Node program to its end.
 *
 * @throws when it fails, or does not end by itself
 */
export function run(cwd: string, program: readonly string[]): Promise<Output> {
  return execute(process.execPath, program, { cwd, env, timeout: 30_000 });
}
