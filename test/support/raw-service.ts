import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "./clean-up.ts";
import { endpointsAt } from "./endpoints-at.ts";
import { serve } from "./serve.ts";

export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RawService {
  readonly url: string;
  readonly connectionString: string;
  /** What it was asked, besides health checks and canaries. */
  readonly requests: RawRequest[];
}

type Answer = (res: ServerResponse, request: RawRequest, count: number) => void;

export const accept: Answer = (res) => void res.writeHead(202, { "Content-Length": 0 }).end();

/** An endpoint that is healthy, and whose answers to operations are the test's. */
export async function startRawService(answer: Answer = accept): Promise<RawService> {
  const requests: RawRequest[] = [];
  const { url } = closeAfterTest(
    await serve(async (req, res) => {
      const request = await readRequest(req).catch(() => undefined);
      if (request === undefined) return;
      if (isCheck(request)) {
        res.writeHead(request.method === "HEAD" ? 200 : 202, { "Content-Length": 0 }).end();
        return;
      }
      requests.push(request);
      answer(res, request, requests.length);
    }),
  );
  return { url, connectionString: `Endpoint=${url};AccessKey=the-key-of-a-raw-service`, requests };
}

async function readRequest(req: IncomingMessage): Promise<RawRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  const { method = "", url = "", headers } = req;
  return { method, url, headers, body: Buffer.concat(chunks) };
}

const isCheck = ({ url }: RawRequest): boolean =>
  /^\/api\/health|\/resilient-pubsub\.canary\//.test(url);

type Options = Omit<Parameters<typeof resilientPubSub>[0], "hub" | "endpoints" | "negotiate">;

/** The plugin over these endpoints, the first of which is the primary; healthy at the start. */
export async function startPlugin(
  endpoints: Record<string, { readonly connectionString: string }>,
  options: Options = {},
): Promise<ResilientPubSub> {
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: endpointsAt(endpoints),
      negotiate: { allowAnonymous: true },
      ...options,
      health: { schedule: false, ...options.health },
    }),
  );
  await pubsub.ready();
  return pubsub;
}
