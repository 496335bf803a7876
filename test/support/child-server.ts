import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { until } from "./until.ts";

/** A server in a process of its own. */
export class ChildServer {
  readonly #child: ChildProcess;
  #output = "";
  #failure: unknown;

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk) => {
        this.#output += chunk;
      });
    }
    this.#child.on("error", (error) => {
      this.#failure = error;
    });
  }

  /** What it prints once it is ready. @throws Error with its output when it ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return until(() => {
      const said = pattern.exec(this.#output);
      if (!said && (this.#failure || this.#hasEnded))
        throw new Error(this.#output, { cause: this.#failure });
      return said;
    }, 30_000);
  }

  /** It keeps its sockets, and answers nothing. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async close(): Promise<void> {
    if (this.#failure || this.#hasEnded) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
