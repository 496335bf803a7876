import type { Endpoint } from "../service/endpoint.ts";
import { METADATA_HEADER } from "./frames.ts";

/** What became of the metadata of a message; `unknown` when that could not be found out. */
export type MetadataFinding = "carried" | "dropped" | "unknown";

const PROTOCOL = "json.webpubsub.azure.v1";
const MESSAGE = "metadata probe";
const KEY = "rps";
/** Far more than a greeting and a message of ours. */
const maxFrameInBytes = 16 * 1024;

/**
 * Connects to an endpoint as a client, and looks whether what is sent beside a message arrives with it.
 * Ended as soon as that is known. Never rejects.
 *
 * @param url Where to connect, with a token.
 */
export async function probeMetadata(
  { checkClient }: Pick<Endpoint, "checkClient">,
  url: string,
  signal: AbortSignal,
): Promise<MetadataFinding> {
  const { WebSocket } = await import("ws");
  if (signal.aborted) return "unknown";
  return new Promise((resolve) => {
    const socket = new WebSocket(url, PROTOCOL, { maxPayload: maxFrameInBytes });
    const end = (finding: MetadataFinding): void => {
      signal.removeEventListener("abort", giveUp);
      socket.terminate();
      resolve(finding);
    };
    const giveUp = (): void => end("unknown");
    const send = (connectionId: string): void => {
      const requestOptions = { customHeaders: { [METADATA_HEADER]: MESSAGE } };
      const options = { contentType: "text/plain", requestOptions, abortSignal: signal } as const;
      checkClient.sendToConnection(connectionId, MESSAGE, options).catch(giveUp);
    };
    signal.addEventListener("abort", giveUp);
    socket.on("error", giveUp).on("close", giveUp);
    socket.on("message", (text) => {
      const { type, event, connectionId, data, metadata } = readFrame(String(text));
      if (type === "system" && event === "connected") send(String(connectionId));
      else if (type === "message" && data === MESSAGE) end(isCarried(metadata));
    });
  });
}

/** Whatever else arrives is nothing of ours. */
function readFrame(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

const isCarried = (metadata: unknown): MetadataFinding =>
  Object(metadata)[KEY] === MESSAGE ? "carried" : "dropped";
