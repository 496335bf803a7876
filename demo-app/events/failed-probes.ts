import type { EndpointSnapshot } from "express-resilient-pubsub";
import type { Told } from "./event-recorder.ts";

interface Server {
  readonly region: string;
  readonly snapshots: readonly EndpointSnapshot[];
}

/** Notices the first failed health check of an endpoint that has been well: a suspicion, not yet a fault. */
export class ProbeWatch {
  readonly #servers: readonly Server[];
  readonly #tell: (told: Told) => void;
  readonly #failing = new Set<string>();

  constructor(servers: readonly Server[], tell: (told: Told) => void) {
    this.#servers = servers;
    this.#tell = tell;
  }

  look(): void {
    for (const { region, snapshots } of this.#servers) {
      for (const snapshot of snapshots) this.#lookAt(region, snapshot);
    }
  }

  #lookAt(region: string, { name, lastProbe }: EndpointSnapshot): void {
    const link = `${region} ${name}`;
    if (lastProbe === undefined || lastProbe.ok) {
      this.#failing.delete(link);
      return;
    }
    if (this.#failing.has(link)) return;
    this.#failing.add(link);
    this.#tell({
      kind: "probeFailed",
      tone: "bad",
      server: region,
      endpoint: name,
      text: `${name} did not pass a health check: ${lastProbe.reason ?? "no answer"}`,
    });
  }
}
