import { byId, duration, element, markElement, plainReason } from "./dom.js";

const FAULT_TEXTS = {
  crash: "crashed",
  blackhole: "black hole",
  unhealthy: "answers 503",
};

const STATES = {
  healthy: { sign: "✓", text: "healthy" },
  unhealthy: { sign: "✕", text: "down" },
  unknown: { sign: "?", text: "unknown" },
};

/** One region: its app server, what that sees of the endpoints, and the buttons to break it. */
export class RegionCard {
  #root;
  #part;
  #markOf;

  /** `mark`: number of the region's colour and shape; `markOf(name)`: that of any endpoint. */
  constructor({ server, mark, markOf, isEmulated, onBroadcast, onAction }) {
    this.#root = byId("region-template").content.firstElementChild.cloneNode(true);
    this.#part = (selector) => this.#root.querySelector(selector);
    this.#markOf = markOf;
    this.#part("header .mark").replaceWith(markElement(mark));
    this.#part("h2").textContent = server.region;
    const link = this.#part("a");
    link.href = server.url;
    link.textContent = server.url.replace("http://", "");
    this.#part(".broadcast").onclick = onBroadcast;
    const faults = this.#part(".faults");
    faults.hidden = !isEmulated;
    faults.setAttribute("aria-label", `Break or heal the Web PubSub instance ${server.region}`);
    for (const button of faults.querySelectorAll("button")) {
      button.onclick = () => onAction(button.dataset.action);
    }
  }

  get element() {
    return this.#root;
  }

  /** Shows the server's own account of itself. */
  show({ now, endpoints, faults, region }) {
    this.#root.classList.remove("gone");
    this.#part("tbody").replaceChildren(...endpoints.map((it) => this.#row(it, now)));
    this.#showFault(faults[region]);
  }

  /** The server did not answer; what it last said stays, but is no longer to be trusted. */
  showGone() {
    this.#root.classList.add("gone");
    this.#showBadge("app server does not answer");
  }

  #showFault(fault) {
    this.#showBadge(fault ? `instance ${FAULT_TEXTS[fault]}` : "");
    for (const button of this.#root.querySelectorAll("[data-action]")) {
      button.setAttribute("aria-pressed", String(button.dataset.action === fault));
    }
    this.#part('[data-action="heal"]').disabled = !fault;
  }

  #showBadge(text) {
    const badge = this.#part(".fault");
    badge.hidden = text === "";
    badge.textContent = text;
  }

  #row({ name, role, state, reason, since, drained }, now) {
    const { sign, text } = STATES[state];
    const why = [reason && plainReason(reason), drained && "drained"].filter(Boolean).join(", ");
    return element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        element("span", { className: "name" }, markElement(this.#markOf(name)), name),
        element("span", { className: "muted", text: role }),
      ),
      element(
        "td",
        {},
        element(
          "span",
          { className: "state", "data-state": state },
          element("span", { className: "sign", "aria-hidden": "true", text: sign }),
          `${text} `,
        ),
        element("span", { className: "muted", text: why }),
      ),
      element("td", { className: "muted since", text: duration(now - since) }),
    );
  }
}
