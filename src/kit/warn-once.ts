import { warnProcess } from "./warn-process.ts";

/** Warnings of one plugin to whoever runs the process, each of them once. */
export class OnceWarnings {
  readonly #told = new Set<string>();

  /** Whether the warning has been given; then there is no need to look for its reason any more. */
  has(code: string): boolean {
    return this.#told.has(code);
  }

  warn(code: string, message: string): void {
    if (this.#told.has(code)) return;
    this.#told.add(code);
    warnProcess(code, message);
  }
}
