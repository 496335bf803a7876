import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { maxPageMembers } from "../kit/service-limits.ts";
import { callWithin } from "../service/call-within.ts";

/** Connections of one endpoint that are to be closed, as the service knows them. */
export interface ClosableGroup {
  readonly endpoint: RegisteredEndpoint;
  /** Name of the service's group that they are in. */
  readonly group: string;
  /** What their clients are told. */
  readonly reason: string;
}

export interface CallOptions {
  readonly timeoutInMs: number;
  readonly signal: AbortSignalLike;
}

/** Ids of the first connections of a group, in the order of the service; the rest is not looked at. */
export function listMembers(
  { endpoint, group }: ClosableGroup,
  atMost: number,
  { timeoutInMs, signal }: CallOptions,
): Promise<string[]> {
  return callWithin(timeoutInMs, signal, async (abortSignal) => {
    const client = endpoint.endpoint.client.group(group);
    const maxPageSize = Math.min(maxPageMembers, atMost);
    const ids: string[] = [];
    const members = await client.listConnections({ top: atMost, maxPageSize, abortSignal });
    for await (const page of members.byPage()) {
      ids.push(...page.map(({ connectionId }) => connectionId));
      if (ids.length >= atMost) break;
    }
    return ids.slice(0, atMost);
  });
}

/**
 * Those of the connections that the endpoint still has.
 *
 * @param onGone Told of each of the others.
 */
export async function keepPresent(
  { endpoint }: ClosableGroup,
  connectionIds: readonly string[],
  { timeoutInMs, signal }: CallOptions,
  onGone: (connectionId: string) => void,
): Promise<string[]> {
  if (connectionIds.length === 0) return [];
  const { client } = endpoint.endpoint;
  const isPresent = await callWithin(timeoutInMs, signal, (abortSignal) =>
    Promise.all(connectionIds.map((id) => client.connectionExists(id, { abortSignal }))),
  );
  for (const [index, id] of connectionIds.entries()) if (!isPresent[index]) onGone(id);
  return connectionIds.filter((_, index) => isPresent[index]);
}

/** Puts everybody on the endpoint into the group who is not in it yet. */
export function gatherEverybody(
  { endpoint, group }: ClosableGroup,
  { timeoutInMs, signal }: CallOptions,
): Promise<void> {
  const filter = `not ('${group}' in groups)`;
  return callWithin(timeoutInMs, signal, (abortSignal) =>
    endpoint.endpoint.client.addConnectionsToGroups([group], filter, { abortSignal }),
  );
}

/** Closes one, so that its client negotiates again; that it has gone already is no error. */
export function closeMember(
  { endpoint, reason }: ClosableGroup,
  connectionId: string,
  { timeoutInMs, signal }: CallOptions,
): Promise<void> {
  return callWithin(timeoutInMs, signal, (abortSignal) =>
    endpoint.endpoint.client.closeConnection(connectionId, { reason, abortSignal }),
  );
}
