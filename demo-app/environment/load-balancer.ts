import type { RequestListener } from "node:http";
import express, { type RequestHandler } from "express";
import { refuseStrangers } from "../http/own-page-only.ts";

/** What an app server has answered a negotiating client; or nobody has. */
export interface PassedOn {
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

/** Sends each client to the app server of its home, or to another one while that is stopped. */
export class Balancer {
  readonly #servers: readonly Server[];
  readonly #tell: (endpoint: string | null) => void;

  /** @param tell Is told where each client has been sent to; null is nowhere. */
  constructor(servers: readonly Server[], tell: (endpoint: string | null) => void) {
    this.#servers = servers;
    this.#tell = tell;
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
    return app.use(refuseStrangers(port)).get("/negotiate", this.handler);
  }

  async ask(query: URLSearchParams, signal?: AbortSignal): Promise<PassedOn> {
    const passedOn = await this.#ask(query, signal);
    if (!signal?.aborted) this.#tell(passedOn.endpoint);
    return passedOn;
  }

  async #ask(query: URLSearchParams, signal?: AbortSignal): Promise<PassedOn> {
    const deadline = AbortSignal.timeout(TIMEOUT_IN_MS);
    const end = signal ? AbortSignal.any([signal, deadline]) : deadline;
    for (const server of this.#inOrderFor(query.get("home"))) {
      try {
        return await passOn(await fetch(`${server.url}/negotiate?${query}`, { signal: end }));
      } catch {
        // It has just been stopped, or does not answer: the next one may.
        if (end.aborted) break;
      }
    }
    return NOBODY;
  }

  #inOrderFor(home: string | null): Server[] {
    const running = this.#servers.filter(({ isRunning }) => isRunning);
    const isHome = ({ region }: Server): boolean => region === home;
    return [...running.filter(isHome), ...running.filter((it) => !isHome(it))];
  }
}

async function passOn(response: Response): Promise<PassedOn> {
  const body = await response.text();
  const headers = PASSED_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const endpoint = response.ok ? (JSON.parse(body) as { endpoint: string }).endpoint : null;
  return { status: response.status, headers: Object.fromEntries(headers), body, endpoint };
}

const NOBODY: PassedOn = {
  status: 503,
  headers: { "content-type": "application/problem+json", "retry-after": "1" },
  body: JSON.stringify({
    status: 503,
    code: "ERR_NO_APP_SERVER",
    detail: "No app server is running; start one.",
  }),
  endpoint: null,
};
