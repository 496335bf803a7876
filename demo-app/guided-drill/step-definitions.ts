import type { DrillStepView } from "../contract/live.ts";
import type { DrillParameters } from "./execution/drill-parameters.ts";

export const STEP_IDS = [
  "order",
  "before",
  "crash",
  "detection",
  "arrival",
  "after",
  "recovery",
  "newcomers",
  "return",
  "normal",
  "messages",
  "load",
] as const;
export type StepId = (typeof STEP_IDS)[number];

export type StepDefinition = Pick<DrillStepView, "title" | "caption" | "figure"> & {
  readonly id: StepId;
  readonly deadlineInMs: number;
};

const DEADLINE_IN_MS = 15_000;
// App servers may have to start, and displaced clients to return.
const LONG_DEADLINE_IN_MS = 90_000;
const OPERATOR_DEADLINE_IN_MS = 600_000;

/** The documented sequence: what each step shows, explained to somebody who sees it for the first time. */
export function stepDefinitionsOf(parameters: DrillParameters): readonly StepDefinition[] {
  const texts = textsOf(parameters);
  return STEP_IDS.map((id) => ({ id, ...texts[id], deadlineInMs: deadlineOf(id, parameters) }));
}

function deadlineOf(id: StepId, { mode }: DrillParameters): number {
  if (mode === "azure") return OPERATOR_DEADLINE_IN_MS;
  return id === "order" || id === "return" ? LONG_DEADLINE_IN_MS : DEADLINE_IN_MS;
}

type Texts = Record<StepId, Omit<StepDefinition, "id" | "deadlineInMs">>;

function textsOf({ mode, primary, secondary, negotiatesPerSecond }: DrillParameters): Texts {
  const isAzure = mode === "azure";
  const text = (title: string, figure: number | null, ...sentences: string[]) => ({
    title,
    figure,
    caption: sentences.join(" "),
  });
  return {
    order: text(
      "Everything is in order",
      null,
      `Each region has an app server and a Web PubSub endpoint. To the app server in ${primary} the endpoint ${primary} is the primary and ${secondary} a secondary; in ${secondary} it is the other way round.`,
      "The drill first mends what is broken or stopped, and waits until every client is on its primary.",
    ),
    before: text(
      "Before failover",
      1,
      "A client asks the app server of its home region where to connect (it negotiates), and is sent to that server's primary.",
      "An app server broadcasts to every endpoint, so all clients hear it.",
      isAzure
        ? "What a client says goes only to the app server that its endpoint has as event handler; Azure does not reach this machine, so the drill leaves that out."
        : "What a client says goes only to the app server in the region of its endpoint.",
    ),
    crash: isAzure
      ? text(
          `Take ${primary} down, please`,
          null,
          `In the Azure portal, open the Web PubSub resource of ${primary}: under Networking, disable public network access and save; then restart the resource in its overview, which drops its clients.`,
          `The drill waits ten minutes for ${primary} to go.`,
        )
      : text(
          `${primary} crashes`,
          null,
          `The endpoint ${primary} drops all its clients and refuses every connection from now on.`,
          "Nobody tells the app servers: they have to find out.",
        ),
    detection: text(
      "The app server finds out",
      null,
      `The app server in ${primary} checks its endpoints all the time, and sooner when clients negotiate. Two failures in a row, and its primary is down.`,
      `From then on negotiate names the secondary, ${secondary}.`,
    ),
    arrival: text(
      `Clients arrive at ${secondary}`,
      null,
      "A client that was dropped negotiates again by itself, tells which endpoint has failed it, and connects where it is sent.",
      "Its downtime is how long it had no connection: half of the clients were away no longer than p50, 99 of 100 no longer than p99.",
    ),
    after: text(
      "After failover",
      2,
      `${secondary} serves everybody. The app server in ${primary} runs on and broadcasts to every healthy endpoint, so all clients still hear it.`,
      isAzure
        ? `But what clients say now goes only to the app server behind ${secondary}.`
        : `But what clients say now lands only at the app server in ${secondary}, also when their home is ${primary}.`,
    ),
    recovery: isAzure
      ? text(
          `Bring ${primary} back, please`,
          null,
          `In the Azure portal, enable public network access of ${primary} again and save; the drill waits ten minutes for it.`,
          "Once checks have passed twice in a row, negotiate names it again.",
        )
      : text(
          `${primary} recovers`,
          null,
          `The endpoint ${primary} works again. Once its app server has seen that twice in a row, negotiate names it again.`,
          "Nobody is moved: connections stay where they are.",
        ),
    newcomers: text(
      "Short time after the primary recovers",
      3,
      `New clients from ${primary} connect to ${primary}. Those that had to leave it stay on ${secondary} until they disconnect.`,
      "Both endpoints have clients, and a broadcast reaches them all.",
    ),
    return: text(
      "Clients come home",
      null,
      "Nobody has to wait until clients disconnect by themselves: with failback set to paced, the app servers close connections that are displaced, so many a second.",
      `They begin when ${primary} has been healthy for a while. Each client that is closed negotiates, and is home.`,
    ),
    normal: text(
      "Back to normal",
      1,
      "Every client is on the primary of its home again, as before the failover.",
      isAzure
        ? "Broadcasts reach all of them."
        : "Broadcasts reach all of them, and what they say lands in their own region.",
    ),
    messages: text(
      "What was missed",
      null,
      "All the while the app servers have broadcast numbered messages, also while clients moved.",
      "Half of the clients use continuity(): what was sent without them was kept, and they have caught up with it, each message once.",
      "The other half hears only what is sent while it is connected.",
    ),
    load: text(
      "Nobody was turned away",
      null,
      `From before the crash until now, a client from ${primary} has negotiated ${negotiatesPerSecond === 1 ? "once" : `${negotiatesPerSecond} times`} a second, whatever happened to its primary.`,
      "Every one of them has to be answered with an endpoint.",
    ),
  };
}
