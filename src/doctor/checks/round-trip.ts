import { randomBytes } from "node:crypto";
import type { Endpoint } from "../../service/endpoint.ts";
import {
  type DoctorContext,
  type Found,
  fail,
  forEachEndpoint,
  pass,
  skipped,
  warn,
} from "../check.ts";
import { clientUrl } from "../client-url.ts";
import { type Explanation, explainFailure } from "../explain-failure.ts";
import { sendText } from "../send-text.ts";
import { HandshakeError, TestClient } from "../test-client.ts";
import { withTimeout } from "../with-timeout.ts";

/** Undefined: a simple client, which offers none. */
const SUBPROTOCOLS = [
  undefined,
  "json.webpubsub.azure.v1",
  "json.reliable.webpubsub.azure.v1",
  "protobuf.webpubsub.azure.v1",
  "protobuf.reliable.webpubsub.azure.v1",
] as const;
const MESSAGES = 3;

interface Trip {
  readonly name: string;
  readonly client: TestClient | undefined;
  readonly failure: Explanation | undefined;
}

/** A client of each protocol connects, and hears what is sent to their group, in order. */
export const roundTripCheck = forEachEndpoint({
  id: "round-trip",
  title: "clients connect by each protocol, and hear what is sent",
  needs: ["dns", "tls", "health", "calls"],
  runFor: async (context, endpoint) => {
    const trips = await Promise.all(SUBPROTOCOLS.map((name) => connect(context, endpoint, name)));
    try {
      const mark = `rps-${randomBytes(6).toString("hex")}-`;
      const startedAt = performance.now();
      await sendAndWait(context, endpoint, trips, mark);
      const durationInMs = Math.round(performance.now() - startedAt);
      return [...trips.map((trip) => verdictOn(trip, mark, durationInMs)), MQTT];
    } catch (error) {
      if (context.signal.aborted) throw error;
      const { what, remedy } = explainFailure(error, endpoint);
      return fail(`a message to the test clients ${what}`, remedy);
    } finally {
      for (const { client } of trips) client?.end();
    }
  },
});

const MQTT = skipped("mqtt: not tried, for want of an MQTT client");

async function connect(
  context: DoctorContext,
  endpoint: Endpoint,
  subprotocol: string | undefined,
): Promise<Trip> {
  const name = subprotocol ?? "simple";
  try {
    const url = await clientUrl(context, endpoint);
    const client = await withTimeout(context, (signal) =>
      TestClient.open(url, subprotocol, signal),
    );
    return { name, client, failure: undefined };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { name, client: undefined, failure: explainHandshake(error, endpoint) };
  }
}

/** Ends when all have heard all, or time is up. @throws what a send fails with */
async function sendAndWait(
  context: DoctorContext,
  endpoint: Endpoint,
  trips: readonly Trip[],
  mark: string,
): Promise<void> {
  const clients = trips.flatMap(({ client }) => client ?? []);
  const isDone = (): boolean =>
    clients.every((client) => client.numbersBehind(mark).length >= MESSAGES);
  for (let number = 1; number <= MESSAGES; number++) {
    await sendText(context, endpoint, `${mark}${number}`);
  }
  const done = new Promise<void>((resolve) => {
    const look = (): void => {
      if (isDone()) resolve();
    };
    for (const client of clients) client.onFrame = look;
    look();
  });
  await withTimeout(context, () => done).catch((error) => {
    // What has not arrived is told by what has.
    if (context.signal.aborted) throw error;
  });
}

function verdictOn({ name, client, failure }: Trip, mark: string, durationInMs: number): Found {
  if (failure) return fail(`${name}: ${failure.what}`, failure.remedy);
  const numbers = client?.numbersBehind(mark) ?? [];
  const missing = MESSAGES - new Set(numbers).size;
  if (missing > 0) {
    return fail(`${name}: connected, and has not heard ${missing} of ${MESSAGES} messages`, LOST);
  }
  if (numbers.some((number, index) => number !== index + 1)) {
    return warn(
      `${name}: messages that were sent one after the other came as ${numbers.join(", ")}`,
      ORDER,
    );
  }
  return pass(
    `${name}: connected, and has heard ${MESSAGES} messages in order, within ${durationInMs} ms`,
  );
}

const LOST =
  "is there something between clients and the instance that ends or holds WebSockets (front door, proxy)? Do clientEndpoint and endpoint lead to one instance?";
const ORDER = "number the messages whose order matters, or use history, which does that";

function explainHandshake(error: unknown, endpoint: Endpoint): Explanation {
  if (!(error instanceof HandshakeError)) {
    const { what, remedy } = explainFailure(error, endpoint);
    return { what: `could not connect, ${what}`, remedy };
  }
  const { statusCode } = error;
  const what = `could not connect, the handshake was answered ${statusCode}`;
  return { what, remedy: HANDSHAKE_REMEDIES[statusCode] ?? explainFailure(error, endpoint).remedy };
}

const DENIED =
  "is it the event handler that refuses? Its connect event must be answered 2xx for the user resilient-pubsub.probe, which this package does by itself; else look at the access control rules for client connections";

const HANDSHAKE_REMEDIES: Readonly<Record<number, string>> = {
  400: "is there a proxy in front (clientEndpoint) that does not pass WebSockets on?",
  401: `${DENIED}; or clientEndpoint leads to another instance than endpoint`,
  403: DENIED,
  404: "clientEndpoint leads to something else than the instance, or its proxy changes the path",
  426: "the proxy in front (clientEndpoint) does not pass WebSockets on",
  429: "the instance is at its limit of connections: add units (Settings, Scale)",
  500: "the connect event fails: see the check webhook, and the log of the app server",
};
