import type { RequestType } from "../contract/fault.ts";
import {
  decideFault,
  drawFault,
  type FaultDecision,
  type FaultTarget,
  findFullHold,
  isOf,
} from "./fault-decision.ts";
import type { ActiveFault, ActiveFaultOf } from "./fault-options.ts";
import { createRandomSource, pickShare, type RandomSource } from "./random-source.ts";

export interface ActiveFaultsOptions {
  readonly seed: number;
  /** Called when the time of a fault is up; the fault is on until `end`. */
  onExpired(fault: ActiveFault): void;
}

/** What is broken at the moment, and for how long. */
export class ActiveFaults {
  readonly #options: ActiveFaultsOptions;
  readonly #timers = new Map<ActiveFault, NodeJS.Timeout>();
  #list: readonly ActiveFault[] = [];
  #random: RandomSource;
  #injection = 0;

  constructor(options: ActiveFaultsOptions) {
    this.#options = options;
    this.#random = createRandomSource(options.seed);
  }

  get list(): readonly ActiveFault[] {
    return this.#list;
  }

  /** Counts the calls of `replace`. */
  get injection(): number {
    return this.#injection;
  }

  /** Whether open clients are silent. */
  get silencesClients(): boolean {
    return findFullHold(this.#list, "ClientConnection")?.kind === "blackhole";
  }

  /** The fault that holds every request of every type. */
  get fullHold(): ActiveFault | undefined {
    const [rest, ...others] = (["RESTAPI", "ClientConnection", "Health"] as const).map((type) =>
      findFullHold(this.#list, type),
    );
    return others.every(Boolean) ? rest : undefined;
  }

  /** Puts these in the place of all earlier ones; random numbers start again from the seed. */
  replace(faults: readonly ActiveFault[]): void {
    for (const fault of this.#list) this.end(fault);
    this.#list = faults;
    this.#random = createRandomSource(this.#options.seed);
    this.#injection += 1;
    for (const fault of faults) {
      if (fault.durationInMs === undefined) continue;
      const timer = setTimeout(() => this.#options.onExpired(fault), fault.durationInMs);
      this.#timers.set(fault, timer.unref());
    }
  }

  end(fault: ActiveFault): void {
    clearTimeout(this.#timers.get(fault));
    this.#timers.delete(fault);
    this.#list = this.#list.filter((other) => other !== fault);
  }

  /** Whether anything depends on what requests contain. */
  get looksInside(): boolean {
    return this.#list.some(isOf("poison"));
  }

  decide(target: FaultTarget): FaultDecision {
    return decideFault(this.#list, target, this.#random);
  }

  /** The fault that hits one connection, or one lookup. */
  draw<Kind extends "dns" | "slow-link">(kind: Kind): ActiveFaultOf<Kind> | undefined {
    return drawFault(this.#list, kind, this.#random);
  }

  /** The clients that a fault leaves behind, with that fault. */
  *drawHalfOpen<Client>(clients: readonly Client[]): Generator<[Client, ActiveFault]> {
    for (const fault of this.#list.filter(isOf("half-open"))) {
      if (!fault.requestTypes.includes("ClientConnection")) continue;
      for (const client of pickShare(clients, fault.share, this.#random)) yield [client, fault];
    }
  }

  /** A fault of a later injection than this one, if it holds every request of the type. */
  fullHoldSince(injection: number, type: RequestType): ActiveFault | undefined {
    return this.#injection === injection ? undefined : findFullHold(this.#list, type);
  }
}
