import { warnProcess } from "./warn-process.ts";

/** Warnings of one plugin to whoever runs the process, each of them once. */
export class OnceWarnings {
  readonly #told = new Set<string>();

  /** Whether the warning has been given; then there is no need to look for its reason any more. */
  has(code: string, about = ""): boolean {
    return this.#told.has(keyOf(code, about));
  }

  /** @param about What the same warning may be given of once more, such as another endpoint. */
  warn(code: string, message: string, about = ""): void {
    if (this.has(code, about)) return;
    this.#told.add(keyOf(code, about));
    warnProcess(code, message);
  }
}

const keyOf = (code: string, about: string): string => `${code} ${about}`;
