import { defineConfig, type UserConfig } from "tsdown";

const shared: UserConfig = { format: ["esm", "cjs"], dts: true, sourcemap: true };

// The output folder is emptied once, before either of the two writes to it.
export default defineConfig([
  {
    ...shared,
    entry: {
      index: "src/index.ts",
      emulator: "src/emulator/index.ts",
      cli: "src/cli/main.ts",
      client: "src/client/node.ts",
      "stores/azure-blob": "src/stores/azure-blob/azure-blob-store.ts",
      "stores/redis": "src/stores/redis/redis-store.ts",
    },
    target: "node20",
  },
  // One file that a browser can load as it is, and its twin for tools that simulate browsers.
  {
    ...shared,
    entry: { "client.browser": "src/client/index.ts" },
    platform: "browser",
    target: "es2022",
    minify: true,
  },
]);
