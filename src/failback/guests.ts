import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { withDeadline } from "../kit/deadline.ts";
import { FAILBACK_REASON_PREFIX, markerGroup } from "../marker-groups/displaced.ts";

/** Where guests of a primary may be. */
export interface Lodging {
  readonly secondary: RegisteredEndpoint;
  /** Name of the primary that they are away from. */
  readonly home: string;
}

export interface CallOptions {
  readonly timeoutInMs: number;
  readonly signal: AbortSignalLike;
}

const largestPage = 200;

/** Ids of the first guests there, in the order of the service; the rest is not looked at. */
export function listGuests(
  { secondary, home }: Lodging,
  atMost: number,
  { timeoutInMs, signal }: CallOptions,
): Promise<string[]> {
  return withDeadline(timeoutInMs, signal, async (abortSignal) => {
    const group = secondary.endpoint.client.group(markerGroup(home));
    const maxPageSize = Math.min(largestPage, atMost);
    const ids: string[] = [];
    const members = await group.listConnections({ top: atMost, maxPageSize, abortSignal });
    for await (const page of members.byPage()) {
      ids.push(...page.map(({ connectionId }) => connectionId));
      if (ids.length >= atMost) break;
    }
    return ids.slice(0, atMost);
  });
}

/** Sends one guest home; that it has gone already is no error. */
export function closeGuest(
  { secondary, home }: Lodging,
  connectionId: string,
  { timeoutInMs, signal }: CallOptions,
): Promise<void> {
  return withDeadline(timeoutInMs, signal, (abortSignal) =>
    secondary.endpoint.client.closeConnection(connectionId, {
      reason: FAILBACK_REASON_PREFIX + home,
      abortSignal,
    }),
  );
}
