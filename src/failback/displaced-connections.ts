import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { displacedGroup, FAILBACK_REASON_PREFIX } from "../marker-groups/displaced-group.ts";
import { callWithin } from "../service/call-within.ts";

/** The clients on a secondary that belong to one primary. */
export interface DisplacedGroup {
  readonly secondary: RegisteredEndpoint;
  /** Name of the primary. */
  readonly primary: string;
}

export interface CallOptions {
  readonly timeoutInMs: number;
  readonly signal: AbortSignalLike;
}

const maxMembersOfPage = 200;

/** Ids of the first connections of a group, in the order of the service; the rest is not looked at. */
export function listDisplaced(
  { secondary, primary }: DisplacedGroup,
  atMost: number,
  { timeoutInMs, signal }: CallOptions,
): Promise<string[]> {
  return callWithin(timeoutInMs, signal, async (abortSignal) => {
    const group = secondary.endpoint.client.group(displacedGroup(primary));
    const maxPageSize = Math.min(maxMembersOfPage, atMost);
    const ids: string[] = [];
    const members = await group.listConnections({ top: atMost, maxPageSize, abortSignal });
    for await (const page of members.byPage()) {
      ids.push(...page.map(({ connectionId }) => connectionId));
      if (ids.length >= atMost) break;
    }
    return ids.slice(0, atMost);
  });
}

/** Closes one, so that its client negotiates again; that it has gone already is no error. */
export function closeDisplaced(
  { secondary, primary }: DisplacedGroup,
  connectionId: string,
  { timeoutInMs, signal }: CallOptions,
): Promise<void> {
  return callWithin(timeoutInMs, signal, (abortSignal) =>
    secondary.endpoint.client.closeConnection(connectionId, {
      reason: FAILBACK_REASON_PREFIX + primary,
      abortSignal,
    }),
  );
}
