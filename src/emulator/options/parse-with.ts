import type { z } from "zod";
import { invalidOptionsMessage, type OptionProblem } from "../../kit/errors.ts";
import { problemsOf } from "../../kit/option-schema.ts";
import { EmulatorError } from "../contract/errors.ts";

/** Never repeated in a message; the URL of an event handler may have a code in its query. */
export const SECRET_OPTIONS = [
  "accessKey",
  "secondaryAccessKey",
  "newKey",
  "cert",
  "key",
  "urlTemplate",
];

/**
 * Checks options, and names each bad one by path, value and remedy; no value that could be a key.
 *
 * @param what The function, or the file, that they were given to.
 * @throws EmulatorError `ERR_INVALID_OPTIONS`.
 */
export function parseWith<S extends z.ZodType>(
  schema: S,
  input: unknown,
  what: string,
): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidOptions(
    what,
    problemsOf(result.error, input, { root: what, secrets: SECRET_OPTIONS }),
  );
}

export const invalidOptions = (
  what: string,
  problems: readonly OptionProblem[],
  options?: ErrorOptions,
): EmulatorError =>
  new EmulatorError("ERR_INVALID_OPTIONS", invalidOptionsMessage(problems, what), options);
