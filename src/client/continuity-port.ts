import type { Review } from "./app-server.ts";
import type { EndpointAndEpoch } from "./negotiated-endpoint.ts";
import type {
  AbortSignalLike,
  GroupDataMessage,
  JSONTypes,
  PublishOptions,
  PublishResult,
  SavedPositions,
  ServerDataMessage,
} from "./wire-types.ts";

export type Message = GroupDataMessage | ServerDataMessage;

/**
 * What a client tells of its connections, so that its application gets each logged message once. The
 * only tie between the two: a client that does not import `continuity` has none of it.
 */
export interface ContinuityPort {
  /** What negotiate is asked with. */
  readonly query: object;
  readonly positions: SavedPositions;
  /**
   * @param history What negotiate told of it, if anything.
   * @returns How often positions are compared, where the app server tells no interval.
   */
  onNegotiated(history: unknown, grant: string | undefined): number | undefined;
  /** A new connection is up, its groups are not joined yet. */
  onConnected(connectionId: string | undefined): void;
  /** Resolves when it has been read, or after a while. */
  onJoined(group: string): Promise<unknown>;
  onLeft(group: string): void;
  onMessage(message: Message): void;
  /**
   * Whether everything since the former connection has come; nothing when it is not known after a while,
   * or there is no history.
   */
  caughtUp(): Promise<{ readonly recovered: boolean } | undefined>;
  /** @returns Undefined where somebody else is to be asked. */
  review(at: EndpointAndEpoch, signal: AbortSignalLike): Promise<Review | undefined>;
  publish(
    group: string,
    content: JSONTypes | ArrayBuffer,
    options: PublishOptions,
  ): Promise<PublishResult>;
  /** Until the next connection. */
  stop(): void;
}
