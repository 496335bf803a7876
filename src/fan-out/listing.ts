import type { OperationOptions } from "@azure/core-client";
import type { WebPubSubGroup, WebPubSubGroupMember } from "@azure/web-pubsub";
import type { ConnectionList, ListedConnection } from "../contract/listing.ts";

/** One page of one endpoint, and where the next one is, if there is one. */
export interface Page {
  readonly members: readonly WebPubSubGroupMember[];
  readonly nextLink: string | undefined;
}

/** Reads one page with the SDK, whose iterator would neither repeat one nor tell where it is. */
export async function readPage(
  group: WebPubSubGroup,
  options: OperationOptions,
  nextLink: string | undefined,
): Promise<Page> {
  let next: string | undefined;
  const connections = await group.listConnections({
    ...options,
    onResponse: (response, body, error) => {
      next = (body as { nextLink?: string } | undefined)?.nextLink;
      options.onResponse?.(response, body, error);
    },
  });
  const { value } = await connections.byPage({ continuationToken: nextLink }).next();
  return { members: value, nextLink: next };
}

/** Both ways through the same pages, of which only those are read that are asked for. */
export function connectionList(
  pages: () => AsyncIterableIterator<ListedConnection[]>,
): ConnectionList {
  return Object.assign(oneByOne(pages()), { byPage: pages });
}

async function* oneByOne(
  pages: AsyncIterableIterator<ListedConnection[]>,
): AsyncGenerator<ListedConnection> {
  for await (const page of pages) yield* page;
}
