import { programSettings, tell } from "../processes/program.ts";
import { NewsSheet } from "./pending-update.ts";
import type { CrowdOrder, CrowdSettings, CrowdTold } from "./process-messages.ts";
import { Hearsay } from "./received-texts.ts";
import { CrowdClient, type CrowdClientListener } from "./simulated-client.ts";

const NEWS_EVERY_IN_MS = 100;
const STARTED_AT_ONCE = 25;

const { negotiateUrl, homes } = programSettings<CrowdSettings>();
const clients: CrowdClient[] = [];
const hearsay = new Hearsay();
const sheet = new NewsSheet();
let wanted = 0;

const listener: CrowdClientListener = {
  place: (id, endpoint) => sheet.place(id, endpoint),
  dismissed: (id) => sheet.dismiss(id),
  moved: (move) => sheet.move(move),
  heard(id, endpoint, text) {
    sheet.heard(id, endpoint);
    hearsay.add(text, id);
  },
};

/** Some at a time: the start of all at once would be a load that no crowd makes. */
function approachSize(): void {
  for (const client of clients.splice(wanted)) {
    client.stop();
    sheet.leave(client.id);
  }
  const last = Math.min(wanted, clients.length + STARTED_AT_ONCE);
  for (let id = clients.length + 1; id <= last; id++) {
    const home = homes[(id - 1) % homes.length] ?? "";
    const client = new CrowdClient(id, negotiateUrl, home, listener);
    clients.push(client);
    sheet.place(id, null);
    client.start();
  }
}

async function say(id: number, text: string): Promise<string | undefined> {
  const client = clients[id - 1];
  if (!client) return `There is no client ${id}.`;
  try {
    await client.say(text);
    return undefined;
  } catch (error) {
    return `Client ${id} could not say it: ${(error as Error).message}`;
  }
}

async function obey(order: CrowdOrder): Promise<void> {
  const answer = (rest: object): void =>
    tell({ kind: "answer", call: "call" in order ? order.call : 0, ...rest } as CrowdTold);
  if (order.kind === "resize") {
    wanted = order.size;
    approachSize();
  } else if (order.kind === "hearers") answer({ hearers: hearsay.hearersOf(order.text) });
  else answer({ error: await say(order.id, order.text) });
}

setInterval(() => {
  approachSize();
  const news = sheet.take();
  if (news) tell(news);
}, NEWS_EVERY_IN_MS);
process.on("message", (order) => void obey(order as CrowdOrder));
// Ctrl-C goes to all processes of the terminal; this one ends when the one that started it has.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
tell<CrowdTold>({ kind: "ready" });
