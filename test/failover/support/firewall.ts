import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { closeAfterTest } from "../../support/clean-up.ts";
import { serve } from "../../support/serve.ts";

/** What stands before an instance, and refuses what it does not like. */
export interface Firewall {
  readonly url: string;
  /** How many canaries have come by. */
  readonly canaries: number;
}

interface Seen {
  readonly url: string;
  readonly body: string;
  /** Of the sends that came by, this one included. */
  readonly count: number;
}

export type Refusal = (res: ServerResponse) => void;

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
  const { url } = closeAfterTest(
    await serve(async (req, res) => {
      const body = await buffer(req).catch(() => undefined);
      if (body === undefined) return;
      const path = decodeURIComponent(req.url ?? "");
      if (path.includes("canary")) canaries += 1;
      if (req.method === "POST") count += 1;
      const seen = { url: path, body: body.toString(), count };
      if (!path.startsWith("/api/health") && isPoison(seen)) refuse(res);
      else passOn(origin, req, body, res);
    }),
  );
  return {
    url,
    get canaries() {
      return canaries;
    },
  };
}

function passOn(origin: string, req: IncomingMessage, body: Buffer, res: ServerResponse): void {
  const { method, headers } = req;
  const upstream = request(origin + req.url, { method, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  upstream.on("error", () => res.destroy());
  upstream.end(body);
}
