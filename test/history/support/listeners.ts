import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { decodeEnvelope, type Envelope } from "../../../src/history/envelope.ts";
import { CONTINUITY_GROUP } from "../../../src/marker-groups/marker.ts";
import { connectClient } from "../../support/official-client.ts";
import { until } from "../../support/until.ts";

/** A frame as a client is sent it. */
export interface Heard {
  readonly data: unknown;
  readonly envelope: Envelope | undefined;
  /** Every member of the frame, as it came. */
  readonly frame: Readonly<Record<string, unknown>>;
}

export interface Listener {
  readonly connectionId: string;
  readonly heard: Heard[];
}

interface ListenerOptions {
  readonly userId?: string;
  readonly groups?: readonly string[];
  /** Whether it can tell what it has had before. Default true. */
  readonly keepsPositions?: boolean;
}

/** Microsoft's client on one region, with everything that it is sent. */
export async function listenAt(
  emulator: Emulator,
  { userId = "ada", groups = ["news"], keepsPositions = true }: ListenerOptions = {},
): Promise<Listener> {
  const options = { allowInsecureConnection: true };
  const service = new WebPubSubServiceClient(emulator.connectionString, "chat", options);
  const marker = keepsPositions ? [CONTINUITY_GROUP] : [];
  const { url } = await service.getClientAccessToken({ userId, groups: [...groups, ...marker] });
  const { client, connectionIds } = await connectClient(url, { autoReconnect: false });
  const heard: Heard[] = [];
  const hear = ({ message }: { message: object }): void => {
    const frame = message as Heard["frame"];
    const text = (frame.metadata as { rps?: string } | undefined)?.rps;
    heard.push({ data: frame.data, envelope: text ? decodeEnvelope(text) : undefined, frame });
  };
  client.on("server-message", hear);
  client.on("group-message", hear);
  return { connectionId: await until(() => connectionIds[0]), heard };
}

/** What it was sent besides messages, and messages by their place. */
export const inWords = ({ heard }: Listener): string[] =>
  heard.map(({ data, envelope }) => {
    if (envelope === undefined) return `plain ${JSON.stringify(data)}`;
    const { type, kind, position } = envelope;
    const at = position === undefined ? "-" : position.offset;
    const isMessage = type === "message" || type === "bypassed";
    return `${type} ${kind} ${at}${isMessage ? ` ${JSON.stringify(data)}` : ""}`;
  });
