// The emulated regions that many clients are connected to, to be broken one by one.
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { serveCalls } from "../support/serve-calls.mjs";
import { longestStallInMs } from "../support/stalls.mjs";

const { startEmulator } = await import("../dist/emulator.mjs");
const eastus = await startEmulator();
const westus = await startEmulator();
const both = [eastus, westus];
const services = both.map(
  ({ connectionString }) =>
    new WebPubSubServiceClient(connectionString, "bench", { allowInsecureConnection: true }),
);

const faults = {
  crash: () => eastus.inject({ kind: "crash" }),
  "crash-with-app": () => eastus.inject({ kind: "crash" }),
  blackhole: () => eastus.inject({ kind: "blackhole" }),
  restart: () => eastus.restart({ keepState: true }),
  "restart-empty": () => eastus.restart({ keepState: false }),
  gray: () => eastus.inject({ kind: "gray" }),
  "wrong-key": () => eastus.rotateKey("primary"),
};

serveCalls({
  info: () => ({
    connectionStrings: [eastus.connectionString, westus.connectionString],
    endpoints: [
      { name: "eastus", role: "primary", connectionString: eastus.connectionString },
      { name: "westus", role: "secondary", connectionString: westus.connectionString },
    ],
  }),

  /** Breaks the primary. */
  strike: (fault) => faults[fault](),

  crash: (index) => both[index].inject({ kind: "crash" }),
  clear: (index) => both[index].clear(),

  /** Cuts the clients of one region off, without a close frame. */
  drop: (index) => both[index].dropSockets(),

  /** Closes the clients of one region, with a reason. */
  expel: (index) => services[index].closeAllConnections({ reason: "a move" }),

  longestStallInMs,
});
