import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";

const root = path.resolve(".");

/**
 * A program of this project as one file that Node starts by itself. A process that has to translate
 * every module when it starts takes three times as long to get anywhere.
 *
 * @param folder Where the file goes; below the root, since it does not contain the dependencies.
 */
export function bundledProgram(
  source: string,
  folder = path.join(root, "node_modules/.cache/programs"),
): string {
  const name = path.relative(root, source).replace(/\W+/g, "-");
  const file = path.join(folder, `${name}.mjs`);
  const { outputFiles } = buildSync({
    entryPoints: [source],
    outfile: file,
    write: false,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    tsconfig: path.join(root, "tsconfig.json"),
    logLevel: "warning",
  });
  // Others may be about to start the same program, and must not find half of it.
  const unfinished = `${file}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(unfinished, outputFiles[0]?.contents ?? "");
  renameSync(unfinished, file);
  return file;
}
