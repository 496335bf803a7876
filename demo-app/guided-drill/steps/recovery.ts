import { MissedStepError } from "../../kit/missed-step-error.ts";
import { away, downtimesOf, idsOn, movesFrom } from "../execution/client-locations.ts";
import {
  type Cast,
  type CastUnderLoad,
  eventAfter,
  lastEventId,
} from "../execution/guided-drill-context.ts";
import { type Attempt, Missing } from "../execution/step-execution.ts";
import type { Loss } from "./failover.ts";
import { newcomersFor } from "./prepare.ts";

/** Heals the primary, or waits until the operator has; negotiate names it again. */
export async function recover(attempt: Attempt, cast: CastUnderLoad): Promise<void> {
  const { scene, environment, setup, load } = cast;
  const { mode, primary } = scene;
  const after = lastEventId(environment);
  const isEmulated = mode === "emulated";
  if (isEmulated) await attempt.order(setup.heal(primary), `${primary} was not healed`);
  const up = await attempt.until(
    () =>
      eventAfter(after, environment, {
        kind: "endpointUp",
        server: primary,
        endpoint: primary,
      }) ?? new Missing(`the app server in ${primary} takes its primary for down`),
  );
  // On Azure nobody tells when it began: it counts from when the app server has noticed.
  const beganAt = isEmulated
    ? (eventAfter(after, environment, { kind: "healed", endpoint: primary })?.at ?? up.at)
    : up.at;
  if (isEmulated) {
    attempt.measure({ label: "primary found up after", value: up.at - beganAt, unit: "ms" });
  }
  const answer = await attempt.until(
    () =>
      load.answers.find((it) => it.sentAt >= beganAt && it.endpoint === primary) ??
      new Missing(`negotiate does not name ${primary} again`),
  );
  const label = `negotiate named ${primary} again after`;
  attempt.measure({ label, value: answer.at - beganAt, unit: "ms" });
}

/** New clients go to the primary, those that were moved stay where they are. */
export async function welcomeNewcomers(attempt: Attempt, cast: Cast, loss: Loss): Promise<void> {
  const { scene, environment, setup } = cast;
  const { primary, secondary } = scene;
  const known = new Set(environment.clients.views.map(({ id }) => id));
  const clients = setup.clients + newcomersFor(setup.clients);
  await attempt.order(setup.resize(clients), `there are no ${clients} clients`);
  const newcomers = await attempt.until(() => {
    const found = environment.clients.views.filter(({ id }) => !known.has(id));
    const settled = found.filter(({ home, endpoint }) => home === endpoint);
    const wanted = clients - known.size;
    if (settled.length === wanted) return settled;
    return new Missing(`${settled.length} of ${wanted} new clients are on their primary`);
  });
  const stayed = [...idsOn(secondary, environment)].filter((id) => loss.ids.has(id)).length;
  attempt.measure(
    {
      label: `new on ${primary}`,
      value: newcomers.filter(({ endpoint }) => endpoint === primary).length,
      unit: "clients",
    },
    { label: `stayed on ${secondary}`, value: stayed, unit: "clients" },
  );
  const left = loss.ids.size - stayed;
  if (left > 0) {
    throw new MissedStepError(
      `${left} of ${loss.ids.size} clients left ${secondary}, though nobody closed them.`,
    );
  }
}

/** The app servers close who is away, so many a second, until everybody is at home. */
export async function returnHome(attempt: Attempt, cast: Cast): Promise<void> {
  const { scene, environment, setup } = cast;
  const ids = new Set(away(environment).map(({ id }) => id));
  const since = Date.now();
  await attempt.order(setup.setFailback("paced"), "failback was not set to paced");
  await attempt.until(() => {
    const strays = away(environment).length;
    return strays === 0 || new Missing(`${strays} of ${ids.size} clients are not at home yet`);
  });
  const moves = movesFrom(scene.secondary, { ids, since, environment });
  attempt.measure(
    { label: "returned", value: moves.length, unit: "clients" },
    ...downtimesOf(moves),
    {
      label: "all at home after",
      value: Math.max(since, ...moves.map(({ at }) => at)) - since,
      unit: "ms",
    },
  );
}
