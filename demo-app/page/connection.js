const SUBPROTOCOL = "json.webpubsub.azure.v1";
const PING_EVERY_IN_MS = 5000;
// A region that went silent closes nothing, so silence has to count as an end.
const SILENCE_IN_MS = 10_000;
const WATCH_EVERY_IN_MS = 1000;
const NEGOTIATE_WITHIN_IN_MS = 5000;
const BACKOFF = { firstInMs: 100, mostInMs: 5000 };

/**
 * Keeps this tab connected to whichever endpoint its app server names. Events, with their detail:
 * `state { kind, server, endpoint, role, retryInMs }` (kind: negotiating | opening | connected | waiting),
 * `lost { endpoint, reason }`, `missed` (never got through, likewise), `moved { from, to, downtimeInMs }`,
 * `message` and `refused { server, error }`.
 */
export class Connection extends EventTarget {
  #user;
  #run = new AbortController();
  #socket;
  #endpoint;
  /** The endpoint that this tab was last connected to, and the moment it ended. */
  #left;
  /** Endpoints that failed since the last connection; negotiate is told of them. */
  #failed = new Set();
  #nextAckId = 1;

  constructor(user) {
    super();
    this.#user = user;
  }

  /** Leaves the endpoint, if there is one, and negotiates with an app server. */
  start(server) {
    if (this.#endpoint) this.#left = { endpoint: this.#endpoint, at: performance.now() };
    this.#run.abort();
    this.#run = new AbortController();
    this.#failed.clear();
    void this.#stayConnected(server, this.#run.signal);
  }

  /** Sends an event to the app server in the region of the endpoint. */
  sendEvent(event, data) {
    const ackId = this.#nextAckId++;
    this.#socket?.send(JSON.stringify({ type: "event", event, ackId, dataType: "json", data }));
  }

  async #stayConnected(server, signal) {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const outcome = await this.#tryOnce(server, signal);
      if (signal.aborted) return;
      if (outcome.wasConnected) attempt = 0;
      const ceilingInMs = Math.min(BACKOFF.mostInMs, BACKOFF.firstInMs * 2 ** attempt);
      const retryInMs = Math.max(Math.random() * ceilingInMs, outcome.retryAfterInMs ?? 0);
      this.#tell("state", { kind: "waiting", retryInMs, server });
      await delay(retryInMs, signal);
    }
  }

  async #tryOnce(server, signal) {
    this.#tell("state", { kind: "negotiating", server });
    try {
      const answer = await this.#negotiate(server, signal);
      if (signal.aborted) return {};
      this.#tell("state", { kind: "opening", ...answer, server });
      return await this.#ride(answer, server, signal);
    } catch (error) {
      if (!signal.aborted) this.#tell("refused", { server, error: error.message });
      return { retryAfterInMs: error.retryAfterInMs };
    }
  }

  async #negotiate(server, signal) {
    const query = new URLSearchParams({ user: this.#user });
    for (const endpoint of this.#failed) query.append("failed", endpoint);
    const response = await fetch(`${server.url}/negotiate?${query}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(NEGOTIATE_WITHIN_IN_MS)]),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    const retryAfterInMs = Number(response.headers.get("Retry-After")) * 1000;
    throw Object.assign(new Error(answer.detail), { retryAfterInMs });
  }

  /** One connection from beginning to end. */
  #ride({ url, endpoint, role }, server, signal) {
    return new Promise((resolve) => {
      const socket = new WebSocket(url, SUBPROTOCOL);
      let wasConnected = false;
      let lastFrameAt = performance.now();
      let pingedAt = lastFrameAt;

      const end = (reason, at, isFault) => {
        clearInterval(watch);
        signal.removeEventListener("abort", leave);
        socket.onmessage = socket.onclose = null;
        socket.close();
        this.#socket = this.#endpoint = undefined;
        if (isFault) this.#failed.add(endpoint);
        if (reason) {
          if (wasConnected) this.#left = { endpoint, at };
          this.#tell(wasConnected ? "lost" : "missed", { endpoint, reason });
        }
        resolve({ wasConnected });
      };

      const leave = () => end();
      const watch = setInterval(() => {
        const now = performance.now();
        // A throttled tab wakes late: only a ping that nobody answered proves silence.
        const isPingUnanswered = pingedAt > lastFrameAt || !wasConnected;
        if (isPingUnanswered && now - lastFrameAt >= SILENCE_IN_MS) {
          end(`silent for ${Math.round((now - lastFrameAt) / 1000)} s`, lastFrameAt, true);
        } else if (wasConnected && now - pingedAt >= PING_EVERY_IN_MS) {
          pingedAt = now;
          socket.send(JSON.stringify({ type: "ping" }));
        }
      }, WATCH_EVERY_IN_MS);

      signal.addEventListener("abort", leave);
      // 1000 is the service's own wish to be left; anything else is worth looking into.
      socket.onclose = ({ code }) => end(`closed, ${code}`, performance.now(), code !== 1000);
      socket.onmessage = ({ data }) => {
        lastFrameAt = performance.now();
        const frame = JSON.parse(data);
        if (frame.type === "system" && frame.event === "connected") {
          wasConnected = true;
          this.#arrive(socket, { endpoint, role, server });
        } else if (frame.type === "message") {
          this.#tell("message", frame.data);
        } else if (frame.type === "ack" && !frame.success) {
          this.#tell("refused", { server, error: frame.error?.message });
        }
      };
    });
  }

  #arrive(socket, { endpoint, role, server }) {
    this.#socket = socket;
    this.#endpoint = endpoint;
    this.#failed.clear();
    this.#tell("state", { kind: "connected", endpoint, role, server });
    const { endpoint: from, at } = this.#left ?? {};
    const downtimeInMs = at === undefined ? 0 : performance.now() - at;
    this.#tell("moved", { from, to: endpoint, downtimeInMs });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function delay(inMs, signal) {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, inMs);
    signal.addEventListener("abort", finish);
  });
}
