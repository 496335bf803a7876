import { downtimesOf, idsOn, movesFrom } from "../execution/client-locations.ts";
import {
  type Cast,
  type CastUnderLoad,
  eventAfter,
  lastEventId,
} from "../execution/guided-drill-context.ts";
import { type Attempt, Missing } from "../execution/step-execution.ts";

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
export async function losePrimary(attempt: Attempt, cast: Cast): Promise<Loss> {
  const { scene, environment, setup } = cast;
  const { primary } = scene;
  const after = lastEventId(environment);
  const ids = idsOn(primary, environment);
  if (scene.mode === "emulated") {
    await attempt.order(setup.crash(primary), `${primary} did not crash`);
  }
  const at = await attempt.until(() => lossOf(cast, after));
  await attempt.until(() => {
    const left = [...idsOn(primary, environment)].filter((id) => ids.has(id)).length;
    return left === 0 || new Missing(`${left} of ${ids.size} clients are still on ${primary}`);
  });
  attempt.measure({ label: "dropped", value: ids.size, unit: "clients" });
  return { at, after, ids };
}

/** On Azure nobody tells when it began: it counts from when an app server has noticed. */
function lossOf({ scene: { mode, primary }, environment }: Cast, after: number): number | Missing {
  const kind = mode === "emulated" ? "fault" : "endpointDown";
  const found = eventAfter(after, environment, { kind, endpoint: primary });
  return found?.at ?? new Missing(`${primary} is not down`);
}

/** The app server of the broken region finds out, and negotiate names the secondary. */
export async function detect(attempt: Attempt, cast: CastUnderLoad, loss: Loss): Promise<void> {
  const { scene, environment, load } = cast;
  const { primary, secondary } = scene;
  const down = await attempt.until(
    () =>
      eventAfter(loss.after, environment, {
        kind: "endpointDown",
        server: primary,
        endpoint: primary,
      }) ?? new Missing(`the app server in ${primary} takes its primary for healthy`),
  );
  attempt.measure({ label: "primary found down after", value: down.at - loss.at, unit: "ms" });
  const answer = await attempt.until(
    () =>
      load.answers.find(({ sentAt, endpoint }) => sentAt >= loss.at && endpoint === secondary) ??
      new Missing(`negotiate has not named ${secondary}`),
  );
  const label = `negotiate named ${secondary} after`;
  attempt.measure({ label, value: answer.at - loss.at, unit: "ms" });
}

/** Everybody who was dropped is connected again. */
export async function arrive(attempt: Attempt, cast: Cast, { ids, at }: Loss): Promise<void> {
  const { scene, environment } = cast;
  const { primary, secondary } = scene;
  await attempt.until(() => {
    const there = [...idsOn(secondary, environment)].filter((id) => ids.has(id)).length;
    const moves = movesFrom(primary, { ids, since: at, environment }).length;
    return (
      (there === ids.size && moves === ids.size) ||
      new Missing(`${there} of ${ids.size} clients have arrived at ${secondary}`)
    );
  });
  const moves = movesFrom(primary, { ids, since: at, environment });
  const lastAt = Math.max(...moves.map((move) => move.at));
  attempt.measure(
    { label: `moved to ${secondary}`, value: moves.length, unit: "clients" },
    ...downtimesOf(moves),
    { label: "the last had arrived after", value: lastAt - at, unit: "ms" },
  );
}

/** How long negotiate went on naming the endpoint that was gone. */
export function measureStaleAnswers(attempt: Attempt, cast: CastUnderLoad, { at }: Loss): void {
  const { primary } = cast.scene;
  const stale = cast.load.answers.filter((it) => it.endpoint === primary && it.at > at);
  const last = stale.at(-1);
  attempt.measure(
    { label: `negotiate still named ${primary}`, value: stale.length, unit: "answers" },
    ...(last
      ? [{ label: "the last of these after", value: last.at - at, unit: "ms" } as const]
      : []),
  );
}
