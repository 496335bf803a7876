import { startEmulator } from "../../../src/emulator/index.ts";

// Run as a process of its own, which must end by itself although nobody closes the emulator, and a
// client from elsewhere is still connected.
async function main(): Promise<void> {
  const awake = setInterval(() => {}, 1000);
  const emulator = await startEmulator({
    ...JSON.parse(process.argv[2] ?? "{}"),
    onActivity: async ({ kind }) => {
      if (kind !== "clientConnected") return;
      const fault = process.argv[3];
      if (fault) await emulator.inject(JSON.parse(fault));
      console.log("forgotten");
      clearInterval(awake);
    },
  });
  console.log(emulator.connectionString);
}

void main();
