import { WebSocket } from "ws";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

async function connect(options = {}) {
  const east = await ScriptedService.start();
  const west = await ScriptedService.start();
  const routing = new ScriptedNegotiate({ east, west });
  const made = makeClient(routing.negotiate, options);
  await made.client.start();
  made.log.length = 0;
  return { east, west, routing, ...made };
}

describe("when recovery and a new connection come at the same time", () => {
  /** Holds back what comes on sockets, to deliver it later in one turn, in any order. */
  class HeldWebSocket extends WebSocket {
    static held: HeldWebSocket[] | undefined;
    readonly #events: Parameters<WebSocket["emit"]>[] = [];

    constructor(url: string, protocol: string) {
      super(url, protocol, { perMessageDeflate: false });
    }

    override emit(...event: Parameters<WebSocket["emit"]>): boolean {
      if (!HeldWebSocket.held || event[0] !== "message") return super.emit(...event);
      if (!HeldWebSocket.held.includes(this)) HeldWebSocket.held.push(this);
      return this.#events.push(event) > 0;
    }

    static release(order: (urls: string[]) => string[]): void {
      const held = HeldWebSocket.held ?? [];
      HeldWebSocket.held = undefined;
      for (const url of order(held.map((socket) => socket.url))) {
        for (const socket of held) if (socket.url === url) socket.#deliver();
      }
    }

    #deliver(): void {
      for (const event of this.#events.splice(0)) this.emit(...event);
    }
  }

  const isRecovery = (url: string): boolean => url.includes("awps_connection_id");

  it.each([
    ["recovery first", (urls: string[]) => urls.sort((a) => (isRecovery(a) ? -1 : 1))],
    ["recovery last", (urls: string[]) => urls.sort((a) => (isRecovery(a) ? 1 : -1))],
  ])("one of them stays, and only that is heard (%s)", async (_, order) => {
    const { client, east, west, log, heard, routing } = await connect({ webSocket: HeldWebSocket });
    HeldWebSocket.held = [];
    east.behaviour = {
      recover: (socket) => socket.message("over the recovered one", 1),
      answer: () => {},
    };
    west.behaviour = {
      greet: (socket) => {
        socket.greet("new");
        socket.message("over the new one", 1);
      },
    };
    routing.sendTo("west");
    east.latest?.cut();
    await until(() => HeldWebSocket.held?.length === 2);
    east.behaviour = {};
    west.behaviour = { ...west.behaviour };
    HeldWebSocket.release(order);
    expect(heard).toEqual([]);
    const sockets = () => [...east.clients, ...west.clients];
    await until(() => sockets().filter(({ closeCode }) => !closeCode).length === 1);
    // Recovered, it asks negotiate, and goes where that wants it.
    await until(() => client.endpoint === "west");
    await until(() => sockets().filter(({ closeCode }) => !closeCode).length === 1);
    expect(log.filter((line) => line.startsWith("moved"))).toEqual(["moved east -> west"]);
    expect(log.filter((line) => line === "disconnected")).toHaveLength(1);
    expect(await client.sendToGroup("g", 1, "json")).toMatchObject({ isDuplicated: false });
    expect(heard.filter((data) => data === "over the new one")).toHaveLength(1);
  });
});
