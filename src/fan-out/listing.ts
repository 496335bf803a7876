import type { OperationOptions } from "@azure/core-client";
import type { WebPubSubGroup, WebPubSubGroupMember } from "@azure/web-pubsub";
import type { ConnectionList, ListedConnection } from "../contract/listing.ts";
import { canonicalHub } from "../kit/hub-name.ts";
import { maxIdLength } from "../kit/service-limits.ts";
import { asUnexpected, UnexpectedAnswerError } from "../service/unexpected-answer.ts";

/** One page of one endpoint, and where the next one is, if there is one. */
export interface Page {
  /** Where it was read. */
  readonly url: string;
  readonly members: readonly WebPubSubGroupMember[];
  readonly nextLink: string | undefined;
}

/** Reads one page with the SDK, whose iterator would neither repeat one nor tell where it is. */
export async function readPage(
  group: WebPubSubGroup,
  options: OperationOptions,
  nextLink: string | undefined,
): Promise<Page> {
  let answer: Record<string, unknown> = {};
  let url = "";
  const connections = await group.listConnections({
    ...options,
    onResponse: (response, body, error) => {
      answer = objectOf(response.bodyAsText);
      url = response.request.url;
      options.onResponse?.(response, body, error);
    },
  });
  let members: unknown;
  try {
    const page = await connections.byPage({ continuationToken: nextLink }).next();
    members = page.value;
  } catch (error) {
    throw asUnexpected(error, NO_LIST);
  }
  // To the SDK anything without a list is an empty one.
  if (!Array.isArray(answer.value) || !Array.isArray(members) || !members.every(isMember)) {
    throw new UnexpectedAnswerError(NO_LIST);
  }
  return { url, members, nextLink: nextPageOf(url, answer.nextLink) };
}

function objectOf(json: unknown): Record<string, unknown> {
  try {
    return JSON.parse(String(json)) ?? {};
  } catch {
    return {};
  }
}

const NO_LIST = "what is no list of connections";
const maxLinkLength = 8192;

function isMember(member: unknown): member is WebPubSubGroupMember {
  const { connectionId, userId = null } = (member ?? {}) as Record<string, unknown>;
  const isConnection = isId(connectionId) && connectionId !== "";
  return isConnection && (userId === null || isId(userId));
}

const isId = (id: unknown): boolean => typeof id === "string" && id.length <= maxIdLength;

/**
 * Where the next page is, if there is one: at the place of the page itself, with another query. The
 * request for it is signed, so a link must not lead to anything else.
 *
 * @throws UnexpectedAnswerError
 */
export function nextPageOf(url: string, link: unknown): string | undefined {
  if (link === undefined || link === null || link === "") return undefined;
  if (typeof link !== "string" || link.length > maxLinkLength || !URL.canParse(link, url)) {
    throw new UnexpectedAnswerError("a next page that is no URL");
  }
  const here = new URL(url);
  const { origin, pathname, search, username, password } = new URL(link, url);
  const isHere = origin === here.origin && !username && !password;
  if (!isHere || !isSamePath(pathname, here.pathname)) {
    throw new UnexpectedAnswerError("a next page that is elsewhere");
  }
  return here.origin + here.pathname + search;
}

/** Names may be encoded in several ways, and the service may write the hub in lower case. */
function isSamePath(path: string, other: string): boolean {
  const [segments, others] = [segmentsOf(path), segmentsOf(other)];
  return (
    segments.length === others.length &&
    segments.every((segment, index) => {
      const [one, another] = [segment, others[index] ?? ""];
      return index === HUB_SEGMENT ? canonicalHub(one) === canonicalHub(another) : one === another;
    })
  );
}

/** Of `/api/hubs/{hub}/...`. */
const HUB_SEGMENT = 3;

function segmentsOf(path: string): string[] {
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    return [];
  }
}

/** Both ways through the same pages, of which only those are read that are asked for. */
export function connectionList(
  pages: () => AsyncIterableIterator<ListedConnection[]>,
): ConnectionList {
  return Object.assign(oneByOne(pages()), { byPage: pages });
}

async function* oneByOne(
  pages: AsyncIterableIterator<ListedConnection[]>,
): AsyncGenerator<ListedConnection> {
  for await (const page of pages) yield* page;
}
