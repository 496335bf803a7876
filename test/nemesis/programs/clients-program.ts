import {
  type NegotiateAnswer,
  type NegotiateContext,
  ResilientPubSubClient,
} from "express-resilient-pubsub/client";
import { programSettings, sendToParent } from "../../../demo-app/processes/program.ts";
import { Recorder } from "../recording/recorder.ts";
import type { ClientSettings, ClientsSettings, ProgramMessage } from "./program-messages.ts";

// Some of the clients, which only want to be connected. Several share a process: they are many.
const settings = programSettings<ClientsSettings>();
const recorder = new Recorder(settings.folder, settings.name, (entry) =>
  sendToParent<ProgramMessage>({ kind: "recorded", entry }),
);
recorder.recordComplaints();

/** A server that stands still must not cost a client all the time that a negotiate has. */
const PATIENCE_IN_MS = 1500;

/** As a load balancer does: the servers in turn, and the next one when one does not answer. */
function negotiateOf({ name, serverPorts, endpointPorts }: ClientSettings, index: number) {
  let turns = index;
  return async ({ failed, signal }: NegotiateContext): Promise<NegotiateAnswer> => {
    const query = new URLSearchParams([
      ["user", name],
      ...failed.map((endpoint): [string, string] => ["failed", endpoint]),
    ]);
    const first = turns++;
    let cause: unknown;
    for (const offset of serverPorts.keys()) {
      if (signal.aborted) break;
      const port = serverPorts[(first + offset) % serverPorts.length];
      const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_IN_MS)]);
      try {
        const url = `http://127.0.0.1:${port}/negotiate?${query}`;
        const response = await fetch(url, { signal: limit });
        if (response.ok) {
          return throughLinks((await response.json()) as NegotiateAnswer, endpointPorts);
        }
        cause = new Error(`negotiate was answered ${response.status}`);
        await response.body?.cancel();
      } catch (error) {
        cause = error;
      }
    }
    throw new Error("no app server answers negotiate", { cause });
  };
}

function throughLinks(
  answer: NegotiateAnswer,
  ports: ClientSettings["endpointPorts"],
): NegotiateAnswer {
  const url = new URL(answer.url);
  url.port = String(ports[Number(url.port)]);
  return { ...answer, url: url.href };
}

for (const [index, client] of settings.clients.entries()) {
  const { name } = client;
  const connection = new ResilientPubSubClient(negotiateOf(client, index), {
    keepAliveIntervalInMs: settings.silenceInMs / 2,
    keepAliveTimeoutInMs: settings.silenceInMs,
    reconnectRetryOptions: { maxRetryDelayInMs: settings.pauseInMs },
  });
  let endpoint: string | undefined;
  connection.on("state-changed", ({ state }) => {
    const is = state === "connected" ? connection.endpoint : undefined;
    if (is === endpoint) return;
    endpoint = is;
    recorder.record({ kind: "client", client: name, endpoint });
  });
  // It goes on trying by itself; only a stop ends that.
  connection.start().catch((error) => {
    recorder.record({ kind: "complaint", what: `${name} has stopped: ${error}` });
  });
}
sendToParent<ProgramMessage>({ kind: "serves" });
