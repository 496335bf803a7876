import type { RequestListener } from "node:http";
import express, { type RequestHandler } from "express";
import { refuseOtherSites } from "../http/own-page-only.ts";

/** What an app server has answered a negotiating client; or nobody has. */
export interface ProxiedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The endpoint that the client is sent to; null when it is refused. */
  readonly endpoint: string | null;
}

interface Server {
  readonly region: string;
  readonly url: string;
  readonly isRunning: boolean;
}

const TIMEOUT_IN_MS = 10_000;
const PASSED_HEADERS = ["content-type", "retry-after", "cache-control"];

/** Sends each client to the app server of its home region, or to another one while that is stopped. */
export class LoadBalancer {
  readonly #servers: readonly Server[];
  readonly #record: (endpoint: string | null) => void;

  /** @param record Is called with where each client has been sent to; null is nowhere. */
  constructor(servers: readonly Server[], record: (endpoint: string | null) => void) {
    this.#servers = servers;
    this.#record = record;
  }

  /** `GET /negotiate?home=<region>&user=<name>`, `failed` as often as need be. */
  readonly handler: RequestHandler = async (req, res) => {
    const { searchParams } = new URL(req.originalUrl, "http://localhost");
    const gone = new AbortController();
    res.on("close", () => gone.abort());
    const { status, headers, body } = await this.ask(searchParams, gone.signal);
    res.status(status).set(headers).send(body);
  };

  /** The same on a port of its own. */
  listener(port: number): RequestListener {
    const app = express().disable("x-powered-by");
    return app.use(refuseOtherSites(port)).get("/negotiate", this.handler);
  }

  async ask(query: URLSearchParams, signal?: AbortSignal): Promise<ProxiedAnswer> {
    const answer = await this.#ask(query, signal);
    if (!signal?.aborted) this.#record(answer.endpoint);
    return answer;
  }

  async #ask(query: URLSearchParams, signal?: AbortSignal): Promise<ProxiedAnswer> {
    const deadline = AbortSignal.timeout(TIMEOUT_IN_MS);
    const end = signal ? AbortSignal.any([signal, deadline]) : deadline;
    for (const server of this.#serversInOrderFor(query.get("home"))) {
      try {
        return await proxiedAnswerOf(
          await fetch(`${server.url}/negotiate?${query}`, { signal: end }),
        );
      } catch {
        // It has just been stopped, or does not answer: the next one may.
        if (end.aborted) break;
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

async function proxiedAnswerOf(response: Response): Promise<ProxiedAnswer> {
  const body = await response.text();
  const headers = PASSED_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const endpoint = response.ok ? (JSON.parse(body) as { endpoint: string }).endpoint : null;
  return { status: response.status, headers: Object.fromEntries(headers), body, endpoint };
}

const NO_APP_SERVER: ProxiedAnswer = {
  status: 503,
  headers: { "content-type": "application/problem+json", "retry-after": "1" },
  body: JSON.stringify({
    status: 503,
    code: "ERR_NO_APP_SERVER",
    detail: "No app server is running; start one.",
  }),
  endpoint: null,
};
