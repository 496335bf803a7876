import type { EnvironmentView } from "../../contract/live.ts";
import { html, setAttributes, setText } from "../kit/dom.ts";
import type { LiveState } from "../live/live-state.ts";
import { sendOrder } from "../live/send-order.ts";
import { EndpointPanel } from "./endpoint-panel.ts";
import { GeneralPanel } from "./general-panel.ts";

/** All that can be done to the environment. It shows what is, never what was asked for. */
export class Controls {
  readonly topics = ["environment", "clients", "link"] as const;
  readonly #state: LiveState;
  readonly #root: HTMLElement;
  readonly #errorText = html("p", { class: "complaint", role: "alert" });
  readonly #general: GeneralPanel;
  #panels: readonly EndpointPanel[] = [];
  #shown = "";

  constructor(state: LiveState, root: HTMLElement) {
    this.#state = state;
    this.#root = root;
    this.#general = new GeneralPanel(this.#sendOrder);
  }

  draw(): void {
    const { environment } = this.#state;
    if (!environment) return;
    const names = environment.endpoints.map(({ name }) => name);
    const key = [
      environment.mode,
      ...names,
      "",
      ...environment.servers.map(({ region }) => region),
    ].join();
    if (key !== this.#shown) {
      this.#shown = key;
      this.#panels = names.map(
        (_, index) => new EndpointPanel(environment, index, this.#sendOrder),
      );
      const elements = [...this.#panels, this.#general].map(({ element }) => element);
      this.#root.replaceChildren(this.#errorText, ...elements);
    }
    for (const [index, endpoint] of environment.endpoints.entries()) {
      this.#panels[index]?.show(environment, endpoint, this.#awayFrom(environment, index));
    }
    this.#general.show(environment);
    setAttributes(this.#root, { "data-stale": !this.#state.isLinked });
  }

  /** So many clients of its region are on another endpoint. */
  #awayFrom({ endpoints, servers }: EnvironmentView, index: number): number {
    const { locations } = this.#state;
    const homeRegion = servers.findIndex(({ region }) => region === endpoints[index]?.name);
    if (homeRegion < 0) return 0;
    const others = [...endpoints.keys()].filter((other) => other !== index);
    return others.reduce((sum, other) => sum + locations.at(homeRegion, other), 0);
  }

  readonly #sendOrder = (path: string, body: object): void => {
    setText(this.#errorText, "");
    void sendOrder(path, body).then((errorText) => {
      setText(this.#errorText, errorText ?? "");
      // A slider that was refused goes back to what is.
      if (errorText) this.draw();
    });
  };
}
