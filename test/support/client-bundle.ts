import path from "node:path";
import { buildSync } from "esbuild";

const client = path.join(__dirname, "../../src/client/index.ts");

/** This package's client for browsers as one module, as an application would bundle it. */
export function bundleClient(): string {
  const { outputFiles } = buildSync({
    entryPoints: [client],
    write: false,
    bundle: true,
    platform: "browser",
    target: "es2022",
    format: "esm",
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}
