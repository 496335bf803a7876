// Sends to services behind TLS as fast as they take it, by one kind of HTTP.
import { connect } from "node:http2";
import { Client, Pool } from "undici";
import { fire } from "./fire.mjs";
import { options, serveCalls } from "./serve-calls.mjs";

/** As many as the plugin opens to one endpoint. */
const connections = 64;
/** As many calls as may be under way by one connection of HTTP/2. */
const maxStreams = 1000;

const path = "/api/hubs/bench/:send?api-version=2024-12-01";
const body = Buffer.from(JSON.stringify({ text: "x".repeat(189) }));
let sends = 0;

function headersOfNext() {
  sends += 1;
  // Each has a signature of its own, as long as a real one.
  const token = `${"e".repeat(200)}${String(sends).padStart(12, "0")}`;
  return {
    "content-type": "application/json",
    authorization: `Bearer ${token}`,
    "user-agent": "bench/1.0",
  };
}

function expectAccepted(status) {
  if (status !== 202) throw new Error(`Answered with ${status}.`);
}

const sendBy = (dispatcher) => () =>
  new Promise((resolve, reject) => {
    dispatcher.dispatch(
      { method: "POST", path, headers: headersOfNext(), body },
      {
        onRequestStart() {},
        onResponseStart: (_, status) => expectAccepted(status),
        onResponseData() {},
        onResponseEnd: resolve,
        onResponseError: (_, error) => reject(error),
      },
    );
  });

const ways = {
  http1: (url, tls) => sendBy(new Pool(url, { connect: tls, connections, allowH2: false })),

  undici: (url, tls) =>
    sendBy(
      new Client(url, {
        connect: tls,
        allowH2: true,
        maxConcurrentStreams: maxStreams,
        pipelining: maxStreams,
      }),
    ),

  node(url, tls) {
    const session = connect(url, tls);
    return () =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ":method": "POST", ":path": path, ...headersOfNext() });
        stream.on("response", (headers) => expectAccepted(headers[":status"]));
        stream.on("error", reject).on("end", resolve).resume().end(body);
      });
  },
};

const senders = options.urls.map((url) => ways[options.way](url, { ca: options.ca }));

serveCalls({
  info: () => ({}),
  /** The callers are spread over the services. */
  fire: (job) => fire((caller) => senders[caller % senders.length](), job),
});
