import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import type { Upgrade } from "../http/front.ts";
import { refuseUpgrade } from "../http/reply.ts";
import { createConnectionId } from "../hub/connection.ts";
import type { Hubs } from "../hub/hubs.ts";
import { canonicalHub } from "../names.ts";
import type { HubSettings } from "../options.ts";
import { type Access, bearerToken } from "../tokens/access.ts";
import type { Claims } from "../tokens/jwt.ts";
import type { ConnectRequest } from "../upstream/connection-events.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type HandshakeRequest, readHandshake } from "./handshake-request.ts";
import { anonymous, describeClaims, type Identity, readIdentity } from "./identity.ts";
import { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { chooseSubprotocol, offersOnlyUnbuilt, type Subprotocol } from "./subprotocol.ts";

export interface DoorkeeperParts {
  readonly access: Access;
  readonly hubs: Hubs;
  readonly sessions: Sessions;
  readonly upstream: Upstream;
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

const maxFrameBytes = 1024 * 1024;

/** Lets clients in: reads the handshake, checks the token, asks the app server, opens a session. */
export class Doorkeeper {
  readonly #parts: DoorkeeperParts;
  readonly #agreed = new WeakMap<IncomingMessage, string>();
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    handleProtocols: (_offered, request) => this.#agreed.get(request) ?? false,
  });

  constructor(parts: DoorkeeperParts) {
    this.#parts = parts;
  }

  async receive(upgrade: Upgrade): Promise<void> {
    const read = readHandshake(upgrade.request);
    if (read.kind === "refused") return refuseUpgrade(upgrade.socket, read.reply);
    try {
      if (read.request.query.get("awps_connection_id")) {
        this.#refuseRecovery(upgrade, read.request);
      } else {
        await this.#admit(upgrade, read.request);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, headers, message } = error;
      if (upgrade.mayWrite()) refuseUpgrade(upgrade.socket, { status, headers, body: message });
    }
  }

  /**
   * No session is kept for recovery yet, so each one is lost. The answer to that is close code 1008
   * on an open socket, on which the official client makes a new connection at once; to an HTTP
   * error it would go on knocking for 30 s.
   */
  #refuseRecovery({ request, socket, head }: Upgrade, { offered }: HandshakeRequest): void {
    const choice = chooseSubprotocol(offered, undefined);
    if (choice.kind === "chosen") this.#agree(request, choice.subprotocol);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("error", () => {}).close(1008, "The session cannot be recovered.");
    });
  }

  async #admit(upgrade: Upgrade, handshake: HandshakeRequest): Promise<void> {
    const { request } = upgrade;
    const claims = this.#checkToken(request, handshake);
    const identity = claims ? readIdentity(claims) : anonymous;
    if (!identity) throw new Refusal(400, "The token names an invalid user or group.");
    if (offersOnlyUnbuilt(handshake.offered)) throw notBuilt();

    const connectionId = createConnectionId();
    const hub = this.#parts.hubs.get(handshake.hub);
    const events = this.#parts.upstream.open(hub.name, connectionId, identity.userId);
    const outcome = await events.connect(connectRequest(request, handshake, claims ?? {}));
    if (outcome.kind === "refused") throw new Refusal(outcome.status, "");

    const { decision } = outcome;
    const choice = chooseSubprotocol(handshake.offered, decision.subprotocol);
    if (choice.kind === "notBuilt") throw notBuilt();
    if (choice.kind === "invalid") throw new Refusal(500, "");
    const settled = settle(identity, decision);
    events.settle(settled.userId, choice.subprotocol.name);
    // The app server has accepted the client, so it is also told when the client has left already.
    if (!upgrade.mayWrite()) return events.disconnected("");

    this.#agree(request, choice.subprotocol);
    this.#server.handleUpgrade(request, upgrade.socket, upgrade.head, (webSocket) => {
      const { name, ...wire } = choice.subprotocol;
      const session = new Session({
        id: connectionId,
        ...settled,
        ...wire,
        hub,
        events,
        webSocket,
        tcp: upgrade.socket,
        onClosed: () => this.#parts.sessions.delete(session),
      });
      this.#parts.sessions.add(session);
      session.start();
    });
  }

  /** The claims of a good token; undefined for an anonymous client where those may come in. */
  #checkToken(request: IncomingMessage, { hub, query }: HandshakeRequest): Claims | undefined {
    const token = query.get("access_token") ?? bearerToken(request.headers.authorization);
    if (!token) {
      const policy = this.#parts.settingsOf(canonicalHub(hub)).anonymousConnectPolicy;
      if (policy === "allow") return undefined;
      throw new Refusal(401, "", { "WWW-Authenticate": "Bearer" });
    }
    const check = this.#parts.access.checkClient(token, hub);
    if (check.ok) return check.claims;
    throw new Refusal(401, check.problem, { "WWW-Authenticate": "Bearer" });
  }

  #agree(request: IncomingMessage, { name }: Subprotocol): void {
    if (name !== undefined) this.#agreed.set(request, name);
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
  { headers }: IncomingMessage,
  { query, offered }: HandshakeRequest,
  claims: Claims,
): ConnectRequest {
  const names = new Set(query.keys());
  names.delete("access_token");
  const shown = Object.entries(headers).filter(([name]) => name !== "authorization");
  return {
    claims: describeClaims(claims),
    query: Object.fromEntries([...names].map((name) => [name, query.getAll(name)])),
    headers: Object.fromEntries(shown.map(([name, value]) => [name, [value ?? ""].flat()])),
    subprotocols: offered,
  };
}

const notBuilt = (): Refusal =>
  new Refusal(501, "The emulator does not speak protobuf and MQTT yet; offer a JSON subprotocol.");
