import type { PluginContext } from "../context/plugin-context.ts";
import { NegotiateRate } from "./negotiate-rate.ts";
import { type Herd, spreadInMs } from "./spread.ts";

type Clients = Pick<Herd, "clients" | "servers">;

/** Over how long clients are told to spread their negotiates when they lose their connections at once. */
export class ReconnectSpread {
  readonly #rate = new NegotiateRate();
  readonly #context: PluginContext;

  constructor(context: PluginContext) {
    this.#context = context;
  }

  /** One more client was answered where to connect. */
  count(): void {
    this.#rate.count();
    this.#context.census?.countArrival();
  }

  /** Undefined while nothing is known of how many clients there are. */
  get inMs(): number | undefined {
    const known = this.#known();
    return known && this.#spreadOf(known);
  }

  /**
   * Over how long clients spread what is refused anyway. They ask again after half of it on average, so
   * refusing takes the servers half of their time. Undefined while nothing is known.
   */
  get whileNobodyServesInMs(): number | undefined {
    const known = this.#known();
    if (known === undefined) return undefined;
    const negotiatesPerSecond = this.#rate.perSecond;
    return (
      3 * spreadInMs({ ...known, negotiatesPerSecond, limitPerSecond: Number.POSITIVE_INFINITY })
    );
  }

  /**
   * The same for a client that arrives: there are at least those who have just arrived, if nobody else
   * has been counted. Others are not told of them: a server that starts anew has many clients that need
   * not arrive.
   */
  get onArrivalInMs(): number | undefined {
    const { census } = this.#context;
    if (!census) return this.inMs;
    return Math.max(this.inMs ?? 0, this.#spreadOf({ clients: census.arrivals + 1, servers: 1 }));
  }

  #spreadOf({ clients, servers }: Clients): number {
    const { maxPerSecond } = this.#context.configuration.negotiate;
    const limitPerSecond = maxPerSecond === false ? Number.POSITIVE_INFINITY : maxPerSecond;
    const negotiatesPerSecond = this.#rate.perSecond;
    return spreadInMs({ clients, servers, negotiatesPerSecond, limitPerSecond });
  }

  /** This server is asked by its share of the clients, and has to answer that share. */
  #known(): Clients | undefined {
    const { agreed, census, configuration } = this.#context;
    const counted = census?.fullest;
    if (counted !== undefined) return { clients: counted, servers: 1 };
    const { expectedClients } = configuration.negotiate;
    return expectedClients === undefined
      ? undefined
      : { clients: expectedClients, servers: agreed?.servers ?? 1 };
  }
}
