// An app server that sends good messages, between others that are never answered.
import { setTimeout as delay } from "node:timers/promises";
import { serveCalls } from "../support/serve-calls.mjs";

const { resilientPubSub } = await import("../dist/index.mjs");

/** How each poisoned message is sent. */
const kinds = {
  "the same message": (pubsub) => pubsub.broadcast("poison"),
  "one user": (pubsub, count) => pubsub.sendToUser("ada", `poison ${count}`),
  "all different": (pubsub, count) => pubsub.broadcast(`poison ${count}`),
};

serveCalls({
  info: () => ({}),

  /** Answers how long the good ones took (ms), and how many of them and of all failed. */
  async send({ endpoints, kind, poisonPerSecond, goodPerSecond, seconds, timeoutInMs }) {
    const negotiate = { allowAnonymous: true };
    const fanOut = { timeoutInMs };
    const pubsub = resilientPubSub({ hub: "bench", endpoints, negotiate, fanOut, logger: false });
    let downs = 0;
    pubsub.events.on("endpointDown", () => {
      downs += 1;
    });
    await pubsub.ready();
    await Promise.all(Array.from({ length: 20 }, () => pubsub.broadcast("first")));
    const poison = [];
    const good = [];
    const startedAt = performance.now();
    for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - startedAt) / 1000) {
      while (poison.length < elapsed * poisonPerSecond) {
        poison.push(kinds[kind](pubsub, poison.length).catch(() => {}));
      }
      while (good.length < elapsed * goodPerSecond) good.push(timed(pubsub, good.length));
      await delay(2);
    }
    const durations = await Promise.all(good);
    await Promise.all(poison);
    await pubsub.close();
    const inMs = durations.filter((duration) => duration !== undefined);
    return { inMs, failed: durations.length - inMs.length, downs };
  },
});

async function timed(pubsub, count) {
  const startedAt = performance.now();
  try {
    await pubsub.broadcast(`good ${count}`);
    return performance.now() - startedAt;
  } catch {
    return undefined;
  }
}
