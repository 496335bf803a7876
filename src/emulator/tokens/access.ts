import { createSecretKey, type KeyObject } from "node:crypto";
import { type TokenCheck, verifyToken } from "./jwt.ts";

/** Decides who may come in: REST callers and clients, each with a token for exactly that door. */
export class Access {
  readonly #keys: readonly KeyObject[];
  readonly #endpoint: () => string;

  /** The endpoint is asked for at each check: with port 0 it is not known until we listen. */
  constructor(accessKeys: readonly string[], endpoint: () => string) {
    this.#keys = accessKeys.map((key) => createSecretKey(key, "utf8"));
    this.#endpoint = endpoint;
  }

  /** The audience of a REST token is the URL as it was requested, with or without its query. */
  checkRest(token: string, rawUrl: string): TokenCheck {
    const url = this.#endpoint() + rawUrl;
    const withoutQuery = url.split("?", 1)[0];
    return this.#check(token, (audience) => audience === url || audience === withoutQuery);
  }

  /** The audience of a client token is its hub's URL, in the http or the ws scheme. */
  checkClient(token: string, hub: string): TokenCheck {
    const url = `${this.#endpoint()}/client/hubs/${hub}`.toLowerCase();
    return this.#check(token, (audience) => audience.toLowerCase().replace(/^ws/, "http") === url);
  }

  #check(token: string, acceptsAudience: (audience: string) => boolean): TokenCheck {
    const nowInSeconds = Date.now() / 1000;
    return verifyToken(token, { keys: this.#keys, acceptsAudience, nowInSeconds });
  }
}

/** The token in an `Authorization` header, if it is a bearer's. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
}
