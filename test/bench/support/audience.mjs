// Many sockets in one process. They only count: a real client would cost more than what is measured.
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { FrameCounter } from "./frame-counter.mjs";
import { serveCalls } from "./serve-calls.mjs";

const connectsAtOnce = 50;
const agent = new Agent({ keepAlive: true });
const buffer = Buffer.alloc(64 * 1024);
const groups = new Map();

/** Opens a WebSocket by hand; `onMessages` is told how many came. */
function open({ url, subprotocol }, onMessages) {
  const { hostname, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const counter = new FrameCounter();
    let head = "";
    let isOpen = false;
    const read = (length, bytes) => {
      if (isOpen) return onMessages(counter.add(bytes, length));
      head += bytes.toString("latin1", 0, length);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      if (!head.startsWith("HTTP/1.1 101")) return reject(new Error(head.split("\r\n", 1)[0]));
      isOpen = true;
      const rest = Buffer.from(head.slice(end + 4), "latin1");
      head = "";
      resolve(socket);
      onMessages(counter.add(rest, rest.length));
    };
    const socket = connect({
      host: hostname,
      port,
      noDelay: true,
      onread: {
        buffer,
        callback: (length, bytes) => {
          read(length, bytes);
          return true;
        },
      },
    });
    socket.on("error", reject);
    socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
        (subprotocol ? `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n` : "\r\n"),
    );
  });
}

/** One text frame of a client; a mask of zeros masks nothing. */
function textFrame(text) {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

class SocketGroup {
  sockets = [];
  #received = 0;
  #wake = () => {};
  #target = Number.POSITIVE_INFINITY;

  async open({ count, ...target }) {
    let left = count;
    const work = async () => {
      while (left-- > 0) this.sockets.push(await open(target, this.#count));
    };
    await Promise.all(Array.from({ length: connectsAtOnce }, work));
    const { greetings = 0 } = target;
    await this.receive(count * greetings);
    this.#received = 0;
  }

  #count = (messages) => {
    this.#received += messages;
    if (this.#received >= this.#target) this.#wake();
  };

  /** Resolves when that many messages have come since the last call. */
  async receive(total) {
    if (this.#received < total) {
      await new Promise((resolve) => {
        this.#target = total;
        this.#wake = resolve;
      });
    }
    this.#received -= total;
    this.#target = Number.POSITIVE_INFINITY;
  }

  write(text) {
    const frame = textFrame(text);
    for (const socket of this.sockets) socket.write(frame);
  }
}

function post({ url, headers, body }) {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const options = {
      method: "POST",
      agent,
      headers: { ...headers, "Content-Length": bytes.length },
    };
    request(url, options, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    })
      .on("error", reject)
      .end(bytes);
  });
}

const lastSequenceIds = new Map();

serveCalls({
  info: () => ({}),

  async open({ group, ...target }) {
    groups.set(group, new SocketGroup());
    await groups.get(group).open(target);
  },

  /** Milliseconds for one message after the other, each from the request until all have it. */
  async broadcast({ group: name, messages, isAcknowledged, ...call }) {
    const group = groups.get(name);
    const start = performance.now();
    for (let message = 0; message < messages; message++) {
      const accepted = post(call);
      await group.receive(group.sockets.length);
      const status = await accepted;
      if (status !== 202) throw new Error(`The broadcast was answered with ${status}.`);
    }
    const duration = performance.now() - start;
    if (isAcknowledged) {
      const sequenceId = (lastSequenceIds.get(name) ?? 0) + messages;
      lastSequenceIds.set(name, sequenceId);
      group.write(JSON.stringify({ type: "sequenceAck", sequenceId }));
    }
    return duration;
  },
});
