import { isNegotiateError } from "../client/errors.ts";
import { ResilientPubSubClient } from "../client/node.ts";
import { safeText } from "../kit/safe-text.ts";
import type { ClientEvent } from "./drill-events.ts";

type WithoutClient<T> = T extends unknown ? Omit<T, "at" | "client"> : never;

export interface DrillClientOptions {
  /** Of one app server, or of several. */
  readonly negotiateUrls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Told of all that happens to it. */
  readonly onEvent: (event: WithoutClient<ClientEvent>) => void;
  /** Told the text of each message. */
  readonly onText: (text: string) => void;
}

const maxTextLength = 4096;

/** A client as users have it, which tells what becomes of it. */
export function createDrillClient({
  negotiateUrls,
  headers,
  onEvent,
  onText,
}: DrillClientOptions): Pick<ResilientPubSubClient, "start" | "stop"> {
  const client = new ResilientPubSubClient([...negotiateUrls], {
    negotiateRequest: { headers: { ...headers } },
  });
  let isNew = false;
  client.on("connected", ({ endpoint }) => {
    isNew = true;
    onEvent({ kind: "connected", endpoint: nameOf(endpoint) });
  });
  client.on("state-changed", ({ state, previous }) => {
    if (state === "reconnecting") {
      isNew = false;
      onEvent({ kind: "lost" });
    } else if (state === "connected" && previous === "reconnecting" && !isNew) {
      // Whether it is a new connection, the event `connected` tells in this turn or not at all.
      queueMicrotask(() => {
        if (!isNew) onEvent({ kind: "back", endpoint: nameOf(client.endpoint ?? "") });
      });
    }
  });
  client.on("moved", ({ from, to, downtimeInMs, recovered }) =>
    onEvent({ kind: "moved", from: nameOf(from), to: nameOf(to), downtimeInMs, recovered }),
  );
  client.on("connect-failed", ({ error, endpoint }) => {
    if (isNegotiateError(error)) onEvent({ kind: "negotiate-failed", status: error.status });
    else onEvent({ kind: "connect-failed", endpoint: nameOf(endpoint ?? "") });
  });
  client.on("stopped", ({ code, error }) => {
    if (isNegotiateError(error)) onEvent({ kind: "negotiate-failed", status: error.status });
    if (code !== "stopped") onEvent({ kind: "stopped", code });
  });
  const hear = ({ message }: { message: { data?: unknown } }): void => {
    const { data } = message;
    onText(
      (typeof data === "string" ? data : (JSON.stringify(data) ?? "")).slice(0, maxTextLength),
    );
  };
  client.on("server-message", hear);
  client.on("group-message", hear);
  return client;
}

/** An app server gives the name. */
const nameOf = (endpoint: string): string => safeText(endpoint, 60) || "(unnamed)";
