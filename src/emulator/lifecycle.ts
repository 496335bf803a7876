import { SerialQueue } from "../kit/serial-queue.ts";
import type { AdminPort } from "./admin/admin-port.ts";
import { EmulatorError } from "./contract/errors.ts";
import type { ActiveFaults } from "./faults/active-faults.ts";
import { isOf } from "./faults/fault-decision.ts";
import type { FaultGate } from "./faults/fault-gate.ts";
import type { ActiveFault } from "./faults/fault-options.ts";
import type { NameLookup } from "./http/name-lookup.ts";
import type { Observe } from "./reporting/activity-observer.ts";
import { warn } from "./reporting/warnings.ts";
import type { Service } from "./service.ts";

/** `down` is a crash or the middle of a restart: the port refuses. */
export type EmulatorState = "starting" | "running" | "down" | "closed";

export interface LifecycleOptions {
  readonly service: Service;
  readonly adminPort: AdminPort | undefined;
  readonly faults: ActiveFaults;
  readonly gate: FaultGate;
  readonly lookup: NameLookup;
  readonly observe: Observe;
}

/** Whether the service runs and what is broken in it; changes come one after the other. */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #changes = new SerialQueue();
  #state: EmulatorState = "starting";
  #isSilent = false;
  #closing: Promise<void> | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  get state(): EmulatorState {
    return this.#state;
  }

  /** @throws EmulatorError `ERR_PORT_IN_USE` or `ERR_LISTEN_FAILED`. */
  async start(): Promise<void> {
    await this.#options.service.listen();
    await this.#options.adminPort?.listen();
    this.#state = "running";
  }

  /** @throws EmulatorError `ERR_EMULATOR_CLOSED`. */
  assertOpen(): void {
    if (this.#closing) throw new EmulatorError("ERR_EMULATOR_CLOSED", "The emulator is closed.");
  }

  /**
   * These faults take the place of all earlier ones.
   *
   * @throws EmulatorError `ERR_EMULATOR_CLOSED`, or `ERR_PORT_IN_USE` after a crash.
   */
  async inject(faults: readonly ActiveFault[]): Promise<void> {
    await this.#change(() => this.#replaceFaults(faults));
  }

  /** @throws EmulatorError as `inject` does. */
  async restart({ keepState }: { readonly keepState: boolean }): Promise<void> {
    await this.#change(async () => {
      await this.#replaceFaults([]);
      this.#state = "down";
      await this.#options.service.shutDown({ keepState });
      await this.#listenAgain();
    });
  }

  /** The time of the fault is up. */
  async endFault(fault: ActiveFault): Promise<void> {
    if (this.#closing) return;
    try {
      await this.#changes.run(async () => {
        const { faults } = this.#options;
        if (!faults.list.includes(fault)) return;
        if (isCrash(fault)) await this.#listenAgain();
        faults.end(fault);
        await this.#applyFaults([fault]);
      });
    } catch (error) {
      warn("The service could not come back and stays crashed.", error);
    }
  }

  /** Idempotent; nothing changes any more after it. */
  close(): Promise<void> {
    this.#closing ??= this.#changes.run(async () => {
      const { service, adminPort, faults, gate, lookup } = this.#options;
      this.#state = "closed";
      const over = faults.list;
      faults.replace([]);
      await Promise.all([service.close(), adminPort?.stop()]);
      gate.release(over);
      lookup.release(over);
    });
    return this.#closing;
  }

  async #change(task: () => Promise<void>): Promise<void> {
    this.assertOpen();
    await this.#changes.run(task);
  }

  async #replaceFaults(next: readonly ActiveFault[]): Promise<void> {
    const { faults } = this.#options;
    const over = faults.list;
    if (this.#state === "down" && !next.some(isCrash)) await this.#listenAgain();
    faults.replace(next);
    await this.#applyFaults(over);
    this.#hitOpenConnections();
  }

  /** Once, when faults begin; connections that come later are seen to as they come. */
  #hitOpenConnections(): void {
    const { faults, gate, service } = this.#options;
    for (const socket of service.connections) gate.slows(socket);
    for (const [session, fault] of faults.drawHalfOpen(service.sessions.open())) {
      const socket = session.abandon();
      if (socket) gate.hold(socket, fault);
    }
  }

  async #applyFaults(over: readonly ActiveFault[]): Promise<void> {
    const { faults, gate, lookup, observe, service } = this.#options;
    const { list, silencesClients } = faults;
    gate.release(over);
    lookup.release(over);
    service.certificate?.show(list.find(isOf("tls"))?.certificate);
    if (list.some(isCrash)) await this.#crash();
    else if (silencesClients && !this.#isSilent) service.sessions.mute();
    else if (this.#isSilent && !silencesClients) service.sessions.unmute();
    this.#isSilent = silencesClients;
    if (list.length + over.length > 0) {
      observe({ kind: "faults", faults: list.map(({ kind }) => kind) });
    }
  }

  async #crash(): Promise<void> {
    if (this.#state === "down") return;
    this.#state = "down";
    await this.#options.service.crash();
  }

  async #listenAgain(): Promise<void> {
    await this.#options.service.listenAgain();
    this.#state = "running";
  }
}

const isCrash = ({ kind }: ActiveFault): boolean => kind === "crash";
