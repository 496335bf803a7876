// Times the starts of one fresh process: the first one, and one with everything loaded and warm.
import { options, serveCalls } from "../support/serve-calls.mjs";

const { startEmulator } = await import("../dist/emulator.mjs");

async function time() {
  const start = performance.now();
  const emulator = await startEmulator(options);
  const duration = performance.now() - start;
  await emulator.close();
  return duration;
}

const first = await time();
const second = await time();
serveCalls({ info: () => ({ first, second }) });
