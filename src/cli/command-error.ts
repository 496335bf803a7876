/** The command line is right, but the command cannot do it; a stack would bury the reason. */
export class CommandError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
  }
}
