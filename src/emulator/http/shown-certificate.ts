import { randomUUID } from "node:crypto";
import type { Server } from "node:tls";
import type { TlsCertificate } from "../contract/emulator-options.ts";
import type { TlsFault } from "../contract/fault.ts";
import { certifiedHosts } from "./certificate.ts";
import { createCertificate } from "./self-signed-certificate.ts";

/** What is wrong with a certificate. */
type Problem = TlsFault["certificate"];

export interface ShownCertificateOptions {
  readonly server: Pick<Server, "setSecureContext">;
  readonly right: TlsCertificate;
  /** As whom the service is called, besides as this machine. */
  readonly hosts: readonly string[];
  /** Whether the right one was given in the options. */
  readonly isGiven: boolean;
}

const WRONG_HOST = "wrong.example";

/** The certificate that new connections are shown; those that are open have seen theirs. */
export class ShownCertificate {
  readonly #options: ShownCertificateOptions;
  // Clients may trust those of several emulators, and tell them by their names.
  readonly #issuerName = `emulator ${randomUUID()}`;
  #issuer: TlsCertificate | undefined;
  #problem: Problem | undefined;

  constructor(options: ShownCertificateOptions) {
    this.#options = options;
  }

  /**
   * What clients are to trust: the right one, and whoever issues those that are bad, which are then
   * refused for what is wrong with them and not for coming from nobody.
   */
  get trusted(): string {
    const { right, isGiven } = this.#options;
    return isGiven ? right.cert : right.cert + this.#issuerOfBad().cert;
  }

  /** The right one when nothing is to be wrong. */
  show(problem: Problem | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    const { right, server } = this.#options;
    const { cert, key } = problem ? this.#createBad(problem) : right;
    server.setSecureContext({ cert, key });
  }

  #createBad(problem: Problem): TlsCertificate {
    const { hosts } = this.#options;
    const name = this.#issuerName;
    const signing = { now: new Date(), issuer: { name, key: this.#issuerOfBad().key } };
    return problem === "wrong"
      ? createCertificate({ ...signing, hosts: [WRONG_HOST] })
      : createCertificate({ ...signing, hosts: certifiedHosts(hosts), expiresInDays: -1 });
  }

  #issuerOfBad(): TlsCertificate {
    this.#issuer ??= createCertificate({ name: this.#issuerName, now: new Date() });
    return this.#issuer;
  }
}
