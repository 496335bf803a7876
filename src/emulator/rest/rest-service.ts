import type { IncomingMessage } from "node:http";
import type { ServiceContext } from "../context/service-context.ts";
import { isGroupName, isHubName } from "../contract/names.ts";
import { answerOrRefuse } from "../http/refusal.ts";
import type { Reply } from "../http/reply.ts";
import type { RequestBody } from "../http/request-content.ts";
import { decodePercent, splitTarget } from "../http/target.ts";
import { bearerToken } from "../tokens/access.ts";
import { readBody, readJson, readPayload } from "./body.ts";
import { readMetadataHeaders } from "./metadata-headers.ts";
import type { RestCall } from "./operation.ts";
import { operations } from "./operations.ts";
import {
  API_VERSIONS,
  INVALID_GROUP,
  invalidParameter,
  methodNotAllowed,
  NEWEST_API_VERSION,
  unauthorized,
} from "./replies.ts";
import { findRoute, type Route } from "./route.ts";

type FoundRoute = Extract<Route, { kind: "operation" }>;

const HEALTH_PATH = "/api/health";

/** Answers everything that is not a WebSocket: the health check and the REST operations. */
export class RestService {
  readonly #context: ServiceContext;
  readonly #passesMetadata: boolean;

  /** @param passesMetadata Whether clients get what is said beside a message; otherwise nobody reads it. */
  constructor(context: ServiceContext, passesMetadata: boolean) {
    this.#context = context;
    this.#passesMetadata = passesMetadata;
  }

  /** Undefined when the caller went away in the middle of its request. */
  async answer(request: IncomingMessage, body: RequestBody = request): Promise<Reply | undefined> {
    const { method = "", url } = request;
    const { rawPath: path } = splitTarget(url);
    if (path === HEALTH_PATH) return answerHealth(method);
    const reply = await answerOrRefuse(request, () => this.#serve(request, body));
    if (reply) this.#context.observe({ kind: "restCall", method, path, status: reply.status });
    return reply;
  }

  async #serve(request: IncomingMessage, sent: RequestBody): Promise<Reply> {
    const { method = "", url = "", headers, rawHeaders } = request;
    const { rawPath, rawQuery } = splitTarget(url);
    // 1. Route.
    if (/^\/client(\/|s\/|$)/.test(rawPath)) return { status: 400 };
    const route = findRoute(operations, method, rawPath);
    if (route.kind === "unknown") return { status: 404 };
    if (route.kind === "wrongMethod") throw methodNotAllowed(route.allowed);
    // 2. Authentication.
    this.#authenticate(request, url);
    // 3. Parameters.
    const call = this.#readCall(route, rawPath, rawQuery);
    const { operation } = route;
    if (operation.body === "none") return operation.run(this.#withHub(call));
    // 4. Body.
    const body = await readBody(headers, sent, this.#context.limits.messageBytes);
    const contentType = headers["content-type"];
    if (operation.body === "json") {
      return operation.run({ ...this.#withHub(call), json: readJson(contentType, body) });
    }
    const metadata = this.#passesMetadata ? readMetadataHeaders(rawHeaders) : undefined;
    const payload = readPayload(contentType, body);
    // 5. Operation.
    return operation.run({ ...this.#withHub(call), metadata, payload });
  }

  #authenticate(request: IncomingMessage, url: string): void {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) throw unauthorized("Bearer");
    const check = this.#context.access.checkRest(token, url);
    if (!check.ok) {
      throw unauthorized(`Bearer error="invalid_token", error_description="${check.problem}"`);
    }
  }

  /** Last of all: while a body comes in, the hub of now may be forgotten. */
  #withHub(call: Omit<RestCall, "hub">): RestCall {
    return { ...call, hub: this.#context.hubs.get(call.hubName) };
  }

  #readCall(
    { hub, segments }: FoundRoute,
    rawPath: string,
    rawQuery: string,
  ): Omit<RestCall, "hub"> {
    if (decodePercent(rawQuery) === undefined) {
      throw invalidParameter("query", "The query is malformed.");
    }
    const query = new URLSearchParams(rawQuery);
    const hubName = decodePercent(hub) ?? "";
    if (!isHubName(hubName)) throw invalidParameter("hub", "The hub name is invalid.");
    const { access, address } = this.#context;
    return {
      hubName,
      query,
      apiVersion: readApiVersion(query),
      url: address.endpoint + rawPath,
      issueClientToken: (claims) => access.issueClientToken(claims),
      permission: readId("permission", segments.get("permission")),
      group: readGroup(segments.get("group")),
      connectionId: readId("connectionId", segments.get("connectionId")),
      // For these API versions the service leaves an encoded slash in a user id as it is.
      userId: readUserId(segments.get("userId")?.replace(/%(2f)/gi, "%25$1")),
    };
  }
}

/** Known to anybody, without a token and without a version. */
const answerHealth = (method: string): Reply =>
  method === "GET" || method === "HEAD"
    ? { status: 200 }
    : { status: 405, headers: { Allow: "GET, HEAD" } };

function readApiVersion(query: URLSearchParams): string {
  const [version = NEWEST_API_VERSION, ...others] = query.getAll("api-version");
  if (others.length === 0 && API_VERSIONS.includes(version)) return version;
  throw invalidParameter("api-version", "The api-version is not supported, or there are several.");
}

function readGroup(raw: string | undefined): string {
  if (raw === undefined) return "";
  const group = decodePercent(raw);
  if (group === undefined || !isGroupName(group)) throw invalidParameter("group", INVALID_GROUP);
  return group;
}

function readUserId(raw: string | undefined): string {
  const userId = readId("userId", raw);
  if (raw === undefined || userId.trim() !== "") return userId;
  throw invalidParameter("userId", "The userId is blank.");
}

function readId(name: string, raw: string | undefined): string {
  if (raw === undefined) return "";
  const id = decodePercent(raw);
  if (id === undefined) throw invalidParameter(name, `The ${name} is malformed.`);
  return id;
}
