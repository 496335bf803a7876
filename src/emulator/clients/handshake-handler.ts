import type { IncomingMessage } from "node:http";
import { type Server, WebSocketServer } from "ws";
import type { ServiceContext } from "../context/service-context.ts";
import { canonicalHub } from "../contract/names.ts";
import type { Upgrade } from "../http/front.ts";
import { Refusal } from "../http/refusal.ts";
import { type Reply, refuseUpgrade } from "../http/reply.ts";
import { splitTarget } from "../http/target.ts";
import { createConnectionId } from "../hub/connection.ts";
import { loadCodec } from "../protocol/codecs.ts";
import { bearerToken } from "../tokens/access.ts";
import type { Claims } from "../tokens/jwt.ts";
import type { ConnectDecision } from "../upstream/answers.ts";
import type { ConnectRequest } from "../upstream/connection-events.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { ClientWebSocket } from "./client-web-socket.ts";
import {
  type HandshakeRequest,
  readHandshake,
  readPublishMode,
  refusal,
} from "./handshake-request.ts";
import { ANONYMOUS, describeClaims, type Identity, readIdentity } from "./identity.ts";
import type { Sessions } from "./sessions.ts";
import type { PublishMode } from "./simple-client.ts";
import { chooseSubprotocol, type Subprotocol } from "./subprotocol.ts";

interface NewClient {
  readonly handshake: HandshakeRequest;
  readonly claims: Claims;
  readonly identity: Identity;
  readonly publishMode: PublishMode | undefined;
}

/** Lets clients in: reads the handshake, checks the token, asks the app server, opens a session. */
export class HandshakeHandler {
  readonly #context: ServiceContext;
  readonly #sessions: Sessions;
  readonly #upstream: Upstream;
  readonly #agreedSubprotocols = new WeakMap<IncomingMessage, string>();
  readonly #server: Server<typeof ClientWebSocket>;
  /** Clients that an app server is being asked about. */
  #pendingCount = 0;

  constructor(context: ServiceContext, sessions: Sessions, upstream: Upstream) {
    this.#context = context;
    this.#sessions = sessions;
    this.#upstream = upstream;
    this.#server = new WebSocketServer({
      noServer: true,
      WebSocket: ClientWebSocket,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: context.limits.messageBytes,
      handleProtocols: (_offered, request) => this.#agreedSubprotocols.get(request) ?? false,
    });
  }

  async handle(upgrade: Upgrade): Promise<void> {
    try {
      const handshake = readHandshake(upgrade.request);
      if (handshake.query.get("awps_connection_id")) this.#recover(upgrade, handshake);
      else await this.#accept(upgrade, handshake);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(upgrade, error.reply);
    }
  }

  /**
   * The reconnection token is all that counts. A session that is lost is answered by close code
   * 1008 on an open socket, on which the official client makes a new connection at once; to an HTTP
   * error it would repeat its attempts for 30 s.
   */
  #recover(upgrade: Upgrade, { hub, query, offered }: HandshakeRequest): void {
    const session = this.#sessions.find(query.get("awps_connection_id") ?? "");
    const token = query.get("awps_reconnection_token") ?? "";
    const subprotocol = chooseSubprotocol(offered, session?.subprotocol.name);
    if (session && subprotocol && session.canRecover(canonicalHub(hub), token)) {
      const { socket: tcp } = upgrade;
      this.#open(upgrade, subprotocol, (webSocket) => session.recover({ webSocket, tcp }));
    } else {
      this.#tell(upgrade, 101, LOST_SESSION);
      // Many clients take no close code on a socket that agrees to nothing they have offered.
      this.#open(upgrade, chooseSubprotocol(offered, offered[0]), (webSocket) => {
        webSocket.on("error", () => {}).close(1008, "The session cannot be recovered.");
      });
    }
  }

  async #accept(upgrade: Upgrade, handshake: HandshakeRequest): Promise<void> {
    const claims = this.#authenticate(upgrade.request, handshake);
    const identity = claims ? readIdentity(claims) : ANONYMOUS;
    if (!identity)
      throw refusal(400, "The token names an invalid user or group: correct its claims.");
    const publishMode = readPublishMode(handshake.query);
    if (this.#sessions.openCount + this.#pendingCount >= this.#context.limits.connections) {
      throw refusal(429, "The connection count reaches its limit: raise limits.connections.");
    }
    this.#pendingCount += 1;
    try {
      await this.#connect(upgrade, { handshake, claims: claims ?? {}, identity, publishMode });
    } finally {
      this.#pendingCount -= 1;
    }
  }

  /** Asks the app server, and opens a session when that says yes. */
  async #connect(upgrade: Upgrade, client: NewClient): Promise<void> {
    const { handshake, claims, publishMode } = client;
    const { hubs, limits, observe } = this.#context;
    const id = createConnectionId();
    const hubName = canonicalHub(handshake.hub);
    const events = this.#upstream.open(hubName, id, client.identity.userId);
    const outcome = await events.connect(connectRequest(upgrade.request, handshake, claims));
    if (outcome.kind === "refused") throw refusal(outcome.status, outcome.reason);

    const { decision } = outcome;
    const subprotocol = chooseSubprotocol(handshake.offered, decision.subprotocol);
    if (!subprotocol)
      throw refusal(500, "The app server chose a subprotocol that the client has not offered.");
    const identity = applyDecision(client.identity, decision);
    events.settle(identity.userId, subprotocol.name);
    const codec = await loadCodec(subprotocol.format);
    // The app server has accepted the client, so it is also told when the client has left already.
    if (!upgrade.mayWrite()) return events.disconnected("");

    this.#open(upgrade, subprotocol, (webSocket) => {
      // Not before: while the app server thinks, the hub of then may be forgotten.
      const hub = hubs.get(handshake.hub);
      const { userId, roles, groups } = identity;
      // Member by member: of a spread copy every connection would keep the shape as well.
      const session = this.#sessions.create({
        id,
        hub,
        userId,
        roles,
        groups,
        subprotocol,
        codec,
        publishMode,
        limits,
        events,
        observe,
      });
      session.start({ webSocket, tcp: upgrade.socket });
    });
  }

  /** The claims of a good token; undefined for an anonymous client where those may come in. */
  #authenticate(request: IncomingMessage, { hub, query }: HandshakeRequest): Claims | undefined {
    const token = query.get("access_token") || bearerToken(request.headers.authorization);
    if (!token) {
      const policy = this.#context.settingsOf(canonicalHub(hub)).anonymousConnectPolicy;
      if (policy === "allow") return undefined;
      throw unauthorized(
        "There is no access_token: add one, or let anonymous clients into the hub.",
      );
    }
    const { access } = this.#context;
    const check = access.checkClient(token, hub);
    if (check.ok) return check.claims;
    const remedy = `make it with a key of this service, for ${access.clientUrl(hub)}`;
    throw unauthorized(`${check.problem}: ${remedy}.`);
  }

  #open(
    { request, socket, head }: Upgrade,
    subprotocol: Subprotocol | undefined,
    onOpen: (webSocket: ClientWebSocket) => void,
  ): void {
    if (subprotocol?.name !== undefined) this.#agreedSubprotocols.set(request, subprotocol.name);
    this.#server.handleUpgrade(request, socket, head, onOpen);
  }

  #refuse(upgrade: Upgrade, reply: Reply): void {
    this.#tell(upgrade, reply.status, reply.body ?? "");
    if (upgrade.mayWrite()) refuseUpgrade(upgrade.socket, reply);
  }

  #tell({ request }: Upgrade, status: number, reason: string): void {
    const { rawPath: path } = splitTarget(request.url);
    this.#context.observe({ kind: "clientRefused", path, status, reason });
  }
}

const LOST_SESSION =
  "The session cannot be recovered: it has ended, or the token is not its own. The client connects anew.";

const unauthorized = (reason: string): Refusal =>
  refusal(401, reason, { "WWW-Authenticate": "Bearer" });

/** What the app server decides replaces what the token says; an empty list of groups decides nothing. */
const applyDecision = (identity: Identity, decision: ConnectDecision): Identity => ({
  userId: decision.userId ?? identity.userId,
  roles: decision.roles ?? identity.roles,
  groups: decision.groups?.length ? decision.groups : identity.groups,
});

/** Tokens, and what else is between the client and the service, the app server does not get. */
function connectRequest(
  { headersDistinct }: IncomingMessage,
  { query, offered }: HandshakeRequest,
  claims: Claims,
): ConnectRequest {
  const names = [...new Set(query.keys())].filter((name) => name.toLowerCase() !== "access_token");
  const shown = Object.entries(headersDistinct).filter(
    ([name]) => name !== "authorization" && !name.startsWith("x-asrs-"),
  );
  return {
    claims: describeClaims(claims),
    query: Object.fromEntries(names.map((name) => [name, query.getAll(name)])),
    headers: Object.fromEntries(shown.map(([name, values = []]) => [name, values])),
    subprotocols: offered,
  };
}
