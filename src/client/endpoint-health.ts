/**
 * Whether the endpoint behind the URL of a WebSocket answers at its health route. A page is not told
 * what the answer is; one that may not ask is told nothing.
 */
export async function isAnswering(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const route = new URL("/api/health", url.replace(/^ws/, "http"));
    const { body, ok, type } = await fetch(route, { mode: "no-cors", credentials: "omit", signal });
    void body?.cancel();
    return ok || type === "opaque";
  } catch {
    return false;
  }
}
