import { programSettings, sendToParent } from "../processes/program.ts";
import { DeafClients } from "./deaf-clients.ts";
import { hasHistory } from "./delivery-totals.ts";
import { PendingUpdate } from "./pending-update.ts";
import type {
  ClientProcessMessage,
  ClientProcessOrder,
  ClientProcessSettings,
  DeafCounts,
} from "./process-messages.ts";
import { ReceivedTexts } from "./received-texts.ts";
import {
  type CrowdClient,
  SimulatedClient,
  type SimulatedClientListener,
} from "./simulated-client.ts";

const UPDATE_EVERY_IN_MS = 100;
// So many are on their way at the same time. More would make a busy laptop late, and clients take a
// late answer for a fault and go elsewhere.
const maxOnTheirWay = 12;
// While nobody gets a connection, the others shall come all the same.
const LEAST_STARTED = 1;

const {
  negotiateUrl,
  homeRegions,
  client: kind = "ours",
} = programSettings<ClientProcessSettings>();
// Loaded by whoever needs it: it is large, and few compare.
const ClientOfKind =
  kind === "ours" ? SimulatedClient : (await import("./microsoft-client.ts")).MicrosoftClient;
const clients: CrowdClient[] = [];
const deafClients = new DeafClients();
const receivedTexts = new ReceivedTexts();
const pendingUpdate = new PendingUpdate();
let wanted = 0;

const listener: SimulatedClientListener = {
  setEndpoint: (id, endpoint) => pendingUpdate.setEndpoint(id, endpoint),
  closedByServer: (id) => pendingUpdate.markClosedByServer(id),
  moved: (move) => pendingUpdate.move(move),
  received(id, endpoint, text) {
    pendingUpdate.received(id, endpoint);
    receivedTexts.add(text, id);
  },
  delivered(withHistory, change, { server, number }) {
    pendingUpdate.delivered(withHistory, change);
    deafClients.heard(server, number, performance.now());
  },
};

/** Some at a time: the start of all at once would be a load that no users make. */
function adjustCount(): void {
  for (const client of clients.splice(wanted)) {
    client.stop();
    pendingUpdate.remove(client.id);
  }
  const onTheirWay = clients.filter(({ hearing }) => hearing.connectedAt === undefined).length;
  const started = Math.max(LEAST_STARTED, maxOnTheirWay - onTheirWay);
  const last = Math.min(wanted, clients.length + started);
  for (let id = clients.length + 1; id <= last; id++) {
    const homeRegion = homeRegions[(id - 1) % homeRegions.length] ?? "";
    const withHistory = isWithHistory(id);
    const settings = { id, negotiateUrl, homeRegion, withHistory };
    const client = new ClientOfKind(settings, listener);
    clients.push(client);
    pendingUpdate.setEndpoint(id, null);
    client.start();
  }
}

async function sendChat(id: number, text: string): Promise<string | undefined> {
  const client = clients[id - 1];
  if (!client) return `There is no client ${id}.`;
  try {
    await client.sendChat(text);
    return undefined;
  } catch (error) {
    return `Client ${id} could not say it: ${(error as Error).message}`;
  }
}

async function carryOut(order: ClientProcessOrder): Promise<void> {
  const answer = (rest: object): void =>
    sendToParent({
      kind: "answer",
      call: "call" in order ? order.call : 0,
      ...rest,
    } as ClientProcessMessage);
  if (order.kind === "resize") {
    wanted = order.size;
    adjustCount();
  } else if (order.kind === "recipients") {
    // Who is told who has heard it shall know as much of what came before.
    sendUpdate();
    answer({ recipients: receivedTexts.recipientsOf(order.text) });
  } else answer({ error: await sendChat(order.id, order.text) });
}

function isWithHistory(id: number): boolean {
  return kind === "ours" && hasHistory(id, homeRegions);
}

function countDeaf(): DeafCounts {
  const now = performance.now();
  const count = (withHistory: boolean): number => {
    const half = clients.filter(({ id }) => isWithHistory(id) === withHistory);
    return deafClients.count(
      half.map(({ hearing }) => hearing),
      now,
    );
  };
  return { withHistory: count(true), withoutHistory: count(false) };
}

function sendUpdate(): void {
  for (const client of clients) client.look?.();
  const update = pendingUpdate.take(countDeaf());
  if (update) sendToParent(update);
}

setInterval(() => {
  adjustCount();
  sendUpdate();
}, UPDATE_EVERY_IN_MS);
process.on("message", (order) => void carryOut(order as ClientProcessOrder));
// Ctrl-C goes to all processes of the terminal; this one ends when the one that started it has.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
sendToParent<ClientProcessMessage>({ kind: "ready" });
