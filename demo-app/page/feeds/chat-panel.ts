import type { ChatMessage } from "../../contract/live.ts";
import { button, html, mark, setAttributes, setText } from "../kit/dom.ts";
import { count, duration } from "../kit/text-format.ts";
import type { LiveState } from "../live/live-state.ts";
import type { Me } from "../live/tab-client.ts";

const MOST_ROWS = 100;
const PLACEHOLDER = "Say something to all regions";

/** This tab as a client: where it is, what it hears, what it says. */
export class Chat {
  readonly topics = ["me", "environment"] as const;
  readonly #state: LiveState;
  readonly #me: Me;
  readonly #homes = html("div", { class: "segments", role: "group", "aria-label": "Your home" });
  readonly #where = html("p", { class: "me-where", role: "status" });
  readonly #heard = html("p", { class: "muted" });
  readonly #rows = html("ol", {
    class: "rows",
    tabindex: 0,
    "aria-label": "What was said",
    "aria-live": "polite",
  });
  readonly #text = html("input", {
    class: "field",
    maxlength: 500,
    autocomplete: "off",
    "aria-label": "Message",
    placeholder: PLACEHOLDER,
  });
  readonly #send = html("button", { type: "submit", class: "strong" }, "Send");
  readonly #complaint = html("p", { class: "complaint", role: "alert" });
  #shownHomes = "";

  constructor(state: LiveState, me: Me, root: HTMLElement) {
    this.#state = state;
    this.#me = me;
    const form = html("form", { class: "say" }, this.#text, this.#send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#say();
    });
    root.append(
      html(
        "header",
        { class: "feed-head" },
        html("h2", { id: "chat-title" }, "You, a client in this tab"),
        this.#homes,
      ),
      this.#where,
      this.#rows,
      this.#complaint,
      form,
      this.#heard,
    );
  }

  draw(): void {
    const { endpoint, home, broadcasts } = this.#me;
    this.#drawHomes();
    setText(this.#where, this.#whereabouts());
    setText(
      this.#heard,
      `You are ${this.#me.user}, and have heard ${count(broadcasts, "broadcast")}.`,
    );
    setAttributes(this.#send, { disabled: endpoint === undefined });
    for (const choice of this.#homes.querySelectorAll("button")) {
      setAttributes(choice, { "aria-pressed": String(choice.value === home) });
    }
  }

  /** Broadcasts are counted, not listed. */
  hear({ kind, from, text, server }: ChatMessage): void {
    if (kind !== "chat") return;
    const region = this.#regions.indexOf(server);
    this.#rows.prepend(
      html(
        "li",
        {},
        html(
          "p",
          {},
          html("strong", {}, from),
          html("span", { class: "said" }, text),
          html(
            "span",
            { class: "note" },
            ...(region >= 0 ? [mark(region)] : []),
            `told to the app server in ${server}, which broadcast it to all`,
          ),
        ),
      ),
    );
    while (this.#rows.childElementCount > MOST_ROWS) this.#rows.lastElementChild?.remove();
  }

  get #regions(): string[] {
    return this.#state.environment?.endpoints.map(({ name }) => name) ?? [];
  }

  #whereabouts(): string {
    const { endpoint, home, connection, lastDowntimeInMs } = this.#me;
    if (!endpoint) {
      return connection === "stopped"
        ? `Not admitted by the app server in ${home}.`
        : `Without a connection; asking the app server in ${home} for a place …`;
    }
    const move =
      lastDowntimeInMs === null ? "" : ` Its last move took ${duration(lastDowntimeInMs)}.`;
    return `Connected to ${endpoint}; asks the app server in ${home}.${move}`;
  }

  #drawHomes(): void {
    const homes = this.#state.environment?.servers.map(({ region }) => region) ?? [];
    if (homes.join() === this.#shownHomes) return;
    this.#shownHomes = homes.join();
    this.#homes.replaceChildren(
      ...homes.map((home) =>
        button(home, { value: home, "aria-pressed": "false" }, () => this.#me.liveIn(home)),
      ),
    );
  }

  async #say(): Promise<void> {
    const text = this.#text.value.trim();
    if (text === "") return;
    this.#text.value = "";
    setText(this.#complaint, "");
    try {
      await this.#me.say(text);
    } catch (error) {
      setText(this.#complaint, `“${text}” was not heard: ${(error as Error).message}`);
    }
  }
}
