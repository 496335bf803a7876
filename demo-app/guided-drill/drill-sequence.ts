import { MissedStepError } from "../kit/missed-step-error.ts";
import type {
  GuidedDrillContext,
  GuidedDrillContextUnderLoad,
} from "./execution/guided-drill-context.ts";
import { NegotiateLoad } from "./execution/negotiate-load.ts";
import type { StepExecution } from "./execution/step-execution.ts";
import type { StepId } from "./step-definitions.ts";
import { compareDeliveries } from "./steps/deliveries.ts";
import {
  awaitArrival,
  awaitDetection,
  losePrimary,
  measureStaleAnswers,
} from "./steps/failover.ts";
import { prepare } from "./steps/prepare.ts";
import { addNewClients, awaitRecovery, failBack } from "./steps/recovery.ts";
import { broadcastToAll, checkEventLands, clientWithHomeRegion } from "./steps/traffic.ts";

/** Runs one step. */
export type RunStep = <T>(id: StepId, step: (execution: StepExecution) => Promise<T>) => Promise<T>;

export interface SequenceOptions {
  /** Is called with what had to be mended before it began. */
  readonly onMended: (mended: readonly string[]) => void;
  /** How long each of the three figures stays as it is, to be looked at. */
  readonly lingerInMs: number;
}

/** The documented failover sequence, from normal operation through the failure and back. */
export async function runSequence(
  context: GuidedDrillContext,
  runStep: RunStep,
  { onMended, lingerInMs }: SequenceOptions,
): Promise<void> {
  onMended(await runStep("order", (execution) => prepare(execution, context)));
  const { changes, environment, parameters } = context;
  changes.broadcastAtLeastEvery(parameters.broadcastEveryInMs);
  const negotiate = () => environment.negotiate(parameters.primary);
  const load = new NegotiateLoad(negotiate, parameters.negotiatesPerSecond);
  try {
    await runSequenceUnderLoad({ ...context, load }, runStep, lingerInMs);
  } finally {
    await load.stop();
  }
}

async function runSequenceUnderLoad(
  context: GuidedDrillContextUnderLoad,
  runStep: RunStep,
  lingerInMs: number,
): Promise<void> {
  const { primary, secondary } = context.parameters;
  const { deliveries } = context.environment.clients;
  const servePrimaries = async (execution: StepExecution): Promise<void> => {
    await broadcastToAll(execution, context, primary);
    await checkEventDelivery(execution, context, primary, primary);
    await checkEventDelivery(execution, context, secondary, secondary);
  };
  await runStep("before", async (execution) => {
    await servePrimaries(execution);
    await execution.linger(lingerInMs);
  });
  const loss = await runStep("crash", (execution) => losePrimary(execution, context));
  await runStep("detection", (execution) => awaitDetection(execution, context, loss));
  await runStep("arrival", (execution) => awaitArrival(execution, context, loss));
  await runStep("after", async (execution) => {
    measureStaleAnswers(execution, context, loss);
    await broadcastToAll(execution, context, primary);
    await checkEventDelivery(execution, context, primary, secondary);
    await checkEventDelivery(execution, context, secondary, secondary);
    await execution.linger(lingerInMs);
  });
  await runStep("recovery", (execution) => awaitRecovery(execution, context));
  await runStep("newcomers", async (execution) => {
    await addNewClients(execution, context, loss);
    await broadcastToAll(execution, context, primary);
    await execution.linger(lingerInMs);
  });
  await runStep("return", (execution) => failBack(execution, context));
  await runStep("normal", servePrimaries);
  await runStep("messages", (execution) => compareDeliveries(execution, context, deliveries));
  await runStep("load", (execution) => checkLoad(execution, context));
}

/** A client of that home region sends an event, which must reach that region only. */
async function checkEventDelivery(
  execution: StepExecution,
  context: GuidedDrillContext,
  homeRegion: string,
  region: string,
): Promise<void> {
  await checkEventLands(execution, context, {
    client: clientWithHomeRegion(context, homeRegion),
    region,
  });
}

async function checkLoad(
  execution: StepExecution,
  { load }: GuidedDrillContextUnderLoad,
): Promise<void> {
  await execution.order(load.stop(), "negotiates are still without an answer");
  const { answers, failures } = load;
  execution.measure(
    { label: "answered", value: answers.length, unit: "answers" },
    { label: "refused or failed", value: failures.length, unit: "" },
  );
  const [first] = failures;
  if (first === undefined) return;
  const total = answers.length + failures.length;
  throw new MissedStepError(
    `${failures.length} of ${total} negotiates failed. The first: ${first}`,
  );
}
