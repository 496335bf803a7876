import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ResilientPubSubOptions } from "../contract/options.ts";
import { safeText } from "../kit/safe-text.ts";
import type { CommandContext } from "./command.ts";
import { CommandError } from "./command-error.ts";

/**
 * The options that a module exports, as its default or as `options`: an object, or a function that
 * gives one, also later.
 *
 * @throws CommandError
 */
export async function readOptionsFile(
  file: string,
  { importModule }: Pick<CommandContext, "importModule">,
): Promise<ResilientPubSubOptions> {
  const exported = exportedBy(await load(file, importModule));
  if (isPlugin(exported)) {
    throw new CommandError(
      `The module ${file} exports a plugin; export the options that it is made of.`,
    );
  }
  const options: unknown = typeof exported === "function" ? await call(file, exported) : exported;
  if (typeof options === "object" && options !== null) return options as ResilientPubSubOptions;
  throw new CommandError(
    `The module ${file} exports no options; write export default { hub, endpoints, ... }, or a function that returns them.`,
  );
}

async function load(file: string, importModule: CommandContext["importModule"]): Promise<unknown> {
  try {
    return await importModule(pathToFileURL(path.resolve(file)).href);
  } catch (cause) {
    throw failed(`Cannot load the module ${file}`, cause);
  }
}

async function call(file: string, exported: unknown): Promise<unknown> {
  try {
    return await (exported as () => unknown)();
  } catch (cause) {
    throw failed(`The function that the module ${file} exports has failed`, cause);
  }
}

/** What CommonJS exports is the default of the module, with a default of its own where it was compiled. */
function exportedBy(module: unknown): unknown {
  const { default: byDefault, options } = Object(module);
  if (byDefault === undefined) return options;
  const inner = Object(byDefault);
  return (
    inner.default ?? (typeof byDefault === "function" ? byDefault : inner.options) ?? byDefault
  );
}

const isPlugin = (exported: unknown): boolean =>
  typeof exported === "function" && "events" in exported && "endpoints" in exported;

function failed(what: string, cause: unknown): CommandError {
  const [reason = ""] = String(cause instanceof Error ? cause.message : cause).split("\n");
  return new CommandError(`${what}: ${safeText(reason)}`, { cause });
}
