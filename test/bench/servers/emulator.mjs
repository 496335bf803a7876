import { options, serveCalls } from "../support/serve-calls.mjs";

const { startEmulator } = await import("../dist/emulator.mjs");
const emulator = await startEmulator({
  // Sockets that only read bytes answer no pings.
  hubs: { bench: { webSocketKeepAliveIntervalInSeconds: 120 } },
  ...options,
});

serveCalls({
  info: () => ({ endpoint: emulator.endpoint, connectionString: emulator.connectionString }),
});
