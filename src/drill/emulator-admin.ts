const TIMEOUT_IN_MS = 5000;

/** The admin route of an emulator, by which a region is broken and healed. */
export class EmulatorAdmin {
  readonly #url: string;

  /** @param url Such as `http://127.0.0.1:9080/_emulator`. */
  constructor(url: string) {
    this.#url = url.replace(/\/$/, "");
  }

  /** @throws Error that says what the emulator answered */
  async break(fault: object): Promise<void> {
    await this.#call("PUT", fault);
  }

  /** @throws Error as `break` does */
  async heal(): Promise<void> {
    await this.#call("DELETE");
  }

  async #call(method: "PUT" | "DELETE", body?: object): Promise<void> {
    const response = await this.#ask(method, body).catch((cause) => {
      throw new Error("the admin route does not answer (--admin-port does during a crash too)", {
        cause,
      });
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the admin route answered ${response.status}`);
  }

  #ask(method: "PUT" | "DELETE", body: object | undefined): Promise<Response> {
    return fetch(`${this.#url}/faults`, {
      method,
      ...(body && {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_IN_MS),
    });
  }
}
