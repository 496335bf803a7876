import type { PluginContext } from "../context/plugin-context.ts";
import { PROBE_USER_ID } from "../context/probe-user.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { probeMetadata } from "./metadata-probe.ts";

/**
 * Has a token made for a client of this user.
 *
 * @returns The URL to connect to.
 */
export type ConnectUrl = (endpoint: RegisteredEndpoint, userId: string) => Promise<string>;

/**
 * Finds out of each endpoint, when it is first in use, whether it passes message metadata on. One that
 * does not takes the positions away, so that clients would be given messages twice.
 */
export class MetadataWatch {
  readonly #context: PluginContext;
  readonly #connectUrl: ConnectUrl;
  readonly #closing = new AbortController();
  /** Of which it is known, or is being found out. */
  readonly #looked = new WeakSet<RegisteredEndpoint>();
  readonly #probes = new Set<Promise<void>>();

  constructor(context: PluginContext, connectUrl: ConnectUrl) {
    this.#context = context;
    this.#connectUrl = connectUrl;
  }

  start(): void {
    const { events, registry } = this.#context;
    events.onInternally("endpointUp", ({ endpoint: name }) => {
      const endpoint = registry.find(name);
      if (endpoint === undefined || this.#looked.has(endpoint)) return;
      this.#looked.add(endpoint);
      const probe = this.#look(endpoint).finally(() => this.#probes.delete(probe));
      this.#probes.add(probe);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#probes);
  }

  /** What could not be found out is tried again when the endpoint is up the next time. */
  async #look(endpoint: RegisteredEndpoint): Promise<void> {
    const { configuration, events } = this.#context;
    const timeout = AbortSignal.timeout(configuration.fanOut.timeoutInMs);
    const signal = AbortSignal.any([timeout, this.#closing.signal]);
    try {
      const url = await this.#connectUrl(endpoint, PROBE_USER_ID);
      const finding = await probeMetadata(endpoint.endpoint, url, signal);
      if (finding === "unknown") this.#looked.delete(endpoint);
      if (finding === "dropped") events.emit("metadataDropped", { endpoint: endpoint.name });
    } catch {
      // That an endpoint gives no token is told where clients want one.
      this.#looked.delete(endpoint);
    }
  }
}
