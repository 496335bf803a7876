import { parseArgs } from "node:util";
import { describeValue } from "../kit/describe-value.ts";
import { UsageError } from "./usage-error.ts";

export interface OptionDefinition {
  /** What the value is called in the help; an option without one is a flag. */
  readonly value?: string;
  readonly help: string;
}

export type OptionTable = Readonly<Record<string, OptionDefinition>>;

export interface GivenOption<Name extends string> {
  readonly name: Name;
  /** Empty for a flag. */
  readonly value: string;
}

/**
 * The options in the order given, each known and with a value exactly when it takes one.
 *
 * @throws UsageError
 */
export function readOptions<T extends OptionTable>(
  table: T,
  argv: readonly string[],
): GivenOption<keyof T & string>[] {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(table).map(([name, { value }]) => [
        name,
        { type: value ? "string" : "boolean" },
      ]),
    ),
    // Being strict is left to us: order matters here, and messages of our own name the remedy.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given: GivenOption<keyof T & string>[] = [];
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw new UsageError(`Unexpected argument ${describeValue(token.value)}.`);
    }
    const definition = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (!definition) throw new UsageError(`Unknown option ${token.rawName}.`);
    given.push({ name: token.name, value: takeValue(token, definition) });
  }
  return given;
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function takeValue({ rawName, value, inlineValue }: OptionToken, definition: OptionDefinition) {
  if (definition.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    return "";
  }
  // `--host --port 1` forgot the host; a negative number is a value all the same.
  const isOption = !inlineValue && /^-(?!\d)/.test(value ?? "");
  if (value === undefined || isOption) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${definition.value}.`);
  }
  return value;
}

/** The options as lines of help. */
export function describeOptions(table: OptionTable): string {
  const heads = Object.entries(table).map(([name, { value, help }]) => ({
    head: `--${name}${value ? ` ${value}` : ""}`,
    help,
  }));
  const width = Math.max(...heads.map(({ head }) => head.length));
  return heads
    .flatMap(({ head, help }) =>
      help
        .split("\n")
        .map((line, index) => `  ${(index === 0 ? head : "").padEnd(width)}  ${line}`),
    )
    .join("\n");
}
