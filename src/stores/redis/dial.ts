import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import { unlessAborted, withDeadline } from "../../kit/deadline.ts";
import { loadPackage } from "../load-package.ts";
import type { Dial, DialledClient } from "./link.ts";
import type { RedisTarget, SentinelTarget, ServerAddress } from "./target.ts";

const PING_INTERVAL_IN_MS = 5_000;
const maxSilenceInMs = 15_000;
const connectTimeoutInMs = 5_000;
/** Several are asked in turn, and one that is gone must not keep the others from answering. */
const sentinelTimeoutInMs = 1_500;

/** How to connect to what a URL says. */
export function dialTo(target: RedisTarget): Dial {
  if (target.kind === "server") {
    const { url } = target;
    return (signal, onLost) => connect({ url }, signal, onLost);
  }
  const primaryOf = askSentinels(target);
  return async (signal, onLost) => {
    const address = await primaryOf(signal);
    const { username, password, database, tls } = target;
    const login = { ...(username && { username }), ...(password && { password }) };
    return connect({ ...login, database, socket: socketTo(address, tls) }, signal, onLost);
  };
}

/** @returns What asks one sentinel after the other, each time from another one on: one may be cut off, and wrong. */
function askSentinels({ sentinels, name, tls }: SentinelTarget) {
  let turns = 0;
  return async (signal: AbortSignal): Promise<ServerAddress> => {
    const first = turns++;
    const failures: string[] = [];
    for (const index of sentinels.keys()) {
      const sentinel = sentinels[(first + index) % sentinels.length] as ServerAddress;
      try {
        return await withDeadline(sentinelTimeoutInMs, signal, (limit) =>
          askSentinel(sentinel, name, tls, limit),
        );
      } catch (error) {
        if (signal.aborted) throw error;
        failures.push(`${sentinel.host}:${sentinel.port}: ${(error as Error).message}`);
      }
    }
    throw new Error(`no sentinel names the primary of "${name}": ${failures.join(", ")}`);
  };
}

async function askSentinel(
  address: ServerAddress,
  name: string,
  tls: boolean,
  limit: AbortSignalLike,
): Promise<ServerAddress> {
  const options = { socket: socketTo(address, tls) };
  const connection = new Connection(await loadRedis(), options, () => {});
  try {
    await unlessAborted(limit, connection.open());
    const asked = connection.client.sendCommand(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", name]);
    const answer: unknown = await unlessAborted(limit, asked);
    const [primary, primaryPort] = Array.isArray(answer) ? answer.map(String) : [];
    if (!primary || !Number(primaryPort)) throw new Error("it knows none of that name");
    return { host: primary, port: Number(primaryPort) };
  } finally {
    connection.drop();
  }
}

function socketTo({ host, port }: ServerAddress, tls: boolean): NonNullable<Options["socket"]> {
  return tls ? { host, port, tls } : { host, port };
}

async function connect(
  options: Options,
  signal: AbortSignal,
  onLost: (error: unknown) => void,
): Promise<DialledClient> {
  const connection = new Connection(await loadRedis(), options, onLost);
  try {
    await unlessAborted(signal, connection.open());
    return connection;
  } catch (error) {
    connection.drop();
    throw error;
  }
}

type Library = typeof import("redis");
type Options = NonNullable<Parameters<Library["createClient"]>[0]>;

export const loadRedis = (): Promise<Library> => loadPackage("redis", () => import("redis"));

/** A client of the library that connects once. */
class Connection implements DialledClient {
  readonly client: ReturnType<typeof newClient>;
  #hasSocket = false;
  #isOpen = false;
  #isDropped = false;

  /** @param onLost Told when the connection breaks, unless it has been dropped. */
  constructor(library: Library, options: Options, onLost: (error: unknown) => void) {
    this.client = newClient(library, options);
    this.client
      .on("connect", () => {
        this.#hasSocket = true;
        if (this.#isDropped) this.#destroy();
      })
      .on("error", (error) => {
        // Other errors, such as of a ping that the user may not send, break nothing.
        if (!this.#isOpen || this.client.isReady) return;
        this.#isOpen = false;
        if (!this.#isDropped) onLost(error);
      });
  }

  async open(): Promise<void> {
    await this.client.connect();
    this.#isOpen = true;
  }

  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
    return this.client.eval(script, options);
  }

  evalSha(digest: string, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
    return this.client.evalSha(digest, options);
  }

  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    // A client cannot drop a connection before it has it: then it does so as soon as it has.
    if (this.#hasSocket) this.#destroy();
  }

  #destroy(): void {
    try {
      this.client.destroy();
    } catch {
      // It was broken already; now its timer has ended as well.
    }
  }
}

function newClient(library: Library, { socket, ...options }: Options) {
  return library.createClient({
    ...options,
    // Whoever asks wants to know now, and asks again by itself.
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL_IN_MS,
    socket: {
      ...socket,
      connectTimeout: connectTimeoutInMs,
      socketTimeout: maxSilenceInMs,
      // To connect again is the link's, which may have to go elsewhere.
      reconnectStrategy: false,
    } as NonNullable<Options["socket"]>,
  });
}
