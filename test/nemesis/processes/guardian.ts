import { type ChildProcess, spawn } from "node:child_process";

/** Reads "+ pid" and "- pid", and kills who is left when there is nothing more to read. */
const SCRIPT = `trap "" INT TERM HUP
pids=" "
while read -r sign pid; do
  if [ "$sign" = + ]; then pids="$pids$pid "; else pids="\${pids%% $pid *} \${pids#* $pid }"; fi
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done`;

/**
 * Sees to it that no process of a run outlives it, however it ends: also when it is killed, and also
 * those that stand still at that moment and hear nothing.
 */
export class Guardian {
  readonly #shell: ChildProcess;

  constructor() {
    this.#shell = spawn("/bin/sh", ["-c", SCRIPT], { stdio: ["pipe", "ignore", "ignore"] });
    this.#shell.stdin?.on("error", () => {});
  }

  watch(pid: number | undefined): void {
    if (pid !== undefined) this.#shell.stdin?.write(`+ ${pid}\n`);
  }

  /** Its number may soon be somebody else's. */
  release(pid: number | undefined): void {
    if (pid !== undefined) this.#shell.stdin?.write(`- ${pid}\n`);
  }

  /** Kills whoever is still watched. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#shell.once("exit", resolve));
    this.#shell.stdin?.end();
    await ended;
  }
}
