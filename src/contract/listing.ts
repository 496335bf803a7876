import type { GroupListConnectionsOptions, WebPubSubGroupMember } from "@azure/web-pubsub";
import type { CallOptions } from "./call-options.ts";

/** A token to continue with belongs to one endpoint, so there is none for all of them together. */
export type ListOptions = CallOptions & Omit<GroupListConnectionsOptions, "continuationToken">;

/** A member of a group, and the endpoint that it is connected to. */
export interface ListedConnection extends WebPubSubGroupMember {
  readonly endpoint: string;
}

/** The members of a group on all endpoints, one by one, or page by page as they come. */
export interface ConnectionList extends AsyncIterableIterator<ListedConnection> {
  byPage(): AsyncIterableIterator<ListedConnection[]>;
}
