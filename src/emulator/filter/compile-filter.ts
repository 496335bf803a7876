import { bindCondition, type FilterSubject } from "./binder.ts";
import { FilterSyntaxError } from "./filter-syntax-error.ts";
import { parseFilter } from "./parser.ts";

export type Filter = (subject: FilterSubject) => boolean;

const maxLength = 32_768;

/**
 * Makes a question to connections out of an OData filter.
 *
 * @throws FilterSyntaxError when the text is no filter, or too large a one.
 */
export function compileFilter(text: string): Filter {
  if (text.length > maxLength) {
    throw new FilterSyntaxError(`The filter is longer than ${maxLength} characters.`);
  }
  const { evaluate } = bindCondition(parseFilter(text));
  return (subject) => evaluate(subject) === true;
}
