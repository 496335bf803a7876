import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { PackedPackage } from "./packed-package.ts";

/** Below those of `test/support/emulator.ts`, and for each process others. */
const firstPort = 19_000 + (process.pid % 90) * 10;

/** Starts worlds of the packed package: two regions and an app server, in processes of their own. */
export class EmulatedRegions {
  readonly #home: string;
  readonly #running: ChildProcess[] = [];

  static async create(packed: PackedPackage): Promise<EmulatedRegions> {
    const modules = { ...(await packed.dependencies()), express: "express" };
    return new EmulatedRegions(await packed.createConsumer(["world"], modules));
  }

  private constructor(home: string) {
    this.#home = home;
  }

  /**
   * @param page Folder that the app server serves beside its routes.
   * @returns URL of the app server.
   */
  async start(page = this.#home): Promise<string> {
    const world = fork(path.join(this.#home, "world.cjs"), [page, String(firstPort)]);
    this.#running.push(world);
    const [message] = await Promise.race([
      once(world, "message"),
      once(world, "exit").then(([code]) => {
        throw new Error(`The world ended with ${code}.`);
      }),
    ]);
    return message;
  }

  end(): void {
    for (const world of this.#running.splice(0)) world.kill("SIGKILL");
  }
}
