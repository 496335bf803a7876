// Many emulated services in one process, to be broken one by one.
import { serveCalls } from "../support/serve-calls.mjs";

const { startEmulator } = await import("../dist/emulator.mjs");
const emulators = [];

serveCalls({
  info: () => ({}),

  /** Starts more regions; answers their connection strings, and the index of the first. */
  async open(count) {
    const opened = [];
    for (let started = 0; started < count; started++) opened.push(await startEmulator());
    const index = emulators.push(...opened) - count;
    return { index, connectionStrings: opened.map(({ connectionString }) => connectionString) };
  },

  async inject({ index, kind }) {
    await emulators[index].inject({ kind });
  },

  async clear({ index }) {
    await emulators[index].clear();
  },

  async close({ index, count }) {
    const closing = emulators.slice(index, index + count);
    emulators.fill(undefined, index, index + count);
    await Promise.all(closing.map((emulator) => emulator.close()));
  },
});
