import type { IncomingMessage, ServerResponse } from "node:http";
import { closeAfterTest } from "../../support/clean-up.ts";
import { type RunningServer, serve } from "../../support/serve.ts";

export type Answer = (res: ServerResponse, req: IncomingMessage) => unknown;

export const answerJson =
  (body: unknown): Answer =>
  (res) =>
    res.setHeader("Content-Type", "application/json").end(JSON.stringify(body));

export const answerStatus =
  (status: number, headers: Record<string, string> = {}, body = ""): Answer =>
  (res) =>
    res.writeHead(status, headers).end(body);

/** What a client asks of the history. */
export interface HistoryRequest {
  readonly grant?: string;
  readonly since: Record<string, string>;
  readonly seen: Record<string, string>;
  readonly connections: readonly string[];
  readonly at?: { readonly endpoint: string };
}

export const never: Answer = () => {};
export const hangUp: Answer = (res) => res.destroy();

/** An app server that answers whatever a test wants. */
export class ScriptedAppServer {
  /** What was asked, by the path and query. */
  readonly negotiated: URL[] = [];
  readonly reviewed: URL[] = [];
  /** How many requests were given up before they were answered. */
  cancelled = 0;
  negotiate: Answer;
  place: Answer = answerStatus(204);
  /** Bodies of what was asked of the history, in their order. */
  readonly caughtUp: HistoryRequest[] = [];
  history: (request: HistoryRequest) => Answer = () => answerStatus(404);
  readonly #server: RunningServer;

  static async start(negotiate: Answer): Promise<ScriptedAppServer> {
    const listen = async (): Promise<ScriptedAppServer> => {
      const running = await serve((req, res) => appServer.#answer(req, res));
      const appServer = new ScriptedAppServer(negotiate, running);
      return appServer;
    };
    return closeAfterTest(await listen());
  }

  private constructor(negotiate: Answer, server: RunningServer) {
    this.negotiate = negotiate;
    this.#server = server;
  }

  get url(): string {
    return `${this.#server.url}/negotiate`;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    const url = new URL(req.url ?? "", this.url);
    const isReview = url.pathname.endsWith("/place");
    res.on("close", () => {
      if (!res.writableEnded) this.cancelled += 1;
    });
    if (url.pathname.endsWith("/history")) {
      void this.#catchUp(req, res);
      return;
    }
    (isReview ? this.reviewed : this.negotiated).push(url);
    (isReview ? this.place : this.negotiate)(res, req);
  }

  async #catchUp(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of req) body += chunk;
    const request: HistoryRequest = JSON.parse(body);
    this.caughtUp.push(request);
    this.history(request)(res, req);
  }
}
