import type { IncomingMessage } from "node:http";
import type { HubOptions } from "../contract/emulator-options.ts";
import { EmulatorError } from "../contract/errors.ts";
import type { Fault } from "../contract/fault.ts";
import type { DropOptions, KeyName, RestartOptions } from "../contract/operation-options.ts";
import { parseFaults } from "../faults/fault-options.ts";
import { answerOrRefuse } from "../http/refusal.ts";
import type { Reply } from "../http/reply.ts";
import { decodePercent, splitTarget } from "../http/target.ts";
import { parseKeyRotation, parseRestartOptions } from "../options/operation-options.ts";
import { warn } from "../reporting/warnings.ts";
import { readJson } from "./body.ts";
import { findAccessProblem } from "./local-access.ts";
import { DONE, json, refusal } from "./replies.ts";

/** What can be done with an emulator from outside. */
export interface EmulatorControl {
  readonly connectionString: string;
  readonly secondaryConnectionString: string;
  inject(faults: Fault | readonly Fault[]): Promise<void>;
  clear(): Promise<void>;
  restart(options: RestartOptions): Promise<void>;
  rotateKey(which: KeyName, newKey?: string): string;
  dropSockets(options?: DropOptions): number;
  setHub(name: string, options: HubOptions): void;
}

export interface AdminOptions {
  readonly emulator: EmulatorControl;
  /** How the emulator is, without its keys. */
  describe(): object;
  /** Whether it is on the service's own port: what closes that waits for the answer then. */
  readonly sharesPort: boolean;
}

interface Route {
  readonly method: "DELETE" | "GET" | "POST" | "PUT";
  readonly path: RegExp;
  /** `parameter` is what the path's group has caught, decoded. */
  run(request: IncomingMessage, parameter: string): Promise<Reply>;
}

export const ADMIN_PATH = "/_emulator";

/** The emulator over HTTP. It asks for no key, so it looks closely at who calls. */
export class Admin {
  readonly #options: AdminOptions;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  owns({ url }: IncomingMessage): boolean {
    const { rawPath } = splitTarget(url);
    return rawPath === ADMIN_PATH || rawPath.startsWith(`${ADMIN_PATH}/`);
  }

  /** Undefined when the caller went away in the middle of its request. */
  answer(request: IncomingMessage): Promise<Reply | undefined> {
    return answerOrRefuse(request, async () => {
      try {
        return await this.#serve(request);
      } catch (error) {
        if (!(error instanceof EmulatorError)) throw error;
        const { code, message } = error;
        return json(code === "ERR_INVALID_OPTIONS" ? 400 : 409, { code, message });
      }
    });
  }

  async #serve(request: IncomingMessage): Promise<Reply> {
    const { method, url, headers, socket } = request;
    const problem = findAccessProblem({ remoteAddress: socket.remoteAddress, headers, url });
    if (problem !== undefined) throw refusal(403, problem);
    const path = splitTarget(url).rawPath.slice(ADMIN_PATH.length);
    const routes = this.#routes.filter((route) => route.path.test(path));
    if (routes.length === 0) throw refusal(404, "There is no such route.");
    const route = routes.find((candidate) => candidate.method === method);
    if (!route) {
      const allow = routes.map((candidate) => candidate.method).join(", ");
      throw refusal(405, `Use ${allow}.`, { Allow: allow });
    }
    return route.run(request, decodePercent(route.path.exec(path)?.[1] ?? "") ?? "");
  }

  readonly #routes: readonly Route[] = [
    { method: "GET", path: /^$/, run: async () => json(200, this.#options.describe()) },
    { method: "PUT", path: /^\/faults$/, run: (request) => this.#inject(request) },
    {
      method: "DELETE",
      path: /^\/faults$/,
      run: async () => {
        await this.#options.emulator.clear();
        return DONE;
      },
    },
    { method: "POST", path: /^\/restart$/, run: (request) => this.#restart(request) },
    {
      method: "POST",
      path: /^\/rotate-key$/,
      run: async (request) => {
        const { emulator } = this.#options;
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
        return json(200, { dropped: this.#options.emulator.dropSockets(options) });
      },
    },
    {
      method: "PUT",
      path: /^\/hubs\/([^/]+)$/,
      run: async (request, hub) => {
        this.#options.emulator.setHub(hub, (await readJson(request)) as HubOptions);
        return DONE;
      },
    },
  ];

  async #inject(request: IncomingMessage): Promise<Reply> {
    const input = (await readJson(request)) as Fault | readonly Fault[];
    const closesThePort = parseFaults(input).some(({ kind }) => kind === "crash");
    return this.#run(() => this.#options.emulator.inject(input), closesThePort);
  }

  async #restart(request: IncomingMessage): Promise<Reply> {
    const options = parseRestartOptions((await readJson(request)) as RestartOptions);
    return this.#run(() => this.#options.emulator.restart(options), true);
  }

  async #run(task: () => Promise<void>, closesThePort: boolean): Promise<Reply> {
    if (!closesThePort || !this.#options.sharesPort) {
      await task();
      return DONE;
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
