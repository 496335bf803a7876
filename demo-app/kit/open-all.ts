interface Closable {
  close(): void | Promise<void>;
}

/** What has been opened so far; it is closed in reverse order, also when opening stops half way. */
export class OpenResources {
  readonly #closables: Closable[] = [];
  #closing: Promise<void> | undefined;

  add<T extends Closable>(closable: T): T {
    this.#closables.push(closable);
    return closable;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const closable of this.#closables.reverse()) await closable.close();
  }
}

/** Runs `open`; when it fails, closes what it had opened by then. */
export async function openAll<T>(open: (opened: OpenResources) => Promise<T>): Promise<T> {
  const opened = new OpenResources();
  try {
    return await open(opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}
