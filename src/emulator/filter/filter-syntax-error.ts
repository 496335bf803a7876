/** The filter cannot be used; the message is the one that the service gives its callers. */
export class FilterSyntaxError extends Error {
  constructor(problem: string) {
    super(`${problem} (Parameter 'filter')`);
    this.name = "FilterSyntaxError";
  }
}

/** The service counts to the end of the part that it did not expect. */
export const syntaxError = (text: string, position: number): FilterSyntaxError =>
  invalidPart(text, `Syntax error at position ${position} in '${text}'.`);

export const invalidPart = (part: string, problem: string): FilterSyntaxError =>
  new FilterSyntaxError(`Invalid syntax for '${part}': ${problem}`);
