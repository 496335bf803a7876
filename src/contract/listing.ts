import type { GroupListConnectionsOptions, WebPubSubGroupMember } from "@azure/web-pubsub";
import type { AllowUndefined } from "./allow-undefined.ts";
import type { CallOptions } from "./call-options.ts";

/**
 * What a list takes: the SDK's `top`, the most entries of all endpoints together, and
 * `maxPageSize`, 1 to 200. A token to continue with belongs to one endpoint, so there is none for
 * all of them together.
 */
export type ListOptions = CallOptions &
  AllowUndefined<Omit<GroupListConnectionsOptions, "continuationToken">>;

/** A member of a group, as the SDK has it, and the endpoint that it is connected to. */
export interface ListedConnection extends WebPubSubGroupMember {
  /** Name of the endpoint. */
  readonly endpoint: string;
}

/** The members of a group on all endpoints, one by one, or page by page as they come. */
export interface ConnectionList extends AsyncIterableIterator<ListedConnection> {
  /** The same in pages, each of one endpoint; their size is `maxPageSize`. */
  byPage(): AsyncIterableIterator<ListedConnection[]>;
}
