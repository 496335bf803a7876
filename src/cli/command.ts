import type { Output } from "./output.ts";

/** All that a command sees of its process. */
export interface CommandContext {
  readonly output: Output;
  readonly errors: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the command is asked to end. */
  readonly stopSignal: AbortSignal;
}

export interface Command {
  /** One line, for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /**
   * Resolves when the command has done all it was to do.
   *
   * @throws UsageError for a wrong command line, CommandError for anything else to be told in a line.
   */
  run(argv: readonly string[], context: CommandContext): Promise<void>;
}
