import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import { Journal } from "../journal.ts";
import { negotiate } from "./negotiate.ts";

/** Microsoft's own client, and what has happened to it. Times are monotonic milliseconds. */
export class OfficialClient {
  readonly connections = new Journal<{ readonly endpoint: string; readonly at: number }>();
  readonly messages = new Journal<{ readonly data: unknown; readonly at: number }>();
  readonly #client: WebPubSubClient;
  #endpoint: string | undefined;
  #isStopped = false;

  constructor(serverUrl: string, user: string) {
    const getClientAccessUrl = async (): Promise<string> => {
      // `stop` does not end a client that is just reconnecting; without an answer it rests.
      if (this.#isStopped) return new Promise(() => {});
      // The client asks again only when the endpoint of the last answer has failed it.
      const answer = await negotiate(serverUrl, user, this.#endpoint);
      this.#endpoint = answer.endpoint;
      return answer.url;
    };
    this.#client = new WebPubSubClient(
      { getClientAccessUrl },
      {
        // With its default, the reliable protocol, it would first knock at a dead endpoint for 30 s.
        protocol: WebPubSubJsonProtocol(),
        // The timers of its keep-alive outlive `stop` and would hold the process for 40 s.
        keepAliveIntervalInMs: 0,
        keepAliveTimeoutInMs: 0,
      },
    );
    this.#client.on("connected", () => {
      this.connections.add({ endpoint: this.endpoint ?? "none", at: performance.now() });
    });
    this.#client.on("server-message", ({ message }) => {
      this.messages.add({ data: message.data, at: performance.now() });
    });
  }

  /** The endpoint that it was last sent to. */
  get endpoint(): string | undefined {
    return this.#endpoint;
  }

  /** Resolves when the client is connected for the first time. */
  async start(): Promise<void> {
    await this.#client.start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#client.stop();
  }
}
