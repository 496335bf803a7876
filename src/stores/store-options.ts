import { describeValue } from "../kit/describe-value.ts";
import { InvalidOptionsError, type OptionProblem } from "../kit/errors.ts";

/** Collects what is wrong with the options of a store, to tell all of it at once. */
export class OptionCheck {
  readonly #problems: OptionProblem[] = [];
  readonly #factory: string;
  readonly options: Record<string, unknown>;

  /** @param factory What the options were given to, which begins their paths. */
  constructor(factory: string, options: unknown, known: readonly string[]) {
    this.#factory = factory;
    const isObject = typeof options === "object" && options !== null;
    this.options = isObject ? (options as Record<string, unknown>) : {};
    if (!isObject) this.problem(undefined, `got ${describeValue(options)}; give an object`);
    for (const name of Object.keys(this.options)) {
      if (known.includes(name)) continue;
      this.problem(name, `unknown option; the options here are ${known.join(", ")}`);
    }
  }

  problem(name: string | undefined, message: string): void {
    const path = name === undefined ? this.#factory : `${this.#factory}.${name}`;
    this.#problems.push({ path, message });
  }

  /** Says what an option got, but never a secret, and what would be right. */
  wrong(name: string, advice: string): void {
    this.problem(name, `got ${describeValue(this.options[name])}; ${advice}`);
  }

  isGiven(name: string): boolean {
    return this.options[name] !== undefined;
  }

  /** @throws InvalidOptionsError */
  end(): void {
    if (this.#problems.length > 0) throw new InvalidOptionsError(this.#problems, this.#factory);
  }
}
