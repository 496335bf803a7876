import { UsageError } from "./usage-error.ts";

/**
 * `Name: value`, as curl takes it; the last one of a name counts.
 *
 * @throws UsageError, which does not repeat a value
 */
export function readHeaders(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const [, name, value] =
        /^([!#$%&'*+.^_`|~\w-]+):\s*([\t\x20-\x7e\x80-\xff]+)$/.exec(text) ?? [];
      if (name === undefined || value === undefined) {
        throw new UsageError('--header needs a name and a value: --header "Authorization: ...".');
      }
      return [name, value.trim()];
    }),
  );
}
