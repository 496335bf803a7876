import type { PluginContext } from "../context/plugin-context.ts";
import type { Evacuation } from "../contract/endpoints-control.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { parseEvacuateOptions } from "../options/parse-options.ts";
import { EndpointEvacuation } from "./endpoint-evacuation.ts";

/** Whatever ends the evacuation of an endpoint. */
const ENDS = ["endpointUndrained", "endpointRemoved"] as const;

/** The orders to evacuate, each of which goes on until it is taken back. */
export class Evacuations {
  readonly #context: PluginContext;
  readonly #running = new Map<RegisteredEndpoint, EndpointEvacuation>();

  constructor(context: PluginContext) {
    this.#context = context;
    for (const name of ENDS) context.events.onInternally(name, this.#endOf);
  }

  /** See `EndpointsControl`. */
  evacuate(name: string, options: unknown): Evacuation {
    const { connectionsPerSecond } = parseEvacuateOptions(options);
    const { agreed, registry } = this.#context;
    if (agreed) {
      const message =
        'One server cannot move all clients with topology: "client-client"; use coordination.switchTo, which closes those who stay behind';
      throw new ResilientPubSubError("ERR_WRONG_TOPOLOGY", message);
    }
    const endpoint = registry.get(name);
    const running = this.#running.get(endpoint);
    if (running) {
      running.perSecond = connectionsPerSecond;
      return running.handle;
    }
    this.#checkOthers(endpoint);
    registry.drain(name);
    const evacuation = new EndpointEvacuation(this.#context, endpoint, connectionsPerSecond, () =>
      this.#running.delete(endpoint),
    );
    this.#running.set(endpoint, evacuation);
    evacuation.start();
    return evacuation.handle;
  }

  /** Stops all of them, and the calls under way. */
  async close(): Promise<void> {
    for (const name of ENDS) this.#context.events.off(name, this.#endOf);
    await Promise.all([...this.#running.values()].map((evacuation) => evacuation.close()));
  }

  /** @throws ResilientPubSubError unless its clients would find another endpoint, as far as is known */
  #checkOthers(evacuated: RegisteredEndpoint): void {
    const others = this.#context.registry.all().filter((other) => other !== evacuated);
    if (others.some(({ isInRotation, state }) => isInRotation && state !== "unhealthy")) return;
    const reasons = others.map(({ name, reason }) => ` ("${name}" is ${reason})`).join("");
    throw new ResilientPubSubError(
      "ERR_NO_HEALTHY_ENDPOINT",
      `No other endpoint could take the clients of "${evacuated.name}"${reasons}; add or undrain one first, or use drain, which leaves them where they are`,
    );
  }

  readonly #endOf = ({ endpoint: name }: { readonly endpoint: string }): void => {
    for (const [endpoint, evacuation] of this.#running) {
      if (endpoint.name === name) evacuation.stop();
    }
  };
}
