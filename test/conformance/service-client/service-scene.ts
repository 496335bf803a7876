import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { createScene, type Scene } from "../../emulator/support/scene.ts";

export const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };

export const serviceOf = (emulator: Emulator, hub = "chat"): WebPubSubServiceClient =>
  new WebPubSubServiceClient(emulator.connectionString, hub, options);

export interface ServiceScene {
  readonly scene: Scene;
  /** An emulator, and Microsoft's own client for its hub `chat`. */
  setUp(): Promise<{ emulator: Emulator; service: WebPubSubServiceClient }>;
}

/** Call once per test file. */
export function createServiceScene(): ServiceScene {
  const scene = createScene();
  return {
    scene,
    async setUp() {
      const emulator = await scene.emulator();
      return { emulator, service: serviceOf(emulator) };
    },
  };
}
