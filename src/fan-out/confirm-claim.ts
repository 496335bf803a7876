import type { PluginContext } from "../context/plugin-context.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { Deadline } from "../kit/deadline.ts";
import { callWithin } from "../service/call-within.ts";

/** What each question takes at most of the time that is left: most of it is for the operation itself. */
const SHARE_OF_DEADLINE = 1 / 4;

interface Claim {
  readonly connectionId: string;
  /** The endpoint that an event says it is on. */
  readonly claimed: RegisteredEndpoint;
  /** Those that may be asked. */
  readonly inUse: readonly RegisteredEndpoint[];
}

/**
 * Where the service says that a connection is of which only events have told. The service accepts a
 * message to a connection that it does not have, so an event of one endpoint must not keep away from
 * another what is meant for a connection there. It is asked once: what it answers is remembered.
 *
 * @returns undefined when nobody has it, so that all must be asked. The claimed endpoint also when it
 *   cannot be asked and the connection is nowhere else.
 */
export async function confirmClaim(
  { locations }: PluginContext,
  { connectionId, claimed, inUse }: Claim,
  deadline: Deadline,
): Promise<RegisteredEndpoint | undefined> {
  const others = inUse.filter((endpoint) => endpoint !== claimed);
  const atClaimed = inUse.includes(claimed)
    ? await has(claimed, connectionId, deadline)
    : undefined;
  if (atClaimed === true) {
    locations.learn(connectionId, claimed);
    return claimed;
  }
  if (atClaimed === false) locations.forget(connectionId, claimed);
  const answers = await Promise.all(
    others.map((endpoint) => has(endpoint, connectionId, deadline)),
  );
  const found = others[answers.indexOf(true)];
  if (found) locations.learn(connectionId, found);
  const isNowhereElse = answers.every((answer) => answer === false);
  return found ?? (atClaimed === undefined && isNowhereElse ? claimed : undefined);
}

/**
 * Undefined when there was no answer, which is no evidence: it has less time than a call, and the call
 * itself follows.
 */
async function has(
  endpoint: RegisteredEndpoint,
  connectionId: string,
  deadline: Deadline,
): Promise<boolean | undefined> {
  const timeoutInMs = Math.max(1, Math.floor(deadline.remainingInMs * SHARE_OF_DEADLINE));
  try {
    return await callWithin(timeoutInMs, deadline, (abortSignal) =>
      endpoint.endpoint.client.connectionExists(connectionId, { abortSignal }),
    );
  } catch {
    return undefined;
  }
}
