// Many emulated services in one process, to be broken one by one.
import { serveCalls } from "../support/serve-calls.mjs";

const { startEmulator } = await import("../dist/emulator.mjs");
const emulators = [];

serveCalls({
  info: () => ({}),

  /** Starts another pair of regions; answers their connection strings. */
  async openPair() {
    const pair = [await startEmulator(), await startEmulator()];
    const index = emulators.push(...pair) - 2;
    return { index, connectionStrings: pair.map(({ connectionString }) => connectionString) };
  },

  async inject({ index, kind }) {
    await emulators[index].inject({ kind });
  },

  async clear({ index }) {
    await emulators[index].clear();
  },

  async closePair({ index }) {
    await Promise.all([emulators[index].close(), emulators[index + 1].close()]);
    delete emulators[index];
    delete emulators[index + 1];
  },
});
