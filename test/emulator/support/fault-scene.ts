import type { Emulator } from "express-resilient-pubsub/emulator";
import { callRest, type RestAnswer } from "./rest.ts";
import { createScene, type Scene } from "./scene.ts";
import { SocketClient } from "./socket-client.ts";
import { clientUrl } from "./tokens.ts";

export const health = (emulator: Emulator): Promise<RestAnswer> =>
  callRest(emulator, { method: "HEAD", path: "/api/health" });

/** Resolves to how a request ended that could not get an answer while the fault lasted. */
export const outcomeOf = (request: Promise<unknown>): Promise<string> =>
  request.then(
    () => "answered",
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );

export interface FaultScene {
  readonly scene: Scene;
  /** 101 when the client is let in. */
  handshakeStatus(emulator: Emulator): Promise<number>;
  /**
   * All servers and clients here share one event loop, so when a later request to another emulator
   * has been answered, an earlier one has been read and would have been answered too.
   */
  letTimePass(): Promise<void>;
}

/** Call once per test file. */
export function createFaultScene(): FaultScene {
  const scene = createScene();
  return {
    scene,
    async handshakeStatus(emulator) {
      const client = new SocketClient(clientUrl(emulator, "chat"));
      scene.defer(() => client.terminate());
      return Promise.race([
        client.opened.then(() => 101),
        client.refused.then(({ status }) => status),
      ]);
    },
    async letTimePass() {
      expect((await health(await scene.emulator())).status).toBe(200);
    },
  };
}
