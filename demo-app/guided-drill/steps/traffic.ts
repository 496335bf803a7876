import { randomUUID } from "node:crypto";
import type { ClientView } from "../../contract/live.ts";
import { MissedStepError } from "../../kit/missed-step-error.ts";
import type { Cast } from "../execution/guided-drill-context.ts";
import { type Attempt, Missing } from "../execution/step-execution.ts";

interface Recipient {
  readonly id: number;
  readonly at: number;
}

/** One message of this region's app server; every client must hear it. */
export async function broadcastToAll(attempt: Attempt, cast: Cast, from: string): Promise<void> {
  const text = wordsOf(`the app server in ${from}`);
  const sentAt = Date.now();
  const sending = cast.environment.broadcast(from, text);
  const report = await attempt.order(sending, "the broadcast was not reported");
  const [failure] = report.failed;
  if (failure) throw new MissedStepError(`The broadcast failed at ${failure.endpoint}.`);
  const recipients = await attempt.until(() => recipientsOf(cast, text));
  attempt.measure(
    { label: `heard the broadcast from ${from}`, value: recipients.length, unit: "clients" },
    { label: "the last of them after", value: lastAt(recipients) - sentAt, unit: "ms" },
    { label: "endpoints that took it", value: report.delivered.length, unit: "" },
    ...(report.skipped.length > 0
      ? [
          {
            label: "endpoints left out, being down",
            value: report.skipped.length,
            unit: "",
          } as const,
        ]
      : []),
  );
}

/** What this client says must come to the app server of that region, and to no other. */
export async function eventLands(
  attempt: Attempt,
  cast: Cast,
  { client, region }: { client: ClientView; region: string },
): Promise<void> {
  const { environment, scene } = cast;
  if (scene.mode === "azure") return;
  const text = wordsOf(`a client of ${client.home}`);
  await attempt.order(
    environment.clients.sendChat(client.id, text),
    "the client could not say anything",
  );
  await attempt.until(
    () =>
      landingsOf(cast, text).length > 0 ||
      new Missing("no app server has said that it was told the event"),
  );
  // Who is told an event tells all clients of it: by then, nobody else will be told it any more.
  await attempt.until(() => recipientsOf(cast, text));
  const landings = landingsOf(cast, text);
  const elsewhere = landings.find((server) => server !== region);
  if (elsewhere !== undefined) {
    throw new MissedStepError(
      `An event of a client on ${client.endpoint} landed in ${elsewhere}, not only in ${region}.`,
    );
  }
  const label = `events from ${client.home} landed in ${region}`;
  attempt.measure({ label, value: landings.length, unit: "messages" });
}

/** A client of that home, of a crowd in which homes come in turn. */
export function someoneOf({ environment }: Cast, home: string): ClientView {
  const found = environment.clients.views.find((client) => client.home === home);
  if (!found) throw new MissedStepError(`No client has its home in ${home}.`);
  return found;
}

async function recipientsOf(
  { environment }: Cast,
  text: string,
): Promise<readonly Recipient[] | Missing> {
  const recipients = await environment.clients.recipientsOf(text);
  const ids = new Set(recipients.map(({ id }) => id));
  const clients = environment.clients.views;
  const deaf = clients.filter(({ id }) => !ids.has(id)).length;
  if (deaf === 0) return recipients;
  return new Missing(`${deaf} of ${clients.length} clients have not heard it`);
}

function landingsOf({ environment }: Cast, text: string): string[] {
  return environment.events.entries
    .filter((it) => it.kind === "clientEvent" && it.text.includes(text))
    .map(({ server }) => server ?? "nowhere");
}

/** Such as no other message has. */
function wordsOf(speaker: string): string {
  return `Drill ${randomUUID().slice(0, 8)}: ${speaker} speaks`;
}

function lastAt(recipients: readonly Recipient[]): number {
  return Math.max(...recipients.map(({ at }) => at));
}
