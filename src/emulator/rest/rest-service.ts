import type { IncomingMessage } from "node:http";
import type { Reply } from "../http/reply.ts";
import { decodePercent, splitTarget } from "../http/target.ts";
import type { Hubs } from "../hub/hubs.ts";
import { isGroupName, isHubName } from "../names.ts";
import { type Access, bearerToken } from "../tokens/access.ts";
import { readBody, readPayload } from "./body.ts";
import type { Operation, RestCall } from "./operation.ts";
import { closeOperations } from "./operations/close.ts";
import { existsOperations } from "./operations/exists.ts";
import { membershipOperations } from "./operations/membership.ts";
import { notBuiltOperations } from "./operations/not-built.ts";
import { sendOperations } from "./operations/send.ts";
import { apiVersions, invalidParameter, RestFailure } from "./replies.ts";
import { findRoute, type Route } from "./route.ts";

export interface RestParts {
  readonly access: Access;
  readonly hubs: Hubs;
}

type FoundRoute = Extract<Route, { kind: "operation" }>;

const operations: readonly Operation[] = [
  ...sendOperations,
  ...existsOperations,
  ...closeOperations,
  ...membershipOperations,
  ...notBuiltOperations,
];

const invalidGroup =
  "Invalid group name. Valid group name should be in between 1 and 1024 characters long.";

/** Answers everything that is not a WebSocket: the health check and the REST operations. */
export class RestService {
  readonly #parts: RestParts;

  constructor(parts: RestParts) {
    this.#parts = parts;
  }

  /** Undefined when the caller went away in the middle of its request. */
  async answer(request: IncomingMessage): Promise<Reply | undefined> {
    try {
      return await this.#answer(request);
    } catch (error) {
      if (error instanceof RestFailure) return error.reply;
      if (request.destroyed && !request.complete) return undefined;
      throw error;
    }
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    const { method = "", url = "" } = request;
    const { rawPath, rawQuery } = splitTarget(url);
    if (rawPath === "/api/health") return answerHealth(method);
    if (/^\/client(\/|s\/|$)/.test(rawPath)) return { status: 400 };
    const route = findRoute(operations, method, rawPath);
    if (route.kind === "unknown") return { status: 404 };
    if (route.kind === "wrongMethod") return methodNotAllowed(route.allowed);
    this.#authorize(request, url);
    const call = this.#readCall(route, rawQuery);
    const { operation } = route;
    if (operation.body === "none") return operation.run(call);
    const body = await readBody(request);
    return operation.run({ ...call, payload: readPayload(request.headers["content-type"], body) });
  }

  #authorize(request: IncomingMessage, url: string): void {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) throw unauthorized("Bearer");
    const check = this.#parts.access.checkRest(token, url);
    if (!check.ok) {
      throw unauthorized(`Bearer error="invalid_token", error_description="${check.problem}"`);
    }
  }

  #readCall({ hub, segments }: FoundRoute, rawQuery: string): RestCall {
    if (decodePercent(rawQuery) === undefined)
      throw invalidParameter("query", "The query is malformed.");
    const query = new URLSearchParams(rawQuery);
    if (!apiVersions.includes(query.get("api-version") ?? "")) {
      throw invalidParameter("api-version", "The api-version is missing or not supported.");
    }
    const hubName = decodePercent(hub) ?? "";
    if (!isHubName(hubName)) throw invalidParameter("hub", "The hub name is invalid.");
    return {
      hub: this.#parts.hubs.get(hubName),
      query,
      group: readGroup(segments.get("group")),
      connectionId: readId("connectionId", segments.get("connectionId")),
      // For these API versions the service leaves an encoded slash in a user id as it is.
      userId: readId("userId", segments.get("userId")?.replace(/%(2f)/gi, "%25$1")),
    };
  }
}

/** Known to anybody, without a token and without a version. */
const answerHealth = (method: string): Reply =>
  method === "GET" || method === "HEAD" ? { status: 200 } : methodNotAllowed(["GET", "HEAD"]);

const methodNotAllowed = (allowed: readonly string[]): Reply => ({
  status: 405,
  headers: { Allow: allowed.join(", ") },
});

const unauthorized = (challenge: string): RestFailure =>
  new RestFailure({ status: 401, headers: { "WWW-Authenticate": challenge } });

function readGroup(raw: string | undefined): string {
  if (raw === undefined) return "";
  const group = decodePercent(raw);
  if (group === undefined || !isGroupName(group)) throw invalidParameter("group", invalidGroup);
  return group;
}

function readId(name: string, raw: string | undefined): string {
  if (raw === undefined) return "";
  const id = decodePercent(raw);
  if (id === undefined) throw invalidParameter(name, `The ${name} is malformed.`);
  return id;
}
