import type { HubSendToAllOptions } from "@azure/web-pubsub";
import { waitAtMost } from "../deadline.ts";
import { describeValue } from "../describe-value.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import { ResilientPubSubError } from "../errors.ts";
import type { HealthMonitor } from "../health/monitor.ts";
import type { Configuration } from "../options.ts";
import { milliseconds } from "../options-schema.ts";
import { type FanOutCall, fanOut } from "./fan-out.ts";
import { type ContentType, type Message, toSendable } from "./message.ts";
import type { FanOutReport } from "./report.ts";

export interface BroadcastOptions {
  /** Default: JSON, or `application/octet-stream` for bytes. */
  contentType?: ContentType;
  /** OData filter of the connections that receive the message. */
  filter?: string;
  /** Ids of connections that do not. */
  excludedConnections?: string[];
  /** Drops a message that a client has not consumed in this time, 0 to 300. Default 0 = never (seconds). */
  messageTtlSeconds?: number;
  abortSignal?: AbortSignal;
  /** Deadline for each endpoint. Default `fanOut.timeoutInMs` (ms). */
  timeoutInMs?: number;
  /** `all` rejects unless every endpoint took the message, unhealthy ones included. Default `any`. */
  require?: "any" | "all";
}

/** The operations that go to every endpoint. */
export interface PubSub {
  /**
   * Sends a message to all clients of the hub on every healthy endpoint.
   *
   * @throws TypeError or RangeError before anything is sent, when the message cannot be sent as its
   *   content type or an option cannot be used
   * @throws FanOutError when no endpoint took it, or `require: "all"` is not met
   */
  broadcast(message: Message, options?: BroadcastOptions): Promise<FanOutReport>;
}

const timeoutSchema = milliseconds(1).optional();

function assertBroadcastOptions({ timeoutInMs, require = "any" }: BroadcastOptions): void {
  const [problem] = timeoutSchema.safeParse(timeoutInMs).error?.issues ?? [];
  if (problem) {
    throw new RangeError(`timeoutInMs: got ${describeValue(timeoutInMs)}; ${problem.message}`);
  }
  if (require !== "any" && require !== "all") {
    throw new TypeError(`require: got ${describeValue(require)}; give "any" or "all"`);
  }
}

interface ServiceParts {
  readonly configuration: Configuration;
  readonly registry: EndpointRegistry;
  readonly monitor: HealthMonitor;
}

/** The operations on all endpoints, and the ones under way. */
export class PubSubService implements PubSub {
  readonly #parts: ServiceParts;
  readonly #underway = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async broadcast(message: Message, options: BroadcastOptions = {}): Promise<FanOutReport> {
    const { timeoutInMs, abortSignal, require = "any", ...sendOptions } = options;
    assertBroadcastOptions(options);
    const sendable = toSendable(message, options.contentType);
    abortSignal?.throwIfAborted();
    return this.#track(async () => {
      await this.#firstVerdicts();
      const { configuration, registry, monitor } = this.#parts;
      monitor.lookForRecovery();
      const call: FanOutCall = {
        name: "broadcast",
        timeoutInMs: timeoutInMs ?? configuration.fanOut.timeoutInMs,
        abortSignal,
        require,
        send: async (client, signal) =>
          client.sendToAll((await sendable) as never, {
            ...(sendOptions as HubSendToAllOptions),
            abortSignal: signal,
          }),
      };
      const receivers = { all: registry.all(), receiving: registry.receivers() };
      return fanOut(receivers, call, (...outcome) => monitor.report(...outcome));
    });
  }

  /** Refuses further operations and waits for those under way, each of which has a deadline. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#underway);
  }

  async #track<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      throw new ResilientPubSubError("ERR_CLOSED", "The plugin is closed; nothing was sent");
    }
    const promise = operation();
    this.#underway.add(promise);
    try {
      return await promise;
    } finally {
      this.#underway.delete(promise);
    }
  }

  /** A message sent at start would else find endpoints that nobody has looked at yet. */
  async #firstVerdicts(): Promise<void> {
    const { registry, monitor, configuration } = this.#parts;
    const unknown = registry.all().filter(({ health }) => health.status === "unknown");
    if (unknown.length === 0) return;
    const verdicts = Promise.all(unknown.map((endpoint) => monitor.check(endpoint)));
    await waitAtMost(configuration.health.onDemandBudgetInMs, verdicts);
  }
}
