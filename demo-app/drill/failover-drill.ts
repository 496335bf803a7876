import { startEmulatedWorld } from "../emulated-world.ts";
import { NegotiateLoad } from "./negotiate-load.ts";
import { OfficialClient } from "./official-client.ts";
import { rehearse } from "./rehearsal.ts";
import { MissedStepError, Timeline } from "./timeline.ts";

export interface DrillResult {
  /** Every step happened in time, and no negotiate failed. */
  readonly isPassed: boolean;
  readonly negotiates: number;
  readonly failedNegotiates: number;
}

const PER_SECOND = 50;

/** Starts everything that a failover needs, rehearses one, and ends everything again. */
export async function runFailoverDrill(
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<DrillResult> {
  const timeline = new Timeline(print, signal);
  const world = await startEmulatedWorld();
  const [home] = world.servers;
  const [primary, secondary] = world.regions;
  if (!home || !primary || !secondary) throw new Error("A failover takes two regions.");
  timeline.say("two regions are up", `clients ask the app server in ${home.region}`);
  timeline.say(
    "official client",
    "with WebPubSubJsonProtocol, which leaves a dead endpoint at once;",
  );
  timeline.say("", "its default, the reliable protocol, knocks there for 30 s first");

  const load = new NegotiateLoad(home.url, PER_SECOND);
  const client = new OfficialClient(home.url, "client");
  const newcomer = new OfficialClient(home.url, "newcomer");
  let isComplete = false;
  try {
    await rehearse({ timeline, primary, secondary, home, load, client, newcomer });
    isComplete = true;
  } catch (error) {
    if (!(error instanceof MissedStepError)) throw error;
  } finally {
    await load.stop();
    client.stop();
    newcomer.stop();
    await world.close();
  }

  const negotiates = load.answers.entries.length;
  const [firstFailure] = load.failures;
  const isPassed = isComplete && firstFailure === undefined;
  print("");
  print(`${negotiates} negotiates, ${PER_SECOND} a second: ${load.failures.length} failed`);
  if (firstFailure) print(`the first failure: ${firstFailure.failure}`);
  print(isPassed ? "PASSED" : "FAILED");
  return { isPassed, negotiates, failedNegotiates: load.failures.length };
}
