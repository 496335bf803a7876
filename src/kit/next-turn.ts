import { MessageChannel } from "node:worker_threads";

/**
 * Resolves in the next turn of the event loop, when what had arrived has been read. It is no timer:
 * tests make those stand still, and the plugin must be able to end all the same.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.once("message", () => {
      port1.close();
      resolve();
    });
    port2.postMessage(undefined);
  });
}
