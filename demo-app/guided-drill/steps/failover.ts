import { downtimesOf, idsOn, movesFrom } from "../execution/client-locations.ts";
import {
  eventAfter,
  type GuidedDrillContext,
  type GuidedDrillContextUnderLoad,
  lastEventId,
} from "../execution/guided-drill-context.ts";
import { NotYet, type StepExecution } from "../execution/step-execution.ts";

/** The primary is gone. */
export interface Loss {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The last event before. */
  readonly after: number;
  /** The clients that were on it. */
  readonly ids: ReadonlySet<number>;
}

/** Breaks the primary, or waits until the operator has: then it drops everybody who is on it. */
export async function losePrimary(
  execution: StepExecution,
  context: GuidedDrillContext,
): Promise<Loss> {
  const { parameters, environment, changes } = context;
  const { primary } = parameters;
  const after = lastEventId(environment);
  const ids = idsOn(primary, environment);
  if (parameters.mode === "emulated") {
    await execution.order(changes.crash(primary), `${primary} did not crash`);
  }
  const at = await execution.until(() => lossOf(context, after));
  await execution.until(() => {
    const left = [...idsOn(primary, environment)].filter((id) => ids.has(id)).length;
    return left === 0 || new NotYet(`${left} of ${ids.size} clients are still on ${primary}`);
  });
  execution.measure({ label: "dropped", value: ids.size, unit: "clients" });
  return { at, after, ids };
}

/** On Azure it is unknown when it began: it counts from when an app server has noticed. */
function lossOf(
  { parameters: { mode, primary }, environment }: GuidedDrillContext,
  after: number,
): number | NotYet {
  const kind = mode === "emulated" ? "fault" : "endpointDown";
  const found = eventAfter(after, environment, { kind, endpoint: primary });
  return found?.at ?? new NotYet(`${primary} is not down`);
}

/** The app server of the broken region finds out, and negotiate names the secondary. */
export async function awaitDetection(
  execution: StepExecution,
  context: GuidedDrillContextUnderLoad,
  loss: Loss,
): Promise<void> {
  const { parameters, environment, load } = context;
  const { primary, secondary } = parameters;
  const down = await execution.until(
    () =>
      eventAfter(loss.after, environment, {
        kind: "endpointDown",
        server: primary,
        endpoint: primary,
      }) ?? new NotYet(`the app server in ${primary} takes its primary for healthy`),
  );
  execution.measure({ label: "primary found down after", value: down.at - loss.at, unit: "ms" });
  const answer = await execution.until(
    () =>
      load.answers.find(({ sentAt, endpoint }) => sentAt >= loss.at && endpoint === secondary) ??
      new NotYet(`negotiate has not named ${secondary}`),
  );
  const label = `negotiate named ${secondary} after`;
  execution.measure({ label, value: answer.at - loss.at, unit: "ms" });
}

/** Everybody who was dropped is connected again. */
export async function awaitArrival(
  execution: StepExecution,
  context: GuidedDrillContext,
  { ids, at }: Loss,
): Promise<void> {
  const { parameters, environment } = context;
  const { primary, secondary } = parameters;
  await execution.until(() => {
    const there = [...idsOn(secondary, environment)].filter((id) => ids.has(id)).length;
    const moves = movesFrom(primary, { ids, since: at, environment }).length;
    return (
      (there === ids.size && moves === ids.size) ||
      new NotYet(`${there} of ${ids.size} clients have arrived at ${secondary}`)
    );
  });
  const moves = movesFrom(primary, { ids, since: at, environment });
  const lastAt = Math.max(...moves.map((move) => move.at));
  execution.measure(
    { label: `moved to ${secondary}`, value: moves.length, unit: "clients" },
    ...downtimesOf(moves),
    { label: "the last had arrived after", value: lastAt - at, unit: "ms" },
  );
}

/** How long negotiate went on naming the endpoint that was gone. */
export function measureStaleAnswers(
  execution: StepExecution,
  context: GuidedDrillContextUnderLoad,
  { at }: Loss,
): void {
  const { primary } = context.parameters;
  const stale = context.load.answers.filter((it) => it.endpoint === primary && it.at > at);
  const last = stale.at(-1);
  execution.measure(
    { label: `negotiate still named ${primary}`, value: stale.length, unit: "answers" },
    ...(last
      ? [{ label: "the last of these after", value: last.at - at, unit: "ms" } as const]
      : []),
  );
}
