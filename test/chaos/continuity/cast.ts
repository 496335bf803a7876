import { randomBytes } from "node:crypto";
import type { EndpointOptions } from "express-resilient-pubsub";
import { listenOn } from "../../../demo-app/http/listen.ts";
import type { OpenResources } from "../../../demo-app/kit/open-all.ts";
import { Guardian } from "../../nemesis/processes/guardian.ts";
import { isRedisInstalled } from "../../support/is-redis-installed.ts";
import { onOwnPort } from "../../support/own-port.ts";
import { RedisPair } from "../redis-pair.ts";
import type { ContinuityArguments } from "./arguments.ts";
import { Balancer } from "./balancer.ts";
import { REGIONS, type RegionName } from "./plan.ts";
import type {
  ClientsSettings,
  EndpointSettings,
  PlainSettings,
  ProgramMessage,
  ServerSettings,
} from "./programs/program-messages.ts";
import { RunProcess } from "./run-process.ts";

export type Sizes = Omit<ContinuityArguments, "json">;

/** Of all clients so many publish: each has a line of its own in everybody's record. */
const PUBLISHERS_A_PROCESS = 8;

/** All processes of a run. */
export interface Cast {
  readonly redis: RedisPair | undefined;
  readonly regions: ReadonlyMap<RegionName, RunProcess>;
  readonly servers: readonly RunProcess[];
  readonly clients: readonly RunProcess[];
  readonly plain: readonly RunProcess[];
  readonly negotiateUrls: readonly string[];
}

/** @param isSending Whether an app server that starts now is to send. */
export async function startCast(
  sizes: Sizes,
  opened: OpenResources,
  isSending: () => boolean,
  onMessage: (message: ProgramMessage, from: string) => void,
): Promise<Cast> {
  const guardian = opened.add(new Guardian());
  const redis = isRedisInstalled ? opened.add(await RedisPair.start()) : undefined;
  // Without redis, there is one app server that knows what was sent.
  const count = redis ? sizes.servers : 1;
  const ports = await Promise.all(Array.from({ length: count }, takePort));
  const balancer = opened.add(await Balancer.start(ports));
  const start = async (
    ...given: [string, string, (run: number) => object]
  ): Promise<RunProcess> => {
    const process = opened.add(new RunProcess(...given, guardian, onMessage));
    await process.start();
    return process;
  };
  const accessKey = randomBytes(32).toString("base64");
  const regions = new Map<RegionName, RunProcess>();
  const endpoints: EndpointOptions[] = [];
  for (const name of REGIONS) {
    const port = await takePort();
    const settings: EndpointSettings = { port, accessKey, upstreamPort: balancer.port };
    regions.set(name, await start(name, "endpoint-program", () => settings));
    endpoints.push({
      name,
      role: name === "east" ? "primary" : "secondary",
      connectionString: `Endpoint=http://127.0.0.1:${port};AccessKey=${accessKey};Version=1.0;`,
    });
  }
  const servers = await Promise.all(
    ports.map((port, index) =>
      start(`server ${index + 1}`, "server-program", (run): ServerSettings => {
        const sender = `s${index + 1}.${run}`;
        const rate = sizes.rate / count;
        const [redisUrl, appendTimeoutInMs] = [redis?.url, sizes.append];
        const options = { redisUrl, appendTimeoutInMs, reviewAfterInMs: sizes.review };
        return { sender, port, endpoints, ...options, rate, isSending: isSending() };
      }),
    ),
  );
  const negotiateUrls = ports.map((port) => `http://127.0.0.1:${port}/negotiate`);
  const clients = await Promise.all(
    sharesOf(sizes.clients, sizes.processes, "c").map((names, index) =>
      start(`clients ${index + 1}`, "clients-program", (): ClientsSettings => {
        const rate = sizes.rate / sizes.processes;
        const { patience } = sizes;
        return { names, negotiateUrls, publishers: PUBLISHERS_A_PROCESS, rate, patience };
      }),
    ),
  );
  const plain = await Promise.all(
    sharesOf(sizes.plain, 1, "p").map((names) =>
      start("plain clients", "plain-program", (): PlainSettings => ({ names, negotiateUrls })),
    ),
  );
  return { redis, regions, servers, clients, plain, negotiateUrls };
}

/** Names of clients, a list for each process. */
function sharesOf(count: number, processes: number, letter: string): string[][] {
  const names = Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
  const size = Math.ceil(count / processes);
  const shares = Array.from({ length: processes }, (_, index) =>
    names.slice(index * size, (index + 1) * size),
  );
  return shares.filter(({ length }) => length > 0);
}

/** A port that nobody else takes while nobody listens there. */
function takePort(): Promise<number> {
  return onOwnPort(async (port) => {
    const { close } = await listenOn(port);
    await close();
    return port;
  });
}
