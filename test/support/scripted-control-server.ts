import type { ServerResponse } from "node:http";
import express from "express";
import type { ClientView, LiveMessages } from "../../demo-app/contract/live.ts";
import type { PageFile } from "../../demo-app/page-server/bundle-page.ts";
import { pageHandler } from "../../demo-app/page-server/page-handler.ts";
import { type RunningServer, serve } from "./serve.ts";

export interface Order {
  readonly path: string;
  readonly body: unknown;
}

/** A control server that tells the page what a test has written, and does nothing that it is asked. */
export class ScriptedControlServer {
  readonly orders: Order[] = [];
  /** When there is one, every order is refused with it. */
  refusal: string | undefined;
  /** How often somebody has begun to listen. */
  listenings = 0;
  isAway = false;
  readonly #published: Partial<LiveMessages> = {};
  readonly #listeners = new Set<ServerResponse>();
  #running: RunningServer | undefined;

  async open(files: readonly PageFile[]): Promise<void> {
    const app = express();
    app.get("/api/live", (_req, res) => this.#listen(res));
    app.get(
      ["/api/clients/:id", "/api/microsoft-clients/:id"],
      (req, res) => void res.json(clientView(Number(req.params.id))),
    );
    app.post("/api/control/*path", express.json(), (req, res) => {
      this.orders.push({ path: req.path.slice("/api/control".length), body: req.body });
      if (this.refusal) res.status(409).json({ error: this.refusal });
      else res.status(204).end();
    });
    app.get("/negotiate", (_req, res) => void res.status(503).set("Retry-After", "60").end());
    app.use(pageHandler(files));
    this.#running = await serve(app);
  }

  get url(): string {
    return this.#running?.url ?? "";
  }

  /** Tells all who listen, and who will listen. */
  publish<Name extends keyof LiveMessages>(name: Name, data: LiveMessages[Name]): void {
    this.#published[name] = data;
    for (const listener of this.#listeners) listener.write(frame(name, data));
  }

  /** Ends the streams; nobody can listen again until it is back. */
  leave(): void {
    this.isAway = true;
    for (const listener of this.#listeners) listener.destroy();
    this.#listeners.clear();
  }

  close(): Promise<void> | undefined {
    return this.#running?.close();
  }

  #listen(res: ServerResponse): void {
    if (this.isAway) return void res.destroy();
    this.listenings += 1;
    res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    res.flushHeaders();
    for (const [name, data] of Object.entries(this.#published)) res.write(frame(name, data));
    this.#listeners.add(res);
    res.on("close", () => this.#listeners.delete(res));
  }
}

function frame(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function clientView(id: number): ClientView {
  return {
    id,
    homeRegion: "eastus",
    endpoint: "westus",
    moves: 2,
    downtimeInMs: 640,
    messages: 1207,
  };
}
