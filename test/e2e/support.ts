import type { Express } from "express";
import type { ResilientPubSubOptions } from "express-resilient-pubsub";
import type {
  ContinuityOptions,
  ResilientPubSubClientOptions,
} from "express-resilient-pubsub/client";
import { type Tab, useBrowser } from "../support/browser.ts";
import { bundleClient } from "../support/client-bundle.ts";
import { type RunningRegions, startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

/** An event of the client, as far as it can be told across. */
export interface Seen {
  readonly name: string;
  readonly endpoint?: string;
  readonly connectionId?: string;
  readonly state?: string;
  readonly retryInMs?: number;
  readonly code?: string;
  /** Its text. */
  readonly error?: string;
  readonly message?: string;
  readonly data?: unknown;
  readonly recovered?: boolean;
}

/** What gives a page its `begin`, `client` and `seen`; a file of its own where a policy forbids others. */
export const PAGE_SCRIPT = `  import { continuity, ResilientPubSubClient } from "/client.js";
  const names = ["continuity", "connected", "disconnected", "stopped", "moved", "connect-failed", "state-changed",
    "server-message", "group-message", "rejoin-group-failed"];
  globalThis.seen = [];
  globalThis.begin = (negotiate, { continuity: since, ...options }) => {
    if (since) options.continuity = continuity(since);
    globalThis.client = new ResilientPubSubClient(negotiate, options);
    for (const name of names) client.on(name, ({ error, message, ...rest }) => {
      seen.push({ name, ...rest, code: error?.code, error: error?.message, data: message?.data, message: message?.message });
    });
    return client.start().then(() => "started", ({ code }) => code);
  };`;

export const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`;

/** Options as they get across. */
export type PageClientOptions = Omit<ResilientPubSubClientOptions, "continuity"> & {
  readonly continuity?: ContinuityOptions;
};

/** For each test, two emulated regions and a tab with nothing but the client in it. */
export function useClientPage() {
  const openTab = useBrowser();
  const clientCode = bundleClient();

  return async (
    prepare: (app: Express) => void = () => {},
    overrides: Pick<ResilientPubSubOptions, "history"> = {},
  ): Promise<RunningRegions & { page: ClientPage }> => {
    const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
    const world = await startRegions({
      negotiate: { authenticate: () => ({ userId: "ada", roles }) },
      health: { transitionIntervalInMs: 50, timeoutInMs: 500 },
      fanOut: { timeoutInMs: 500 },
      ...overrides,
      prepare: (app) => {
        prepare(app);
        app.get("/page", (_req, res) => void res.type("html").send(PAGE));
        app.get("/page.js", (_req, res) => void res.type("js").send(PAGE_SCRIPT));
        app.get("/client.js", (_req, res) => void res.type("js").send(clientCode));
      },
    });
    return { ...world, page: new ClientPage(await openTab(`${world.url}/page`)) };
  };
}

/** The page's client, driven from here. */
export class ClientPage {
  readonly tab: Tab;

  constructor(tab: Tab) {
    this.tab = tab;
  }

  /** @returns `started`, or the code of the error. */
  begin(options: PageClientOptions = {}, negotiate = "/negotiate"): Promise<string> {
    return this.run(`begin("${negotiate}", ${JSON.stringify(options)})`);
  }

  /** Runs code in the page, where `client` and `seen` are known. */
  run<T>(code: string): Promise<T> {
    return this.tab.page.evaluate(code);
  }

  seen(name: string): Promise<Seen[]> {
    return this.run(`seen.filter(({ name }) => name === "${name}")`);
  }

  async heard(name: "server-message" | "group-message"): Promise<unknown[]> {
    return (await this.seen(name)).map(({ data }) => data);
  }

  /** Waits until the client has been without a connection, and has one again, to such an endpoint. */
  async cameBackTo(endpoint: RegExp): Promise<void> {
    await until(async () => {
      const states = (await this.seen("state-changed")).map(({ state }) => state);
      return states.includes("reconnecting") && endpoint.test(await this.run("client.endpoint"));
    });
  }

  async isOn(endpoint: string): Promise<void> {
    await until(async () => (await this.run("client.endpoint")) === endpoint);
  }

  /** Every tab of a real user would show these in red. */
  get errors(): readonly string[] {
    return this.tab.errors;
  }
}
