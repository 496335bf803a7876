import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ResilientPubSub } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { bundledProgram } from "../../support/bundled-program.ts";
import { afterFile, closeAfterTest } from "../../support/clean-up.ts";
import { startEmulator } from "../../support/emulator.ts";
import { ownPort } from "../../support/own-port.ts";
import { startRegions } from "../../support/regions.ts";
import { until } from "../../support/until.ts";

const root = path.join(__dirname, "../../..");
const SNIPPET = /<!-- snippet: ([\w-]+) -->\n```ts\n([\s\S]*?)```/g;

export interface RunningSnippet {
  readonly output: string;
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** The snippets of these pages, in a folder of their own while the tests of a file run. */
export function useSnippets(...pages: readonly string[]) {
  const texts = new Map<string, string>();
  const snippets = new Map<string, string>();
  let folder: string;
  beforeAll(async () => {
    for (const page of pages) {
      const text = await readFile(path.join(root, page), "utf8");
      texts.set(page, text);
      for (const [, name = "", code = ""] of text.matchAll(SNIPPET)) snippets.set(name, code);
    }
    folder = await mkdtemp(path.join(__dirname, ".snippets-"));
    afterFile(() => rm(folder, { recursive: true, force: true }));
  });

  return {
    folder: () => folder,
    snippets: () => snippets,
    textOf: (page: string) => texts.get(page) ?? "",
    /** Runs a snippet as a program of its own; it is killed after the test at the latest. */
    async run(name: string, env: Record<string, string> = {}, port = "3000") {
      const file = path.join(folder, `${name}.ts`);
      await writeFile(file, (snippets.get(name) ?? "").replaceAll(":3000", `:${port}`));
      const child: ChildProcess = spawn(process.execPath, [bundledProgram(file, folder)], {
        cwd: root,
        env: { ...process.env, ...env },
      });
      closeAfterTest({ close: () => child.kill("SIGKILL") });
      const running = {
        output: "",
        ended: new Promise<number | null>((resolve) => child.on("close", resolve)),
        kill: (signal: NodeJS.Signals) => void child.kill(signal),
      };
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (chunk) => {
          running.output += chunk;
        });
      }
      return running as RunningSnippet;
    },
  };
}

export async function twoRegions(): Promise<Emulator[]> {
  return [closeAfterTest(await startEmulator()), closeAfterTest(await startEmulator())];
}

export function asEnv([eastus, westus]: Emulator[]): Record<string, string> {
  return {
    WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY: eastus?.connectionString ?? "",
    WEB_PUBSUB_CONNECTION_STRING__WESTUS__SECONDARY: westus?.connectionString ?? "",
  };
}

/** Broadcasts a text until a client has printed it. */
export const isHeardBy = (
  client: Pick<RunningSnippet, "output">,
  pubsub: ResilientPubSub,
  text: string,
) =>
  until(async () => {
    await pubsub.broadcast({ text });
    return client.output.includes(text);
  });

type WorldOverrides = Parameters<typeof startRegions>[0];

/** An app server whose clients may do what the snippets do. */
export function startRegionsForSnippets(overrides: WorldOverrides = {}) {
  const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  return startRegions({
    negotiate: { allowAnonymous: true, authenticate: () => ({ roles }) },
    ...overrides,
  });
}

/** One that no test beside this one is given. */
export const freePort = ownPort;
