/** What a herd leaves for everything else that the servers have to do. */
const HERD_SHARE = 0.7;

/** A herd, and those who have to answer it. */
export interface Herd {
  /** Clients that may lose their connections at once. */
  readonly clients: number;
  /** App servers that they negotiate with. */
  readonly servers: number;
  /** How many negotiates one server can answer in a second. */
  readonly negotiatesPerSecond: number;
}

/** Over how many milliseconds the clients have to spread their negotiates, so that they are all answered. */
export function spreadInMs({ clients, servers, negotiatesPerSecond }: Herd): number {
  return Math.round((1000 * clients) / (HERD_SHARE * servers * negotiatesPerSecond));
}
