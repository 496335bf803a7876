import { BoundedMap } from "./bounded-map.ts";
import { warnProcess } from "./warn-process.ts";

/** Far more than there are; what is never the same twice must not fill the memory. */
const maxRemembered = 1000;

/** Warnings of one plugin to whoever runs the process, each of them once. */
export class OnceWarnings {
  readonly #told = new BoundedMap<string, true>(maxRemembered);

  /** Whether the warning has been given; then there is no need to look for its reason any more. */
  has(code: string, about = ""): boolean {
    return this.#told.get(keyOf(code, about)) !== undefined;
  }

  /**
   * @param about What the same warning may be given of once more, such as another endpoint.
   * @param error What has failed, if anything has.
   */
  warn(code: string, message: string, about = "", error?: unknown): void {
    if (this.has(code, about)) return;
    this.#told.set(keyOf(code, about), true);
    warnProcess(code, message, error);
  }
}

const keyOf = (code: string, about: string): string => `${code} ${about}`;
