import type { Frame, LoggedSend, SendOutcome } from "../context/history-port.ts";
import type { PluginContext } from "../context/plugin-context.ts";
import { streamName } from "../context/stream-name.ts";
import type { CommandOptions } from "../contract/call-options.ts";
import { sendFrame } from "./frame-sender.ts";
import { messageTargetOf } from "./message-target.ts";
import type { Operation, Operations } from "./operations.ts";
import type { Round } from "./round.ts";
import { sendOutcomeOf } from "./send-outcome.ts";

/**
 * The stream that a message belongs to; undefined where nobody could tell who is to have had it: a
 * filter is decided by the service, and a connection is gone with its client.
 */
export function streamOf(
  operation: Operation<CommandOptions & { filter?: unknown }>,
): string | undefined {
  const target = operation.options?.filter === undefined ? messageTargetOf(operation) : undefined;
  return target && streamName(target);
}

/**
 * Sends a message that was logged, so that whoever does not get it now can be sent it again, or catch
 * up with it.
 *
 * @param ask Sends it to all endpoints in use.
 */
export async function sendLogged(
  context: PluginContext,
  operations: Operations,
  stream: string | undefined,
  logged: LoggedSend,
  ask: (frame: Frame) => Promise<Round<unknown>>,
): Promise<Round<unknown>> {
  const asking = ask(logged.frame);
  if (stream !== undefined) operations.follow(settle(context, logged, stream, asking));
  const round = await asking;
  round.history = logged.history;
  return round;
}

/** Tells how it went, once those that the message leaves out have been told as well. */
async function settle(
  context: PluginContext,
  logged: LoggedSend,
  stream: string,
  asking: Promise<Round<unknown>>,
): Promise<void> {
  const untold = await sendSkips(context, stream, logged.skips);
  const { all, outcomes } = await asking;
  logged.settle(
    new Map(
      all.map((endpoint) => {
        const outcome = sendOutcomeOf(outcomes.get(endpoint));
        return [
          endpoint.name,
          outcome === "accepted" ? (untold.get(endpoint.name) ?? outcome) : outcome,
        ];
      }),
    ),
  );
}

/** @returns How it went where it was not accepted. */
async function sendSkips(
  context: PluginContext,
  stream: string,
  skips: readonly Frame[],
): Promise<Map<string, SendOutcome>> {
  const untold = new Map<string, SendOutcome>();
  if (skips.length === 0) return untold;
  const names = [...context.registry.fanOutTargets()].map(({ name }) => name);
  await Promise.all(
    names.flatMap((name) =>
      skips.map(async (skip) => {
        const outcome = await sendFrame(context, name, stream, skip);
        if (outcome !== "accepted") untold.set(name, outcome);
      }),
    ),
  );
  return untold;
}
