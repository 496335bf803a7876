import { randomUUID } from "node:crypto";
import type { FanOutReport } from "express-resilient-pubsub";
import type { ClientView } from "../../contract/live.ts";
import { MissedStepError } from "../../kit/missed-step-error.ts";
import type { GuidedDrillContext } from "../execution/guided-drill-context.ts";
import { NotYet, type StepExecution } from "../execution/step-execution.ts";

interface Recipient {
  readonly id: number;
  readonly at: number;
}

/** One message of this region's app server; every client must hear it. */
export async function broadcastToAll(
  execution: StepExecution,
  context: GuidedDrillContext,
  from: string,
): Promise<void> {
  const sentAt = Date.now();
  const { report, recipients } = await hearBroadcast(execution, context, from);
  execution.measure(
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

/** Resolves when every client has heard one message of this region's app server. */
export async function hearBroadcast(
  execution: StepExecution,
  context: GuidedDrillContext,
  from: string,
): Promise<{ report: FanOutReport; recipients: readonly Recipient[] }> {
  const text = uniqueText(`the app server in ${from}`);
  const sending = context.environment.broadcast(from, text);
  const report = await execution.order(sending, "the broadcast was not reported");
  const [failure] = report.failed;
  if (failure) throw new MissedStepError(`The broadcast failed at ${failure.endpoint}.`);
  return { report, recipients: await execution.until(() => recipientsOf(context, text)) };
}

/** What this client says must come to the app server of that region, and to no other. */
export async function checkEventLands(
  execution: StepExecution,
  context: GuidedDrillContext,
  { client, region }: { client: ClientView; region: string },
): Promise<void> {
  const { environment, parameters } = context;
  if (parameters.mode === "azure") return;
  const text = uniqueText(`a client of ${client.homeRegion}`);
  await execution.order(
    environment.clients.sendChat(client.id, text),
    "the client could not say anything",
  );
  await execution.until(
    () =>
      serversReached(context, text).length > 0 ||
      new NotYet("no app server has said that it was told the event"),
  );
  // The receiver of an event broadcasts it to all clients: by then, no other server will receive it.
  await execution.until(() => recipientsOf(context, text));
  const reached = serversReached(context, text);
  const elsewhere = reached.find((server) => server !== region);
  if (elsewhere !== undefined) {
    throw new MissedStepError(
      `An event of a client on ${client.endpoint} landed in ${elsewhere}, not only in ${region}.`,
    );
  }
  const label = `events from ${client.homeRegion} landed in ${region}`;
  execution.measure({ label, value: reached.length, unit: "messages" });
}

/** A client of that home region. */
export function clientWithHomeRegion(
  { environment }: GuidedDrillContext,
  homeRegion: string,
): ClientView {
  const found = environment.clients.views.find((client) => client.homeRegion === homeRegion);
  if (!found) throw new MissedStepError(`No client has its home in ${homeRegion}.`);
  return found;
}

async function recipientsOf(
  { environment }: GuidedDrillContext,
  text: string,
): Promise<readonly Recipient[] | NotYet> {
  const recipients = await environment.clients.recipientsOf(text);
  const ids = new Set(recipients.map(({ id }) => id));
  const clients = environment.clients.views;
  const deaf = clients.filter(({ id }) => !ids.has(id)).length;
  if (deaf === 0) return recipients;
  return new NotYet(`${deaf} of ${clients.length} clients have not heard it`);
}

function serversReached({ environment }: GuidedDrillContext, text: string): string[] {
  return environment.events.entries
    .filter((it) => it.kind === "clientEvent" && it.text.includes(text))
    .map(({ server }) => server ?? "nowhere");
}

/** Such as no other message has. */
function uniqueText(speaker: string): string {
  return `Drill ${randomUUID().slice(0, 8)}: ${speaker} speaks`;
}

function lastAt(recipients: readonly Recipient[]): number {
  return Math.max(...recipients.map(({ at }) => at));
}
