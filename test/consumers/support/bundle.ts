import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { modulesOfRoot, type PackedPackage } from "./packed-package.ts";
import { run } from "./run.ts";

export type Bundler = "vite" | "webpack";

interface Recipe {
  /** The file that the bundler begins with if nobody tells it otherwise. */
  readonly entry: string;
  readonly program: string;
  readonly parameters: readonly string[];
  readonly modules: Readonly<Record<string, string>>;
  /** Where the page ends up, in the project. */
  readonly page: string;
}

const recipes: Readonly<Record<Bundler, Recipe>> = {
  vite: {
    entry: "main.js",
    program: path.join(modulesOfRoot, "vite/bin/vite.js"),
    parameters: ["build"],
    modules: {},
    page: "dist",
  },
  webpack: {
    entry: "src/index.js",
    program: "build.cjs",
    parameters: [],
    modules: { webpack: "webpack" },
    page: ".",
  },
};

/** Vite complains of the oldest Node that the package supports, and works with it. */
const aboutNode = /^You are using Node\.js .* Vite requires .*\n/;

export interface Bundle {
  /** What the bundler complained about. */
  readonly complaints: string;
  readonly code: string;
  readonly gzipSize: number;
  /** Folder with the page that loads the bundle. */
  readonly page: string;
}

/** Builds the project that is in the fixture folder of the bundler, with no configuration. */
export async function bundle(
  packed: PackedPackage,
  bundler: Bundler,
  source?: string,
): Promise<Bundle> {
  const { entry, program, parameters, modules, page } = recipes[bundler];
  const consumer = await packed.createConsumer(["flow", "page", bundler], modules);
  if (source !== undefined) await writeFile(path.join(consumer, entry), source);
  const { stderr } = await run(consumer, [program, ...parameters]);
  const code = await scriptsIn(path.join(consumer, "dist"));
  return {
    complaints: stderr.replace(aboutNode, ""),
    code,
    gzipSize: gzipSync(code).length,
    page: path.join(consumer, page),
  };
}

async function scriptsIn(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true });
  const scripts = files.filter((file) => file.endsWith(".js"));
  const texts = scripts.map((file) => readFile(path.join(folder, file), "utf8"));
  return (await Promise.all(texts)).join("\n");
}
