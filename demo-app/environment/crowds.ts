import type { ClientMove } from "../contract/environment.ts";
import type { FiguresView, Topology } from "../contract/live.ts";
import type { ClientEvents } from "../events/client-events.ts";
import type { EventDescription } from "../events/event-recorder.ts";
import { type CrowdNow, type CrowdsNow, IncidentFigures } from "../figures/incident-figures.ts";
import type { OpenResources } from "../kit/open-all.ts";
import { ClientProcess } from "../simulated-clients/client-process.ts";
import { hasHistory } from "../simulated-clients/delivery-totals.ts";

export interface CrowdsOptions {
  readonly negotiateUrl: string;
  readonly homeRegions: readonly string[];
  readonly endpoints: readonly string[];
  readonly topology: () => Topology;
}

const COMPARED_CLIENTS = 20;

/** Clients of this project and, on demand, some of Microsoft's that go through the same. */
export class Crowds {
  readonly ours: ClientProcess;
  readonly microsoft: ClientProcess;
  readonly #options: CrowdsOptions;
  readonly #figures = new IncidentFigures();
  /** Client-client: where the first move since then has gone to. */
  #firstTarget: string | undefined;

  constructor(
    opened: OpenResources,
    options: CrowdsOptions,
    clientEvents: ClientEvents,
    record: (event: EventDescription) => void,
  ) {
    const { negotiateUrl, homeRegions, endpoints } = options;
    this.#options = options;
    const restarted = (how: string): void => {
      const text = `The process of the crowd has ended (${how}); it is started again`;
      record({ kind: "clients", tone: "bad", text });
    };
    const settings = { negotiateUrl, homeRegions };
    this.ours = opened.add(
      new ClientProcess(settings, endpoints, {
        restarted,
        lost: (endpoint) => clientEvents.lost(endpoint),
        moved: (move) => {
          clientEvents.moved(move);
          const crowd = this.#hasHistory(move.id) ? "withHistory" : "withoutHistory";
          this.#figures.moved(crowd, move, this.#isReturn(move));
        },
      }),
    );
    this.microsoft = opened.add(
      new ClientProcess({ ...settings, client: "microsoft" }, endpoints, {
        restarted,
        // The timeline is about what clients of this project do.
        lost: () => {},
        moved: (move) => this.#figures.moved("microsoft", move, this.#isReturn(move)),
      }),
    );
  }

  get isComparing(): boolean {
    return this.microsoft.wanted > 0;
  }

  get figures(): FiguresView {
    return this.#figures.view(this.#now);
  }

  /** Something is done to the environment: figures count from now on. */
  beginIncident(text: string): void {
    this.#firstTarget = undefined;
    this.#figures.begin(text, Date.now(), this.#now);
  }

  /** Has as many of Microsoft's clients go through the same, or none. */
  compare(isOn: boolean): void {
    void this.microsoft.resize(isOn ? Math.min(COMPARED_CLIENTS, this.ours.wanted) : 0);
  }

  get #now(): CrowdsNow {
    const { deaf, deliveries } = this.ours;
    const half = (name: "withHistory" | "withoutHistory"): CrowdNow => {
      const { clients } = deliveries[name];
      return {
        clients,
        without: this.ours.views.filter(
          ({ id, endpoint }) =>
            endpoint === null && this.#hasHistory(id) === (name === "withHistory"),
        ).length,
        deaf: deaf[name],
        deliveries: deliveries[name],
      };
    };
    return {
      withHistory: half("withHistory"),
      withoutHistory: half("withoutHistory"),
      microsoft: this.#microsoftNow,
    };
  }

  get #microsoftNow(): CrowdNow | null {
    if (!this.isComparing) return null;
    const { connected, deaf, deliveries, views } = this.microsoft;
    return {
      clients: views.length,
      without: views.length - connected,
      deaf: deaf.withoutHistory,
      deliveries: deliveries.withoutHistory,
    };
  }

  #hasHistory(id: number): boolean {
    return hasHistory(id, this.#options.homeRegions);
  }

  #isReturn({ id, to }: ClientMove): boolean {
    const { homeRegions, topology } = this.#options;
    if (topology() === "client-server") return to === homeRegions[(id - 1) % homeRegions.length];
    this.#firstTarget ??= to;
    return to !== this.#firstTarget;
  }
}
