import type { ChatMessage } from "../../contract/live.ts";
import { button, html, mark, setAttributes, setText } from "../kit/dom.ts";
import { countText, durationText } from "../kit/text-format.ts";
import { ToggleGroup } from "../kit/toggle-group.ts";
import type { LiveState } from "../live/live-state.ts";
import type { TabClient } from "../live/tab-client.ts";

const maxRows = 100;
const PLACEHOLDER = "Say something to all regions";

/** By which way this tab says something. */
type Way = "event" | "publish";
const WAYS: Readonly<Record<Way, string>> = {
  event: "An event goes to the app server of your endpoint’s region, which broadcasts it.",
  publish: "You publish to a group: an app server logs it, and clients that move read it later.",
};

/** This tab as a client: where it is, what it hears, what it says. */
export class ChatPanel {
  readonly topics = ["tab-client", "environment"] as const;
  readonly #state: LiveState;
  readonly #tabClient: TabClient;
  readonly #homeRegions = html("div", {
    class: "segments",
    role: "group",
    "aria-label": "Your home",
  });
  readonly #where = html("p", { class: "me-where", role: "status" });
  readonly #received = html("p", { class: "muted" });
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
  readonly #ways: ToggleGroup<Way>;
  readonly #wayText = html("p", { class: "muted" });
  #way: Way = "event";
  readonly #errorText = html("p", { class: "complaint", role: "alert" });
  #shownHomeRegions = "";

  constructor(state: LiveState, tabClient: TabClient, root: HTMLElement) {
    this.#state = state;
    this.#tabClient = tabClient;
    this.#ways = new ToggleGroup<Way>(
      "How you say it",
      "segments",
      [
        { value: "event", label: "Event" },
        { value: "publish", label: "Publish" },
      ],
      (way) => {
        this.#way = way;
        this.draw();
      },
    );
    const form = html("form", { class: "say" }, this.#text, this.#send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#sendChat();
    });
    root.append(
      html(
        "header",
        { class: "feed-head" },
        html("span", { class: "muted" }, "Your region"),
        this.#homeRegions,
      ),
      this.#where,
      this.#rows,
      this.#errorText,
      form,
      html("div", { class: "row" }, this.#ways.element),
      this.#wayText,
      this.#received,
    );
  }

  draw(): void {
    const { endpoint, homeRegion, broadcasts } = this.#tabClient;
    this.#drawHomeRegions();
    this.#ways.show(this.#way);
    setText(this.#wayText, WAYS[this.#way]);
    setText(this.#where, this.#locationsText());
    setText(
      this.#received,
      `You are ${this.#tabClient.user}, and have heard ${countText(broadcasts, "broadcast")}.`,
    );
    setAttributes(this.#send, { disabled: endpoint === undefined });
    for (const choice of this.#homeRegions.querySelectorAll("button")) {
      setAttributes(choice, { "aria-pressed": String(choice.value === homeRegion) });
    }
  }

  /** Broadcasts are counted, not listed. */
  receive({ kind, from, text, server }: ChatMessage): void {
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
            server === ""
              ? "published to the clients of all regions"
              : `told to the app server in ${server}, which broadcast it to all`,
          ),
        ),
      ),
    );
    while (this.#rows.childElementCount > maxRows) this.#rows.lastElementChild?.remove();
  }

  get #regions(): string[] {
    return this.#state.environment?.endpoints.map(({ name }) => name) ?? [];
  }

  #locationsText(): string {
    const { endpoint, homeRegion, connection, lastDowntimeInMs } = this.#tabClient;
    if (!endpoint) {
      return connection === "stopped"
        ? `Not admitted by the app server in ${homeRegion}.`
        : `Without a connection; asking the app server in ${homeRegion} for a place …`;
    }
    const move =
      lastDowntimeInMs === null ? "" : ` Its last move took ${durationText(lastDowntimeInMs)}.`;
    return `Connected to ${endpoint}; asks the app server in ${homeRegion}.${move}`;
  }

  #drawHomeRegions(): void {
    const homeRegions = this.#state.environment?.servers.map(({ region }) => region) ?? [];
    if (homeRegions.join() === this.#shownHomeRegions) return;
    this.#shownHomeRegions = homeRegions.join();
    this.#homeRegions.replaceChildren(
      ...homeRegions.map((homeRegion) =>
        button(homeRegion, { value: homeRegion, "aria-pressed": "false" }, () =>
          this.#tabClient.connectFrom(homeRegion),
        ),
      ),
    );
  }

  async #sendChat(): Promise<void> {
    const text = this.#text.value.trim();
    if (text === "") return;
    this.#text.value = "";
    setText(this.#errorText, "");
    try {
      await (this.#way === "event"
        ? this.#tabClient.sendChat(text)
        : this.#tabClient.publish(text));
    } catch (error) {
      setText(this.#errorText, `“${text}” was not heard: ${(error as Error).message}`);
    }
  }
}
