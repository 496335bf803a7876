import type { Request } from "express";
import type { HistoryPort } from "../context/history-port.ts";
import type { PluginContext } from "../context/plugin-context.ts";
import type { HistoryAdvice } from "../contract/negotiate-answer.ts";
import type { Identity } from "../contract/options.ts";
import type { Claims } from "../grants/claims.ts";
import type { Grants } from "../grants/grants.ts";
import { isGroupRole } from "../kit/group-permission.ts";
import { CONTINUITY_GROUP, isMarker } from "../marker-groups/marker.ts";
import { anonymousId } from "./anonymous-user.ts";

/** A client that catches up with what it misses. */
export interface Participant {
  /** As its token has it. */
  readonly identity: Identity;
  /** What its grant is good for. */
  readonly claims: Claims;
  /** What it is told before it connects; asked once. */
  readonly advice: () => Promise<HistoryAdvice>;
}

/**
 * The client as one that takes part in the history; undefined for one that has not said so, and where
 * nothing is kept. What its last grant let it read stays readable, if that was of the same user.
 */
export function participantOf(
  { configuration, history }: PluginContext,
  grants: Grants,
  req: Request,
  identity: Identity,
): Participant | undefined {
  const asked = history && configuration.history ? askedWith(req.url) : undefined;
  if (!asked || !history || !configuration.history) return undefined;
  const claims = claimsFor(identity, asked.grant ? grants.verify(asked.grant)?.claims : undefined);
  const { ttlInMs } = configuration.history;
  let advising: Promise<HistoryAdvice> | undefined;
  return {
    identity: {
      ...identity,
      userId: claims.userId,
      groups: [...(identity.groups ?? []), CONTINUITY_GROUP],
    },
    claims,
    advice: () => {
      advising ??= adviceOf(history, claims, ttlInMs);
      return advising;
    },
  };
}

/** Nearly no negotiate of an app without such clients is read any further than the first line. */
function askedWith(url: string): { readonly grant: string | undefined } | undefined {
  if (!url.includes("history=1")) return undefined;
  const query = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  const given = query.getAll("grant");
  const isAsked = query.getAll("history").join() === "1";
  return isAsked ? { grant: given.length === 1 ? given[0] : undefined } : undefined;
}

/** A caller without a user keeps the one that it gets for as long as it shows its grants. */
function claimsFor(
  { userId, groups = [], roles = [] }: Identity,
  earlier: Claims | undefined,
): Claims {
  const isAnonymous = userId === undefined;
  const isSame =
    earlier !== undefined &&
    (isAnonymous ? earlier.isAnonymous : earlier.userId === userId && !earlier.isAnonymous);
  return {
    userId: userId ?? (isSame ? earlier.userId : anonymousId()),
    isAnonymous,
    groups: groups.filter((group) => !isMarker(group)),
    roles: roles.filter(isGroupRole),
    readableSince: isSame ? earlier.readableSince : Date.now(),
  };
}

async function adviceOf(
  history: HistoryPort,
  { userId, isAnonymous, groups }: Claims,
  ttlInMs: number,
): Promise<HistoryAdvice> {
  const invited = { userId: isAnonymous ? undefined : userId, groups };
  return { ttlInMs, positions: await history.invite(invited) };
}
