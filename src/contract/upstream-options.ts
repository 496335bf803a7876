import type { WebPubSubEventHandlerOptions } from "@azure/web-pubsub-express";
import type { Request } from "express";

/**
 * What becomes of the events that the service sends to this app server. The six handlers have the
 * names and arguments of `@azure/web-pubsub-express`. The service waits for the answer of
 * `handleConnect` and of `handleUserEvent`, which is their second argument; `onConnected`,
 * `onDisconnected`, `onGroupJoined` and `onGroupLeft` are only told. All may be async. One that
 * throws or rejects is answered 500, and becomes a `handlerError` event; so does one that sets a
 * state of more than 8,000 characters in base64, because every later event carries it in a header.
 *
 * @example
 * ```ts
 * const upstream: UpstreamOptions = {
 *   handleConnect: (req, res) => {
 *     if (req.queries?.room) res.success({ groups: req.queries.room });
 *     else res.fail(400, "no room");
 *   },
 *   handleUserEvent: async (req, res) => {
 *     await pubsub.broadcast({ from: req.context.userId, text: req.data });
 *     res.success();
 *   },
 *   onDisconnected: (req) => console.log(`${req.context.connectionId} left: ${req.reason}`),
 * };
 * ```
 */
export interface UpstreamOptions {
  /**
   * A client wants to connect: `success` lets it in, also with another user, more groups or roles,
   * and `fail` refuses it. Without this handler nobody is refused.
   */
  handleConnect?: NonNullable<WebPubSubEventHandlerOptions["handleConnect"]> | undefined;
  /** A client has sent an event; `success` may send data back, `fail` makes the event fail. */
  handleUserEvent?: NonNullable<WebPubSubEventHandlerOptions["handleUserEvent"]> | undefined;
  /** A client is connected. */
  onConnected?: NonNullable<WebPubSubEventHandlerOptions["onConnected"]> | undefined;
  /** A connection has ended for good; `reason` may say why, see `closeReasonOf`. */
  onDisconnected?: NonNullable<WebPubSubEventHandlerOptions["onDisconnected"]> | undefined;
  /** A connection has joined `group`; not told of the groups of this package (`resilient-pubsub.`). */
  onGroupJoined?: NonNullable<WebPubSubEventHandlerOptions["onGroupJoined"]> | undefined;
  /** A connection has left `group`; told as `onGroupJoined` is. */
  onGroupLeft?: NonNullable<WebPubSubEventHandlerOptions["onGroupLeft"]> | undefined;
  /**
   * Path of the webhook routes, below where the plugin is mounted, written as the URL template of
   * the service's event handler: `{hub}` stands for the hub, as it is spelled here or in lower case,
   * and `{event}` for an event's name. Without `{event}` what is below the path belongs to it too.
   * Nothing else is a placeholder or a pattern, and every other sign stands for itself.
   * @default "/api/webpubsub/hubs/{hub}/"
   */
  path?: string | undefined;
  /**
   * Hosts admitted besides those of the endpoints, such as a custom domain: `host`, `host:port` or
   * a URL.
   * @default []
   */
  allowedOrigins?: string[] | undefined;
  /**
   * Decides about an event in place of the signature check: true = genuine, false = 401. If it
   * throws, rejects or answers anything else, the answer is 500, and a `handlerError` event tells.
   * The headers of `req` are as Node reads them, a character for each byte; the handlers' are text.
   */
  authorize?: ((req: Request) => boolean | Promise<boolean>) | undefined;
  /**
   * Whether an event must be signed with a key of the endpoint that sent it. The service signs the
   * id of the connection only, so serve the route by https.
   * @default true
   */
  verifySignature?: boolean | undefined;
  /**
   * Larger bodies are refused with 413; a whole number of bytes from 1024 to 67108864. The default
   * is 1 MiB, the service's own limit of a message.
   * @default 1048576
   */
  maxBodyInBytes?: number | undefined;
  /**
   * How many milliseconds `handleConnect` and `handleUserEvent` may take to answer. Then the event is
   * answered 500, and a `handlerError` event names the handler; an answer that comes later reaches
   * nobody.
   * @default 30000
   */
  handlerTimeoutInMs?: number | undefined;
}
