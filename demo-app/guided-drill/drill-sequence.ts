import { MissedStepError } from "../kit/missed-step-error.ts";
import type { Cast, CastUnderLoad } from "./execution/guided-drill-context.ts";
import { SteadyNegotiates } from "./execution/negotiate-load.ts";
import type { Attempt } from "./execution/step-execution.ts";
import type { StepId } from "./step-definitions.ts";
import { arrive, detect, losePrimary, measureStaleAnswers } from "./steps/failover.ts";
import { prepare } from "./steps/prepare.ts";
import { recover, returnHome, welcomeNewcomers } from "./steps/recovery.ts";
import { broadcastToAll, eventLands, someoneOf } from "./steps/traffic.ts";

/** Plays one step. */
export type Play = <T>(id: StepId, act: (attempt: Attempt) => Promise<T>) => Promise<T>;

export interface RehearsalOptions {
  /** Is told what had to be mended before it began. */
  readonly hearMended: (mended: readonly string[]) => void;
  /** How long each of the three figures stays as it is, to be looked at. */
  readonly lingerInMs: number;
}

/** The documented failover sequence, from order over disaster to order. */
export async function rehearse(
  cast: Cast,
  play: Play,
  { hearMended, lingerInMs }: RehearsalOptions,
): Promise<void> {
  hearMended(await play("order", (attempt) => prepare(attempt, cast)));
  const { environment, scene } = cast;
  const ask = () => environment.negotiate(scene.primary);
  const load = new SteadyNegotiates(ask, scene.negotiatesPerSecond);
  try {
    await rehearseUnderLoad({ ...cast, load }, play, lingerInMs);
  } finally {
    await load.stop();
  }
}

async function rehearseUnderLoad(
  cast: CastUnderLoad,
  play: Play,
  lingerInMs: number,
): Promise<void> {
  const { primary, secondary } = cast.scene;
  const servePrimaries = async (attempt: Attempt): Promise<void> => {
    await broadcastToAll(attempt, cast, primary);
    await speak(attempt, cast, primary, primary);
    await speak(attempt, cast, secondary, secondary);
  };
  await play("before", async (attempt) => {
    await servePrimaries(attempt);
    await attempt.linger(lingerInMs);
  });
  const loss = await play("crash", (attempt) => losePrimary(attempt, cast));
  await play("detection", (attempt) => detect(attempt, cast, loss));
  await play("arrival", (attempt) => arrive(attempt, cast, loss));
  await play("after", async (attempt) => {
    measureStaleAnswers(attempt, cast, loss);
    await broadcastToAll(attempt, cast, primary);
    await speak(attempt, cast, primary, secondary);
    await speak(attempt, cast, secondary, secondary);
    await attempt.linger(lingerInMs);
  });
  await play("recovery", (attempt) => recover(attempt, cast));
  await play("newcomers", async (attempt) => {
    await welcomeNewcomers(attempt, cast, loss);
    await broadcastToAll(attempt, cast, primary);
    await attempt.linger(lingerInMs);
  });
  await play("return", (attempt) => returnHome(attempt, cast));
  await play("normal", servePrimaries);
  await play("load", (attempt) => judge(attempt, cast));
}

/** Somebody of that home says something, which must land in that region only. */
async function speak(attempt: Attempt, cast: Cast, home: string, region: string): Promise<void> {
  await eventLands(attempt, cast, { client: someoneOf(cast, home), region });
}

async function judge(attempt: Attempt, { load }: CastUnderLoad): Promise<void> {
  await attempt.order(load.stop(), "negotiates are still without an answer");
  const { answers, failures } = load;
  attempt.measure(
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
