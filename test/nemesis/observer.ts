import type { MemberProcess } from "./processes/member-process.ts";
import { now } from "./recording/entry.ts";
import { incarnationOf } from "./recording/incarnation.ts";
import type { Recorder } from "./recording/recorder.ts";

const EVERY_IN_MS = 200;
/** Longer than a server may think about it. */
const PATIENCE_IN_MS = 2500;

interface Body {
  readonly endpoint?: string;
  readonly epoch?: number;
  readonly incarnation?: string;
  readonly code?: string;
}

/** Asks each server in turn what it would tell a client, past all links. */
export class Observer {
  readonly #recorder: Recorder;
  readonly #servers: ReadonlyMap<MemberProcess, number>;
  readonly #timer: NodeJS.Timeout;
  readonly #asked = new Set<MemberProcess>();
  readonly #closing = new AbortController();

  /** @param servers With their ports. */
  constructor(recorder: Recorder, servers: ReadonlyMap<MemberProcess, number>) {
    this.#recorder = recorder;
    this.#servers = servers;
    this.#timer = setInterval(() => this.#askAll(), EVERY_IN_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closing.abort();
  }

  #askAll(): void {
    for (const [server, port] of this.#servers) {
      const isThere = server.state === "running" || server.state === "frozen";
      if (!isThere || this.#asked.has(server)) continue;
      this.#asked.add(server);
      void this.#ask(server, port).finally(() => this.#asked.delete(server));
    }
  }

  async #ask({ name, run }: MemberProcess, port: number): Promise<void> {
    const askedAt = now();
    const [status, body] = await this.#answerOf(port);
    if (this.#closing.signal.aborted) return;
    this.#recorder.record({
      kind: "answer",
      server: name,
      run,
      askedAt,
      status,
      code: body.code,
      endpoint: body.endpoint,
      epoch: body.epoch ?? 0,
      incarnation: incarnationOf(body),
    });
  }

  async #answerOf(port: number): Promise<[status: number, body: Body]> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(PATIENCE_IN_MS)]);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/negotiate?user=observer`, { signal });
      return [response.status, (await response.json()) as Body];
    } catch {
      return [0, {}];
    }
  }
}
