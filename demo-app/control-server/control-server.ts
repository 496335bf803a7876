import express, { type Express, type RequestHandler } from "express";
import { type MonitoredEnvironment, RequestError } from "../contract/environment.ts";
import type { ClientView } from "../contract/live.ts";
import type { Listening } from "../http/listen.ts";
import { refuseOtherSites, requireJson } from "../http/own-page-only.ts";
import { answerError } from "./answer-error.ts";
import { controlRoutes, type Drill } from "./control-routes.ts";
import { LiveStream, type ObservedDrill } from "./live-stream.ts";

export interface ControlServerOptions {
  /** Where it answers; it is the control server's from now on. */
  readonly listening: Listening;
  readonly environment: MonitoredEnvironment;
  readonly drill: Drill & ObservedDrill;
  /** What serves the page; without it there is none. */
  readonly page?: RequestHandler | undefined;
}

/** Shows the environment, and takes orders for it. */
export class ControlServer {
  readonly url: string;
  readonly live: LiveStream;
  readonly #drill: Drill;
  readonly #listening: Listening;

  constructor({ drill, listening, page, environment }: ControlServerOptions) {
    this.url = listening.url;
    this.live = new LiveStream(environment, drill);
    this.#drill = drill;
    this.#listening = listening;
    listening.server.on("request", this.#createApp(environment, listening.port, page));
  }

  /** Ends the drill, and answers nobody any more. */
  async close(): Promise<void> {
    this.live.close();
    await this.#listening.close();
    await this.#drill.stop();
  }

  #createApp(
    environment: MonitoredEnvironment,
    port: number,
    page: RequestHandler | undefined,
  ): Express {
    const app = express();
    app.disable("x-powered-by");
    app.use(["/api", "/negotiate"], refuseOtherSites(port));
    app.get("/api/live", this.live.handler);
    app.get(
      "/api/clients/:id",
      clientOf(() => environment.clients.views),
    );
    app.get(
      "/api/microsoft-clients/:id",
      clientOf(() => environment.microsoftClients),
    );
    app.use("/api/control", requireJson, controlRoutes(environment, this.#drill));
    app.use(environment.negotiateHandler);
    app.use("/api", () => {
      throw new RequestError(404, "There is no such route.");
    });
    if (page) app.use(page);
    app.use(answerError);
    return app;
  }
}

function clientOf(clients: () => readonly ClientView[]): RequestHandler<{ id: string }> {
  return ({ params }, res) => {
    const client = clients().find(({ id }) => String(id) === params.id);
    if (!client) throw new RequestError(404, "There is no such client.");
    res.set("Cache-Control", "no-store").json(client);
  };
}
