import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** A bundler looks at NODE_ENV, and Jest sets it. */
const { NODE_ENV: _, ...env } = process.env;

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** That a region is down is logged as well, which is not what is looked at. */
export const quiet = { AZURE_LOG_LEVEL: "error" };

/**
 * Runs a Node program to its end.
 *
 * @param variables Of its environment, besides those of this process.
 * @throws when it fails, or does not end by itself
 */
export function run(
  cwd: string,
  program: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Output> {
  const options = { cwd, env: { ...env, ...quiet, ...variables }, timeout: 30_000 };
  return execute(process.execPath, program, options);
}
