import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { request as requestByTls, Agent as TlsAgent } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { onOwnPort } from "./own-port.ts";

/** What stands before an instance, and refuses what it does not like. */
export interface Firewall {
  readonly url: string;
  /** How many canaries have come by. */
  readonly canaries: number;
  /** Ends its connections and takes no more, as a machine that is down. */
  stop(): Promise<void>;
  /** Is there again. */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Seen {
  readonly url: string;
  readonly body: string;
  /** Of the sends that came by, this one included. */
  readonly count: number;
}

export type Refusal = (res: ServerResponse, seen: Seen) => void;

/** As front doors have it: whoever reuses a connection should not find it ended at that moment. */
const KEEP_ALIVE_IN_MS = 60_000;
/** Less than the seconds after which an instance ends a connection that nobody uses. */
const IDLE_IN_MS = 2000;

/**
 * A reverse proxy in front of an instance.
 *
 * @param isPoison Whether what came by is refused. Health checks never are.
 */
export async function startFirewall(
  origin: string,
  isPoison: (seen: Seen) => boolean,
  refuse: Refusal,
): Promise<Firewall> {
  let canaries = 0;
  let count = 0;
  const passOn = forwarder(origin);
  const server = createServer(async (req, res) => {
    const body = await buffer(req).catch(() => undefined);
    if (body === undefined) return;
    const path = decodeURIComponent(req.url ?? "");
    if (path.includes("canary")) canaries += 1;
    if (req.method === "POST") count += 1;
    const seen = { url: path, body: body.toString(), count };
    if (!path.startsWith("/api/health") && isPoison(seen)) refuse(res, seen);
    else passOn.request(req, body, res);
  });
  server.keepAliveTimeout = KEEP_ALIVE_IN_MS;
  const listen = async (port: number): Promise<void> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const stop = async (): Promise<void> => {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  };
  await onOwnPort(listen);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get canaries() {
      return canaries;
    },
    stop,
    start: () => listen(port),
    close: async () => {
      await stop();
      passOn.end();
    },
  };
}

/** What has come by goes on to the instance, whose certificate nobody asks for. */
function forwarder(origin: string) {
  const isTls = origin.startsWith("https:");
  const pool = { keepAlive: true, timeout: IDLE_IN_MS };
  const agent = isTls ? new TlsAgent({ ...pool, rejectUnauthorized: false }) : new Agent(pool);
  const ask = isTls ? requestByTls : request;
  return {
    request(req: IncomingMessage, body: Buffer, res: ServerResponse): void {
      const { method, headers } = req;
      const upstream = ask(origin + req.url, { method, headers, agent }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      upstream.on("error", () => res.destroy());
      res.on("close", () => {
        if (!res.writableFinished) upstream.destroy();
      });
      upstream.end(body);
    },
    end: () => agent.destroy(),
  };
}
