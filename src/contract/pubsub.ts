import type {
  GenerateClientTokenOptions,
  HubCloseConnectionOptions,
  HubGrantPermissionOptions,
  HubSendToAllOptions,
  HubSendToConnectionOptions,
  HubSendToUserOptions,
  Permission,
} from "@azure/web-pubsub";
import type { AllowUndefined } from "./allow-undefined.ts";
import type { CallOptions, CommandOptions } from "./call-options.ts";
import type { FanOutReport } from "./fan-out-report.ts";
import type { ConnectionList, ListOptions } from "./listing.ts";
import type { ContentType, Message } from "./message.ts";

interface MessageOptions extends CommandOptions {
  /**
   * What the message is sent as. The default is JSON, or `application/octet-stream` for bytes.
   * @default "application/json"
   */
  contentType?: ContentType | undefined;
}

/**
 * For messages to all clients, or to a group. From the SDK: `filter`, an OData expression about the
 * connections that get it, `excludedConnections`, and `messageTtlSeconds`, 0 to 300.
 */
export interface BroadcastOptions extends MessageOptions, AllowUndefined<HubSendToAllOptions> {}

/** For messages to a user. From the SDK: `filter` and `messageTtlSeconds`, as for a broadcast. */
export interface SendToUserOptions extends MessageOptions, AllowUndefined<HubSendToUserOptions> {}

/** For messages to one connection. From the SDK: `messageTtlSeconds`, as for a broadcast. */
export interface SendToConnectionOptions
  extends MessageOptions,
    AllowUndefined<HubSendToConnectionOptions> {}

/** For what closes connections. From the SDK: `reason`, which clients are told. */
export interface CloseOptions extends CommandOptions, AllowUndefined<HubCloseConnectionOptions> {}

/**
 * For granting and revoking. From the SDK: `targetName`, the group that the permission is about.
 */
export interface PermissionOptions
  extends CommandOptions,
    AllowUndefined<HubGrantPermissionOptions> {}

/** For asking about a permission. From the SDK: `targetName`, the group that it is about. */
export interface HasPermissionOptions
  extends CallOptions,
    AllowUndefined<HubGrantPermissionOptions> {}

/**
 * For a client's token. From the SDK: `userId`, `roles` and `groups`, as in an `Identity`,
 * `expirationTimeInMinutes` (60 by default) and `clientProtocol`.
 */
export interface ClientAccessTokenOptions extends AllowUndefined<GenerateClientTokenOptions> {
  /**
   * Deadline for an endpoint that issues its tokens itself, in milliseconds.
   * @default health.timeoutInMs
   */
  timeoutInMs?: number | undefined;
}

/** A token, where to connect with it, and whose it is. */
export interface ClientAccessToken {
  /** The token alone, a JSON Web Token. */
  readonly token: string;
  /** WebSocket URL without the token. */
  readonly baseUrl: string;
  /** WebSocket URL with the token. */
  readonly url: string;
  /** Name of the endpoint. */
  readonly endpoint: string;
}

/**
 * The operations of the SDK's `WebPubSubServiceClient`, by the same names and with the same
 * options, on all endpoints in use: those that are healthy, drained ones included. What wants
 * something done resolves to a report. What is about a single connection goes to its endpoint only,
 * once that is known from its events or from an earlier answer.
 *
 * All reject with an `InvalidArgumentError` for an argument that cannot be used, with a
 * `ResilientPubSubError` `ERR_CLOSED` after `close()` and with the reason of an `abortSignal` that
 * has ended already, all of them before anything is sent. What was not accepted for certain is
 * tried up to three times, and nothing else, so that no message arrives twice.
 */
export interface PubSub {
  /** The hub that all operations are about. */
  readonly hubName: string;
  /**
   * The operations on one group. Nothing is sent, and the group need not exist.
   *
   * @throws InvalidArgumentError unless it has 1 to 1024 characters, the service's rule
   *
   * @example
   * ```ts
   * const news = pubsub.group("news");
   * await news.addUser("ada");
   * await news.sendToAll({ headline: "hi" }, { filter: "userId ne 'bob'" });
   * for await (const { userId, endpoint } of news.listConnections()) console.log(userId, endpoint);
   * ```
   */
  group(groupName: string): PubSubGroup;
  /**
   * Sends a message to all clients of the hub; the same as `sendToAll`.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   *
   * @example
   * ```ts
   * app.post("/news", async (_req, res) => {
   *   const report = await res.locals.pubsub.broadcast({ headline: "hi" }, { timeoutInMs: 1000 });
   *   res.json(report); // such as { delivered: ["eastus", "westus"], failed: [], skipped: [] }
   * });
   * ```
   */
  broadcast(message: Message, options?: BroadcastOptions): Promise<FanOutReport>;
  /**
   * Sends a message to all clients of the hub.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  sendToAll(message: Message, options?: BroadcastOptions): Promise<FanOutReport>;
  /**
   * Sends a message to all connections of a user. The service accepts it for one who is not
   * connected.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  sendToUser(
    username: string,
    message: Message,
    options?: SendToUserOptions,
  ): Promise<FanOutReport>;
  /**
   * Sends a message to one connection.
   *
   * @throws FanOutError when no endpoint accepts it, or its endpoint is out of use
   */
  sendToConnection(
    connectionId: string,
    message: Message,
    options?: SendToConnectionOptions,
  ): Promise<FanOutReport>;
  /**
   * Whether a connection is open, on any endpoint in use.
   *
   * @throws FanOutError when none says so and one that may have it does not answer
   */
  connectionExists(connectionId: string, options?: CallOptions): Promise<boolean>;
  /**
   * Whether a user has a connection, on any endpoint in use.
   *
   * @throws FanOutError when none says so and one does not answer
   */
  userExists(username: string, options?: CallOptions): Promise<boolean>;
  /**
   * Whether anybody is in a group, on any endpoint in use.
   *
   * @throws FanOutError when none says so and one does not answer
   */
  groupExists(groupName: string, options?: CallOptions): Promise<boolean>;
  /**
   * Closes one connection.
   *
   * @throws FanOutError when no endpoint accepts it, or its endpoint is out of use
   */
  closeConnection(connectionId: string, options?: CloseOptions): Promise<FanOutReport>;
  /**
   * Closes all connections of the hub.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  closeAllConnections(options?: CloseOptions): Promise<FanOutReport>;
  /**
   * Closes all connections of a user.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  closeUserConnections(userId: string, options?: CloseOptions): Promise<FanOutReport>;
  /**
   * Takes all connections of a user out of all groups; a `reason`, as the SDK has it, has no
   * effect.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  removeUserFromAllGroups(userId: string, options?: CloseOptions): Promise<FanOutReport>;
  /**
   * Takes one connection out of all groups; a `reason`, as the SDK has it, has no effect.
   *
   * @throws FanOutError when no endpoint accepts it, or its endpoint is out of use
   */
  removeConnectionFromAllGroups(
    connectionId: string,
    options?: CloseOptions,
  ): Promise<FanOutReport>;
  /**
   * Adds all connections that match an OData filter to groups.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  addConnectionsToGroups(
    groups: string[],
    filter: string,
    options?: CommandOptions,
  ): Promise<FanOutReport>;
  /**
   * Takes all connections that match an OData filter out of groups.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  removeConnectionsFromGroups(
    groups: string[],
    filter: string,
    options?: CommandOptions,
  ): Promise<FanOutReport>;
  /**
   * Lets a connection join and leave, or send to, the group `targetName`; `not-found` where there
   * is none of this id.
   *
   * @throws FanOutError when no endpoint accepts it, or its endpoint is out of use
   */
  grantPermission(
    connectionId: string,
    permission: Permission,
    options?: PermissionOptions,
  ): Promise<FanOutReport>;
  /**
   * Takes back what `grantPermission` gave.
   *
   * @throws FanOutError when no endpoint accepts it, or its endpoint is out of use
   */
  revokePermission(
    connectionId: string,
    permission: Permission,
    options?: PermissionOptions,
  ): Promise<FanOutReport>;
  /**
   * Whether a connection may join and leave, or send to, the group `targetName`.
   *
   * @throws FanOutError when none says so and one that may have it does not answer
   */
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
   * @throws ResilientPubSubError `ERR_NO_HEALTHY_ENDPOINT`, or `ERR_TOKEN_TOO_LONG` when it has so
   *   many roles and groups that no client could connect with it
   */
  getClientAccessToken(options?: ClientAccessTokenOptions): Promise<ClientAccessToken>;
}

/** The operations of the SDK's `WebPubSubGroup`; see `PubSub` for how they end. */
export interface PubSubGroup {
  /** The group that all operations are about. */
  readonly groupName: string;
  /** The hub that it belongs to. */
  readonly hubName: string;
  /**
   * Sends a message to all connections of the group.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  sendToAll(message: Message, options?: BroadcastOptions): Promise<FanOutReport>;
  /**
   * Closes all connections of the group.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  closeAllConnections(options?: CloseOptions): Promise<FanOutReport>;
  /**
   * Adds one connection; `not-found` where there is none of this id.
   *
   * @throws FanOutError when no endpoint accepts it, or its endpoint is out of use
   */
  addConnection(connectionId: string, options?: CommandOptions): Promise<FanOutReport>;
  /**
   * Takes one connection out.
   *
   * @throws FanOutError when no endpoint accepts it, or its endpoint is out of use
   */
  removeConnection(connectionId: string, options?: CommandOptions): Promise<FanOutReport>;
  /**
   * Adds the connections that a user has now; `not-found` where it has none.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  addUser(username: string, options?: CommandOptions): Promise<FanOutReport>;
  /**
   * Takes all connections of a user out.
   *
   * @throws FanOutError when no endpoint accepts it, or not all with `require: "all"`
   */
  removeUser(username: string, options?: CommandOptions): Promise<FanOutReport>;
  /**
   * The connections in the group on all endpoints in use, each with the name of its endpoint: those
   * of the quickest endpoint first.
   *
   * @throws FanOutError by the iterator, when an endpoint fails, but only after all that the others
   *   have
   */
  listConnections(options?: ListOptions): ConnectionList;
}
