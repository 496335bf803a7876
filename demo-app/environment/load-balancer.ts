import type { RequestListener } from "node:http";
import express, { type RequestHandler } from "express";
import { refuseOtherSites } from "../http/own-page-only.ts";

/** What an app server has answered a client; or nobody has. */
interface ProxiedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** That of a negotiate. */
export interface NegotiateAnswer extends ProxiedAnswer {
  /** The endpoint that the client is sent to; null when it is refused. */
  readonly endpoint: string | null;
}

interface Server {
  readonly region: string;
  readonly url: string;
  readonly isRunning: boolean;
}

const TIMEOUT_IN_MS = 10_000;
const PASSED_HEADERS = ["content-type", "retry-after", "cache-control", "reconnect-spread-in-ms"];

const NEGOTIATE = "/negotiate";
/** Where connected clients ask whether they are to stay. */
const REVIEW = "/negotiate/place";
/** Where clients ask for what they have missed. */
const HISTORY = "/negotiate/history";
// What the plugin takes.
const maxHistoryRequest = "64kb";

/** Sends each client to the app server of its home region, or to another one while that is stopped. */
export class LoadBalancer {
  readonly #servers: readonly Server[];
  readonly #record: (endpoint: string | null) => void;

  /** @param record Is called with where each client has been sent to; null is nowhere. */
  constructor(servers: readonly Server[], record: (endpoint: string | null) => void) {
    this.#servers = servers;
    this.#record = record;
  }

  /** `GET /negotiate?home=<region>&user=<name>`, `failed` as often as need be; reviews and history below it. */
  readonly handler: RequestHandler = express
    .Router()
    .get(
      NEGOTIATE,
      answerBy((query, gone) => this.negotiate(query, gone)),
    )
    .get(
      REVIEW,
      answerBy((query, gone) => this.#ask(REVIEW, query, { gone })),
    )
    .post(
      HISTORY,
      express.text({ type: () => true, limit: maxHistoryRequest }),
      answerBy((query, gone, body) => this.#ask(HISTORY, query, { gone, body })),
    );

  /** The same on a port of its own. */
  listener(port: number): RequestListener {
    const app = express().disable("x-powered-by");
    return app.use(refuseOtherSites(port), this.handler);
  }

  async negotiate(query: URLSearchParams, signal?: AbortSignal): Promise<NegotiateAnswer> {
    const answer = await this.#ask(NEGOTIATE, query, { gone: signal });
    const { endpoint = null } =
      answer.status === 200 ? (JSON.parse(answer.body) as { endpoint: string }) : {};
    if (!signal?.aborted) this.#record(endpoint);
    return { ...answer, endpoint };
  }

  async #ask(
    path: string,
    query: URLSearchParams,
    { gone, body }: { gone?: AbortSignal | undefined; body?: string | undefined },
  ): Promise<ProxiedAnswer> {
    const deadline = AbortSignal.timeout(TIMEOUT_IN_MS);
    const signal = gone ? AbortSignal.any([gone, deadline]) : deadline;
    const request = body === undefined ? { signal } : { signal, body, method: "POST" };
    for (const server of this.#serversInOrderFor(query.get("home"))) {
      try {
        return await proxiedAnswerOf(await fetch(`${server.url}${path}?${query}`, request));
      } catch {
        // It has just been stopped, or does not answer: the next one may.
        if (signal.aborted) break;
      }
    }
    return NO_APP_SERVER;
  }

  #serversInOrderFor(homeRegion: string | null): Server[] {
    const running = this.#servers.filter(({ isRunning }) => isRunning);
    const isHomeRegion = ({ region }: Server): boolean => region === homeRegion;
    return [...running.filter(isHomeRegion), ...running.filter((it) => !isHomeRegion(it))];
  }
}

function answerBy(
  ask: (query: URLSearchParams, gone: AbortSignal, body?: string) => Promise<ProxiedAnswer>,
): RequestHandler {
  return async (req, res) => {
    const { searchParams } = new URL(req.originalUrl, "http://localhost");
    const gone = new AbortController();
    res.on("close", () => gone.abort());
    const { status, headers, body } = await ask(searchParams, gone.signal, req.body);
    res.status(status).set(headers).send(body);
  };
}

async function proxiedAnswerOf(response: Response): Promise<ProxiedAnswer> {
  const body = await response.text();
  const headers = PASSED_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status: response.status, headers: Object.fromEntries(headers), body };
}

const NO_APP_SERVER: ProxiedAnswer = {
  status: 503,
  headers: { "content-type": "application/problem+json", "retry-after": "1" },
  body: JSON.stringify({
    status: 503,
    code: "ERR_NO_APP_SERVER",
    detail: "No app server is running; start one.",
  }),
};
