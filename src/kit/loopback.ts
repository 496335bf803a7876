const LOOPBACK_HOSTS = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const OTHER_LOOPBACK_NAMES = /^((?:https?|wss?):\/\/)?(?:127\.0\.0\.1|\[::1\])(?=[:/?#]|$)/i;

/** Whether the `hostname` of a URL is this machine for sure, so that http:// shows nothing to a network. */
export function isLoopbackHostname(hostname: string): boolean {
  return LOOPBACK_HOSTS.test(hostname);
}

/**
 * A URL, or a host with or without a port, as it is compared: `127.0.0.1` and `[::1]` become
 * `localhost`. Other addresses of the loopback network may be other servers.
 */
export function withOneLoopbackName(urlOrHost: string): string {
  return urlOrHost.replace(OTHER_LOOPBACK_NAMES, "$1localhost");
}

/** Whether two origins are one server. */
export function isSameOrigin(one: string, other: string): boolean {
  return one === other || withOneLoopbackName(one) === withOneLoopbackName(other);
}
