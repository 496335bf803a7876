import {
  type EndpointView,
  type EnvironmentView,
  FAULT_NAMES,
  type FaultName,
} from "../../contract/live.ts";
import { button, html, mark, setAttributes, setText } from "../kit/dom.ts";
import { FAULT_WORDS } from "../kit/text-format.ts";
import { statusOf } from "../map/endpoint-status.ts";
import { type Choice, ToggleGroup } from "./toggle-group.ts";

export type SendOrder = (path: string, body: object) => void;

const FAULT_CHOICES: Choice<FaultName | null>[] = FAULT_NAMES.map((value) => ({
  value,
  label: FAULT_WORDS[value].order,
  hint: FAULT_WORDS[value].effect,
}));

/** What can be done to one region: to its endpoint, and to its app server. */
export class EndpointPanel {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #sendOrder: SendOrder;
  readonly #status = html("span", { class: "panel-status" });
  readonly #faults: ToggleGroup<FaultName | null>;
  readonly #heal: HTMLButtonElement;
  readonly #effect = html("p", { class: "muted" });
  readonly #drain: HTMLButtonElement;
  readonly #force: HTMLButtonElement;
  readonly #stop: HTMLButtonElement | undefined;
  #isRunning = true;
  #isDrained = false;
  #isForced = false;

  constructor(environment: EnvironmentView, index: number, sendOrder: SendOrder) {
    const name = environment.endpoints[index]?.name ?? "";
    const path = `/endpoints/${encodeURIComponent(name)}`;
    this.#name = name;
    this.#sendOrder = sendOrder;
    const setFault = (fault: FaultName | null): void => sendOrder(`${path}/fault`, { fault });
    this.#faults = new ToggleGroup(`Break ${name}`, "chips", FAULT_CHOICES, setFault);
    this.#heal = button("Heal", { class: "heal", "aria-label": `Heal ${name}` }, () =>
      setFault(null),
    );
    this.#drain = button("Drain", { title: "Take it out of negotiate without a fault" }, () =>
      sendOrder(`${path}/operator`, { order: this.#isDrained ? "undrain" : "drain" }),
    );
    this.#force = button("Force", { title: "Send all new clients here, whatever its health" }, () =>
      sendOrder(`${path}/operator`, { order: this.#isForced ? "unforce" : "force" }),
    );
    if (environment.servers.some(({ region }) => region === name)) this.#stop = this.#stopButton();
    this.element = html(
      "section",
      { class: "card panel", "aria-label": `Region ${name}`, "data-endpoint": name },
      html("header", {}, mark(index), html("h3", {}, name), this.#status),
      ...(environment.mode === "emulated" ? this.#faultControls() : [portalSteps(name)]),
      html(
        "div",
        { class: "chips operate", role: "group", "aria-label": `Operate ${name}` },
        this.#drain,
        this.#force,
        ...(this.#stop ? [this.#stop] : []),
      ),
    );
  }

  show(environment: EnvironmentView, endpoint: EndpointView): void {
    const { fault, isDrained, isForced } = endpoint;
    const { sign, text } = statusOf(environment, endpoint);
    const server = environment.servers.find(({ region }) => region === this.#name);
    this.#isDrained = isDrained;
    this.#isForced = isForced;
    this.#isRunning = server?.isRunning ?? true;
    setText(this.#status, this.#isRunning ? text : `${text}, app server stopped`);
    setAttributes(this.#status, { "data-sign": this.#isRunning ? sign : "bad" });
    this.#faults.show(fault);
    setAttributes(this.#heal, { disabled: fault === null });
    setText(this.#effect, fault ? FAULT_WORDS[fault].effect : "Break it, and watch its clients.");
    setAttributes(this.#drain, { "aria-pressed": String(isDrained) });
    setAttributes(this.#force, { "aria-pressed": String(isForced) });
    if (!this.#stop) return;
    setText(this.#stop, this.#isRunning ? "Stop app server" : "Start app server");
    setAttributes(this.#stop, { "aria-pressed": String(!this.#isRunning) });
  }

  #faultControls(): HTMLElement[] {
    return [this.#faults.element, html("div", { class: "effect" }, this.#effect, this.#heal)];
  }

  #stopButton(): HTMLButtonElement {
    return button("Stop app server", { "aria-pressed": "false" }, () =>
      this.#sendOrder(`/servers/${encodeURIComponent(this.#name)}`, {
        order: this.#isRunning ? "stop" : "start",
      }),
    );
  }
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
