import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";

const START_DEADLINE_IN_MS = 30_000;

/** A server in a process of its own. */
export class ChildServer {
  readonly #child: ChildProcess;
  readonly #changes = new EventEmitter();
  #output = "";
  #failure: unknown;

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk) => {
        this.#output += chunk;
        this.#changes.emit("change");
      });
    }
    this.#child.on("error", (error) => {
      this.#failure = error;
    });
    this.#child.on("close", () => this.#changes.emit("change"));
    // It must not outlive this process, should that end without having closed it.
    const end = (): void => void this.#child.kill("SIGKILL");
    process.once("exit", end);
    this.#child.once("exit", () => process.off("exit", end));
  }

  /** Undefined when it never began. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it prints once it is ready. @throws Error with its output when it ends before. */
  async waitForOutput(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(START_DEADLINE_IN_MS);
    for (;;) {
      const said = pattern.exec(this.#output);
      if (said) return said;
      if (this.#hasEnded) throw new Error(this.#output, { cause: this.#failure });
      await once(this.#changes, "change", { signal });
    }
  }

  /** It keeps its sockets, and answers nothing. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends it at once, or as the signal says. Idempotent. */
  async close(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, "exit");
    this.#child.kill(signal);
    await ended;
  }

  get #hasEnded(): boolean {
    const { exitCode, signalCode } = this.#child;
    return this.#failure !== undefined || exitCode !== null || signalCode !== null;
  }
}
