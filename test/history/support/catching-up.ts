import { createHmac } from "node:crypto";
import type { Request } from "express";
import type { ResilientPubSubOptions } from "express-resilient-pubsub";
import { fetchAnswer, startRegions } from "../../support/regions.ts";

type Overrides = Parameters<typeof startRegions>[0];
type Json = Record<string, unknown>;

/** What a client holds that has negotiated. */
export interface Holder {
  readonly grant: string;
  readonly positions: Record<string, string>;
}

const many = (value: unknown): string[] => [value ?? []].flat().map(String);

/** Whoever is named in the query, with its groups and roles; nobody named is anonymous. */
export const authenticate = ({ query }: Request) => ({
  ...(query.user !== undefined && { userId: String(query.user) }),
  groups: many(query.group),
  roles: many(query.role),
});

/** Two regions and an app server that keeps what is sent, and a client's side of its routes. */
export async function startHistory(
  history: Exclude<ResilientPubSubOptions["history"], undefined> = {
    // The time of an append is the machine's.
    appendTimeoutInMs: 5000,
  },
  overrides: Overrides = {},
) {
  const { negotiate: negotiateOptions, ...rest } = overrides ?? {};
  const world = await startRegions({
    history,
    negotiate: { authenticate, allowAnonymous: true, ...negotiateOptions },
    ...rest,
  });
  await world.pubsub.ready();
  const negotiate = async (query = "user=ada") => {
    const { status, body } = await fetchAnswer(`${world.url}/negotiate?history=1&${query}`);
    return { status, ...body, grant: body.grant, positions: body.history?.positions };
  };
  const post = (body: unknown, init: RequestInit = {}) =>
    fetchAnswer(`${world.url}/negotiate/history`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
    });
  /** What the holder has missed since it negotiated, or else since the positions. */
  const catchUp = ({ grant, positions }: Holder, difference: Json = {}) =>
    post({ grant, since: positions, ...difference });
  return { ...world, negotiate, post, catchUp };
}

/** The data of the messages of a stream that were answered. */
export const dataOf = (stream: { messages: { d?: unknown }[] }): unknown[] =>
  stream.messages.map(({ d }) => d);

/** What the token in a URL claims. */
export function claimsOf(url: string): Json & { "webpubsub.group"?: string[] } {
  const payload = url.split(".").at(-2) ?? "";
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

/** The same grant, signed by somebody who has not got the key. */
export function forged(grant: string): string {
  const signed = grant.slice(0, -24);
  return signed + createHmac("sha256", "x").update(signed).digest("base64url").slice(0, 24);
}
