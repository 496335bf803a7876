import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { canonicalHub } from "../contract/names.ts";
import type { Upgrade } from "../http/front.ts";
import { type Reply, refuseUpgrade } from "../http/reply.ts";
import { splitTarget } from "../http/target.ts";
import { createConnectionId } from "../hub/connection.ts";
import type { Hubs } from "../hub/hubs.ts";
import type { Limits } from "../options/emulator-schema.ts";
import type { HubSettings } from "../options/hub-schema.ts";
import type { Observe } from "../reporting/activity-observer.ts";
import { type Access, bearerToken } from "../tokens/access.ts";
import type { Claims } from "../tokens/jwt.ts";
import type { ConnectRequest } from "../upstream/connection-events.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type HandshakeRequest, readHandshake, readPublishMode } from "./handshake-request.ts";
import { anonymous, describeClaims, type Identity, readIdentity } from "./identity.ts";
import type { Sessions } from "./sessions.ts";
import type { PublishMode } from "./simple-client.ts";
import { chooseSubprotocol, type Subprotocol } from "./subprotocol.ts";

export interface DoorkeeperParts {
  readonly access: Access;
  readonly hubs: Hubs;
  readonly sessions: Sessions;
  readonly upstream: Upstream;
  readonly limits: Limits;
  readonly observe: Observe;
  settingsOf(hub: string): HubSettings;
}

/** Why a client is not let in. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = { ...headers, "Content-Type": "text/plain; charset=utf-8" };
  }
}

/** Lets clients in: reads the handshake, checks the token, asks the app server, opens a session. */
export class Doorkeeper {
  readonly #parts: DoorkeeperParts;
  readonly #agreed = new WeakMap<IncomingMessage, string>();
  readonly #server: WebSocketServer;
  /** Clients that an app server is being asked about. */
  #arriving = 0;

  constructor(parts: DoorkeeperParts) {
    this.#parts = parts;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: parts.limits.messageBytes,
      handleProtocols: (_offered, request) => this.#agreed.get(request) ?? false,
    });
  }

  async receive(upgrade: Upgrade): Promise<void> {
    const read = readHandshake(upgrade.request);
    if (read.kind === "refused") return this.#refuse(upgrade, read.reply);
    try {
      if (read.request.query.get("awps_connection_id")) this.#recover(upgrade, read.request);
      else await this.#admit(upgrade, read.request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, headers, message } = error;
      this.#refuse(upgrade, { status, headers, body: message });
    }
  }

  /**
   * The reconnection token is all that counts. A session that is lost is answered by close code
   * 1008 on an open socket, on which the official client makes a new connection at once; to an HTTP
   * error it would go on knocking for 30 s.
   */
  #recover(upgrade: Upgrade, { hub, query, offered }: HandshakeRequest): void {
    const session = this.#parts.sessions.find(query.get("awps_connection_id") ?? "");
    const token = query.get("awps_reconnection_token") ?? "";
    const subprotocol = chooseSubprotocol(offered, session?.subprotocol.name);
    if (session && subprotocol && session.canRecover(canonicalHub(hub), token)) {
      const { socket: tcp } = upgrade;
      this.#open(upgrade, subprotocol, (webSocket) => session.recover({ webSocket, tcp }));
    } else {
      // Many clients take no close code on a socket that agrees to nothing they have offered.
      this.#open(upgrade, chooseSubprotocol(offered, offered[0]), (webSocket) => {
        webSocket.on("error", () => {}).close(1008, "The session cannot be recovered.");
      });
    }
  }

  async #admit(upgrade: Upgrade, handshake: HandshakeRequest): Promise<void> {
    const { limits, sessions } = this.#parts;
    const claims = this.#checkToken(upgrade.request, handshake);
    const identity = claims ? readIdentity(claims) : anonymous;
    if (!identity) throw new Refusal(400, "The token names an invalid user or group.");
    const publishMode = readPublishMode(handshake.query);
    if (publishMode === "invalid") {
      throw new Refusal(400, "The webpubsub_mode or its parameters are invalid.");
    }
    if (sessions.openCount + this.#arriving >= limits.connections) {
      throw new Refusal(429, "The connection count reaches its limit.");
    }
    this.#arriving += 1;
    try {
      await this.#introduce(upgrade, { ...handshake, publishMode }, claims ?? {}, identity);
    } finally {
      this.#arriving -= 1;
    }
  }

  /** Asks the app server, and opens a session when that says yes. */
  async #introduce(
    upgrade: Upgrade,
    handshake: HandshakeRequest & { publishMode: PublishMode | undefined },
    claims: Claims,
    identity: Identity,
  ): Promise<void> {
    const { request } = upgrade;
    const { limits, observe, sessions, upstream } = this.#parts;
    const connectionId = createConnectionId();
    const events = upstream.open(canonicalHub(handshake.hub), connectionId, identity.userId);
    const outcome = await events.connect(connectRequest(request, handshake, claims));
    if (outcome.kind === "refused") throw new Refusal(outcome.status, "");

    const { decision } = outcome;
    const subprotocol = chooseSubprotocol(handshake.offered, decision.subprotocol);
    if (!subprotocol) throw new Refusal(500, "");
    const settled = settle(identity, decision);
    events.settle(settled.userId, subprotocol.name);
    // The app server has accepted the client, so it is also told when the client has left already.
    if (!upgrade.mayWrite()) return events.disconnected("");

    this.#open(upgrade, subprotocol, (webSocket) => {
      const { publishMode } = handshake;
      // Not before: while the app server thinks, the hub of then may be forgotten.
      const hub = this.#parts.hubs.get(handshake.hub);
      sessions
        .create({
          id: connectionId,
          ...settled,
          hub,
          subprotocol,
          publishMode,
          limits,
          events,
          observe,
        })
        .start({ webSocket, tcp: upgrade.socket });
    });
  }

  /** The claims of a good token; undefined for an anonymous client where those may come in. */
  #checkToken(request: IncomingMessage, { hub, query }: HandshakeRequest): Claims | undefined {
    const token = query.get("access_token") || bearerToken(request.headers.authorization);
    if (!token) {
      const policy = this.#parts.settingsOf(canonicalHub(hub)).anonymousConnectPolicy;
      if (policy === "allow") return undefined;
      throw new Refusal(401, "", { "WWW-Authenticate": "Bearer" });
    }
    const check = this.#parts.access.checkClient(token, hub);
    if (check.ok) return check.claims;
    throw new Refusal(401, check.problem, { "WWW-Authenticate": "Bearer" });
  }

  #open(
    { request, socket, head }: Upgrade,
    subprotocol: Subprotocol | undefined,
    onOpen: (webSocket: WebSocket) => void,
  ): void {
    if (subprotocol?.name !== undefined) this.#agreed.set(request, subprotocol.name);
    this.#server.handleUpgrade(request, socket, head, onOpen);
  }

  #refuse(upgrade: Upgrade, reply: Reply): void {
    const { rawPath: path } = splitTarget(upgrade.request.url);
    this.#parts.observe({ kind: "clientRefused", path, status: reply.status });
    if (upgrade.mayWrite()) refuseUpgrade(upgrade.socket, reply);
  }
}

/** The app server's word replaces the token's; an empty list of groups is no word. */
function settle(
  identity: Identity,
  decision: {
    userId?: string | undefined;
    roles?: string[] | undefined;
    groups?: string[] | undefined;
  },
): Identity {
  return {
    userId: decision.userId ?? identity.userId,
    roles: decision.roles ?? identity.roles,
    groups: decision.groups?.length ? decision.groups : identity.groups,
  };
}

/** Tokens are between the client and the service; the app server does not get them. */
function connectRequest(
  { headersDistinct }: IncomingMessage,
  { query, offered }: HandshakeRequest,
  claims: Claims,
): ConnectRequest {
  const names = new Set(query.keys());
  names.delete("access_token");
  const shown = Object.entries(headersDistinct).filter(([name]) => name !== "authorization");
  return {
    claims: describeClaims(claims),
    query: Object.fromEntries([...names].map((name) => [name, query.getAll(name)])),
    headers: Object.fromEntries(shown.map(([name, values = []]) => [name, values])),
    subprotocols: offered,
  };
}
