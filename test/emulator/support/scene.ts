import type { Emulator, EmulatorOptions } from "express-resilient-pubsub/emulator";
import { afterTest } from "../../support/clean-up.ts";
import { startEmulator } from "../../support/emulator.ts";
import { AppServer } from "./app-server.ts";
import { SocketClient } from "./socket-client.ts";
import { clientUrl, type TokenOptions } from "./tokens.ts";

export const accessKey = "a-primary-key-for-tests";
export const secondaryAccessKey = "a-secondary-key-for-tests";
export const jsonProtocol = "json.webpubsub.azure.v1";
export const reliableProtocol = "json.reliable.webpubsub.azure.v1";
export const allRoles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

export interface ConnectOptions extends TokenOptions {
  hub?: string;
  protocols?: string[];
}

/** Starts servers and clients for a test and ends all of them after it, the latest first. */
export interface Scene {
  defer(cleanUp: () => unknown): void;
  emulator(options?: EmulatorOptions): Promise<Emulator>;
  appServer(): Promise<AppServer>;
  /** An app server, and an emulator whose hub `chat` sends it all events, each once. */
  withAppServer(options?: EmulatorOptions): Promise<{ appServer: AppServer; emulator: Emulator }>;
  /** Opens a socket with a good token; resolves when it is open. */
  connect(emulator: Emulator, options?: ConnectOptions): Promise<SocketClient>;
  /** As `connect`, on the JSON protocol, and past the connected frame. */
  connectJson(emulator: Emulator, options?: ConnectOptions): Promise<SocketClient>;
}

/** Call once per test file. */
export function createScene(): Scene {
  const scene: Scene = {
    defer: afterTest,
    async emulator(options) {
      const emulator = await startEmulator({ accessKey, secondaryAccessKey, ...options });
      scene.defer(() => emulator.close());
      return emulator;
    },
    async appServer() {
      const server = await AppServer.start();
      scene.defer(() => server.close());
      return server;
    },
    async withAppServer(options) {
      const appServer = await scene.appServer();
      const emulator = await scene.emulator({
        upstream: { retryDelaysInMs: [] },
        ...options,
        hubs: { chat: appServer.hub },
      });
      return { appServer, emulator };
    },
    async connect(emulator, { hub = "chat", protocols = [], ...token } = {}) {
      const ca = emulator.certificate;
      const client = new SocketClient(clientUrl(emulator, hub, token), protocols, {}, { ca });
      scene.defer(() => client.terminate());
      await client.opened;
      return client;
    },
    async connectJson(emulator, options) {
      const client = await scene.connect(emulator, { protocols: [jsonProtocol], ...options });
      const connected = (await client.nextJson()) as { connectionId: string };
      client.connectionId = connected.connectionId;
      return client;
    },
  };
  return scene;
}
