import { once } from "node:events";
import http from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { WebSocketServer } from "ws";
import { DialledWebSocket } from "../../src/client/dialled-web-socket.ts";
import { createSelfSignedCertificate } from "../../src/emulator/http/self-signed-certificate.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { trust } from "../support/trust.ts";
import { until } from "../support/until.ts";

const protocol = "json.webpubsub.azure.v1";
const path = "/client/hubs/chat?access_token=s3cret";

/** What a WebSocket tells, in its order. */
function listen(webSocket: DialledWebSocket): string[] {
  const told: string[] = [];
  webSocket.onopen = () => told.push("open");
  webSocket.onmessage = ({ data }: { data: string }) => told.push("message ".concat(data));
  webSocket.onerror = ({ error }: { error: NodeJS.ErrnoException }) =>
    told.push(`error ${error.code ?? error.message}`);
  webSocket.onclose = ({ code, reason }: { code: number; reason: string }) =>
    told.push(`close ${code} ${reason}`);
  return told;
}

async function greeting(host: string): Promise<string> {
  const server = closeAfterTest(new WebSocketServer({ port: 0, host }));
  await once(server, "listening");
  server.on("connection", (client) => {
    client.send("hello");
    client.on("message", (text) => client.close(4000, `heard ${text}`));
  });
  const { port } = server.address() as AddressInfo;
  return `ws://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

async function serve(onSocket: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(onSocket as () => void).listen(0, "127.0.0.1");
  await once(server, "listening");
  return closeAfterTest(server);
}

const urlOf = (server: Server): string =>
  `ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

describe("a WebSocket that dials first", () => {
  it.each(["127.0.0.1", "::1"])("opens, hears, speaks and ends at %s", async (host) => {
    const webSocket = new DialledWebSocket(await greeting(host), protocol);
    const told = listen(webSocket);
    expect(webSocket.readyState).toBe(0);
    await until(() => told.length === 2);
    expect(webSocket.readyState).toBe(1);
    expect(webSocket.bytesRead).toBeGreaterThan(0);
    webSocket.send("you");
    await until(() => told.length === 3);
    expect(told).toEqual(["open", "message hello", "close 4000 heard you"]);
    expect(webSocket.readyState).toBe(3);
  });

  it.each([
    ["localhost", "localhost"],
    ["127.0.0.1", false],
  ])("opens over TLS at %s and asks for the certificate of %s", async (host, asked) => {
    const { key, cert } = createSelfSignedCertificate(["localhost", "127.0.0.1"], new Date());
    trust(cert);
    const server = closeAfterTest(createTlsServer({ key, cert }).listen(0));
    await once(server, "listening");
    const names: unknown[] = [];
    server.on("secureConnection", ({ servername }) => names.push(servername));
    closeAfterTest(new WebSocketServer({ server })).on("connection", (client) => {
      client.send("hello");
      client.close(4000, "enough");
    });
    const { port } = server.address() as AddressInfo;
    const told = listen(new DialledWebSocket(`wss://${host}:${port}${path}`, protocol));
    await until(() => told.length === 3);
    expect(told).toEqual(["open", "message hello", "close 4000 enough"]);
    expect(names).toEqual([asked]);
  });

  it("does not open where nobody vouches for the certificate", async () => {
    const emulator = closeAfterTest(await startEmulator({ tls: true }));
    const url = `${emulator.endpoint.replace("https", "wss")}${path}`;
    const told = listen(new DialledWebSocket(url, protocol));
    await until(() => told.length === 2);
    expect(told).toEqual(["error DEPTH_ZERO_SELF_SIGNED_CERT", "close 1006 "]);
  });

  it("makes no request to a port that refuses it, and says why", async () => {
    const request = jest.spyOn(http, "request");
    afterTest(() => request.mockRestore());
    const server = await serve(() => {});
    const url = urlOf(server);
    server.close();
    const webSocket = new DialledWebSocket(url, protocol);
    const told = listen(webSocket);
    await until(() => told.length === 2);
    expect(told).toEqual(["error ECONNREFUSED", "close 1006 "]);
    expect(webSocket.readyState).toBe(3);
    expect(request).not.toHaveBeenCalled();
  });

  it("leaves no socket behind where requests are made by somebody else", async () => {
    const sockets = new Set<Socket>();
    const server = await serve((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    const request = jest.spyOn(http, "request").mockImplementation(() => {
      throw new Error("not here");
    });
    afterTest(() => request.mockRestore());
    const told = listen(new DialledWebSocket(urlOf(server), protocol));
    await until(() => told.length === 2);
    expect(told).toEqual(["error not here", "close 1006 "]);
    await until(() => sockets.size === 0);
  });

  it("refuses to send before it is open", async () => {
    const webSocket = new DialledWebSocket(urlOf(await serve(() => {})), protocol);
    expect(() => webSocket.send("too early")).toThrow("not open");
    webSocket.terminate();
    expect(webSocket.readyState).toBe(2);
  });

  it("ends a handshake of TLS that is not answered", async () => {
    const server = await serve((socket) => socket.on("error", () => {}));
    const url = urlOf(server).replace("ws:", "wss:");
    const webSocket = new DialledWebSocket(url, protocol);
    const told = listen(webSocket);
    await once(server, "connection");
    webSocket.terminate();
    await until(() => told.length);
    expect(told).toEqual(["close 1006 "]);
  });

  it.each(["close", "terminate"] as const)("%s before it is open ends it, once", async (means) => {
    const server = await serve(() => {});
    const webSocket = new DialledWebSocket(urlOf(server), protocol);
    const told = listen(webSocket);
    webSocket[means]();
    await until(() => told.length);
    expect(told).toEqual(["close 1006 "]);
  });

  it.each(["close", "terminate"] as const)(
    "%s while the handshake is not answered ends the socket",
    async (means) => {
      const heard: string[] = [];
      const server = await serve((socket) => {
        socket.on("data", (data) => heard.push(String(data)));
        socket.on("close", () => heard.push("closed"));
        socket.on("error", () => {});
      });
      const webSocket = new DialledWebSocket(urlOf(server), protocol);
      const told = listen(webSocket);
      await until(() => heard.length);
      expect(heard[0]).toContain(`Sec-WebSocket-Protocol: ${protocol}`);
      webSocket[means]();
      await until(() => heard.length === 2);
      expect(told).toEqual([expect.stringMatching(/^error /), "close 1006 "]);
    },
  );

  it.each(["http://127.0.0.1:9", "ws://127.0.0.1:9#part", "127.0.0.1:9", ""])(
    "is not made for %j, and the token is not quoted",
    (address) => {
      const make = () => new DialledWebSocket(address && address + path, protocol);
      expect(make).toThrow("URL");
      expect(make).not.toThrow(/s3cret/);
    },
  );
});
