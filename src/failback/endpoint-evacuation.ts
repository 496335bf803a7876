import type { PluginContext } from "../context/plugin-context.ts";
import type { Evacuation, EvacuationResult } from "../contract/endpoints-control.ts";
import { EvacuationPace } from "../endpoints/evacuation-pace.ts";
import { fullBy, type RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { servingEndpoints } from "../endpoints/serving-order.ts";
import { MOVE_REASON_PREFIX } from "../kit/close-reasons.ts";
import { EVACUATED_GROUP } from "../marker-groups/marker.ts";
import {
  type CallOptions,
  type ClosableGroup,
  gatherEverybody,
  listMembers,
} from "./group-connections.ts";
import { type ClosingPolicy, PacedClosing } from "./paced-closing.ts";
import { expectedInMs } from "./schedule.ts";

/**
 * Closes everybody on one endpoint, at a pace. The service cannot list all connections, only those of a
 * group: so everybody is put into one, whoever sent them there and however long ago.
 */
export class EndpointEvacuation implements ClosingPolicy<ClosableGroup> {
  readonly handle: Evacuation;
  readonly #pace: EvacuationPace;
  readonly #context: PluginContext;
  readonly #endpoint: RegisteredEndpoint;
  readonly #onEnd: () => void;
  readonly #closing: PacedClosing<ClosableGroup>;
  readonly #startedAt = performance.now();
  #finish = (_: EvacuationResult): void => {};
  /** When it was given the pace. */
  #clients: number | undefined;
  #closed = 0;
  #isDone = false;
  #ended: Promise<void> | undefined;

  /** @param onEnd Called when it closes nobody any more. */
  constructor(
    context: PluginContext,
    endpoint: RegisteredEndpoint,
    perSecond: number,
    onEnd: () => void,
  ) {
    this.#context = context;
    this.#endpoint = endpoint;
    this.#pace = new EvacuationPace(perSecond);
    this.#onEnd = onEnd;
    this.#closing = new PacedClosing<ClosableGroup>(context, this);
    const done = new Promise<EvacuationResult>((resolve) => {
      this.#finish = resolve;
    });
    const expected = () => expectedInMs(this.#clients, this.perSecond);
    const clients = () => this.#clients;
    this.handle = Object.freeze({
      endpoint: endpoint.name,
      get clients() {
        return clients();
      },
      get expectedInMs() {
        return expected();
      },
      done,
      stop: () => this.stop(),
    });
  }

  get perSecond(): number {
    return this.#pace.perSecond;
  }

  set perSecond(perSecond: number) {
    this.#pace.perSecond = perSecond;
    this.#announce();
  }

  start(): void {
    this.#context.registry.evacuate(this.#endpoint, this.#pace);
    this.#announce();
    this.#closing.start();
  }

  stop(): void {
    void this.close();
  }

  /** Stops the timer and the calls under way. */
  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Clients who are closed with nowhere to go would only be without a connection. */
  get safeForInMs(): number | undefined {
    return this.#others().length === 0 ? undefined : performance.now() - this.#startedAt;
  }

  mayClose(): boolean {
    return this.#others().some(({ isInDoubt }) => !isInDoubt);
  }

  groups(): ClosableGroup[] {
    const { census } = this.#context;
    const [to] = servingEndpoints(this.#others(), fullBy(census));
    if (to === undefined) return [];
    const reason = MOVE_REASON_PREFIX + to.name;
    return [{ endpoint: this.#endpoint, group: EVACUATED_GROUP, reason }];
  }

  /** Only when too few are known is it worth to look for those who have come meanwhile. */
  async list(group: ClosableGroup, atMost: number, options: CallOptions): Promise<string[]> {
    const known = await listMembers(group, atMost, options);
    if (known.length >= atMost) return known;
    const { timeoutInMs } = this.#context.configuration.fanOut;
    await gatherEverybody(group, { ...options, timeoutInMs });
    return listMembers(group, atMost, options);
  }

  onClosed(_: ClosableGroup, closed: number): void {
    this.#closed += closed;
    this.#pace.closed(closed);
    this.#context.events.emit("evacuationClosing", { endpoint: this.#endpoint.name, closed });
    this.#isDone = false;
  }

  onEmpty(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    const closed = this.#closed;
    this.#context.events.emit("evacuationDone", { endpoint: this.#endpoint.name, closed });
    this.#finish({ isEmpty: true, closed });
  }

  onFailed(_: ClosableGroup, error: unknown): void {
    this.#context.events.emit("evacuationFailed", { endpoint: this.#endpoint.name, error });
  }

  #announce(): void {
    const { census, events } = this.#context;
    this.#clients = census?.clientsOn(this.#endpoint);
    const { clients, endpoint, expectedInMs } = this.handle;
    const { perSecond: connectionsPerSecond } = this;
    events.emit("evacuationStarted", { endpoint, connectionsPerSecond, clients, expectedInMs });
  }

  #others(): RegisteredEndpoint[] {
    const all = this.#context.registry.all();
    return all.filter((other) => other !== this.#endpoint && other.isUsable);
  }

  async #end(): Promise<void> {
    this.#context.registry.evacuate(this.#endpoint, undefined);
    this.#onEnd();
    await this.#closing.close();
    if (this.#isDone) return;
    const closed = this.#closed;
    this.#context.events.emit("evacuationStopped", { endpoint: this.#endpoint.name, closed });
    this.#finish({ isEmpty: false, closed });
  }
}
