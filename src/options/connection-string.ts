/** The parts of a connection string that the plugin uses. */
export interface ConnectionStringParts {
  /** Origin of the instance, without a trailing slash. */
  endpoint: string;
  accessKey: string;
}

/**
 * Reads `Endpoint=...;AccessKey=...;Version=1.0;` as the service SDK does: part names in any case,
 * an optional `Port`, `https` when the endpoint has no scheme.
 *
 * @throws TypeError that says what is missing; its message never contains any part of the value.
 */
export function parseConnectionString(connectionString: string): ConnectionStringParts {
  const parts = new Map<string, string>();
  for (const part of connectionString.split(";")) {
    const separator = part.indexOf("=");
    if (separator > 0) {
      parts.set(part.slice(0, separator).trim().toLowerCase(), part.slice(separator + 1).trim());
    }
  }
  const accessKey = parts.get("accesskey");
  if (!accessKey) throw new TypeError("it has no AccessKey part");
  const endpoint = parts.get("endpoint");
  if (!endpoint) throw new TypeError("it has no Endpoint part");
  return { endpoint: originOf(endpoint, parts.get("port")), accessKey };
}

function originOf(endpoint: string, port: string | undefined): string {
  const withScheme = /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`;
  if (!URL.canParse(withScheme)) throw new TypeError("its Endpoint part is not a URL");
  const url = new URL(withScheme);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new TypeError("its Endpoint part is not an http(s) URL");
  }
  if (port !== undefined) {
    if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
      throw new TypeError("its Port part is not a port number");
    }
    url.port = port;
  }
  return url.origin;
}
