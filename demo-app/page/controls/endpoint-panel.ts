import {
  type EndpointView,
  type EnvironmentView,
  FAULT_NAMES,
  type FaultName,
} from "../../contract/live.ts";
import { button, html, mark, setAttributes, setText } from "../kit/dom.ts";
import { countText, FAULT_WORDS } from "../kit/text-format.ts";
import { type Choice, ToggleGroup, withEffect } from "../kit/toggle-group.ts";
import { statusOf } from "../map/endpoint-status.ts";

export type SendOrder = (path: string, body: object) => void;

const choiceOf = (value: FaultName): Choice<FaultName | null> => ({
  value,
  label: FAULT_WORDS[value].order,
  glyph: FAULT_WORDS[value].glyph,
});
/** The one to begin with; the others fold away. */
const FIRST: readonly FaultName[] = ["crash"];
const OTHERS = FAULT_NAMES.filter((name) => !FIRST.includes(name));

/** What can be done to one region: to its endpoint, and to its app server. */
export class EndpointPanel {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #sendOrder: SendOrder;
  readonly #path: string;
  readonly #status = html("span", { class: "panel-status" });
  readonly #faults: readonly ToggleGroup<FaultName | null>[];
  readonly #heal: HTMLButtonElement;
  readonly #sendHome: HTMLButtonElement;
  readonly #effect = html("p", { class: "muted" });
  readonly #drain: HTMLButtonElement;
  readonly #evacuate: HTMLButtonElement;
  readonly #force: HTMLButtonElement;
  readonly #stop: HTMLButtonElement | undefined;
  #isRunning = true;
  #isDrained = false;
  #isForced = false;

  constructor(environment: EnvironmentView, index: number, sendOrder: SendOrder) {
    const name = environment.endpoints[index]?.name ?? "";
    this.#name = name;
    this.#path = `/endpoints/${encodeURIComponent(name)}`;
    this.#sendOrder = sendOrder;
    const setFault = (fault: FaultName | null): void => sendOrder(`${this.#path}/fault`, { fault });
    this.#faults = [
      new ToggleGroup(`Break ${name}`, "chips", FIRST.map(choiceOf), setFault),
      new ToggleGroup(
        `Break ${name} in another way`,
        "effects faults",
        OTHERS.map((fault) => ({ ...choiceOf(fault), effect: FAULT_WORDS[fault].effect })),
        setFault,
      ),
    ];
    this.#heal = button("Heal", { class: "heal", "aria-label": `Heal ${name}` }, () =>
      setFault(null),
    );
    this.#sendHome = button("Send home", { class: "strong", hidden: true }, () =>
      sendOrder("/failback", { failback: "paced" }),
    );
    this.#drain = button("Drain", { "aria-pressed": "false" }, () =>
      this.#operate(this.#isDrained ? "undrain" : "drain"),
    );
    this.#evacuate = button("Evacuate", {}, () => this.#operate("evacuate"));
    this.#force = button("Force", { "aria-pressed": "false" }, () =>
      this.#operate(this.#isForced ? "unforce" : "force"),
    );
    if (environment.servers.some(({ region }) => region === name)) this.#stop = this.#stopButton();
    this.element = html(
      "section",
      { class: "card panel", "aria-label": `Region ${name}`, "data-endpoint": name },
      html("header", {}, mark(index), html("h3", {}, name), this.#status),
      ...(environment.mode === "emulated"
        ? this.#faultControls()
        : [this.#effect, this.#portalControls(), this.#operations()]),
    );
  }

  /** @param away So many clients of this region are on another endpoint. */
  show(environment: EnvironmentView, endpoint: EndpointView, away: number): void {
    const { fault, isDrained, isForced } = endpoint;
    const { sign, text } = statusOf(environment, endpoint);
    const server = environment.servers.find(({ region }) => region === this.#name);
    const isAnswered = server?.answers === this.#name;
    this.#isDrained = isDrained;
    this.#isForced = isForced;
    this.#isRunning = server?.isRunning ?? true;
    setText(this.#status, this.#isRunning ? text : `${text}, app server stopped`);
    setAttributes(this.#status, { "data-sign": this.#isRunning ? sign : "bad" });
    for (const group of this.#faults) group.show(fault);
    this.#heal.hidden = fault === null;
    const isCalling = environment.failback === "paced";
    const canReturn = environment.topology === "client-server" && isAnswered && away > 0;
    this.#sendHome.hidden = !canReturn || isCalling;
    setText(this.#sendHome, `Send ${countText(away, "client")} home`);
    setText(this.#effect, this.#effectText(endpoint, canReturn ? away : 0, isCalling));
    setAttributes(this.#drain, { "aria-pressed": String(isDrained) });
    setAttributes(this.#force, { "aria-pressed": String(isForced) });
    if (!this.#stop) return;
    setText(this.#stop, this.#isRunning ? "Stop app server" : "Start app server");
    setAttributes(this.#stop, { "aria-pressed": String(!this.#isRunning) });
  }

  #effectText({ fault, isDrained }: EndpointView, away: number, isCalling: boolean): string {
    if (fault) return FAULT_WORDS[fault].effect;
    if (isDrained) return "It gets no new clients. Press Drain once more to give it back.";
    if (away === 0) return "Break it, and watch its clients.";
    return isCalling
      ? `${countText(away, "client")} of it ${away === 1 ? "is" : "are"} called home, up to 50 a second.`
      : "New clients come here again; the others stay where they are until they reconnect.";
  }

  #faultControls(): HTMLElement[] {
    const [first, others] = this.#faults.map(({ element }) => element);
    return [
      html(
        "div",
        { class: "chips" },
        ...(first ? [first] : []),
        this.#heal,
        this.#sendHome,
        this.#effect,
      ),
      html(
        "div",
        { class: "folds" },
        fold("Other ways to break it", ...(others ? [others] : [])),
        this.#operations(),
      ),
    ];
  }

  #portalControls(): HTMLElement {
    return html("div", { class: "effects" }, this.#sendHome, portalSteps(this.#name));
  }

  #operations(): HTMLElement {
    return fold(
      "Operate it",
      html(
        "div",
        { class: "effects operate", role: "group", "aria-label": `Operate ${this.#name}` },
        withEffect(this.#drain, "It gets no new clients; those it has stay."),
        withEffect(this.#evacuate, "No new clients, and those it has are moved, 50 a second."),
        withEffect(this.#force, "All new clients come here, whatever its region."),
        ...(this.#stop
          ? [withEffect(this.#stop, "Its clients stay; new ones ask the other app server.")]
          : []),
      ),
    );
  }

  #operate(order: string): void {
    this.#sendOrder(`${this.#path}/operator`, { order });
  }

  #stopButton(): HTMLButtonElement {
    return button("Stop app server", { "aria-pressed": "false" }, () =>
      this.#sendOrder(`/servers/${encodeURIComponent(this.#name)}`, {
        order: this.#isRunning ? "stop" : "start",
      }),
    );
  }
}

function fold(title: string, ...children: HTMLElement[]): HTMLElement {
  return html("details", { class: "more" }, html("summary", {}, title), ...children);
}

/** Real regions are broken in the Azure portal. */
function portalSteps(name: string): HTMLElement {
  return html(
    "ol",
    { class: "portal", "aria-label": `How to break ${name} in the portal` },
    html(
      "li",
      {},
      "In the Azure portal, open ",
      html("strong", {}, name),
      ", tab Networking: disable public network access. With a private network, deny all traffic in access control.",
    ),
    html("li", {}, "Restart the resource, so that its connections are dropped."),
    html("li", {}, "To heal it, allow access again."),
  );
}
