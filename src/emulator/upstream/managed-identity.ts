import { createSign, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { writeCompactToken } from "../tokens/compact-token.ts";

const LIFETIME_IN_SECONDS = 24 * 60 * 60;
const RENEWAL_IN_SECONDS = 5 * 60;
const maxResources = 100;

// Made up, and the same in every emulator, so that an app server can be set to expect them.
const TENANT_ID = "00000000-0000-0000-0000-000000000001";
const OBJECT_ID = "00000000-0000-0000-0000-000000000002";
const CLIENT_ID = "00000000-0000-0000-0000-000000000003";

interface IssuedToken {
  readonly token: string;
  readonly expiresAtInSeconds: number;
}

/**
 * The identity by which the service names itself to app servers. Its tokens look like Microsoft
 * Entra's, but are signed with a key that nobody knows and that ends with it.
 */
export class ManagedIdentity {
  readonly #issued = new Map<string, IssuedToken>();
  #key: Promise<KeyObject> | undefined;

  /** The value of an `Authorization` header for a resource. */
  async authorizationFor(resource: string, nowInSeconds = Date.now() / 1000): Promise<string> {
    this.#key ??= createKey();
    const key = await this.#key;
    const issued = this.#issued.get(resource);
    if (issued && nowInSeconds < issued.expiresAtInSeconds - RENEWAL_IN_SECONDS) {
      return `Bearer ${issued.token}`;
    }
    const fresh = issue(resource, key, Math.floor(nowInSeconds));
    if (this.#issued.size >= maxResources) this.#issued.clear();
    this.#issued.set(resource, fresh);
    return `Bearer ${fresh.token}`;
  }
}

const createKey = async (): Promise<KeyObject> =>
  (await promisify(generateKeyPair)("rsa", { modulusLength: 2048 })).privateKey;

function issue(resource: string, key: KeyObject, nowInSeconds: number): IssuedToken {
  const expiresAtInSeconds = nowInSeconds + LIFETIME_IN_SECONDS;
  const issuer = `https://sts.windows.net/${TENANT_ID}/`;
  const claims = {
    aud: resource,
    iss: issuer,
    iat: nowInSeconds,
    nbf: nowInSeconds,
    exp: expiresAtInSeconds,
    appid: CLIENT_ID,
    appidacr: "2",
    idp: issuer,
    idtyp: "app",
    oid: OBJECT_ID,
    sub: OBJECT_ID,
    tid: TENANT_ID,
    ver: "1.0",
  };
  const token = writeCompactToken({ alg: "RS256", typ: "JWT" }, claims, (signed) =>
    createSign("sha256").update(signed).sign(key, "base64url"),
  );
  return { token, expiresAtInSeconds };
}
