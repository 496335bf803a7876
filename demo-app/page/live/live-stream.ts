import type { LiveMessages } from "../../contract/live.ts";

export interface LiveListener {
  /** What comes next is all there is, from the beginning. */
  opened(): void;
  received<Name extends keyof LiveMessages>(name: Name, data: LiveMessages[Name]): void;
  disconnected(): void;
}

const NAMES = [
  "environment",
  "clients",
  "microsoftClients",
  "rates",
  "figures",
  "events",
  "log",
  "drill",
] as const;
const NEXT_ATTEMPT_IN_MS = 1000;
// Rates come every second, so this much silence is a cut that no event has announced.
const maxSilenceInMs = 6000;

/** Follows the control server for as long as the page is open, and finds it again after a cut. */
export class LiveStream {
  readonly #listener: LiveListener;
  #source: EventSource | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: LiveListener) {
    this.#listener = listener;
  }

  open(): void {
    const source = new EventSource("/api/live");
    this.#source = source;
    this.#restartSilenceTimer();
    source.addEventListener("open", () => {
      this.#restartSilenceTimer();
      this.#listener.opened();
    });
    source.addEventListener("error", () => this.#reopen());
    for (const name of NAMES) {
      source.addEventListener(name, ({ data }) => {
        this.#restartSilenceTimer();
        this.#listener.received(name, JSON.parse(data));
      });
    }
  }

  #restartSilenceTimer(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#reopen(), maxSilenceInMs);
  }

  #reopen(): void {
    this.#source?.close();
    clearTimeout(this.#silence);
    this.#listener.disconnected();
    setTimeout(() => this.open(), NEXT_ATTEMPT_IN_MS);
  }
}
