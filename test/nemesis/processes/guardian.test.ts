import { type ChildProcess, spawn } from "node:child_process";
import { afterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";
import { Guardian } from "./guardian.ts";

function startSleep(): ChildProcess {
  const child = spawn("sleep", ["600"]);
  afterTest(() => child.kill("SIGKILL"));
  return child;
}

it("the guardian of a run kills whoever is left at its end, also who stands still, and nobody else", async () => {
  const [awake, frozen, released] = [startSleep(), startSleep(), startSleep()];
  frozen.kill("SIGSTOP");
  const guardian = new Guardian();
  for (const child of [awake, released, frozen]) guardian.watch(child.pid);
  guardian.release(released.pid);
  await guardian.close();
  await until(() => awake.signalCode === "SIGKILL" && frozen.signalCode === "SIGKILL");
  expect(released.signalCode).toBeNull();
});
