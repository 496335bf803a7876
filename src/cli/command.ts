import type { Output } from "./output.ts";

/** All that a command sees of its process. */
export interface CommandContext {
  readonly output: Output;
  readonly errors: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the command is asked to end. */
  readonly stopSignal: AbortSignal;
  /** Loads a module of the user's by its URL. */
  importModule(url: string): Promise<unknown>;
}

/** `failed` when the command has done what it was to do, and the answer is no. */
export type CommandResult = "done" | "failed";

export interface Command {
  /** One line, for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /**
   * Resolves when the command has done all it was to do.
   *
   * @throws UsageError for a wrong command line, CommandError for anything else to be told in a line.
   */
  run(argv: readonly string[], context: CommandContext): Promise<CommandResult>;
}
