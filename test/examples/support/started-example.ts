import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { closeAfterTest } from "../../support/clean-up.ts";
import { ownPort } from "../../support/own-port.ts";
import { until } from "../../support/until.ts";

const execute = promisify(execFile);

export interface StartedExample {
  readonly url: string;
  readonly output: string;
  /** By the command that the example prints. */
  readonly breakEastus: () => Promise<void>;
  /** As a container is stopped. @returns The exit code. */
  readonly stop: () => Promise<number | null>;
}

/** An example looks at NODE_ENV, and Jest sets it. */
const { NODE_ENV: _, ...environment } = process.env;

/**
 * Does what `npm start` does, but that signals arrive at the app itself, which npm does not pass on. The
 * app is killed after the test at the latest.
 *
 * @param folder Where the example is installed.
 */
export async function startExample(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StartedExample> {
  const { scripts } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  if (scripts.prestart) await build(folder);
  const [, ...parameters] = scripts.start.split(" ");
  const PORT = await ownPort();
  const url = `http://127.0.0.1:${PORT}`;
  const child = spawn(process.execPath, parameters, {
    cwd: folder,
    env: { ...environment, AZURE_LOG_LEVEL: "error", PORT, ...env },
  });
  closeAfterTest({ close: () => child.kill("SIGKILL") });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const running = {
    url,
    output: "",
    breakEastus: async () => {
      const [, faults = ""] = /curl -X PUT (\S+)/.exec(running.output) ?? [];
      await fetch(faults, { method: "PUT", body: '{"kind":"crash"}', headers: JSON_BODY });
    },
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      running.output += chunk;
    });
  }
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`The example has ended:\n${running.output}`);
    return fetch(url).catch(() => undefined);
  });
  return running;
}

async function build(folder: string): Promise<void> {
  const env = { ...environment, NEXT_TELEMETRY_DISABLED: "1" };
  const shell = process.platform === "win32";
  await execute("npm", ["run", "prestart"], { cwd: folder, env, shell });
}

const JSON_BODY = { "Content-Type": "application/json" };

/** Posts JSON to an example. */
export const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: "POST", headers: JSON_BODY, body: JSON.stringify(body) });
