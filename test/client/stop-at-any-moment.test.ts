import { WebSocket } from "ws";
import { until } from "../support/until.ts";
import { type MadeClient, makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

/** A WebSocket that tells of its first message before whoever waits for that gets to know. */
function tellingWebSocket(onFirstMessage: (url: string) => void) {
  return class extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { perMessageDeflate: false });
      this.once("message", () => onFirstMessage(url));
    }
  };
}

async function afterMicrotasks(count: number, action: () => void): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
  action();
}

async function connectedWithGroup(onFirstMessage: (made: MadeClient, url: string) => void) {
  const service = await ScriptedService.start();
  const made: MadeClient = makeClient(new ScriptedNegotiate({ east: service }).negotiate, {
    webSocket: tellingWebSocket((url) => onFirstMessage(made, url)),
  });
  await made.client.start();
  await made.client.joinGroup("g");
  return { service, ...made };
}

/** Nothing is left of it, and it can be used again. */
async function expectStopped({ client, log }: MadeClient, service: ScriptedService) {
  await until(() => service.clients.every(({ closeCode }) => closeCode));
  expect(client.state).toBe("stopped");
  expect(log.at(-1)).toBe("stopped");
  const count = log.length;
  await client.start();
  expect(log.slice(count)).toEqual(["state connecting", "state connected", "connected east"]);
  await client.sendEvent("e", 1, "json");
  expect(service.latest?.receivedOf("joinGroup")).toHaveLength(1);
}

const moments = Array.from({ length: 16 }, (_, count) => [count]);

describe("a stop so many microtasks after", () => {
  it.each(moments)("a greeting leaves nothing behind: %d", async (count) => {
    let isArmed = false;
    const made = await connectedWithGroup(({ client }) => {
      if (!isArmed) return;
      isArmed = false;
      void afterMicrotasks(count, () => client.stop());
    });
    made.client.stop();
    isArmed = true;
    await made.client.start().catch(({ code }) => expect(code).toBe("ERR_CLIENT_STOPPED"));
    await until(() => !isArmed && made.client.state === "stopped");
    await expectStopped(made, made.service);
  });

  it.each(moments)("the first word of a recovery leaves nothing behind: %d", async (count) => {
    let hasStopped = false;
    const made = await connectedWithGroup(({ client }, url) => {
      if (!url.includes("awps_connection_id")) return;
      void afterMicrotasks(count, () => {
        client.stop();
        hasStopped = true;
      });
    });
    made.service.latest?.cut();
    await until(() => hasStopped);
    await expectStopped(made, made.service);
  });
});

it("a WebSocket of the application's whose close throws does not keep a client from stopping", async () => {
  let isMade = false;
  const { client } = makeClient(() => ({ url: "ws://127.0.0.1:9/client/hubs/chat" }), {
    webSocket: class {
      readyState = 0;
      onopen = null;
      onmessage = null;
      onclose = null;
      onerror = null;
      constructor() {
        isMade = true;
      }
      send(): void {}
      close(): never {
        throw new Error("it is not open");
      }
    },
  });
  const failed = expect(client.start()).rejects.toMatchObject({ code: "ERR_CLIENT_STOPPED" });
  await until(() => isMade);
  client.stop();
  await failed;
  expect(client.state).toBe("stopped");
});
