import dns from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { ActiveFaults } from "../faults/active-faults.ts";
import type { ActiveFault } from "../faults/fault-options.ts";
import type { Address } from "./address.ts";

type Callback = (error: NodeJS.ErrnoException) => void;

interface WaitingLookup {
  readonly by: ActiveFault;
  answer(): void;
}

/** Resolves the name of the service for clients in this process; every other name as the system does. */
export class NameLookup {
  readonly #address: Address;
  readonly #faults: ActiveFaults;
  // As it is now: a test may put ours in its place.
  readonly #systemLookup: LookupFunction = dns.lookup;
  readonly #waiting = new Set<WaitingLookup>();

  constructor(address: Address, faults: ActiveFaults) {
    this.#address = address;
    this.#faults = faults;
  }

  /** Takes what `dns.lookup` takes. */
  readonly lookup: LookupFunction = (hostname, ...rest) => {
    const name = hostname?.toLowerCase().replace(/\.$/, "");
    if (name !== this.#name) return this.#systemLookup(hostname, ...rest);
    const resolve = () => this.#systemLookup(this.#address.listenHost, ...rest);
    const fault = this.#faults.draw("dns");
    if (!fault) return resolve();
    if (fault.answer === "none") {
      this.#waiting.add({ by: fault, answer: resolve });
    } else {
      process.nextTick(rest.at(-1) as Callback, lookupError(fault.answer, hostname));
    }
  };

  /** Answers those who wait because of these faults. */
  release(over: readonly ActiveFault[]): void {
    for (const waiting of this.#waiting) {
      if (!over.includes(waiting.by)) continue;
      this.#waiting.delete(waiting);
      waiting.answer();
    }
  }

  /** Addresses are not looked up, and most emulators have nothing else. */
  get #name(): string {
    const { hostname } = new URL(this.#address.endpoint);
    return isIP(hostname.replace(/^\[|\]$/g, "")) ? "localhost" : hostname;
  }
}

/** As the system's looks. */
const lookupError = (code: string, hostname: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`getaddrinfo ${code} ${hostname}`), {
    code,
    syscall: "getaddrinfo",
    hostname,
  });
