import { byId, plainReason } from "./dom.js";
import { Feed } from "./feed.js";
import { Here } from "./here.js";
import { RegionCard } from "./region-card.js";
import { describeEvent } from "./server-events.js";
import { Tab } from "./tab.js";

const POLL_EVERY_IN_MS = 1000;
const ANSWER_WITHIN_IN_MS = 2000;

const world = await getJson("/api/world");
const { servers, isEmulated } = world;
let chosen = servers.find(({ region }) => region === world.home);

// An endpoint keeps its colour and shape wherever it is shown.
const marks = servers.map(({ region }) => region);
const markOf = (endpoint) => {
  if (!marks.includes(endpoint)) marks.push(endpoint);
  return marks.indexOf(endpoint) % 4;
};

const messages = new Feed(byId("messages"), "Nothing said yet.");
const timeline = new Feed(byId("timeline"), "Nothing has happened yet.");
const statuses = new Map();
const endpointsOf = (region) => statuses.get(region)?.endpoints ?? [];
const roleOf = (endpoint, region) => endpointsOf(region).find((it) => it.name === endpoint)?.role;
const tab = new Tab(userName());
const here = new Here({ markOf, roleOf, onReconnect: () => tab.connect(chosen) });
let state = {};

byId("mode").textContent = isEmulated
  ? "Emulated on this machine. Break a region and watch this tab move; heal it and bring it home."
  : "On Azure Web PubSub. To rehearse a failure, open the primary in the portal: Networking, disable public network access, then Restart. Chat arrives only if the instances' event handlers reach these app servers.";

here.offerServers(servers, chosen, (server) => {
  chosen = server;
  tab.connect(server);
});

for (const server of servers) {
  const mark = markOf(server.region);
  const card = new RegionCard({
    server,
    mark,
    markOf,
    isEmulated,
    onBroadcast: () => broadcastFrom(server),
    onAction: (action) => control(server.region, action),
  });
  byId("regions").append(card.element);
  void poll(server, card);
}

tab.addEventListener("state", ({ detail }) => {
  state = detail;
  here.showState(detail);
  showNotice();
});
tab.addEventListener("news", ({ detail: { text, tone } }) => tell(text, tone));
tab.addEventListener("message", ({ detail: { kind, from, text, server } }) => {
  const way = kind === "chat" ? "received" : "sent";
  const note = `${way} by the ${server} server, delivered by ${state.endpoint}`;
  messages.add({ source: from, mark: markOf(server), text, note });
});

byId("chat").addEventListener("submit", (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  if (text.value.trim()) tab.sendEvent("chat", { text: text.value });
  text.value = "";
});

tab.connect(chosen);

/** Asks one server for its view, for as long as the page is open. */
async function poll(server, card) {
  const told = new Set();
  for (;;) {
    const status = await getJson(`${server.url}/api/status`).catch(() => undefined);
    statuses.set(server.region, status);
    if (status) card.show(status);
    else card.showGone();
    for (const event of status?.events ?? []) {
      const key = `${event.id} ${event.at}`;
      if (told.has(key)) continue;
      told.add(key);
      const source = `${server.region} server`;
      timeline.add({ source, mark: markOf(server.region), at: event.at, ...describeEvent(event) });
    }
    showNotice();
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_IN_MS));
  }
}

function showNotice() {
  const { kind, endpoint, server } = state;
  const endpoints = endpointsOf(server?.region);
  const current = endpoints.find(({ name }) => name === endpoint);
  const home = endpoints.find((it) => it.role === "primary" && it.state === "healthy");
  if (kind === "connected" && current?.state === "unhealthy") {
    here.showNotice(
      `The app server in ${server.region} sees ${endpoint} down (${plainReason(current.reason)}), so broadcasts skip this tab, though its socket is still open. Reconnect moves it.`,
    );
  } else if (kind === "connected" && current?.role === "secondary" && home) {
    here.showNotice(
      `${home.name} is healthy: new clients go there. This one stays on ${endpoint} until it reconnects.`,
    );
  } else {
    here.showNotice("");
  }
}

async function broadcastFrom({ region, url }) {
  const report = await postJson(`${url}/api/broadcast`, {});
  const outcome = [
    `delivered to ${report.delivered?.join(" and ") || "nobody"}`,
    ...(report.failed ?? []).map(({ endpoint, error }) => `${endpoint} failed (${error})`),
    ...(report.skipped ?? []).map(
      ({ endpoint, reason }) => `${endpoint} skipped (${plainReason(reason)})`,
    ),
  ].join(", ");
  const tone = report.delivered?.length ? "plain" : "bad";
  const source = `${region} server`;
  timeline.add({
    source,
    mark: markOf(region),
    text: `broadcast: ${report.error ?? outcome}`,
    tone,
  });
}

async function control(region, action) {
  const { error } = await postJson(`/api/control/${encodeURIComponent(region)}`, { action });
  tell(error ?? (action === "heal" ? `you healed ${region}` : `you broke ${region}: ${action}`));
}

function tell(text, tone) {
  timeline.add({ source: "this tab", text, tone });
}

async function getJson(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_IN_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

async function postJson(url, body) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { error: "the app server does not answer" };
  }
}

function userName() {
  const asked = new URLSearchParams(location.search).get("user");
  const remembered = sessionStorage.getItem("user");
  const name = asked || remembered || `guest-${Math.random().toString(36).slice(2, 6)}`;
  sessionStorage.setItem("user", name);
  return name;
}
