import { defineConfig, type UserConfig } from "tsdown";

const shared: UserConfig = {
  dts: true,
  outputOptions: {
    // Whoever reads what the functions are for reads the declarations.
    comments: { jsdoc: false },
    // Jest runs CommonJS in contexts that cannot import.
    dynamicImportInCjs: false,
  },
};
const modules = {
  index: "src/index.ts",
  emulator: "src/emulator/index.ts",
  client: "src/client/node.ts",
  "stores/azure-blob": "src/stores/azure-blob/azure-blob-store.ts",
  "stores/redis": "src/stores/redis/redis-store.ts",
};

// The output folder is emptied once, before any of them writes to it.
export default defineConfig([
  {
    ...shared,
    entry: { ...modules, cli: "src/cli/main.ts" },
    format: { esm: {}, cjs: { entry: modules } },
    target: "node20",
  },
  // One file that a browser can load as it is, and its twin for tools that simulate browsers.
  {
    ...shared,
    format: ["esm", "cjs"],
    entry: { "client.browser": "src/client/index.ts" },
    platform: "browser",
    target: "es2022",
    minify: true,
  },
]);
