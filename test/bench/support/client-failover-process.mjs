// Many clients of one make in one process.
import { makes } from "./client-makes.mjs";
import { Hearing } from "./hearing.mjs";
import { serveCalls } from "./serve-calls.mjs";
import { longestStallInMs } from "./stalls.mjs";

const startsAtOnce = 25;
const hearings = [];
let rejections = 0;
// One client that gives up like that must not take the others along.
process.on("unhandledRejection", () => {
  rejections += 1;
});

serveCalls({
  info: () => ({}),

  async open({ make, count, urls }) {
    let left = count;
    const work = async () => {
      while (left-- > 0) {
        const hearing = new Hearing();
        hearings.push(hearing);
        await makes[make](urls, (number) => hearing.hear(number, performance.now()));
      }
    };
    await Promise.all(Array.from({ length: startsAtOnce }, work));
  },

  /** How many have heard nothing for so long. */
  silentFor(durationInMs) {
    const since = performance.now() - durationInMs;
    return hearings.filter((hearing) => !hearing.hasHeardSince(since)).length;
  },

  reset() {
    for (const hearing of hearings) hearing.reset();
  },

  sum: (range) => ({ clients: hearings.map((hearing) => hearing.sum(range)), rejections }),

  longestStallInMs,
});
