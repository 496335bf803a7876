/** What a herd leaves for everything else that the servers have to do. */
const HERD_SHARE = 0.7;
/** Clients that come at random need a little more room than they take. */
const LIMIT_SHARE = 0.95;

/** A herd, and those who have to answer it. */
export interface Herd {
  /** Clients that may lose their connections at once. */
  readonly clients: number;
  /** App servers that they negotiate with. */
  readonly servers: number;
  /** How many negotiates one server can answer in a second. */
  readonly negotiatesPerSecond: number;
  /** How many of them one server may send to one endpoint in a second. */
  readonly limitPerSecond: number;
}

/**
 * Over how many milliseconds the clients have to spread their negotiates, so that they are all answered,
 * and nearly all of them with where to connect.
 */
export function spreadInMs({
  clients,
  servers,
  negotiatesPerSecond,
  limitPerSecond,
}: Herd): number {
  const perSecond = Math.min(HERD_SHARE * negotiatesPerSecond, LIMIT_SHARE * limitPerSecond);
  return Math.round((1000 * clients) / (servers * perSecond));
}
