import { createHash } from "node:crypto";
import type { RedisAccess } from "../access.ts";
import { isUnknownScript } from "../failure.ts";

/**
 * Runs one script by its digest, which is all that travels. A redis that does not know it (it was
 * restarted, or somebody has flushed its scripts) is sent the text. The calls that are made while
 * that goes on wait, so that all are carried out in the order in which they were made.
 */
export class ScriptCalls {
  readonly #access: RedisAccess;
  readonly #text: string;
  readonly #digest: string;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #isReloading = false;

  constructor(access: RedisAccess, text: string) {
    this.#access = access;
    this.#text = text;
    this.#digest = createHash("sha1").update(text).digest("hex");
  }

  run(keys: string[], args: string[]): Promise<unknown> {
    if (!this.#isReloading) return this.#byDigest(keys, args);
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => this.#byDigest(keys, args).then(resolve, reject));
    });
  }

  async #byDigest(keys: string[], args: string[]): Promise<unknown> {
    this.#underWay += 1;
    try {
      return await this.#access.evalSha(this.#digest, keys, args);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      this.#isReloading = true;
      const result = this.#access.eval(this.#text, keys, args);
      return result;
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#goOn();
    }
  }

  #goOn(): void {
    this.#isReloading = false;
    for (const start of this.#waiting.splice(0)) start();
  }
}
