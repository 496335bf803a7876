export type Value = string | number | boolean | null | ReadonlySet<string>;

export type Type = "bool" | "int" | "string" | "collection" | "null";

export interface FilterFunction {
  /** What each operand may be. */
  readonly parameters: readonly (readonly Type[])[];
  /** How many of the parameters may be left out, from the last one on. */
  readonly optional?: number;
  readonly result: Type;
  /** Never called with null: a function of nothing is nothing. */
  readonly run: (...operands: never[]) => Value;
}

const STRING: readonly Type[] = ["string"];
const INT: readonly Type[] = ["int"];

const ofString = (result: Type, run: (text: string) => Value): FilterFunction => ({
  parameters: [STRING],
  result,
  run,
});

const ofStrings = (result: Type, run: (a: string, b: string) => Value): FilterFunction => ({
  parameters: [STRING, STRING],
  result,
  run,
});

/** By their names in lower case. */
export const functions: ReadonlyMap<string, FilterFunction> = new Map([
  ["startswith", ofStrings("bool", (text, start) => text.startsWith(start))],
  ["endswith", ofStrings("bool", (text, end) => text.endsWith(end))],
  ["contains", ofStrings("bool", (text, part) => text.includes(part))],
  ["indexof", ofStrings("int", (text, part) => text.indexOf(part))],
  ["concat", ofStrings("string", (a, b) => a + b)],
  ["tolower", ofString("string", (text) => text.toLowerCase())],
  ["toupper", ofString("string", (text) => text.toUpperCase())],
  ["trim", ofString("string", (text) => text.trim())],
  ["substring", { parameters: [STRING, INT, INT], optional: 1, result: "string", run: substring }],
  ["length", { parameters: [["string", "collection"]], result: "int", run: length }],
]);

/** What lies outside of the text is left out. */
function substring(text: string, start: number, count = text.length): string {
  const from = Math.max(start, 0);
  return text.slice(from, from + Math.max(count, 0));
}

function length(of: string | ReadonlySet<string>): number {
  return typeof of === "string" ? of.length : of.size;
}
