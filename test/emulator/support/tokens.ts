import { createHmac } from "node:crypto";
import type { Emulator } from "express-resilient-pubsub/emulator";

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export const inSeconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset;

/** A token with any claims and header one likes, good or bad. */
export function signToken(claims: object, key: string, header: object = { alg: "HS256" }): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

export const keyOf = (emulator: Emulator): string =>
  /AccessKey=([^;]*)/.exec(emulator.connectionString)?.[1] ?? "";

export interface TokenOptions {
  userId?: string;
  roles?: string[];
  groups?: string[];
}

export function clientUrl(emulator: Emulator, hub: string, options: TokenOptions = {}): string {
  const path = `/client/hubs/${hub}`;
  const claims = {
    aud: emulator.endpoint + path,
    exp: inSeconds(60),
    sub: options.userId,
    role: options.roles,
    "webpubsub.group": options.groups,
  };
  const token = signToken(claims, keyOf(emulator));
  return `${emulator.endpoint.replace("http", "ws")}${path}?access_token=${token}`;
}
