import type {
  GenerateClientTokenOptions,
  HubCloseConnectionOptions,
  HubGrantPermissionOptions,
  HubSendToAllOptions,
  HubSendToConnectionOptions,
  HubSendToUserOptions,
  Permission,
} from "@azure/web-pubsub";
import type { CallOptions, CommandOptions } from "./call-options.ts";
import type { FanOutReport } from "./fan-out-report.ts";
import type { ConnectionList, ListOptions } from "./listing.ts";
import type { ContentType, Message } from "./message.ts";

interface MessageOptions extends CommandOptions {
  /** Default: JSON, or `application/octet-stream` for bytes. */
  contentType?: ContentType;
}

/** For messages to all clients, or to a group. */
export interface BroadcastOptions extends MessageOptions, HubSendToAllOptions {}

export interface SendToUserOptions extends MessageOptions, HubSendToUserOptions {}

export interface SendToConnectionOptions extends MessageOptions, HubSendToConnectionOptions {}

export interface CloseOptions extends CommandOptions, HubCloseConnectionOptions {}

export interface PermissionOptions extends CommandOptions, HubGrantPermissionOptions {}

export interface HasPermissionOptions extends CallOptions, HubGrantPermissionOptions {}

export interface ClientAccessTokenOptions extends GenerateClientTokenOptions {
  /** Deadline for an endpoint that issues its tokens itself. Default `health.timeoutInMs` (ms). */
  timeoutInMs?: number;
}

/** A token, where to connect with it, and whose it is. */
export interface ClientAccessToken {
  readonly token: string;
  /** WebSocket URL without the token. */
  readonly baseUrl: string;
  /** WebSocket URL with the token. */
  readonly url: string;
  /** Name of the endpoint. */
  readonly endpoint: string;
}

/**
 * The operations of the SDK's `WebPubSubServiceClient`, by the same names and with the same options,
 * on all healthy endpoints. Those that want something done come to a report; those about a single
 * connection go to its home only, once that is known.
 *
 * They reject with an `InvalidArgumentError` for an argument that cannot be used, with a
 * `ResilientPubSubError` `ERR_CLOSED` after `close()` and with the reason of an `abortSignal` that
 * has ended already, all of them before anything is sent; and with a `FanOutError`, which has the
 * report, when no endpoint accepted, `require: "all"` is not met, or the answer is not known.
 */
export interface PubSub {
  /** The hub that all operations are about. */
  readonly hubName: string;
  /**
   * The operations on one group.
   *
   * @throws InvalidArgumentError unless it has 1 to 1024 characters
   */
  group(groupName: string): PubSubGroup;
  /** Sends a message to all clients of the hub; the same as `sendToAll`. */
  broadcast(message: Message, options?: BroadcastOptions): Promise<FanOutReport>;
  /** Sends a message to all clients of the hub. */
  sendToAll(message: Message, options?: BroadcastOptions): Promise<FanOutReport>;
  /** Sends a message to all connections of a user. */
  sendToUser(
    username: string,
    message: Message,
    options?: SendToUserOptions,
  ): Promise<FanOutReport>;
  /** Sends a message to one connection. */
  sendToConnection(
    connectionId: string,
    message: Message,
    options?: SendToConnectionOptions,
  ): Promise<FanOutReport>;
  /** Whether a connection is open. */
  connectionExists(connectionId: string, options?: CallOptions): Promise<boolean>;
  /** Whether a user has a connection. */
  userExists(username: string, options?: CallOptions): Promise<boolean>;
  /** Whether anybody is in a group. */
  groupExists(groupName: string, options?: CallOptions): Promise<boolean>;
  /** Closes one connection. */
  closeConnection(connectionId: string, options?: CloseOptions): Promise<FanOutReport>;
  /** Closes all connections of the hub. */
  closeAllConnections(options?: CloseOptions): Promise<FanOutReport>;
  /** Closes all connections of a user. */
  closeUserConnections(userId: string, options?: CloseOptions): Promise<FanOutReport>;
  /** Takes all connections of a user out of all groups; a `reason`, as the SDK has it, has no effect. */
  removeUserFromAllGroups(userId: string, options?: CloseOptions): Promise<FanOutReport>;
  /** Takes one connection out of all groups; a `reason`, as the SDK has it, has no effect. */
  removeConnectionFromAllGroups(
    connectionId: string,
    options?: CloseOptions,
  ): Promise<FanOutReport>;
  /** Adds all connections that match an OData filter to groups. */
  addConnectionsToGroups(
    groups: string[],
    filter: string,
    options?: CommandOptions,
  ): Promise<FanOutReport>;
  /** Takes all connections that match an OData filter out of groups. */
  removeConnectionsFromGroups(
    groups: string[],
    filter: string,
    options?: CommandOptions,
  ): Promise<FanOutReport>;
  /** Lets a connection join and leave, or send to, the group `targetName`. */
  grantPermission(
    connectionId: string,
    permission: Permission,
    options?: PermissionOptions,
  ): Promise<FanOutReport>;
  /** Takes that back. */
  revokePermission(
    connectionId: string,
    permission: Permission,
    options?: PermissionOptions,
  ): Promise<FanOutReport>;
  /** Whether a connection may. */
  hasPermission(
    connectionId: string,
    permission: Permission,
    options?: HasPermissionOptions,
  ): Promise<boolean>;
  /**
   * A token for a client, of the endpoint that a negotiate would answer with, which is the better
   * way: here is no request, so `router` is not asked, nobody is counted by `maxPerSecond`, and the
   * client cannot say what has failed it.
   *
   * @throws ResilientPubSubError `ERR_NO_HEALTHY_ENDPOINT`
   */
  getClientAccessToken(options?: ClientAccessTokenOptions): Promise<ClientAccessToken>;
}

/** The operations of the SDK's `WebPubSubGroup`; see `PubSub` for how they end. */
export interface PubSubGroup {
  readonly groupName: string;
  readonly hubName: string;
  /** Sends a message to all connections of the group. */
  sendToAll(message: Message, options?: BroadcastOptions): Promise<FanOutReport>;
  /** Closes all connections of the group. */
  closeAllConnections(options?: CloseOptions): Promise<FanOutReport>;
  /** Adds one connection; `not-found` where there is none of this id. */
  addConnection(connectionId: string, options?: CommandOptions): Promise<FanOutReport>;
  /** Takes one connection out. */
  removeConnection(connectionId: string, options?: CommandOptions): Promise<FanOutReport>;
  /** Adds the connections that a user has now; `not-found` where it has none. */
  addUser(username: string, options?: CommandOptions): Promise<FanOutReport>;
  /** Takes all connections of a user out. */
  removeUser(username: string, options?: CommandOptions): Promise<FanOutReport>;
  /**
   * The connections in the group on all endpoints, each with the name of its endpoint: those of the
   * quickest endpoint first. When an endpoint fails, the iterator throws a `FanOutError`, but only
   * after it has given all that the others have.
   */
  listConnections(options?: ListOptions): ConnectionList;
}
