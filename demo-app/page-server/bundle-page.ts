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
  const readMe = await readFile(pathOf("../../README.md"), "utf8");
  const files = output.map((file) => ({
    name: file.fileName,
    content: file.type === "chunk" ? file.code : textOf(file.source),
  }));
  // A file of text is shown by every browser, without a network.
  return [...files, { name: "README.txt", content: readMe }];
}

function textOf(source: string | Uint8Array): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}
