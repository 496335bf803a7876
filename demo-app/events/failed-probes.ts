import type { EndpointSnapshot } from "express-resilient-pubsub";
import type { EventDescription } from "./event-recorder.ts";

interface Server {
  readonly region: string;
  readonly snapshots: readonly EndpointSnapshot[];
}

/** Notices the first failed health check of an endpoint that has been well: a suspicion, not yet a fault. */
export class FailedProbes {
  readonly #servers: readonly Server[];
  readonly #record: (event: EventDescription) => void;
  readonly #failing = new Set<string>();

  constructor(servers: readonly Server[], record: (event: EventDescription) => void) {
    this.#servers = servers;
    this.#record = record;
  }

  check(): void {
    for (const { region, snapshots } of this.#servers) {
      for (const snapshot of snapshots) this.#checkProbe(region, snapshot);
    }
  }

  #checkProbe(region: string, { name, lastProbe }: EndpointSnapshot): void {
    const link = `${region} ${name}`;
    if (lastProbe === undefined || lastProbe.ok) {
      this.#failing.delete(link);
      return;
    }
    if (this.#failing.has(link)) return;
    this.#failing.add(link);
    this.#record({
      kind: "probeFailed",
      tone: "bad",
      server: region,
      endpoint: name,
      text: `${name} did not pass a health check: ${lastProbe.reason ?? "no answer"}`,
    });
  }
}
