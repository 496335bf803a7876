import { createServer } from "node:http";
import { Listener } from "../http/listener.ts";
import { answerSafely, writeReply } from "../http/reply.ts";
import { ADMIN_PATH, type Admin } from "./admin.ts";

const HOST = "127.0.0.1";

/** A port that has nothing but the admin route, and is there when the service is not. */
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
    return this.#port === undefined ? undefined : `http://${HOST}:${this.#port}${ADMIN_PATH}`;
  }

  /** @throws EmulatorError `ERR_PORT_IN_USE` or `ERR_LISTEN_FAILED`. */
  async listen(): Promise<void> {
    this.#port = await this.#listener.listen(this.#wanted, HOST);
  }

  stop(): Promise<void> {
    return this.#listener.stop();
  }
}
