import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { HubOptions } from "../contract/emulator-options.ts";
import { EmulatorError } from "../contract/errors.ts";
import type { Fault } from "../contract/fault.ts";
import type { DropOptions, KeyName, RestartOptions } from "../contract/operation-options.ts";
import { parseFaults } from "../faults/fault-options.ts";
import type { Reply } from "../http/reply.ts";
import { decodePercent, splitTarget } from "../http/target.ts";
import { parseKeyRotation, parseRestartOptions } from "../options/operation-options.ts";
import { warn } from "../reporting/warnings.ts";
import { readJson } from "./body.ts";
import { AdminFailure } from "./failure.ts";
import { problemOfVisitor } from "./guard.ts";

/** What an operator can do with an emulator. */
export interface Operable {
  readonly connectionString: string;
  readonly secondaryConnectionString: string;
  inject(faults: Fault | readonly Fault[]): Promise<void>;
  clear(): Promise<void>;
  restart(options: RestartOptions): Promise<void>;
  rotateKey(which: KeyName, newKey?: string): string;
  dropSockets(options?: DropOptions): number;
  setHub(name: string, options: HubOptions): void;
}

export interface AdminParts {
  readonly emulator: Operable;
  /** How the emulator is, without its keys. */
  describe(): object;
  /** Whether the way here is the service's own port: what ends it then waits for the answer. */
  readonly sharesPort: boolean;
}

interface Route {
  readonly method: "DELETE" | "GET" | "POST" | "PUT";
  readonly path: RegExp;
  /** `parameter` is what the path's group has caught, decoded. */
  run(request: IncomingMessage, parameter: string): Promise<Reply>;
}

export const adminPath = "/_emulator";

/** The operator's door over HTTP. It asks for no key, so it looks closely at who knocks. */
export class Admin {
  readonly #parts: AdminParts;

  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  owns({ url }: IncomingMessage): boolean {
    const { rawPath } = splitTarget(url);
    return rawPath === adminPath || rawPath.startsWith(`${adminPath}/`);
  }

  /** Undefined when the caller went away in the middle of its request. */
  async answer(request: IncomingMessage): Promise<Reply | undefined> {
    try {
      return await this.#answer(request);
    } catch (error) {
      const reply = replyTo(error);
      if (reply) return reply;
      if (request.destroyed && !request.complete) return undefined;
      throw error;
    }
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    const { method, url, headers, socket } = request;
    const problem = problemOfVisitor({ remoteAddress: socket.remoteAddress, headers, url });
    if (problem !== undefined) throw new AdminFailure(403, problem);
    const path = splitTarget(url).rawPath.slice(adminPath.length);
    const routes = this.#routes.filter((route) => route.path.test(path));
    if (routes.length === 0) throw new AdminFailure(404, "There is no such route.");
    const route = routes.find((candidate) => candidate.method === method);
    if (!route) {
      const allow = routes.map((candidate) => candidate.method).join(", ");
      throw new AdminFailure(405, `Use ${allow}.`, { Allow: allow });
    }
    return route.run(request, decodePercent(route.path.exec(path)?.[1] ?? "") ?? "");
  }

  readonly #routes: readonly Route[] = [
    { method: "GET", path: /^$/, run: async () => json(200, this.#parts.describe()) },
    { method: "PUT", path: /^\/faults$/, run: (request) => this.#inject(request) },
    {
      method: "DELETE",
      path: /^\/faults$/,
      run: async () => {
        await this.#parts.emulator.clear();
        return done;
      },
    },
    { method: "POST", path: /^\/restart$/, run: (request) => this.#restart(request) },
    {
      method: "POST",
      path: /^\/rotate-key$/,
      run: async (request) => {
        const { emulator } = this.#parts;
        const { which, newKey } = parseKeyRotation(await readJson(request));
        emulator.rotateKey(which, newKey);
        const { connectionString, secondaryConnectionString } = emulator;
        const isPrimary = which === "primary";
        return json(200, {
          which,
          connectionString: isPrimary ? connectionString : secondaryConnectionString,
        });
      },
    },
    {
      method: "POST",
      path: /^\/drop-sockets$/,
      run: async (request) => {
        const options = (await readJson(request)) as DropOptions;
        return json(200, { dropped: this.#parts.emulator.dropSockets(options) });
      },
    },
    {
      method: "PUT",
      path: /^\/hubs\/([^/]+)$/,
      run: async (request, hub) => {
        this.#parts.emulator.setHub(hub, (await readJson(request)) as HubOptions);
        return done;
      },
    },
  ];

  async #inject(request: IncomingMessage): Promise<Reply> {
    const input = (await readJson(request)) as Fault | readonly Fault[];
    const closesThePort = parseFaults(input).some(({ kind }) => kind === "crash");
    return this.#do(() => this.#parts.emulator.inject(input), closesThePort);
  }

  async #restart(request: IncomingMessage): Promise<Reply> {
    const options = parseRestartOptions((await readJson(request)) as RestartOptions);
    return this.#do(() => this.#parts.emulator.restart(options), true);
  }

  async #do(task: () => Promise<void>, closesThePort: boolean): Promise<Reply> {
    if (!closesThePort || !this.#parts.sharesPort) {
      await task();
      return done;
    }
    return {
      status: 202,
      headers: { Connection: "close" },
      afterwards: () => {
        task().catch((error) => warn("What was asked of the admin route failed.", error));
      },
    };
  }
}

const done: Reply = { status: 204 };

function replyTo(error: unknown): Reply | undefined {
  if (error instanceof AdminFailure) {
    const { status, message, headers } = error;
    const code = (STATUS_CODES[status] ?? "").replaceAll(" ", "");
    return json(status, { code, message }, headers);
  }
  if (error instanceof EmulatorError) {
    const { code, message } = error;
    return json(code === "ERR_INVALID_OPTIONS" ? 400 : 409, { code, message });
  }
  return undefined;
}

const json = (status: number, value: object, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers: {
    ...headers,
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  },
  body: JSON.stringify(value),
});
