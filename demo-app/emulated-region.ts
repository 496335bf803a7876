import { type Emulator, startEmulator } from "express-resilient-pubsub/emulator";

export const FAULTS = ["crash", "blackhole", "unhealthy"] as const;
export type FaultName = (typeof FAULTS)[number];

/** A Web PubSub instance on this machine, and the fault that somebody has put into it. */
export class EmulatedRegion {
  readonly name: string;
  readonly #emulator: Emulator;
  #fault: FaultName | null = null;

  constructor(name: string, emulator: Emulator) {
    this.name = name;
    this.#emulator = emulator;
  }

  static async start(name: string): Promise<EmulatedRegion> {
    return new EmulatedRegion(name, await startEmulator());
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
        {
          urlTemplate: `${serverUrl}/api/webpubsub/hubs/{hub}/`,
          systemEvents: ["connect", "connected", "disconnected"],
          userEventPattern: "*",
        },
      ],
    });
  }

  async inject(fault: FaultName): Promise<void> {
    await this.#emulator.inject({ kind: fault });
    this.#fault = fault;
  }

  async heal(): Promise<void> {
    await this.#emulator.clear();
    this.#fault = null;
  }

  close(): Promise<void> {
    return this.#emulator.close();
  }
}
