const LOOPBACK_HOSTS = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether the `hostname` of a URL is this machine for sure, so that http:// shows nothing to a network. */
export function isLoopbackHostname(hostname: string): boolean {
  return LOOPBACK_HOSTS.test(hostname);
}
