import { defineConfig, type UserConfig } from "tsdown";

const shared: UserConfig = { dts: true, sourcemap: true, clean: true };

export default defineConfig([
  {
    ...shared,
    entry: {
      index: "src/index.ts",
      emulator: "src/emulator/index.ts",
      cli: "src/cli/main.ts",
      client: "src/client/node.ts",
    },
    format: ["esm", "cjs"],
    target: "node20",
  },
  // One file that a browser can load as it is.
  {
    ...shared,
    clean: false,
    entry: { "client.browser": "src/client/index.ts" },
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
  },
]);
