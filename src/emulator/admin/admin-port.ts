import { createServer } from "node:http";
import { Listener } from "../http/listener.ts";
import { answerSafely, writeReply } from "../http/reply.ts";
import { type Admin, adminPath } from "./admin.ts";

const host = "127.0.0.1";

/** A port that has nothing but the operator's door, and is there when the service is not. */
export class AdminPort {
  readonly #listener: Listener;
  readonly #wanted: number;
  #port: number | undefined;

  constructor(admin: Admin, port: number) {
    this.#wanted = port;
    const server = createServer(async (request, response) => {
      const reply = admin.owns(request)
        ? await answerSafely(() => admin.answer(request))
        : { status: 404 };
      if (reply && !response.destroyed) writeReply(response, reply);
    });
    this.#listener = new Listener(server);
  }

  /** Undefined until it listens. */
  get url(): string | undefined {
    return this.#port === undefined ? undefined : `http://${host}:${this.#port}${adminPath}`;
  }

  /** @throws EmulatorError `ERR_PORT_IN_USE` or `ERR_LISTEN_FAILED`. */
  async listen(): Promise<void> {
    this.#port = await this.#listener.listen(this.#wanted, host);
  }

  stop(): Promise<void> {
    return this.#listener.stop();
  }
}
