import type { Reply } from "../../http/reply.ts";
import type { Connection } from "../../hub/connection.ts";
import type { Operation, RestCall } from "../operation.ts";
import { readInteger, readOnce } from "../parameters.ts";
import { invalidParameter, okJson } from "../replies.ts";

const PAGE_SIZE = { min: 1, max: 200 };
const TOTAL = { min: 1, max: 2 ** 31 - 1 };
const CONNECTION_ID = /^[\w-]{31}$/;

export const listOperations: readonly Operation[] = [
  { method: "GET", path: "groups/{group}/connections", body: "none", run: listConnections },
];

/**
 * Pages go by connection id, and the token is the last id of the page before: so nobody who stays is
 * left out or told twice, whoever comes and goes in between.
 */
function listConnections({ hub, group, query, apiVersion, url }: RestCall): Reply {
  const maxPageSize = readInteger(query, "maxpagesize", PAGE_SIZE);
  const top = readInteger(query, "top", TOTAL);
  const members = [...hub.inGroup(group)].sort(byId);
  const after = readToken(query, members);
  const left = members.filter(({ id }) => after === undefined || id > after);
  const page = left.slice(0, Math.min(maxPageSize ?? PAGE_SIZE.max, top ?? TOTAL.max));
  const stillWanted = top === undefined ? undefined : top - page.length;
  const last = page.at(-1);
  const isLast = last === undefined || page.length === left.length || stillWanted === 0;
  return okJson({
    value: page.map(({ id, userId }) => ({ connectionId: id, userId })),
    ...(!isLast && {
      nextLink: `${url}?${new URLSearchParams({
        ...(stillWanted !== undefined && { top: String(stillWanted) }),
        ...(maxPageSize !== undefined && { maxpagesize: String(maxPageSize) }),
        continuationToken: last.id,
        "api-version": apiVersion,
      })}`,
    }),
  });
}

/** @throws Refusal 400 for what cannot be the id of a connection. */
function readToken(query: URLSearchParams, members: readonly Connection[]): string | undefined {
  const token = readOnce(query, "continuationToken");
  if (token === undefined) return undefined;
  if (CONNECTION_ID.test(token) || members.some(({ id }) => id === token)) return token;
  throw invalidParameter("continuationToken", "The continuationToken is invalid.");
}

const byId = (a: Connection, b: Connection): number => (a.id < b.id ? -1 : 1);
