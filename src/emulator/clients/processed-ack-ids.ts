const maxRemembered = 10_000;

/** The ack ids a connection has used up; of very many, the latest ones. */
export class ProcessedAckIds {
  // Many connections only listen.
  #ids: Set<number> | undefined;

  has(ackId: number): boolean {
    return this.#ids?.has(ackId) ?? false;
  }

  add(ackId: number): void {
    this.#ids ??= new Set();
    this.#ids.add(ackId);
    if (this.#ids.size <= maxRemembered) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
