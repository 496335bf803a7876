import { byId, duration, element } from "./dom.js";

const TITLES = {
  negotiating: () => "moving…",
  connected: ({ endpoint }) => endpoint,
  waiting: () => "nowhere",
  stopped: () => "nowhere",
};

/** The part of the page that says which endpoint this tab is on. */
export class Here {
  #state;
  #since;
  #markOf;
  #roleOf;

  /** `markOf(name)`: number of the endpoint's colour and shape; `roleOf(name, region)`: its role there. */
  constructor({ markOf, roleOf, onReconnect }) {
    this.#markOf = markOf;
    this.#roleOf = roleOf;
    byId("reconnect").onclick = onReconnect;
    setInterval(() => this.#state && this.#showDetail(), 1000);
  }

  /** One button for each app server, if there is a choice. */
  offerServers(servers, chosen, onChoose) {
    byId("servers").replaceChildren(
      ...servers.map((server) => {
        const input = element("input", { type: "radio", name: "server", value: server.region });
        input.checked = server.region === chosen.region;
        input.onchange = () => onChoose(server);
        return element("label", {}, input, element("span", { text: server.region }));
      }),
    );
    byId("servers").closest("fieldset").hidden = servers.length < 2;
  }

  showState(state) {
    this.#state = state;
    this.#since = performance.now();
    const root = byId("here");
    const { kind, endpoint } = state;
    root.dataset.kind = kind;
    if (endpoint) root.dataset.mark = byId("here-mark").dataset.mark = this.#markOf(endpoint);
    byId("here-label").textContent =
      kind === "connected" ? "This tab is connected to" : "This tab is not connected";
    byId("here-endpoint").textContent = TITLES[kind](state);
    for (const control of byId("chat").elements) control.disabled = kind !== "connected";
    this.#showDetail();
  }

  /** Tells what a visitor could otherwise not see, or nothing. */
  showNotice(text) {
    const notice = byId("notice");
    // Announced again on every change, so it changes only when there is news.
    if (notice.textContent === text) return;
    notice.textContent = text;
    notice.hidden = text === "";
  }

  #showDetail() {
    byId("here-detail").textContent = this.#detail();
  }

  #detail() {
    const { kind, endpoint, server, retryInMs, reason } = this.#state;
    const elapsedInMs = performance.now() - this.#since;
    if (kind === "negotiating") return `asking the app server in ${server.region}`;
    if (kind === "waiting") return `asking again in ${seconds(retryInMs - elapsedInMs)}`;
    if (kind === "stopped") return reason;
    const role = this.#roleOf(endpoint, server.region);
    const whose = `${role ?? "chosen"} ${role ? "of" : "by"} the app server in ${server.region}`;
    return `${whose}, for ${seconds(elapsedInMs)}`;
  }
}

function seconds(inMs) {
  return duration(Math.max(1, Math.round(inMs / 1000)) * 1000);
}
