import { ResilientPubSubClient } from "./client.js";
import { duration } from "./dom.js";

/**
 * This tab's connection, as the page shows it. Events, with their detail:
 * `state { kind, server, endpoint, retryInMs, reason }` (kind: negotiating | waiting | connected |
 * stopped), `news { text, tone }` and `message`, with the data of one.
 */
export class Tab extends EventTarget {
  #user;
  #client;
  /** The endpoint that this tab is on. */
  #endpoint;
  /** The one that it was on before, and the moment that ended. */
  #left;
  #nextAttempt;

  constructor(user) {
    super();
    this.#user = user;
  }

  /** Leaves the endpoint, if there is one, and goes where this app server says. */
  connect(server) {
    const previous = this.#client;
    const query = new URLSearchParams({ user: this.#user });
    const client = new ResilientPubSubClient(`${server.url}/negotiate?${query}`);
    // From here on what the previous one says, of its end too, is no news.
    this.#client = client;
    previous?.stop();
    this.#leave();
    const on = (name, listener) => {
      client.on(name, (detail) => {
        if (client === this.#client) listener(detail);
      });
    };
    this.#followState(on, server);
    this.#followMoves(on);
    on("server-message", ({ message }) => this.#tell("message", message.data));
    // The event `stopped` tells the same.
    client.start().catch(() => {});
  }

  /** Sends an event to the app server in the region of the endpoint. */
  sendEvent(event, data) {
    this.#client
      .sendEvent(event, data, "json")
      .catch(({ message }) => this.#report(message, "bad"));
  }

  #followState(on, server) {
    const show = (state) => {
      clearTimeout(this.#nextAttempt);
      this.#tell("state", { server, ...state });
    };
    on("state-changed", ({ state }) => {
      if (state === "reconnecting") this.#leave();
      if (state === "connected") {
        this.#endpoint = this.#client.endpoint;
        show({ kind: "connected", endpoint: this.#endpoint });
      } else if (state !== "stopped") show({ kind: "negotiating" });
    });
    on("connect-failed", ({ endpoint, error, retryInMs }) => {
      const what = endpoint
        ? `could not connect to ${endpoint}`
        : `not served by the app server in ${server.region}`;
      this.#report(`${what}: ${error.message}`, "bad");
      show({ kind: "waiting", retryInMs });
      this.#nextAttempt = setTimeout(() => show({ kind: "negotiating" }), retryInMs);
    });
    on("stopped", ({ error }) => {
      this.#report(`not admitted by the app server in ${server.region}: ${error.message}`, "bad");
      show({ kind: "stopped", reason: error.message });
    });
  }

  #followMoves(on) {
    let isCut = false;
    let isFirst = true;
    on("state-changed", ({ state }) => {
      // A cut that was mended is told by nothing but the state.
      if (state === "connected" && isCut)
        this.#report(`back, nothing lost, ${this.#pause}`, "good");
      isCut = state === "reconnecting";
    });
    on("disconnected", ({ message }) => {
      isCut = false;
      this.#report(`lost ${this.#left.endpoint}${message ? ` (${message.message})` : ""}`, "bad");
    });
    on("connected", ({ endpoint: to }) => {
      const from = this.#left?.endpoint;
      if (!from) this.#report(`connected to ${to}`, "good");
      else if (from === to) this.#report(`back on ${to}, ${this.#pause}`, "good");
      // The client itself tells of the moves between its connections.
      else if (isFirst) this.#report(`moved from ${from} to ${to}, ${this.#pause}`, "good");
      isFirst = false;
    });
    on("moved", ({ from, to, downtimeInMs }) => {
      this.#report(`moved from ${from} to ${to}, ${pause(downtimeInMs)}`, "good");
    });
  }

  #leave() {
    if (this.#endpoint) this.#left = { endpoint: this.#endpoint, at: performance.now() };
    this.#endpoint = undefined;
  }

  get #pause() {
    return pause(performance.now() - this.#left.at);
  }

  #report(text, tone) {
    this.#tell("news", { text, tone });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

const pause = (inMs) => `${duration(inMs)} without a connection`;
