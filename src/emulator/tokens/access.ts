import { createSecretKey, randomBytes } from "node:crypto";
import { withOneLoopbackName } from "../../kit/loopback.ts";
import type { AccessKeys } from "./access-keys.ts";
import {
  type Claims,
  inspectToken,
  type Signing,
  signToken,
  type TokenCheck,
  verifyToken,
} from "./jwt.ts";

export interface AccessOptions {
  readonly keys: AccessKeys;
  /** Asked for at each check: with port 0 it is not known until we listen. */
  readonly endpoint: () => string;
  /** Whether what an access key has signed is refused. */
  readonly disableLocalAuth: boolean;
  /** Whether tokens of Microsoft Entra are good on REST calls. */
  readonly acceptEntraTokens: boolean;
}

/** What kind of client a token is for; each kind connects at a path of its own. */
export type ClientType = "default" | "mqtt" | "socketio";

export interface ClientTokenRequest {
  readonly hub: string;
  readonly clientType: ClientType;
  readonly lifetimeInMinutes: number;
  readonly userId: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

const ENTRA_AUDIENCE = "https://webpubsub.azure.com";

const CLIENT_PATHS: Record<ClientType, string> = {
  default: "client/hubs",
  mqtt: "clients/mqtt/hubs",
  socketio: "clients/socketio/hubs",
};

/** Checks tokens: REST callers and clients need one for exactly the URL that they ask for. */
export class Access {
  readonly #options: AccessOptions;
  // Not an access key: tokens that the service issues outlive those, and must be good for no REST call.
  readonly #own: Signing = {
    key: createSecretKey(randomBytes(32)),
    keyId: `s-${randomBytes(16).toString("hex")}`,
  };

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** The audience of a REST token is the URL as it was requested, with or without its query. */
  checkRest(token: string, rawUrl: string): TokenCheck {
    const { keys, endpoint, disableLocalAuth, acceptEntraTokens } = this.#options;
    const url = comparable(endpoint() + rawUrl);
    const withoutQuery = url.split("?", 1)[0];
    const now = nowInSeconds();
    const check: TokenCheck = disableLocalAuth
      ? { ok: false, problem: "Access keys are disabled" }
      : verifyToken(token, {
          keys: keys.secrets(),
          acceptsAudience: (audience) => [url, withoutQuery].includes(comparable(audience)),
          nowInSeconds: now,
        });
    if (check.ok || !acceptEntraTokens) return check;
    const entraCheck = inspectToken(token, { acceptsAudience: isEntra, nowInSeconds: now });
    const isForOthers = !entraCheck.ok && entraCheck.problem === "The audience is invalid";
    return isForOthers ? check : entraCheck;
  }

  /** The audience of a client token is its hub's URL. */
  checkClient(token: string, hub: string): TokenCheck {
    const { keys, disableLocalAuth } = this.#options;
    const url = comparable(this.clientUrl(hub).toLowerCase());
    return verifyToken(token, {
      keys: [...(disableLocalAuth ? [] : keys.secrets()), this.#own.key],
      acceptsAudience: (audience) => comparable(audience.toLowerCase()) === url,
      nowInSeconds: nowInSeconds(),
    });
  }

  /** Good until it expires, whatever becomes of the access keys. */
  issueClientToken(request: ClientTokenRequest): string {
    const { hub, clientType, lifetimeInMinutes, userId, roles, groups } = request;
    const now = nowInSeconds();
    const claims: Claims = {
      ...(userId !== undefined && { sub: userId }),
      ...(roles.length > 0 && { role: roles }),
      ...(groups.length > 0 && { "webpubsub.group": groups }),
      nbf: now,
      exp: now + lifetimeInMinutes * 60,
      iat: now,
      iss: ENTRA_AUDIENCE,
      aud: this.clientUrl(hub, clientType),
    };
    return signToken(claims, this.#own);
  }

  /** What a client's token is for. */
  clientUrl(hub: string, clientType: ClientType = "default"): string {
    return `${this.#options.endpoint()}/${CLIENT_PATHS[clientType]}/${hub}`;
  }
}

/** The token in an `Authorization` header, if it is a bearer's. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
}

/** An audience without its scheme: a URL is the same whether it is spelled with http, https, ws or wss. */
const comparable = (url: string): string =>
  withOneLoopbackName(url).replace(/^(?:http|ws)s?:/i, "");

const isEntra = (audience: string): boolean =>
  audience === ENTRA_AUDIENCE || audience === `${ENTRA_AUDIENCE}/`;

const nowInSeconds = (): number => Math.floor(Date.now() / 1000);
