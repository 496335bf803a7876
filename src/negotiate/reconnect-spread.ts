import type { PluginContext } from "../context/plugin-context.ts";
import { NegotiateRate } from "./negotiate-rate.ts";
import { type Herd, spreadInMs } from "./spread.ts";

/** Over how long clients are told to spread their negotiates when they lose their connections at once. */
export class ReconnectSpread {
  readonly rate = new NegotiateRate();
  readonly #context: PluginContext;

  constructor(context: PluginContext) {
    this.#context = context;
  }

  /** Undefined while nothing is known of how many clients there are. */
  get inMs(): number | undefined {
    const herd = this.#herd();
    if (herd === undefined) return undefined;
    const { maxPerSecond } = this.#context.configuration.negotiate;
    const limit = maxPerSecond === false ? Number.POSITIVE_INFINITY : maxPerSecond;
    const negotiatesPerSecond = Math.min(this.rate.perSecond, limit);
    return spreadInMs({ ...herd, negotiatesPerSecond });
  }

  /** This server is asked by its share of the clients, and has to answer that share. */
  #herd(): Pick<Herd, "clients" | "servers"> | undefined {
    const { agreed, census, configuration } = this.#context;
    const counted = census?.fullest;
    if (counted !== undefined) return { clients: counted, servers: 1 };
    const { expectedClients } = configuration.negotiate;
    return expectedClients === undefined
      ? undefined
      : { clients: expectedClients, servers: agreed?.servers ?? 1 };
  }
}
