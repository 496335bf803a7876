import { constants } from "node:os";
import { importModule } from "./import-module.ts";
import { Output } from "./output.ts";
import { run } from "./run.ts";
import { StopRequest } from "./stop-request.ts";

/** Runs the command that the process was started with. */
export async function main(): Promise<void> {
  const stopRequest = new StopRequest(() => performance.now());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopRequest.receive() === "exit") process.exit(128 + constants.signals[signal]);
    });
  }
  // Whoever read our output is gone, as with `| head`; nobody is left to be told.
  process.stdout.on("error", () => stopRequest.receive());
  process.stderr.on("error", () => {});
  process.exitCode = await run(process.argv.slice(2), {
    output: new Output(process.stdout),
    errors: new Output(process.stderr),
    env: process.env,
    stopSignal: stopRequest.signal,
    importModule,
  });
}
