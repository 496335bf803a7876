import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";

/** One file of the page, as its address below `/` and its content. */
export interface PageFile {
  readonly name: string;
  readonly content: string;
}

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The page and all that it loads, made of its source in memory. */
export async function bundlePage(): Promise<PageFile[]> {
  const result = await build({
    root: pathOf("../page"),
    configFile: false,
    logLevel: "warn",
    resolve: {
      alias: { "express-resilient-pubsub/client": pathOf("../../src/client/index.ts") },
    },
    build: {
      write: false,
      target: "es2022",
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
  });
  const { output } = result as Rolldown.RolldownOutput;
  const files = output.map((file) => ({
    name: file.fileName,
    content: file.type === "chunk" ? file.code : textOf(file.source),
  }));
  return [...files, ...(await Promise.all(COPIES.map(copy)))];
}

/** Files of the project that the page shows as they are, without a network. */
const COPIES = [
  // Every browser shows text; most offer to save Markdown.
  ["README.txt", "../../README.md"],
  ["herd.svg", "../../docs/images/herd.svg"],
] as const;

async function copy([name, source]: (typeof COPIES)[number]): Promise<PageFile> {
  return { name, content: await readFile(pathOf(source), "utf8") };
}

function textOf(source: string | Uint8Array): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}
