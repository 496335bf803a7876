import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts", emulator: "src/emulator/index.ts", cli: "src/cli/main.ts" },
  format: ["esm", "cjs"],
  target: "node20",
  dts: true,
  sourcemap: true,
  clean: true,
});
