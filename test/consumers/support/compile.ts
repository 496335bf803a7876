import { writeFile } from "node:fs/promises";
import path from "node:path";
import { modulesOfRoot } from "./packed-package.ts";
import { run } from "./run.ts";

/**
 * @param modules Folder of modules with the compiler.
 * @returns What it complains about.
 */
export async function compile(
  consumer: string,
  files: readonly string[],
  options: object,
  modules = modulesOfRoot,
): Promise<string> {
  // The platform's declarations are not in question, and take longer than all others.
  const checks = { strict: true, skipDefaultLibCheck: true };
  const compilerOptions = { ...checks, noEmit: true, target: "es2022", ...options };
  const config = path.join(consumer, "tsconfig.json");
  await writeFile(config, JSON.stringify({ compilerOptions, files }));
  const compiler = path.join(modules, "typescript/bin/tsc");
  const { stdout } = await run(consumer, [compiler, "-p", config]).catch((error) => error);
  return stdout;
}
