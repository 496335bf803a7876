// One client that is sent from region to region; nothing else runs in this process.
import { serveCalls } from "./serve-calls.mjs";
import { clientUrlOf } from "./tokens.mjs";

const { ResilientPubSubClient } = await import("../dist/client.mjs");
let connectionStrings;
let place = 0;
let heard = 0;

const negotiate = () => ({
  url: clientUrlOf(connectionStrings[place], {
    sub: "somebody",
    role: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"],
  }),
  endpoint: `region-${place}`,
});
// It moves as fast as it can: its pauses are not what is measured.
const client = new ResilientPubSubClient(negotiate, {
  reconnectSpreadInMs: 0,
  reconnectRetryOptions: { retryDelayInMs: 1, maxRetryDelayInMs: 1 },
});
client.on("group-message", () => {
  heard += 1;
});

serveCalls({
  info: () => ({}),

  async start(given) {
    connectionStrings = given;
    await client.start();
    await client.joinGroup("news");
  },

  /** From now on negotiate names this region. */
  aim(index) {
    place = index;
  },

  /** Resolves when the client is there, and has heard itself in its group. */
  async arrive(index) {
    while (client.endpoint !== `region-${index}`) {
      await new Promise((resolve) => {
        client.on("state-changed", function changed() {
          client.off("state-changed", changed);
          resolve();
        });
      });
    }
    const before = heard;
    await client.sendToGroup("news", { at: index }, "json");
    return heard - before;
  },

  /** Whatever of the system keeps this process alive, such as sockets and timers. */
  resources: () => process.getActiveResourcesInfo().length,
});
