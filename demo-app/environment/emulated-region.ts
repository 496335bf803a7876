import { randomBytes } from "node:crypto";
import { type Emulator, type Fault, startEmulator } from "express-resilient-pubsub/emulator";
import { SerialQueue } from "../../src/kit/serial-queue.ts";
import { RequestError } from "../contract/environment.ts";
import type { FaultName } from "../contract/live.ts";
import { isPortTaken, onFreePort } from "../http/listen.ts";

/** How the emulator is broken; the rotation of a key is no fault of its own. */
const FAULTS: Readonly<Record<Exclude<FaultName, "key-rotated">, Fault>> = {
  crash: { kind: "crash" },
  blackhole: { kind: "blackhole" },
  slow: { kind: "latency", delayInMs: 3000 },
  throttle: { kind: "throttle", retryAfterInSeconds: 1 },
  "access-denied": { kind: "accessDenied" },
  gray: { kind: "gray" },
};

/** A Web PubSub instance on this machine, and the fault that somebody has put into it. */
export class EmulatedRegion {
  readonly name: string;
  readonly #emulator: Emulator;
  /** The key that app servers have. */
  readonly #key: string;
  readonly #orders = new SerialQueue();
  #fault: FaultName | null = null;

  private constructor(name: string, emulator: Emulator, key: string) {
    this.name = name;
    this.#emulator = emulator;
    this.#key = key;
  }

  static async start(name: string, firstPort: number): Promise<EmulatedRegion> {
    const accessKey = randomBytes(32).toString("base64");
    const emulator = await onFreePort(firstPort, (port) => startEmulator({ port, accessKey }));
    return new EmulatedRegion(name, emulator, accessKey);
  }

  get port(): number {
    return this.#emulator.port;
  }

  get connectionString(): string {
    return this.#emulator.connectionString;
  }

  get fault(): FaultName | null {
    return this.#fault;
  }

  /** Sends the events of the region's clients to the app server in the same region. */
  sendEventsTo(hub: string, serverUrl: string): void {
    this.#emulator.setHub(hub, {
      eventHandlers: [
        { urlTemplate: `${serverUrl}/api/webpubsub/hubs/{hub}/`, userEventPattern: "*" },
      ],
    });
  }

  /**
   * Breaks it in this way and in no other; null heals it.
   *
   * @param record Is called if that changes anything, before anybody can notice.
   */
  setFault(fault: FaultName | null, record: () => void): Promise<void> {
    return this.#orders.run(async () => {
      if (fault === this.#fault) return;
      // What follows from it is recorded while it is done.
      if (fault !== null) record();
      await this.#change(fault);
      this.#fault = fault;
      if (fault === null) record();
    });
  }

  async #change(fault: FaultName | null): Promise<void> {
    // What an operator would do is to give the app servers the new key; the effect is the same.
    if (this.#fault === "key-rotated") this.#emulator.rotateKey("primary", this.#key);
    try {
      if (fault === null || fault === "key-rotated") await this.#emulator.clear();
      else await this.#emulator.inject(FAULTS[fault]);
    } catch (error) {
      if (isPortTaken(error)) throw this.#portTakenError();
      throw error;
    }
    if (fault === "key-rotated") this.#emulator.rotateKey("primary");
  }

  #portTakenError(): RequestError {
    const port = this.#emulator.port;
    return new RequestError(
      409,
      `Another program has taken port ${port} of ${this.name} while it was down; end that program and try again.`,
    );
  }

  close(): Promise<void> {
    return this.#orders.run(() => this.#emulator.close());
  }
}
