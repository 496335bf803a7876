import { fork } from "node:child_process";
import { once } from "node:events";
import { readCount } from "./settings.mjs";

const folder = new URL("../", import.meta.url);

/** A process of its own that answers calls by name; see `serveCalls`. */
export class Worker {
  #child;
  #waiting = new Map();
  #lastId = 0;

  static async start(program, options = {}, execArgv = []) {
    const extra = process.env.BENCH_EXEC_ARGV?.split(" ") ?? [];
    const child = fork(new URL(program, folder), [JSON.stringify(options)], {
      execArgv: [...execArgv, ...extra],
    });
    const worker = new Worker(child);
    worker.info = await worker.call("info");
    return worker;
  }

  /**
   * Several of one program: two processes of the same one differ here by up to a tenth for as long as they
   * live, so no ratio may depend on a single pair of them.
   */
  static startSeveral(program, options) {
    const count = readCount("BENCH_PROCESSES", 4);
    return Promise.all(Array.from({ length: count }, () => Worker.start(program, options)));
  }

  constructor(child) {
    this.#child = child;
    child.on("message", ({ id, result, problem }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (problem === undefined) resolve(result);
      else reject(new Error(problem));
    });
    child.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`${child.spawnargs[1]} has ended (${signal ?? code}).`));
      }
    });
  }

  call(name, argument) {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, name, argument });
    });
  }

  /** Ends it as a power cut would. */
  kill() {
    this.#child.kill("SIGKILL");
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}
