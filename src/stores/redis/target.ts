/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** One server, or a name that leads to the primary. */
interface ServerTarget {
  readonly kind: "server";
  readonly url: string;
  /** For messages, without a secret. */
  readonly label: string;
  readonly secrets: readonly string[];
}

/** Sentinels that know the primary. */
export interface SentinelTarget {
  readonly kind: "sentinel";
  readonly sentinels: readonly ServerAddress[];
  /** What the sentinels call it. */
  readonly name: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: boolean;
  /** For messages, without a secret. */
  readonly label: string;
  readonly secrets: readonly string[];
}

export type RedisTarget = ServerTarget | SentinelTarget;

const SENTINEL_PORT = 26_379;
const SENTINEL_URL = /^(rediss?)\+sentinel:\/\/(?:([^@/?#]*)@)?([^@/?#]+)\/([^/?#]+)(?:\/(\d*))?$/;
const SERVER_EXAMPLE = 'give a URL such as "rediss://host:6380/0"';
const SENTINEL_EXAMPLE =
  'for sentinels give a URL such as "redis+sentinel://host1:26379,host2:26379/mymaster"';
const CLUSTER_REMEDY =
  'for a cluster give client: createCluster({ rootNodes: [{ url: "redis://host:6379" }] }) of the redis package';

/** What is wrong with a URL; undefined when nothing is. Never repeats it: passwords may stand anywhere in what is not quite a URL. */
export function urlProblem(url: string): string | undefined {
  if (parseTarget(url)) return undefined;
  const [scheme = ""] = url.toLowerCase().split("://", 1);
  if (/sentinel/.test(scheme)) return `cannot be used; ${SENTINEL_EXAMPLE}`;
  const [, authority = ""] = /^rediss?:\/\/([^/?#]*)/i.exec(url) ?? [];
  const hosts = authority.slice(authority.lastIndexOf("@") + 1);
  if (/cluster/.test(scheme) || hosts.includes(",")) {
    return `cannot be used, it is not of one server; ${CLUSTER_REMEDY}, ${SENTINEL_EXAMPLE}`;
  }
  return `cannot be used; ${SERVER_EXAMPLE}`;
}

/** Undefined for a URL that cannot be used. */
export function parseTarget(url: string): RedisTarget | undefined {
  try {
    return sentinelTarget(url) ?? serverTarget(url);
  } catch {
    return undefined;
  }
}

/** @throws Error when it is no URL, or has a broken escape */
function serverTarget(url: string): ServerTarget | undefined {
  if (!/^rediss?:\/\/[^/]/.test(url)) return undefined;
  const { host, hostname, pathname, username, password } = new URL(url);
  decodeURIComponent(username);
  const secrets = [password, decodeURIComponent(password)];
  if (hostname === "" || hostname.includes(",") || !/^\/?\d*$/.test(pathname)) return undefined;
  return { kind: "server", url, label: host, secrets };
}

/** @throws Error when a host is none, or an escape is broken */
function sentinelTarget(url: string): SentinelTarget | undefined {
  const parts = SENTINEL_URL.exec(url);
  if (!parts) return undefined;
  const [, scheme, login = "", hosts = "", name = "", database = ""] = parts;
  const colon = login.indexOf(":");
  const username = colon < 0 ? login : login.slice(0, colon);
  const password = colon < 0 ? "" : login.slice(colon + 1);
  return {
    kind: "sentinel",
    sentinels: hosts.split(",").map(addressOf),
    name: decodeURIComponent(name),
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    database: Number(database),
    tls: scheme === "rediss",
    label: `${hosts}, sentinels of "${name}"`,
    secrets: [password, decodeURIComponent(password)],
  };
}

function addressOf(text: string): ServerAddress {
  const { hostname, port } = new URL(`redis://${text}`);
  if (hostname === "") throw new TypeError("no host");
  const host = hostname.replace(/^\[(.+)\]$/, "$1");
  return { host, port: port === "" ? SENTINEL_PORT : Number(port) };
}
