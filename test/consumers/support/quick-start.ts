import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { quiet } from "./run.ts";

const execute = promisify(execFile);
const readme = readFileSync(path.join(__dirname, "../../../README.md"), "utf8");
const [, part = ""] = /^## Install\n([\s\S]*?)^## See it/m.exec(readme) ?? [];

interface Block {
  readonly file: string | undefined;
  readonly language: string;
  readonly text: string;
}

const blocks: readonly Block[] = [
  ...part.matchAll(/(?:<!-- program: ([\w.]+) -->\n)?```(\w+)\n([\s\S]*?)```/g),
].map(([, file, language = "", text = ""]) => ({ file, language, text }));

export interface Ports {
  readonly app: string;
  readonly eastus: string;
  readonly westus: string;
}

export interface Running {
  readonly output: string;
  /** Ctrl-C in its terminal. */
  interrupt(): void;
}

/** What the README prints from its install to its client, with other ports. */
export class QuickStart {
  readonly #folder: string;
  readonly #ports: Ports;
  readonly #started: ChildProcess[] = [];

  constructor(folder: string, ports: Ports) {
    this.#folder = folder;
    this.#ports = ports;
  }

  /** The answer of negotiate as it is printed. */
  get answer(): Record<string, unknown> {
    return JSON.parse(this.#printed(({ language }) => language === "json"));
  }

  /** @param tarball What is installed in place of the published package. */
  async install(tarball: string): Promise<void> {
    const [command = "", ...parameters] = this.#command("npm install")
      .replace("express-resilient-pubsub", tarball)
      .split(" ");
    const calm = { npm_config_prefer_offline: "true", npm_config_audit: "false" };
    const env = { ...process.env, ...calm };
    const shell = process.platform === "win32";
    await execute(command, parameters, { cwd: this.#folder, env, shell });
  }

  /** Saves the programs. */
  async save(): Promise<void> {
    for (const { file } of blocks) {
      if (!file) continue;
      const text = this.#printed((block) => block.file === file);
      await writeFile(path.join(this.#folder, file), text);
    }
  }

  /** @returns What runs in the background of the first terminal, and in its foreground. */
  startEmulators(): Running[] {
    return this.#command("npx").split(/ &\s/).map(this.#start);
  }

  startApp = (): Running => this.#start(this.#command("node"));

  startClient = (): Running => this.#start("node client.mjs");

  end(): void {
    for (const { pid } of this.#started.splice(0)) signal(pid, "SIGKILL");
  }

  #printed(isMeant: (block: Block) => boolean): string {
    const { app, eastus, westus } = this.#ports;
    const { text = "" } = blocks.find(isMeant) ?? {};
    return text
      .trim()
      .replaceAll("3000", app)
      .replaceAll("8081", eastus)
      .replaceAll("8082", westus);
  }

  #command = (beginning: string): string =>
    this.#printed(({ language, text }) => language === "sh" && text.startsWith(beginning));

  /** A group of processes, as a terminal makes of each command. */
  #start = (command: string): Running => {
    const env = { ...process.env, ...quiet };
    const child = spawn(command, { cwd: this.#folder, env, shell: true, detached: true });
    this.#started.push(child);
    const running = { output: "", interrupt: () => signal(child.pid, "SIGINT") };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        running.output += chunk;
      });
    }
    return running;
  };
}

function signal(group: number | undefined, name: NodeJS.Signals): void {
  try {
    if (group !== undefined) process.kill(-group, name);
  } catch {
    // It has ended by itself.
  }
}
